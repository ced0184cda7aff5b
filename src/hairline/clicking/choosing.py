"""The next patches worth a click, by a linear classifier on fixed features that is taught anew for every screen."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.clicking import estimating
from hairline.clicking.estimating import AGREEMENT, LEAST_CRACKS, Estimate, Groups, Labels, audit_order, audited
from hairline.clicking.patches import Patch
from hairline.errors import HairlineError
from hairline.nn.classifier.linear import Line, Standard, fit, standard

Features = Callable[[str], NDArray[np.float32]]
"""Photo → features of its patches, float32 [patches, features], in the order in which they are given."""

AT_RANDOM = 0.25
"""Share of a screen that goes on in the random order, from which the estimate comes."""


class Chooser:
    """Chooses patches and tells how good a classifier of all clicks is.

    What it answers depends on patches, features, seed and labels alone, so that it goes on after a restart as if there
    had been none. Features are asked for once, before the first classifier is taught, and kept as float16.
    """

    def __init__(
        self,
        patches: Sequence[Patch],
        features: Features,
        seed: int,
        groups: Groups = MappingProxyType({}),
        emphasis: NDArray[np.float64] | None = None,
    ) -> None:
        """Draw the random order; no features are asked for yet.

        Args:
            patches: All that may be shown, each once.
            features: See :data:`Features`.
            seed: Of the random order and of everything else that is drawn.
            groups: Photo → the first of those that show one place.
            emphasis: Of features against others, float64 [features], see :class:`Standard`; None for the same of all.
        """
        self._of = defaultdict[str, list[Patch]](list)
        for patch in patches:
            self._of[patch.photo].append(patch)
        self._place = {patch: (photo, row) for photo, own in self._of.items() for row, patch in enumerate(own)}
        self._features, self._seed, self._order = features, seed, audit_order(patches, seed)
        self._groups = groups
        self._emphasis = emphasis
        self._taught: tuple[dict[Patch, bool], Line | None] | None = None

    def next(self, labels: Labels, count: int) -> list[Patch]:
        """The next patches to click on.

        Until both answers were given they come in the random order. From then on :data:`AT_RANDOM` of them do, and the
        others are those that the classifier is least sure of, few a photo; all in an order that does not tell which.

        Args:
            labels: Patch → whether it shows a crack; None where nobody is sure, or somebody else is looking at it.
            count: How many are wanted.

        Returns:
            At most so many, none of which is among the labels.
        """
        waiting, line = (patch for patch in self._order if patch not in labels), self.classifier(labels)
        if line is None:
            return list(islice(waiting, count))
        at_random = list(islice(waiting, math.ceil(AT_RANDOM * count)))
        unsure = islice(self._unsure(line, {*labels, *at_random}, count), count - len(at_random))
        found = [*at_random, *unsure]
        drawn = np.random.default_rng([self._seed, len(labels)]).permutation(len(found))
        return [found[place] for place in drawn]

    def _unsure(self, line: Line, taken: set[Patch], count: int) -> Iterator[Patch]:
        """Patches by how unsure the classifier is of them; those beyond a photo's share come after all others."""
        waiting = [patch for patch in self._order if patch not in taken]
        margins = np.abs(self._probabilities(line, waiting) - 0.5)
        share, of, late = max(math.ceil(2 * count / len(self._of)), 1), defaultdict[str, int](int), list[Patch]()
        for place in np.argsort(margins, kind="stable"):
            patch = waiting[place]
            of[patch.photo] += 1
            if of[patch.photo] <= share:
                yield patch
            else:
                late.append(patch)
        yield from late

    def classifier(self, labels: Labels) -> Line | None:
        """The classifier of all clicks; None while all that was said is the same."""
        sure = self._sure(labels)
        if self._taught is None or self._taught[0] != sure:
            self._taught = sure, self._fit(sure, list(sure))
        return self._taught[1]

    def estimate(self, labels: Labels) -> Estimate:
        """How good the classifier of all clicks is on patches that nobody clicked, and whether it is good enough.

        By cross-validation over groups of photos, on the random patches among the clicks alone (:mod:`estimating`); the
        interval is a bootstrap over groups. With one group, over its photos, and with one photo, over bands of it.
        """
        sure = self._sure(labels)
        drawn, line = audited(self._order, labels), self.classifier(labels)
        left = sum(patch not in labels for patch in self._order)
        if line is None:
            missing = (
                "no patch yet" if not sure else f"only patches {'with' if any(sure.values()) else 'without'} a crack"
            )
            why = f"{missing} among the clicks; a classifier learns from both kinds"
            return Estimate(None, None, None, None, None, len(sure), len(drawn), left == 0, why)
        crack = np.array([sure[patch] for patch in drawn], np.bool_)

        def teach(some: Sequence[Patch]) -> Line | None:
            return self._fit(sure, some)

        said = estimating.cross_validated(sure, drawn, teach, self._probabilities, self._seed, self._groups)
        precision, recall, f1 = estimating.scores(said, crack)
        low, high = (None, None) if f1 is None else estimating.interval(
            said, crack, [patch.photo for patch in drawn], self._seed, self._groups
        )  # fmt: skip
        enough, why = self._enough(line, sure, int(crack.sum()), left)
        return Estimate(precision, recall, f1, low, high, len(sure), len(drawn), enough, why)

    def _enough(self, line: Line, sure: dict[Patch, bool], cracks: int, left: int) -> tuple[bool, str]:
        if not left:
            return True, "every patch is labelled"
        if cracks < LEAST_CRACKS:
            return False, f"{cracks} of the patches at random show a crack; from {LEAST_CRACKS} on they tell something"
        agreement = self._agreement(line, sure)
        told = f"classifiers of half the clicks agree with that of all by a kappa of {agreement:.2f}"
        if agreement < AGREEMENT:
            return False, f"{told}; from {AGREEMENT:g} on more clicks change little"
        return True, f"{told}, from {AGREEMENT:g} on: more clicks change little"

    def _agreement(self, line: Line, sure: dict[Patch, bool]) -> float:
        """Mean kappa of the classifiers of two halves of the clicks with that of all, over all patches."""
        said = self._probabilities(line, self._order) >= 0.5
        lines = [self._fit(sure, half) for half in estimating.halves(list(sure), self._seed)]
        return float(np.mean([
            0.0 if each is None else estimating.kappa(self._probabilities(each, self._order) >= 0.5, said)
            for each in lines
        ]))  # fmt: skip

    def state(self, labels: Labels) -> dict[str, Any]:
        """The estimate as plain values, under ``estimate``."""
        return {"estimate": asdict(self.estimate(labels))}

    def _sure(self, labels: Labels) -> dict[Patch, bool]:
        """What somebody is sure of, of the patches that may be shown."""
        return {patch: label for patch, label in labels.items() if label is not None and patch in self._place}

    def _fit(self, sure: dict[Patch, bool], some: Sequence[Patch]) -> Line | None:
        known = sorted(some)  # so that who clicked first plays no part, not even in rounding
        crack = np.array([sure[patch] for patch in known], np.bool_)
        if not crack.any() or crack.all():
            return None
        return fit(self._rows(known).astype(np.float32), crack, self._standard)

    def _probabilities(self, line: Line, patches: Sequence[Patch]) -> NDArray[np.float64]:
        """Crack probabilities of patches, float64 [patches]; a photo's features are looked at at a time."""
        kept = self._kept
        found = {photo: line.probabilities(kept[photo]) for photo in {patch.photo for patch in patches}}
        return np.array([found[photo][row] for photo, row in map(self._place.__getitem__, patches)], np.float64)

    def _rows(self, patches: Sequence[Patch]) -> NDArray[np.float16]:
        return np.stack([self._kept[photo][row] for photo, row in map(self._place.__getitem__, patches)])

    @cached_property
    def _kept(self) -> dict[str, NDArray[np.float16]]:
        return {photo: self._asked(photo, len(own)) for photo, own in self._of.items()}

    def _asked(self, photo: str, count: int) -> NDArray[np.float16]:
        found = self._features(photo)
        if found.ndim != 2 or len(found) != count or not found.size or not np.isfinite(found).all():
            raise HairlineError(
                f"features of {photo}: found {found.dtype} {list(found.shape)}; expected a row of finite numbers for "
                f"each of its {count} patches; mend what makes them"
            )
        return np.clip(found, np.finfo(np.float16).min, np.finfo(np.float16).max).astype(np.float16)

    @cached_property
    def _standard(self) -> Standard:
        return standard(list(self._kept.values()), self._emphasis)
