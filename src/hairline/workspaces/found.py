"""What was found out about photos, in lines for people, and what follows from it: groups, patches, windows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from hairline.data.capture_times import chained
from hairline.workspaces.looking import Look, Photo

WINDOWS_PX = (64, 96, 128, 192, 256)
"""Patches to choose from."""
WINDOWS_A_SIDE = 11
"""Patches along a photo's shorter side: photos of CRACK500 have 1,440 px there, and patches of 128."""
MANY_PIXELS = 4_000_000
"""From here on windows that vote lie 32 px apart, not 16: a quarter of the time, on maps as fine beside the photo."""
TOGETHER_S = 10
"""Photos taken at most so many seconds apart show one place."""
NAMED = 3


@dataclass(frozen=True)
class Grid:
    """How photos are cut.

    Attributes:
        window_px: Side of the patches that are clicked on.
        vote_stride_px: Distance of the windows that vote for a label.
    """

    window_px: int
    vote_stride_px: int


def grid(photos: Sequence[Photo], window_px: int | None = None) -> Grid:
    """Patches and windows for photos, by the median photo.

    The window is the one of :data:`WINDOWS_PX` whose ratio to the shorter side over :data:`WINDOWS_A_SIDE` is nearest
    to 1, so that a patch shows as much of a photo as in the set that the recipes were chosen on.

    Args:
        photos: At least one.
        window_px: The window, where somebody has chosen it.
    """
    wanted = shorter(photos) / WINDOWS_A_SIDE
    nearest = min(WINDOWS_PX, key=lambda px: max(px / wanted, wanted / px))
    many = median(photo.width * photo.height for photo in photos) > MANY_PIXELS
    return Grid(window_px or nearest, 32 if many else 16)


def shorter(photos: Sequence[Photo]) -> int:
    """The shorter side of the median photo, in pixels."""
    return round(median(min(photo.width, photo.height) for photo in photos))


def groups(photos: Sequence[Photo]) -> dict[str, str]:
    """Name of each photo → the first of its group: photos taken within :data:`TOGETHER_S` of each other."""
    times = {photo.name: photo.taken for photo in photos if photo.taken is not None}
    return {photo.name: photo.name for photo in photos} | chained(times, TOGETHER_S)


def seconds(photos: Sequence[Photo]) -> int | None:
    """``capture_s`` of the data set: where names tell the time and some photos are near; None where it says nothing."""
    named = [photo for photo in photos if photo.timed_by == "names"]
    return TOGETHER_S if len(set(groups(named).values())) < len(named) else None


def lines(look: Look, chosen: Grid) -> list[str]:
    """What was found and what was chosen, a line each."""
    photos = look.photos
    kinds = Counter(photo.path.suffix.lower().lstrip(".") for photo in photos)
    sizes = Counter(f"{photo.width} x {photo.height}" for photo in photos)
    folders = len({photo.path.parent for photo in photos})
    told = [
        f"{len(photos)} photos in {look.folder}" + (f" and below, in {folders} folders" if folders > 1 else ""),
        f"kinds: {_counts(kinds)}; sizes in px, upright: {_counts(sizes)}",
    ]
    turned = [photo.name for photo in photos if photo.orientation > 1]
    if turned:
        told.append(f"EXIF: {_some(turned)} stored turned; patches and labels are of the upright photos")
    told += [f"left out: {_some(names)}: {why}" for why, names in _by_reason(look).items()]
    told += [f"left out: {name}: the same file as {other}" for name, other in list(look.copies.items())[:NAMED]]
    if len(look.copies) > NAMED:
        told.append(f"left out: {len(look.copies) - NAMED} more copies of the same files")
    if look.alike:
        pairs = ", ".join(f"{one} and {other}" for one, other in look.alike[:NAMED])
        told.append(f"look alike: {len(look.alike)} pairs, {pairs}; they are kept: take out what shows nothing new")
    return [*told, _groups_told(photos), _grid_told(photos, chosen)]


def _groups_told(photos: Sequence[Photo]) -> str:
    by = sorted({photo.timed_by for photo in photos} - {""})
    if not by:
        return "groups: each photo is one, since neither EXIF nor names tell when they were taken"
    sizes = Counter(groups(photos).values())
    return (
        f"groups: {len(sizes)}, of photos taken at most {TOGETHER_S} s apart by {' and '.join(by)}; the largest has "
        f"{max(sizes.values())}"
    )


def _grid_told(photos: Sequence[Photo], chosen: Grid) -> str:
    side = shorter(photos)
    return (
        f"patches: {chosen.window_px} px, side by side: {side / chosen.window_px:.0f} along the shorter side of the "
        f"median photo ({side} px); windows that vote lie {chosen.vote_stride_px} px apart"
    )


def _by_reason(look: Look) -> dict[str, list[str]]:
    reasons = dict[str, list[str]]()
    for name, why in look.left_out.items():
        reasons.setdefault(why, []).append(name)
    return reasons


def _counts(found: Counter[str]) -> str:
    most = found.most_common(NAMED)
    more = len(found) - len(most)
    return ", ".join(f"{name} ({count})" for name, count in most) + (f" and {more} others" if more else "")


def _some(names: Sequence[str]) -> str:
    named = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
    return f"{len(names)} ({named})"
