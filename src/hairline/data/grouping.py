"""Groups and splits of a set's images: what its entry in params.yaml says, else what its layout knows."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from hairline.data.capture_times import refuse_timeless, with_captures
from hairline.data.held_out import with_held_out
from hairline.data.parents import with_parents
from hairline.data.published_splits import read as read_split
from hairline.data.samples import RawSample
from hairline.errors import HairlineError
from hairline.io.file_names import Names

log = logging.getLogger(__name__)


def arranged(
    samples: Sequence[RawSample], layout: ModuleType, root: Path, options: Any,
    parent: str = "", capture_s: float | None = None, split: str = "",
) -> list[RawSample]:  # fmt: skip
    """Samples with their groups, and in the splits of a published split where one is named.

    Args:
        samples: As the layout read them.
        layout: The module that read them.
        root: The root of the set.
        options: The layout's options, of which ``exclude`` says what is left out by choice, and ``min_val``, where the
            layout has it, how many groups are held out at least (:func:`hairline.data.held_out.with_held_out`).
        parent: See :func:`with_groups`.
        capture_s: See :func:`with_groups`.
        split: See :func:`with_split`; empty for the splits that the layout gives.

    Raises:
        HairlineError: As those functions do.
    """
    found = with_split(samples, split, getattr(options, "exclude", ())) if split else samples
    return with_held_out(with_groups(found, layout, root, parent, capture_s), getattr(options, "min_val", 0))


def with_groups(
    samples: Sequence[RawSample], layout: ModuleType, root: Path, parent: str = "", capture_s: float | None = None
) -> list[RawSample]:
    """Samples with the group that each belongs to: its photo, and photos taken within some seconds of it.

    A layout whose names hold the time of capture says within how many seconds by ``CAPTURE_S``, and names the photos
    that are there, read or not, by ``photos(root)``; so the groups do not depend on which part of the set is read.

    Args:
        samples: As the layout read them.
        layout: The module that read them.
        root: The root of the set.
        parent: See :func:`hairline.data.parents.with_parents`.
        capture_s: See :func:`hairline.data.capture_times.with_captures`; None for what the layout has, and for 0 where
            there is a pattern ``parent``.

    Raises:
        HairlineError: If ``parent`` matches no id, or ``capture_s`` is given and no name holds a time.
    """
    found = with_parents(samples, parent)
    if capture_s:
        refuse_timeless(found)
    within = seconds(layout, parent, capture_s)
    return with_captures(found, within, _photos(layout, root) if within and not parent else ())


def seconds(layout: ModuleType, parent: str, capture_s: float | None) -> float:
    """Within how many seconds photos of a set are joined; the arguments are those of :func:`with_groups`."""
    known: float = 0 if parent else getattr(layout, "CAPTURE_S", 0)
    return known if capture_s is None else capture_s


def with_split(samples: Sequence[RawSample], name: str, exclude: Collection[str] = ()) -> list[RawSample]:
    """The samples that a published split lists, each in the split that it says; ids are found however they are written.

    Args:
        samples: As a layout read them.
        name: A key of :data:`hairline.data.published_splits.PUBLISHED`.
        exclude: Ids that are left out of the set by choice.

    Raises:
        HairlineError: If images of the split are not among the samples.
    """
    split_of = {entry.id: entry.split for entry in read_split(name).entries}
    listed, left_out = Names(split_of), Names(exclude)
    found = {sample.id: known for sample in samples if (known := listed.find(sample.id)) is not None}
    absent = sorted(each for each in split_of.keys() - set(found.values()) if not left_out.all(each))
    if absent:
        raise HairlineError(
            f"the split {name} lists {len(split_of)} images, of which {len(absent)} are not read, first '{absent[0]}'; "
            "complete the set, let options.folders and options.limit of this data set read all of it, add the ids to "
            f"options.exclude, or take split: {name} out ('hairline splits verify ROOT --split {name}' tells more)"
        )
    if len(found) < len(samples):
        log.info("split %s: %d of the %d images are in it; the others are left out", name, len(found), len(samples))
    return [replace(sample, split=split_of[found[sample.id]], shares=None) for sample in samples if sample.id in found]


def _photos(layout: ModuleType, root: Path) -> Iterable[str]:
    return layout.photos(root) if hasattr(layout, "photos") else ()
