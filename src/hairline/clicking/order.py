"""In which order patches are shown: at random and spread over photos, until features let the next ones be chosen."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from hairline.clicking.patches import Patch

Labels = Mapping[Patch, bool | None]
"""Patch → whether it shows a crack; None where nobody is sure, or somebody is looking at it."""


class Order(Protocol):
    """Which patches come next, and how well what was said predicts the rest."""

    def next(self, labels: Labels, count: int) -> list[Patch]:
        """At most so many patches that are not among the labels, the ones to show first in front."""
        ...

    def state(self, labels: Labels) -> dict[str, Any]:
        """What the page tells of it: an empty mapping where there is nothing to tell."""
        ...


class Spread:
    """A random order in which a photo comes again after all others have come."""

    def __init__(self, patches: Sequence[Patch], seed: int) -> None:
        """Draw the order."""
        draws = np.random.default_rng(seed)
        turns, places = dict[str, int](), list[tuple[int, int]]()
        for number in draws.permutation(len(patches)):
            photo = patches[number].photo
            turns[photo] = turns.get(photo, -1) + 1
            places.append((turns[photo], int(number)))
        self._order = [patches[number] for _, number in sorted(places, key=lambda place: place[0])]

    def next(self, labels: Labels, count: int) -> list[Patch]:
        """See :meth:`Order.next`."""
        waiting = (patch for patch in self._order if patch not in labels)
        return [patch for patch, _ in zip(waiting, range(count), strict=False)]

    def state(self, labels: Labels) -> dict[str, Any]:
        """Nothing: a random order predicts nothing."""
        return {}
