"""Enough photos to judge a classifier on, where the share of a few photos comes to one or to none.

Which photos are held out is said by a hash of each (:mod:`hairline.data.splits`). Of twenty photos and a share of 15 %
that may be a single one, with hardly a crack.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from hairline.data.samples import CRACK, NO_CRACK, RawSample
from hairline.data.splits import position

log = logging.getLogger(__name__)

PART = 4
"""At most one in so many groups with a kind of patches is held out for it: the others are to be learned from."""


def with_held_out(samples: Sequence[RawSample], least: int) -> list[RawSample]:
    """Samples whose split ``val`` has that many groups with a crack patch, and that many with one without a crack.

    Where it has fewer, groups of ``train`` that have such a patch move there, those first whose hash lies nearest to
    the hashes of ``val``; no more than until a quarter of all such groups of both splits are held out. Nothing moves
    where there are enough, and no group whose split a list says.

    Args:
        samples: With their final groups.
        least: That many; 0 leaves all as it is.
    """
    kinds = dict[str, set[bool]]()
    for sample in samples:
        kinds.setdefault(sample.group, set()).update(_kinds(sample))
    split = {sample.group: sample.split for sample in samples}
    fixed = {sample.group for sample in samples if sample.shares is None}
    free = sorted((group for group in split if split[group] == "train" and group not in fixed), key=position)
    moved = list[str]()
    for kind in (True, False):
        having = [group for group in split if kind in kinds[group] and split[group] in ("train", "val")]
        wanted = min(least, len(having) // PART) - sum(split[group] == "val" for group in having)
        taken = [group for group in reversed(free) if kind in kinds[group] and split[group] == "train"]
        for group in taken[: max(wanted, 0)]:
            split[group] = "val"
            moved.append(group)
    if not moved:
        return list(samples)
    log.info(
        "%d photos are held out besides those that the shares say, first '%s', so that there are enough to judge a "
        "classifier on (see min_val in docs/data.md)", len(moved), moved[0],
    )  # fmt: skip
    return [replace(sample, split=split[sample.group]) for sample in samples]


def _kinds(sample: RawSample) -> set[bool]:
    """Whether it has patches with a crack (True), and without one (False)."""
    whole = {CRACK: {True}, NO_CRACK: {False}}.get(sample.image_label, set[bool]())
    return whole | {patch.crack for patch in sample.patches}
