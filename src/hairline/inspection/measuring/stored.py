"""What was measured in a photo, as a file that is read back exactly: NPZ, points and widths of all branches included.

The arrays: ``key`` (a text that says what it was made of), ``photo`` (width, height, components left out, their pixels,
share of widths from the photo), ``cracks`` (a row each: number, junctions, length, mean, 95th percentile and largest
width, its place x and y, area, orientation, left, top, right, bottom), ``branches`` (a row each: number of its crack,
points, length) and ``points`` (a row each, of all branches one after the other: x, y, width).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.inspection.measuring.cracks import Branch, Crack
from hairline.inspection.measuring.measure import Measured
from hairline.io.artefacts import read_arrays, spoilt
from hairline.io.atomic import whole_file

MAKER = "'hairline measure' after deleting it"
SHAPES = {"photo": (5,), "cracks": (None, 14), "branches": (None, 3), "points": (None, 3)}


def write(path: Path, measured: Measured, key: str) -> None:
    """Write a file, whole or not at all."""
    every = [(crack.number, branch) for crack in measured.cracks for branch in crack.branches]
    lines = [np.column_stack([branch.line, branch.widths_px]) for _, branch in every]
    arrays = {
        "key": np.array(key),
        "photo": np.array(
            [measured.width, measured.height, measured.left_out, measured.left_out_px, measured.photo_share], float
        ),
        "cracks": np.array([_numbers(crack) for crack in measured.cracks], float).reshape(-1, 14),
        "branches": np.array([(number, len(each.line), each.length_px) for number, each in every], float).reshape(
            -1, 3
        ),
        "points": np.concatenate([np.empty((0, 3)), *lines]),
    }
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _numbers(crack: Crack) -> tuple[float, ...]:
    turned = np.nan if crack.orientation_deg is None else crack.orientation_deg
    return (
        crack.number, crack.junctions, crack.length_px, crack.width_mean_px, crack.width_p95_px, crack.width_max_px,
        *crack.width_max_at, crack.area_px, turned, *crack.box,
    )  # fmt: skip


def read(path: Path) -> tuple[Measured, str]:
    """What :func:`write` wrote, and its key.

    Raises:
        HairlineError: If the file is not as it was written.
    """
    arrays = read_arrays(path, MAKER)
    if not _whole(arrays):
        raise spoilt(path, "holds other arrays", "what was measured, as hairline wrote it", MAKER)
    width, height, left_out, left_out_px, share = arrays["photo"].tolist()
    branches: dict[int, list[Branch]] = defaultdict(list)
    for number, branch in _branches(arrays):
        branches[number].append(branch)
    cracks = tuple(_crack(row, branches) for row in arrays["cracks"].tolist())
    return Measured(cracks, int(width), int(height), int(left_out), int(left_out_px), share), str(arrays["key"])


def _whole(arrays: dict[str, NDArray[Any]]) -> bool:
    if set(arrays) != {"key", *SHAPES} or arrays["key"].dtype.kind != "U":
        return False
    for name, shape in SHAPES.items():
        found = arrays[name]
        if found.dtype != np.float64 or found.ndim != len(shape) or found.shape[-1] != shape[-1]:
            return False
    return bool(arrays["branches"][:, 1].sum() == len(arrays["points"]))


def _branches(arrays: dict[str, NDArray[Any]]) -> Iterator[tuple[int, Branch]]:
    cuts = np.cumsum(arrays["branches"][:, 1]).astype(int)[:-1]
    pieces = np.split(arrays["points"], cuts)
    for (number, _, length), points in zip(arrays["branches"].tolist(), pieces, strict=False):
        yield int(number), Branch(points[:, :2], points[:, 2], length)


def _crack(row: list[float], branches: Mapping[int, list[Branch]]) -> Crack:
    number, junctions, length, mean, p95, largest, x, y, area, turned, *box = row
    left, top, right, bottom = (int(each) for each in box)
    return Crack(
        int(number), tuple(branches[int(number)]), int(junctions), length, mean, p95, largest, (x, y), int(area),
        None if np.isnan(turned) else turned, (left, top, right, bottom),
    )  # fmt: skip
