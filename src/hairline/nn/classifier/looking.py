"""What a network sees in an image, looked at once: evidence of any linear classifier on its features follows from it.

Classifiers that clicks teach differ in their last layer alone (:mod:`hairline.nn.classifier.frozen`). All else of
:func:`hairline.nn.classifier.evidence.collect`, which is nearly all of its time, is the same for all of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import CellVotes, Evidence, Place, ScaledCam, Votes, scaled_size
from hairline.nn.classifier import amid, evidence
from hairline.nn.classifier.backbones import Classifier
from hairline.nn.runtime.device import Placement, autocast, one_thread_each, run_all


@dataclass(frozen=True)
class Seen:
    """Features of an image's windows and cells.

    Attributes:
        height: Of the image in pixels.
        width: Likewise.
        cell_px: Pixels from one cell to the next.
        windows: For every window size its grid and the mean features of its windows, float32 [rows, cols, K].
        maps: Scale → features of the cells on it, float32 [rows, cols, K]; scale 1 comes first.
        first_cell: Where the first cell looks (:mod:`hairline.nn.classifier.centres`).
        in_windows: Where the votes about windows of every size look.
    """

    height: int
    width: int
    cell_px: int
    windows: tuple[tuple[PatchGrid, NDArray[np.float32]], ...]
    maps: dict[float, NDArray[np.float32]]
    first_cell: Place
    in_windows: tuple[Place, ...]

    def evidence(self, weight: NDArray[np.floating], bias: float) -> Evidence:
        """What ``collect`` finds with the classifier ``frozen.linear(model, weight, bias)``, but for rounding.

        Args:
            weight: [K].
            bias: The same for all images.
        """
        line = np.asarray(weight, np.float32)

        def crack(features: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray(1 / (1 + np.exp(-np.clip(features @ line + np.float32(bias), -60, 60))), np.float32)

        rising = np.maximum(line / 2, 0)
        cams = {scale: np.maximum(features @ rising, 0) for scale, features in self.maps.items()}
        first, *further = cams
        whole = self.maps[first].mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
        votes = (Votes(grid.window_px, grid.stride_px, crack(features), place)
                 for (grid, features), place in zip(self.windows, self.in_windows, strict=True))  # fmt: skip
        return Evidence(
            self.height, self.width, tuple(votes), cams[first], self.cell_px, float(crack(whole)),
            tuple(ScaledCam(scale, cams[scale]) for scale in further),
            tuple(CellVotes(scale, crack(features)) for scale, features in self.maps.items()), self.first_cell,
        )  # fmt: skip


def look(
    model: Classifier,
    image: NDArray[np.uint8],
    windows_px: Sequence[int],
    stride_px: int,
    cam_scales: Sequence[float],
    tile_px: int,
    batch: int,
    placement: Placement,
) -> Seen:
    """Look at an image as :func:`hairline.nn.classifier.evidence.collect` does; arguments are those of it.

    All features are kept: 4·K bytes a window and a cell, so this is for parts of photos, not for large ones. The
    classifier's last layer, which must be linear, is not used.
    """
    assert model.linear is not None
    height, width = image.shape[:2]
    grids = [PatchGrid(height, width, window_px, stride_px) for window_px in windows_px]
    windows = [np.empty((grid.rows, grid.cols, model.linear.in_features), np.float32) for grid in grids]
    model.eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    maps = {scale: _map(model, *scaled_size(height, width, scale)) for scale in (1.0, *cam_scales)}

    def tasks() -> Iterator[Callable[[], None]]:
        for scale, cells in maps.items():
            yield from evidence.tiles(model, evidence.resized(image, scale), tile_px, _Whole(cells), placement)
        if model.amid:
            return  # no window is cut out
        for grid, features in zip(grids, windows, strict=True):
            yield from _batches(model, image, grid, batch, features, placement)

    with one_thread_each(placement) as workers:
        run_all(tasks(), workers)
    if model.amid:
        windows = [amid.means(maps[1.0], grid, model.cell_px) for grid in grids]
    first_cell, in_windows = evidence.looked_at(model, tuple(windows_px))
    seen = tuple(zip(grids, windows, strict=True))
    return Seen(height, width, model.cell_px, seen, maps, first_cell, in_windows)


def _map(model: Classifier, height: int, width: int) -> NDArray[np.float32]:
    assert model.linear is not None
    cells = PatchGrid(height, width, model.cell_px, model.cell_px)
    return np.empty((cells.rows, cells.cols, model.linear.in_features), np.float32)


class _Whole:
    """The features of all cells, from those of tiles."""

    def __init__(self, cells: NDArray[np.float32]) -> None:
        self._cells = cells

    def take(self, rows: slice, cols: slice, features: Tensor) -> None:
        """Keep the features of a part of the cells."""
        self._cells[rows, cols] = features[0].permute(1, 2, 0).float().cpu().numpy()


def _batches(
    model: Classifier, image: NDArray[np.uint8], grid: PatchGrid, batch: int, features: NDArray[np.float32],
    placement: Placement,
) -> Iterator[Callable[[], None]]:  # fmt: skip
    """Tasks that fill in the mean features of every window of a grid, ``batch`` windows each."""
    windows, count = grid.split(image), grid.rows * grid.cols

    def ask(chosen: NDArray[np.int64]) -> None:
        rows, cols = np.divmod(chosen, grid.cols)
        with torch.inference_mode(), autocast(placement):
            found = model.features(evidence.as_batch(windows[rows, cols], placement))
        features[rows, cols] = found.float().mean(dim=(2, 3)).cpu().numpy()

    for start in range(0, count, batch):
        yield partial(ask, np.arange(start, min(start + batch, count)))
