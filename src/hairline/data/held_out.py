"""Enough photos to judge a classifier on, where the share of a few photos comes to one or to none.

Which photos are held out is said by a hash of each (:mod:`hairline.data.splits`). Of twenty photos and a share of 15 %
that may be a single one, with hardly a crack.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hairline.data.samples import CRACK, NO_CRACK, RawSample
from hairline.data.splits import Split, position

log = logging.getLogger(__name__)

TRAIN: Split = "train"
VAL: Split = "val"
LEARNED = (TRAIN, VAL)
PART = 4
"""At most one in so many groups with a kind of patches is held out for it: the others are to be learned from."""


def with_held_out(samples: Sequence[RawSample], least: int) -> list[RawSample]:
    """Samples whose split ``val`` has that many groups with a crack patch, and that many with one without a crack.

    Where it has fewer, groups of ``train`` that have such a patch move there, those first whose hash lies nearest to
    the hashes of ``val``. Where that many would be more than a quarter of all such groups of both splits, a quarter is
    what it has, or its share where that is more: those beyond move to ``train``, so that there is something to learn
    from. Nothing moves where there are enough of many, and no group whose split a list says.

    Args:
        samples: With their final groups.
        least: That many; 0 leaves all as it is.
    """
    if not least:
        return list(samples)
    places = _Places(samples, least)
    places.give_back()
    places.hold_out()
    if not places.moved:
        return list(samples)
    log.info(
        "%d photos are held out, or learned from, otherwise than the shares say, first '%s', so that there are enough "
        "of both (see min_val in docs/data.md)", len(places.moved), min(places.moved),
    )  # fmt: skip
    return [replace(sample, split=places.split[sample.group]) for sample in samples]


class _Places:
    """Groups with a split each, and how many of ``val`` have a kind of patches."""

    def __init__(self, samples: Sequence[RawSample], least: int) -> None:
        self.split = {sample.group: sample.split for sample in samples}
        self._before = dict(self.split)
        self._kinds = dict[str, set[bool]]()
        for sample in samples:
            self._kinds.setdefault(sample.group, set()).update(_kinds(sample))
        fixed = {sample.group for sample in samples if sample.shares is None}
        self._free = sorted((group for group in self.split if group not in fixed), key=position)
        having = Counter(kind for group, kinds in self._kinds.items() for kind in kinds if self.split[group] in LEARNED)
        quarters = {kind: having[kind] // PART for kind in (True, False)}
        self._held = Counter(kind for group, kinds in self._kinds.items() for kind in kinds if self.split[group] == VAL)
        self._wanted = {kind: min(least, quarter) for kind, quarter in quarters.items()}
        share = max((sample.shares or {}).get(VAL, 0) for sample in samples)
        self._most = {
            kind: max(quarter, int(share * having[kind])) if quarter <= least else len(self.split)
            for kind, quarter in quarters.items()
        }

    @property
    def moved(self) -> list[str]:
        """Groups whose split is another than before."""
        return [group for group, split in self.split.items() if split != self._before[group]]

    def give_back(self) -> None:
        """Let groups be learned from of which too many are held out."""
        for group in self._free:
            if self.split[group] == VAL and any(self._held[kind] > self._most[kind] for kind in self._kinds[group]):
                self.split[group] = TRAIN
                self._held.subtract(self._kinds[group])

    def hold_out(self) -> None:
        """Hold groups out of which too few are, as far as that makes no kind too many."""
        for wanted in (True, False):
            for group in reversed(self._free):
                kinds = self._kinds[group]
                if self._held[wanted] >= self._wanted[wanted]:
                    break
                fits = all(self._held[kind] < self._most[kind] for kind in kinds)
                if self.split[group] == TRAIN and wanted in kinds and fits:
                    self.split[group] = VAL
                    self._held.update(kinds)


def _kinds(sample: RawSample) -> set[bool]:
    """Whether it has patches with a crack (True), and without one (False)."""
    whole = {CRACK: {True}, NO_CRACK: {False}}.get(sample.image_label, set[bool]())
    return whole | {patch.crack for patch in sample.patches}
