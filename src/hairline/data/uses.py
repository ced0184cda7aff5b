"""From what took part in making something to what its number has seen: uses of images, and pictures that are one.

A use is one way in which some images took part, such as those that a network learned from. What it says holds for every
picture that shows the same, in whatever data set and under whatever name, and for other parts of a photo in the weaker
word ``same photo``. Nothing here knows parameters or files.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hairline.data.seen import LABELS, WORDS, Labels, Seen, Word

Flags = NDArray[np.bool_]
NOT_KNOWN: Word = "unseen"
"""Word of a use whose images are not known; what it says is told of every result."""


@dataclass(frozen=True)
class Part:
    """How some images took part in making something, whichever they are.

    Attributes:
        how: What happened with such an image, a clause whose ``it`` is the image.
        word: What may be said of the images.
        labels: Which labels of theirs it took.
    """

    how: str
    word: Word
    labels: Labels


@dataclass(frozen=True)
class Use(Part):
    """One way in which images took part in making something.

    Attributes:
        images: Their keys.
    """

    images: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Pictures:
    """Which of n images show the same.

    Attributes:
        keys: Name of each image.
        same: int [n], a number that images with equal pixels share, however turned or mirrored.
        photos: int [n], a number that parts of one photo share.
        alike: int [p, 2], pairs of images that are one picture, though not pixel by pixel.
        overlapping: int [q, 2], pairs of images that show a part of one place.
    """

    keys: Sequence[str]
    same: NDArray[np.intp]
    photos: NDArray[np.intp]
    alike: NDArray[np.intp]
    overlapping: NDArray[np.intp]

    def at(self, keys: Iterable[str]) -> NDArray[np.intp]:
        """Positions of some images.

        Raises:
            KeyError: If one is none of them.
        """
        return np.array([self._places[key] for key in keys], dtype=np.intp)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {key: number for number, key in enumerate(self.keys)}

    def shown_in(self, keys: Iterable[str]) -> Flags:
        """Which images show the same as any of some, bool [n]."""
        used = np.zeros(len(self.keys), dtype=bool)
        used[self.at(keys)] = True
        equal = _shared(used, self.same)
        return _shared(equal | _across(equal, self.alike), self.same)

    def beside(self, shown: Flags) -> Flags:
        """Which images are of the photos, or copies of such, or show a part of the places, of some: bool [n]."""
        parts = _shared(shown, self.photos)
        there = _across(parts & ~shown, self.alike) | _across(shown, self.overlapping)
        return parts | _shared(there, self.same)


def _shared(flags: Flags, number: NDArray[np.intp]) -> Flags:
    """Flags of all that share a number with any that is flagged."""
    found = np.zeros(number.max(initial=-1) + 1, dtype=bool)
    found[number[flags]] = True
    return np.asarray(found[number])


def _across(flags: Flags, pairs: NDArray[np.intp]) -> Flags:
    """Flags of the partners of those that are flagged."""
    found = np.zeros(len(flags), dtype=bool)
    for here, there in ((0, 1), (1, 0)):
        found[pairs[flags[pairs[:, here]], there]] = True
    return found


class Ledger:
    """What anything has seen of any images, by the uses that went into it."""

    def __init__(self, pictures: Pictures) -> None:
        """Keep the pictures; what a use says of them is worked out once."""
        self._pictures = pictures
        self._found: dict[Use, tuple[Flags, Flags]] = {}

    def _of(self, use: Use) -> tuple[Flags, Flags]:
        if use not in self._found:
            shown = self._pictures.shown_in(use.images)
            self._found[use] = shown, self._pictures.beside(shown) & ~shown
        return self._found[use]

    def words(self, uses: Iterable[Use], keys: Sequence[str]) -> list[Word]:
        """The strongest word that is true of each of some images."""
        at, strongest = self._pictures.at(keys), np.zeros(len(keys), dtype=int)
        for use in uses:
            shown, beside = self._of(use)
            level = np.where(shown[at], WORDS.index(use.word), beside[at] * WORDS.index("same photo"))
            strongest = np.maximum(strongest, level)
        return [WORDS[level] for level in strongest]

    def seen(self, uses: Sequence[Use], keys: Sequence[str]) -> Seen:
        """What something made by some uses has seen of the images that it is scored on."""
        found = self.words(uses, keys)
        return Seen(
            {word: found.count(word) for word in WORDS if word in found},
            max((use.labels for use in uses), key=LABELS.index, default="no labels"),
            tuple(self._why(uses, self._pictures.at(keys))),
        )

    def _why(self, uses: Sequence[Use], at: NDArray[np.intp]) -> Iterator[str]:
        strongest = sorted(dict.fromkeys(uses), key=lambda use: (-WORDS.index(use.word), -LABELS.index(use.labels)))
        for use in strongest:
            shown = int(self._of(use)[0][at].sum())
            if use.word == NOT_KNOWN:
                yield f"{use.how}."
            if shown:
                yield f"{shown} of {len(at)} images: {use.how}."
        for use in strongest:
            beside = int(self._of(use)[1][at].sum())
            if beside:
                yield f"{beside} of {len(at)} images, by another part of its photo or place: {use.how}."


def kinds(pictures: Pictures, uses: Iterable[Use]) -> NDArray[np.intp]:
    """A number for each image that those share which took part in the same uses: int [n], 0 for none.

    Images of one number have nothing to tell each other, so that none of them need be compared.
    """
    flags = [pictures.shown_in(use.images) for use in dict.fromkeys(uses) if use.images]
    if not flags:
        return np.zeros(len(pictures.keys), dtype=np.intp)
    table = np.concatenate([np.zeros((1, len(flags)), dtype=bool), np.stack(flags, axis=1)])
    return np.asarray(np.unique(table, axis=0, return_inverse=True)[1].ravel()[1:], dtype=np.intp)
