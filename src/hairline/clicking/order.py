"""In which order patches are shown: at random and spread over photos, until a chooser knows the photos."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from hairline.clicking.patches import Patch
from hairline.errors import HairlineError

Labels = Mapping[Patch, bool | None]
"""Patch → whether it shows a crack; None where nobody is sure, or somebody is looking at it."""
Picture = NDArray[np.uint8]
PREVIEWS = 3


NONE: dict[str, Any] = {"precision": None, "recall": None, "f1": None, "low": None, "high": None, "enough": False}
"""What is told where there is no estimate."""


def in_a_sentence(error: HairlineError | OSError) -> str:
    """What went wrong, for somebody who looks at the page."""
    if isinstance(error, HairlineError):
        return str(error)
    return (
        f"{error.filename or 'the folder of the classifier'}: cannot be used ({error.strerror or error}); expected a "
        "folder that this user may write to, on a disk with room; free space or change its permissions"
    )


class Order(Protocol):
    """Which patches come next, and how well what was said predicts the rest."""

    def next(self, labels: Labels, count: int) -> list[Patch]:
        """At most so many patches that are not among the labels, the ones to show first in front."""
        ...

    def state(self, labels: Labels) -> dict[str, Any]:
        """What the page tells of it.

        ``estimate`` (``precision``, ``recall``, ``f1``, ``low``, ``high``, ``clicks``, ``enough``, ``why``) and
        ``previews`` (``photo`` and ``version``, which changes with the picture); either may be missing.
        """
        ...

    def preview(self, photo: str) -> Picture | None:
        """The labels that a photo would get, as a picture, RGB uint8 [height, width, 3]; None where nobody knows."""
        ...


class Estimate(Protocol):
    """How well what was said predicts the rest: a dataclass with what the page tells as ``estimate``."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


class Chooser(Protocol):
    """What chooses patches by their features, such as :class:`hairline.clicking.choosing.Chooser`."""

    def next(self, labels: Labels, count: int) -> list[Patch]:
        """As :meth:`Order.next`."""
        ...

    def estimate(self, labels: Labels) -> Estimate:
        """How well what was said predicts the rest."""
        ...


def spread(patches: Sequence[Patch], seed: int) -> list[Patch]:
    """Patches in a random order in which a photo comes again after all others have come."""
    turns, places = dict[str, int](), list[tuple[int, int]]()
    for number in np.random.default_rng(seed).permutation(len(patches)):
        photo = patches[number].photo
        turns[photo] = turns.get(photo, -1) + 1
        places.append((turns[photo], int(number)))
    return [patches[number] for _, number in sorted(places, key=lambda place: place[0])]


class InTurn:
    """A fixed order."""

    def __init__(self, order: Sequence[Patch]) -> None:
        """Keep the order."""
        self._order = order

    def next(self, labels: Labels, count: int) -> list[Patch]:
        """See :meth:`Order.next`."""
        waiting = (patch for patch in self._order if patch not in labels)
        return [patch for _, patch in zip(range(count), waiting, strict=False)]

    def state(self, labels: Labels) -> dict[str, Any]:
        """Nothing: a fixed order predicts nothing."""
        return {}

    def preview(self, photo: str) -> Picture | None:
        """None, for the same reason."""
        return None


class Chosen:
    """The order of a chooser, which is asked by one thread at a time.

    The estimate is made anew after each screen, while people go on; until it is ready the page tells the last one.
    Where it fails, ``why`` says so in place of figures, and it is tried again after the next screen.
    """

    def __init__(
        self, chooser: Chooser, photos: Sequence[str], preview: Callable[[str], Picture] | None = None
    ) -> None:
        """Estimate nothing yet.

        Args:
            chooser: What chooses.
            photos: All of them, of which previews show :data:`PREVIEWS`, evenly spaced.
            preview: Photo → picture of the labels that it would get, where the chooser can tell; several threads ask.
        """
        self._chooser, self._preview, self._asking = chooser, preview, threading.Lock()
        places = np.linspace(0, len(photos) - 1, min(PREVIEWS, len(photos))).round().astype(int)
        self._photos = [photos[place] for place in places] if preview else []
        self._estimate: dict[str, Any] | None = None
        self._previewed = False
        self._version, self._due, self._estimating = 0, False, threading.Lock()

    def next(self, labels: Labels, count: int) -> list[Patch]:
        """See :meth:`Order.next`."""
        with self._asking:
            self._due = True
            return self._chooser.next(labels, count)

    def _renew(self, labels: Labels) -> None:
        with self._estimating, self._asking:
            try:
                found = asdict(self._chooser.estimate(labels))
            except (HairlineError, OSError) as error:
                self._estimate, self._previewed = NONE | {"why": f"no estimate: {in_a_sentence(error)}"}, False
                return
            self._estimate, self._previewed = found, True
            self._version += 1

    def state(self, labels: Labels) -> dict[str, Any]:
        """See :meth:`Order.state`."""
        if self._due and not self._estimating.locked():
            self._due = False
            threading.Thread(target=self._renew, args=(dict(labels),), daemon=True).start()
        if self._estimate is None:
            return {}
        previews = [{"photo": photo, "version": self._version} for photo in self._photos if self._previewed]
        return {"estimate": self._estimate, "previews": previews}

    def preview(self, photo: str) -> Picture | None:
        """See :meth:`Order.preview`."""
        if self._preview is None or photo not in self._photos or not self._previewed:
            return None
        return self._preview(photo)
