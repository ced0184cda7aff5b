"""What a classifier says about one image: voting windows and a class activation map, raw (docs/method.md §2)."""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import CellVotes, Evidence, Place, ScaledCam, Votes, scaled_size
from hairline.labelling.timing import Clock, map_part, unheard, votes_part
from hairline.nn.classifier import amid, centres, device_windows
from hairline.nn.classifier.backbones import CRACK, Classifier
from hairline.nn.classifier.cam import by_gradient, grad_cam_plus_plus
from hairline.nn.runtime.device import Placement, autocast, one_thread_each, run_all, trim

Answer = tuple[NDArray[np.float32], float, NDArray[np.float32]]
"""Activation map [rows, cols], crack probability of the image, crack probability of each cell [rows, cols]."""

HALO_PX = 256
"""Margin around a tile, wider than half of what a cell of ResNet-18 (435 px) or ResNet-50 (483 px) sees."""


def collect(
    model: Classifier,
    image: NDArray[np.uint8],
    windows_px: Sequence[int],
    stride_px: int,
    cam_scales: Sequence[float],
    tile_px: int,
    batch: int,
    placement: Placement,
    clock: Clock = unheard,
) -> Evidence:
    """Ask a classifier about every window of an image and about the image as a whole.

    Windows keep their native size; those of a network that sees patches amid their image follow from its cells
    (:mod:`hairline.nn.classifier.amid`). Others are cut from the mirrored image ``batch`` at a time, so that memory
    does not grow with their number. On processors, batches and tiles are shared out among as many threads as torch may
    use, each on its own: the result does not depend on their number.

    Args:
        model: The classifier; it is moved to the placement's device and set to evaluation mode.
        image: RGB uint8 [height, width, 3] of any size.
        windows_px: Sides of the voting windows in pixels, one vote map each, in this order.
        stride_px: Distance between windows in pixels.
        cam_scales: Scales on which the activation map is taken besides 1, in this order.
        tile_px: Longest side seen at once: larger images pass in tiles of that size with :data:`HALO_PX` around each.
        batch: Windows a forward pass; it changes memory and time, not the result. A device takes as many as fit.
        placement: Device and precision.
        clock: Hears of the seconds of threads at the activation map of each scale and the votes of each window size.

    Returns:
        Evidence whose ``cam_cell_px`` is the classifier's stride, and which tells where cells and votes look
            (:mod:`hairline.nn.classifier.centres`).

    Raises:
        HairlineError: If a stride exceeds a window (see :class:`hairline.imaging.windows.PatchGrid`).
    """
    height, width = image.shape[:2]
    grids = [PatchGrid(height, width, window_px, stride_px) for window_px in windows_px]
    votes = [np.empty((grid.rows, grid.cols), np.float32) for grid in grids]
    model.eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    maps = [_whole_map(model, *scaled_size(height, width, scale)) for scale in (1.0, *cam_scales)]

    def tasks() -> Iterator[Callable[[], None]]:
        for scale, each in zip((1.0, *cam_scales), maps, strict=True):
            asked = tiles(model, resized(image, scale), tile_px, each, placement)
            yield from (partial(_timed, task, map_part(scale), clock) for task in asked)
        if model.amid:
            return  # no window is cut out
        cut = _batches if placement.device.type == "cpu" else _batches_there
        for grid, probabilities in zip(grids, votes, strict=True):
            batches = cut(model, image, grid, batch, probabilities, placement)
            yield from (partial(_timed, task, votes_part(grid.window_px), clock) for task in batches)

    with one_thread_each(placement) as workers:
        run_all(tasks(), workers)
        answers = [each.answer() for each in maps]
    cam, probability, _ = answers[0]
    if model.amid:
        assert isinstance(maps[0], _ClosedForm), "a linear last layer"
        votes = [amid.probabilities(maps[0].logits, grid, model.cell_px) for grid in grids]
    scaled = tuple(ScaledCam(scale, cells) for scale, (cells, _, _) in zip(cam_scales, answers[1:], strict=True))
    cells = tuple(CellVotes(scale, values) for scale, (_, _, values) in zip((1.0, *cam_scales), answers, strict=True))
    first_cell, in_windows = looked_at(model, tuple(windows_px))
    voted = tuple(
        Votes(grid.window_px, grid.stride_px, values, place)
        for grid, values, place in zip(grids, votes, in_windows, strict=True)
    )
    return Evidence(height, width, voted, cam, model.cell_px, probability, scaled, cells, first_cell)


def looked_at(model: Classifier, windows_px: tuple[int, ...]) -> tuple[Place, tuple[Place, ...]]:
    """Where the first cell looks in the image, and votes about windows in each (:mod:`centres`)."""
    if not model.amid:
        return centres.of(model.backbone, windows_px)
    return amid.middle(model.cell_px), tuple(map(amid.middle, windows_px))


def _timed(task: Callable[[], None], part: str, clock: Clock) -> None:
    begun = time.perf_counter()
    task()
    clock(part, time.perf_counter() - begun)


def resized(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """An image as it is looked at on a scale."""
    if scale == 1:
        return image
    height, width = scaled_size(image.shape[0], image.shape[1], scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def _batches(
    model: Classifier,
    image: NDArray[np.uint8],
    grid: PatchGrid,
    batch: int,
    probabilities: NDArray[np.float32],
    placement: Placement,
) -> Iterator[Callable[[], None]]:
    """Tasks that fill in the crack probability of every window of a grid, ``batch`` windows each."""
    windows, count = grid.split(image), grid.rows * grid.cols

    def ask(chosen: NDArray[np.int64]) -> None:
        rows, cols = np.divmod(chosen, grid.cols)
        with torch.inference_mode(), autocast(placement):
            probabilities[rows, cols] = _crack_probability(model(as_batch(windows[rows, cols], placement)))

    for start in range(0, count, batch):
        yield partial(ask, np.arange(start, min(start + batch, count)))


def _batches_there(
    model: Classifier,
    image: NDArray[np.uint8],
    grid: PatchGrid,
    batch: int,
    probabilities: NDArray[np.float32],
    placement: Placement,
) -> Iterator[Callable[[], None]]:
    """One task that does the same on a device: windows are cut there, as many a forward pass as fit."""

    def answer(windows: Tensor) -> Tensor:
        with torch.inference_mode(), autocast(placement):
            logits: Tensor = model(windows)
            return logits.float().softmax(dim=1)[:, CRACK]

    def ask() -> None:
        there = torch.from_numpy(image[None]).to(placement.device)
        fitting = device_windows.fitting(model, grid.window_px, placement.device)
        probabilities[:] = device_windows.votes(answer, there, grid, max(batch, fitting))[0].cpu().numpy()

    yield ask


class _ClosedForm:
    """Activation map of a whole image from tiles of its features, none of which is kept.

    The map is local and the probability depends on the mean of the features alone.
    """

    def __init__(self, model: Classifier, crack_weight: Tensor, rows: int, cols: int) -> None:
        self._model, self._crack_weight = model, crack_weight
        self._cam, self._sums = np.empty((rows, cols), np.float32), dict[tuple[int, int], Tensor]()
        self._cell_votes = np.empty((rows, cols), np.float32)
        self.logits = np.empty((rows, cols), np.float32)

    def take(self, rows: slice, cols: slice, features: Tensor) -> None:
        """Look at the features float [1, K, rows, cols] of a part of the cells; safe to call from several threads."""
        with torch.autocast(features.device.type, enabled=False):
            self._cam[rows, cols] = grad_cam_plus_plus(features, self._crack_weight)[0].float().cpu().numpy()
            self._sums[rows.start, cols.start] = features.double().sum(dim=(0, 2, 3)).cpu()
            logits = _cell_logits(self._model, features)
            self._cell_votes[rows, cols] = _crack_probability(logits).reshape(features.shape[2:])
            margin = logits[:, CRACK] - logits[:, 1 - CRACK]
            self.logits[rows, cols] = margin.cpu().numpy().reshape(features.shape[2:])

    def answer(self) -> Answer:
        """Activation map, crack probability (sums are added in the order of tiles) and votes of cells."""
        with torch.inference_mode():
            mean = torch.stack([self._sums[place] for place in sorted(self._sums)]).sum(0) / self._cam.size
            mean = mean.to(self._crack_weight.device, self._crack_weight.dtype)
            probability = float(_crack_probability(self._model.head(mean[None, :, None, None]))[0])
            return self._cam, probability, self._cell_votes


class _ByGradient:
    """As :class:`_ClosedForm` for other heads: features are kept, and head and gradient see the whole map.

    That takes 4·K bytes a cell for each scale, and about four times that for a moment: for 64 megapixels and
    ConvNeXt-tiny (K = 768, 62,500 cells) 192 MB and 0.8 GB, besides what the head needs.
    """

    def __init__(self, model: Classifier, rows: int, cols: int) -> None:
        self._model, self._size = model, (rows, cols)
        self._parts = dict[tuple[int, int], Tensor]()
        self._cell_votes = np.empty((rows, cols), np.float32)

    def take(self, rows: slice, cols: slice, features: Tensor) -> None:
        """Keep the features of a part of the cells."""
        self._cell_votes[rows, cols] = _cell_votes(self._model, features)
        self._parts[rows.start, cols.start] = features.to(self._model.normalise.mean.dtype, copy=True)

    def answer(self) -> Answer:
        """Activation map, crack probability and votes of cells; the parts are given up."""
        cam, logits = by_gradient(self._joined(), self._model.head)
        return cam[0].float().cpu().numpy(), float(_crack_probability(logits)[0]), self._cell_votes

    def _joined(self) -> Tensor:
        part = self._parts[0, 0]
        whole = torch.empty(1, part.shape[1], *self._size, dtype=part.dtype, device=part.device)
        for top, left in sorted(self._parts):
            part = self._parts.pop((top, left))
            whole[:, :, top : top + part.shape[2], left : left + part.shape[3]] = part
        return whole


def _cell_votes(model: Classifier, features: Tensor) -> NDArray[np.float32]:
    """Crack probability of each cell of features [1, K, h, w] as if its features were an image's: [h, w]."""
    return _crack_probability(_cell_logits(model, features)).reshape(features.shape[2:])


def _cell_logits(model: Classifier, features: Tensor) -> Tensor:
    """Logits [h * w, 2] of each cell of features [1, K, h, w] as if its features were an image's."""
    with torch.autocast(features.device.type, enabled=False):
        return model.head(features[0].flatten(1).t()[:, :, None, None]).float()


def _whole_map(model: Classifier, height: int, width: int) -> _ClosedForm | _ByGradient:
    cells = PatchGrid(height, width, model.cell_px, model.cell_px)
    if model.crack_weight is None:
        return _ByGradient(model, cells.rows, cells.cols)
    return _ClosedForm(model, model.crack_weight, cells.rows, cells.cols)


class Taking(Protocol):
    """What features are given to, a part of the cells of an image after the other."""

    def take(self, rows: slice, cols: slice, features: Tensor) -> None:
        """Look at the features float [1, K, rows, cols] of a part of the cells."""
        ...


def tiles(
    model: Classifier, image: NDArray[np.uint8], tile_px: int, into: Taking, placement: Placement
) -> Iterator[Callable[[], None]]:
    """Tasks that look at an image, mirrored to whole cells, in tiles as if it were seen at once.

    Only the tile is mirrored, to save a copy of the image: its halo is wider than a cell, so that the rows and columns
    that mirroring takes are in it.

    Args:
        model: The classifier, on the placement's device and in evaluation mode.
        image: RGB uint8 [height, width, 3].
        tile_px: Side of a tile.
        into: What is given the features, in the task's thread.
        placement: Device and precision.
    """
    yield from tiles_of(model.features, model.cell_px, image, tile_px, HALO_PX, into, placement)


def tiles_of(
    ask: Callable[[Tensor], Tensor], cell: int, image: NDArray[np.uint8], tile_px: int, halo_px: int, into: Taking,
    placement: Placement,
) -> Iterator[Callable[[], None]]:  # fmt: skip
    """The same for anything that gives maps of cells.

    Args:
        ask: From images uint8 [1, 3, H, W] of whole cells to maps [1, K, H / cell, W / cell].
        cell: Side of a cell in pixels.
        image: RGB uint8 [height, width, 3].
        tile_px: Side of a tile.
        halo_px: Margin around it, wider than a cell.
        into: What is given the maps, in the task's thread.
        placement: Device and precision.
    """
    cells = PatchGrid(image.shape[0], image.shape[1], cell, cell)
    rows, cols, step, halo = cells.rows, cells.cols, max(tile_px // cell, 1), -(-halo_px // cell)

    def look(top: int, left: int) -> None:
        bottom, right = min(top + step, rows), min(left + step, cols)
        above, before = max(top - halo, 0), max(left - halo, 0)
        seen = image[above * cell : (bottom + halo) * cell, before * cell : (right + halo) * cell]
        seen = PatchGrid(seen.shape[0], seen.shape[1], cell, cell).pad(seen)
        with torch.inference_mode(), autocast(placement):
            features = ask(as_batch(seen[None], placement))
            features = features[:, :, top - above : bottom - above, left - before : right - before]
            into.take(slice(top, bottom), slice(left, right), features)
        del features
        trim()

    for top, left in itertools.product(range(0, rows, step), range(0, cols, step)):
        yield partial(look, top, left)


def as_batch(images: NDArray[np.uint8], placement: Placement) -> Tensor:
    """Images uint8 [N, H, W, 3] as a tensor [N, 3, H, W] on the device; channels-last memory as it comes."""
    return torch.from_numpy(images).to(placement.device).permute(0, 3, 1, 2)


def _crack_probability(logits: Tensor) -> NDArray[np.float32]:
    return logits.float().softmax(dim=1)[:, CRACK].cpu().numpy()
