"""Cracks of a mask, measured: lengths, widths, areas, directions, in pixels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.inspection.measuring import branches, lines, widths
from hairline.inspection.measuring.branches import Line
from hairline.inspection.measuring.cracks import Branch, Crack
from hairline.inspection.measuring.distances import distances
from hairline.inspection.measuring.graph import Graph, graph
from hairline.inspection.measuring.options import Options
from hairline.inspection.measuring.parts import Parts, orientation, parts
from hairline.inspection.measuring.pruning import pruned
from hairline.inspection.measuring.thinning import thinned


@dataclass(frozen=True)
class Measured:
    """What was measured in a photo.

    Attributes:
        cracks: Its cracks, the longest first.
        width: Of the photo, in pixels.
        height: Of the photo, in pixels.
        left_out: Number of connected components that are too small to be cracks.
        left_out_px: Their pixels.
        photo_share: Share of the points of all lines whose width the photo told; 0 without a photo.
    """

    cracks: tuple[Crack, ...]
    width: int
    height: int
    left_out: int
    left_out_px: int
    photo_share: float

    @property
    def length_px(self) -> float:
        """Length of all cracks."""
        return sum(crack.length_px for crack in self.cracks)

    @property
    def area_px(self) -> int:
        """Pixels of all cracks."""
        return sum(crack.area_px for crack in self.cracks)


def measure(
    mask: NDArray[np.bool_] | NDArray[np.uint8], photo: NDArray[np.uint8] | None = None, options: Options | None = None
) -> Measured:
    """Measure the cracks of a mask.

    A crack is a connected component (8 neighbours). Its length is that of its skeleton, without spurs, smooth, and up
    to the edge of the mask at free ends; its width is measured at right angles to that line, at points a pixel apart.
    docs/inspection/measuring.md has the rules and what they are off by.

    Args:
        mask: True where there is crack, bool [height, width]; or uint8 with 0 and either 1 or 255.
        photo: The photo it is of, RGB uint8 [height, width, 3] or grey [height, width]; with it widths follow the grey
            levels across a crack, to parts of a pixel, where the crack is clear, dark or bright.
        options: What counts as a crack or a spur; None for the defaults.

    Returns:
        The cracks, in pixels; :mod:`hairline.inspection.measuring.table` turns them into millimetres.

    Raises:
        HairlineError: If mask or photo are of another kind, or of different sizes.

    Example:
        >>> import numpy as np
        >>> mask = np.zeros((60, 200), bool)
        >>> mask[28:34, 40:140] = True
        >>> crack, = measure(mask).cracks
        >>> round(crack.length_px, 1), round(crack.width_mean_px, 1), crack.area_px, crack.orientation_deg
        (100.0, 6.0, 600, 0.0)
    """
    chosen = options or Options()
    crack = _refuse_mask(mask)
    grey = None if photo is None else _refuse_photo(photo, crack.shape)
    if not crack.any():
        return Measured((), crack.shape[1], crack.shape[0], 0, 0, 0.0)
    found, numbers = parts(crack, chosen.min_area_px, chosen.hole_px)
    skeleton = graph(thinned(found.framed))
    rows, columns = skeleton.points[:, 1].astype(int), skeleton.points[:, 0].astype(int)
    numbers = numbers[rows, columns]
    radii = distances(found.framed, rows + 1, columns + 1) - 0.5
    kept = pruned(skeleton, radii, chosen.spur)
    drawn = [branches.resampled(line) for line in branches.drawn(kept, radii, numbers, found)]
    wide, share = widths.of_mask(found.framed, drawn), 0.0
    if grey is not None:
        wide, share = widths.of_photo(grey, drawn, wide)
    cracks = _cracks(drawn, wide, _junctions(kept, numbers), found)
    return Measured(cracks, crack.shape[1], crack.shape[0], found.left_out, found.left_out_px, share)


def _junctions(kept: Graph, numbers: NDArray[np.int32]) -> Mapping[int, int]:
    """Part → number of its junctions."""
    counts: dict[int, int] = defaultdict(int)
    for pixels in kept.junctions.values():
        counts[int(numbers[pixels[0]])] += 1
    return counts


def _cracks(
    drawn: Sequence[Line], wide: Sequence[NDArray[np.float64]], junctions: Mapping[int, int], found: Parts
) -> tuple[Crack, ...]:
    """Cracks from the lines of all branches, the longest first."""
    of: dict[int, list[Branch]] = defaultdict(list)
    for line, width in zip(drawn, wide, strict=True):
        length = float(lines.along(line.points)[-1])
        of[line.part].append(Branch(line.points, widths.smoothed(width, line.ring), length))
    order = sorted(of, key=lambda part: (-_length(of[part]), *found.boxes[part].tolist()))
    return tuple(
        _crack(number, of[part], junctions.get(part, 0), part, found) for number, part in enumerate(order, start=1)
    )


def _length(some: Sequence[Branch]) -> float:
    return sum(branch.length_px for branch in some)


def _crack(number: int, some: Sequence[Branch], junctions: int, part: int, found: Parts) -> Crack:
    points, width = (np.concatenate([getattr(each, name) for each in some]) for name in ("line", "widths_px"))
    weights = np.concatenate([_weights(each) for each in some])
    widest = int(width.argmax())
    left, top, right, bottom = (int(each) for each in found.boxes[part])
    return Crack(
        number, tuple(some), junctions, _length(some), float(np.average(width, weights=weights)),
        percentile(width, weights, 95), float(width[widest]), (float(points[widest, 0]), float(points[widest, 1])),
        int(found.areas[part]), orientation(found.axes[part], float(found.elongations[part])),
        (left, top, right, bottom),
    )  # fmt: skip


def _weights(branch: Branch) -> NDArray[np.float64]:
    """Length of line that each of its points stands for."""
    steps = np.diff(lines.along(branch.line))
    return (np.append(steps, 0) + np.insert(steps, 0, 0)) / 2 + 1e-9


def percentile(values: NDArray[np.float64], weights: NDArray[np.float64], per_cent: float) -> float:
    """The value that so many per cent of the weight lie below, between values in proportion."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weights[order]) - weights[order] / 2
    return float(np.interp(per_cent / 100 * weights.sum(), below, values[order]))


def _refuse_mask(mask: object) -> NDArray[np.bool_]:
    if isinstance(mask, np.ndarray) and mask.ndim == 2 and mask.size:
        if mask.dtype == bool:
            return np.ascontiguousarray(mask)
        if mask.dtype == np.uint8:
            others = mask[(mask != 0) & (mask != mask.max())]
            if not len(others) and mask.max() in (0, 1, 255):
                return np.ascontiguousarray(mask > 0)
            found = f"uint8 with other values than 0 and 1, or 0 and 255 ({mask.max()} the largest)"
        else:
            found = f"{mask.dtype} {list(mask.shape)}"
    else:
        found = f"{mask.dtype} {list(mask.shape)}" if isinstance(mask, np.ndarray) else type(mask).__name__
    raise HairlineError(
        f"mask: found {found}; expected bool [height, width], True where there is crack; compare scores with a "
        "threshold first (scores >= 0.5)"
    )


def _refuse_photo(photo: object, size: tuple[int, ...]) -> NDArray[np.uint8]:
    """The grey levels of a photo of the size of its mask."""
    if isinstance(photo, np.ndarray) and photo.dtype == np.uint8 and photo.shape[:2] == size:
        if photo.ndim == 2:
            return photo
        if photo.ndim == 3 and photo.shape[2] == 3:
            return np.asarray(cv2.cvtColor(np.ascontiguousarray(photo), cv2.COLOR_RGB2GRAY))
    found = f"{photo.dtype} {list(photo.shape)}" if isinstance(photo, np.ndarray) else type(photo).__name__
    raise HairlineError(
        f"photo: found {found}; expected uint8 [{size[0]}, {size[1]}, 3] or [{size[0]}, {size[1]}], as large as its "
        "mask; give the photo that the mask is of, turned upright as the mask is"
    )
