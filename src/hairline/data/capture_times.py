"""Photos that follow each other by seconds show one place, so that they are one group: told by the time in their names.

An inspector who walks along a crack takes a photo every few seconds, and each shows a part of the one before. Linkage
is single: where A and B are near in time, and B and C, all three are one group, since B must not be parted from either
by a split. A long walk is one group then, though its ends show places far apart; that costs groups to draw intervals
from, and never lets two neighbours apart.
"""

import itertools
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from hairline.data.samples import RawSample
from hairline.data.splits import split_of
from hairline.errors import HairlineError

log = logging.getLogger(__name__)

TIME = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)[-_. T]{0,3}(\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?:\d{3})?(?!\d)"
)
"""Date and time as cameras put them into names: 20160222_081011, IMG_20160222_081011, 2016-02-22 08.10.11, …"""


def taken(name: str) -> datetime | None:
    """When a photo was taken, by its name; None where the name holds no time.

    >>> taken("IMG_20160222_081011")
    datetime.datetime(2016, 2, 22, 8, 10, 11)
    >>> taken("IMG_2917") is taken("20161350_999999") is None
    True
    """
    found = TIME.search(name)
    try:
        return datetime(*map(int, found.groups())) if found else None  # type: ignore[arg-type]
    except ValueError:
        return None


def joined(photos: Iterable[str], seconds: float) -> dict[str, str]:
    """The group of each photo: the first photo of its chain.

    Args:
        photos: Names of photos, in any order.
        seconds: Photos at most so far apart are one group, and so are those that others between them join; 0 joins
            none. A photo whose name holds no time is a group of its own.

    Example:
        >>> joined(["20160222_081027", "20160222_081011", "20160222_081019", "IMG_1"], 8)["20160222_081027"]
        '20160222_081011'
    """
    names = sorted(set(photos))
    times = {name: time for name in names if (time := taken(name)) is not None}
    return {name: name for name in names} | chained(times, seconds)


def chained(times: Mapping[str, datetime], seconds: float) -> dict[str, str]:
    """The group of each photo: the first photo of its chain.

    Args:
        times: Photo → when it was taken.
        seconds: See :func:`joined`.
    """
    group = {name: name for name in times}
    timed = sorted((time, name) for name, time in times.items())
    for (before, one), (after, other) in itertools.pairwise(timed):
        if seconds and (after - before).total_seconds() <= seconds:
            group[other] = group[one]
    return group


def with_captures(samples: Sequence[RawSample], seconds: float, others: Iterable[str] = ()) -> list[RawSample]:
    """Samples whose groups are joined where photos were taken at most some seconds apart.

    Where a split is by a hash of the group, it is that of the joined group.

    Args:
        samples: With the photo that each shows as its group.
        seconds: See :func:`joined`.
        others: Further photos of the same set, which are not read but lie between those that are.
    """
    group = joined((*others, *(sample.group for sample in samples)), seconds)
    found = [_of(sample, group[sample.group]) for sample in samples]
    if any(one is not other for one, other in zip(found, samples, strict=True)):
        log.info("%s (see capture_s in docs/data.md)", told(samples, found, seconds))
    return found


def refuse_timeless(samples: Sequence[RawSample]) -> None:
    """Raise HairlineError if no sample's group holds a time."""
    if samples and not any(taken(sample.group) for sample in samples):
        raise HairlineError(
            f"capture_s of this data set joins photos by the time in their names, but none of the {len(samples)} names "
            f"holds one like 20160222_081011, e.g. '{samples[0].group}'; take capture_s out or set it to 0"
        )


def told(photos: Sequence[RawSample], groups: Sequence[RawSample], seconds: float) -> str:
    """What joining came to, in a sentence.

    Args:
        photos: The samples before, each with its photo as the group.
        groups: The same samples after.
        seconds: That photos were joined within.
    """
    members: Mapping[str, set[str]] = defaultdict(set)
    splits: Mapping[str, set[str]] = defaultdict(set)
    for photo, sample in zip(photos, groups, strict=True):
        members[sample.group].add(photo.group)
        splits[sample.group].add(sample.split)
    apart = [sample for sample in groups if len(splits[sample.group]) > 1]
    return (
        f"photos taken at most {seconds:g} s apart are one group: {sum(map(len, members.values()))} photos are "
        f"{len(members)} groups, the largest of {max(map(len, members.values()))} photos; "
        f"{len({sample.group for sample in apart})} groups with {len(apart)} images lie in several splits"
    )


def _of(sample: RawSample, group: str) -> RawSample:
    if group == sample.group:
        return sample
    split = sample.split if sample.shares is None else split_of(group, sample.shares)
    return replace(sample, group=group, split=split)
