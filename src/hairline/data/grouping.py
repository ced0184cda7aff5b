"""Which images of a set are one group: what its entry in params.yaml says, else what its layout knows."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from hairline.data.capture_times import refuse_timeless, with_captures
from hairline.data.parents import with_parents
from hairline.data.samples import RawSample


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
    known = 0 if parent else getattr(layout, "CAPTURE_S", 0)
    seconds = known if capture_s is None else capture_s
    return with_captures(found, seconds, _photos(layout, root) if seconds and not parent else ())


def _photos(layout: ModuleType, root: Path) -> Iterable[str]:
    return layout.photos(root) if hasattr(layout, "photos") else ()
