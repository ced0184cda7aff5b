"""What a number has seen: how the images it is taken on took part in making what it scores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Word = Literal["unseen", "same photo", "chosen on", "tuned on", "trained on"]
"""How an image took part, from not at all to most.

``unseen``: in no way. ``same photo``: another part of its parent photo did, or of the place that it shows. ``chosen
on``: options that ship with a method, or the weights that were kept of a training (validation), were chosen on it.
``tuned on``: a study searched options on it. ``trained on``: a network learned from it, by its mask, its pseudo-label
or the labels of its patches.
"""

WORDS: tuple[Word, ...] = get_args(Word)
SIGNS: Mapping[Word, str] = dict(zip(WORDS, "○◔◑◕●", strict=True))

Labels = Literal["no labels", "patch labels", "masks to choose options", "masks"]
"""The dearest labels that what is scored was made with, of any image, from the cheapest to the dearest."""

LABELS: tuple[Labels, ...] = get_args(Labels)


@dataclass(frozen=True)
class Seen:
    """What one result has seen, over the images that it was scored on.

    Attributes:
        images: Word → number of scored images of which it is the strongest that is true; together all of them.
        labels: The dearest labels that went into what is scored, whatever the images.
        why: A sentence for each way in which scored images took part, the strongest first; empty where all are unseen.
    """

    images: Mapping[Word, int]
    labels: Labels
    why: tuple[str, ...] = ()

    @property
    def word(self) -> Word:
        """The strongest word that is true of any scored image; ``unseen`` where none was scored."""
        return strongest(word for word, count in self.images.items() if count)

    @property
    def count(self) -> int:
        """Number of scored images that the strongest word is true of."""
        return self.images.get(self.word, 0)


def strongest(words: Iterable[Word]) -> Word:
    """The strongest of some words, ``unseen`` of none.

    >>> strongest(["unseen", "tuned on", "same photo"])
    'tuned on'
    """
    return max(words, key=WORDS.index, default="unseen")


def together(parts: Iterable[tuple[str, Seen]]) -> Seen:
    """What one result has seen on several sets at once.

    Args:
        parts: Name of each set, and what was seen on it.

    >>> one = Seen({"unseen": 3}, "patch labels")
    >>> two = Seen({"trained on": 1, "unseen": 1}, "patch labels", ("1 of 2 images: it was learned from.",))
    >>> together([("cfd", one), ("ael", two)])  # doctest: +NORMALIZE_WHITESPACE
    Seen(images={'unseen': 4, 'trained on': 1}, labels='patch labels',
         why=('ael: 1 of 2 images: it was learned from.',))
    """
    found = list(parts)
    images = {word: sum(seen.images.get(word, 0) for _, seen in found) for word in WORDS}
    return Seen(
        {word: count for word, count in images.items() if count},
        max((seen.labels for _, seen in found), key=LABELS.index, default="no labels"),
        tuple(f"{name}: {sentence}" for name, seen in found for sentence in seen.why),
    )
