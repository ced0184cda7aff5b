"""Evidence about several images of one size at once: everything is launched on the device, nothing is waited for.

What comes back is the evidence of :func:`hairline.nn.evidence.collect`, up to rounding. Where an image is larger than a
tile, or the classifier's head needs gradients, that function is asked image by image.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline import thresholding
from hairline.grid import PatchGrid
from hairline.localization import CellVotes, Evidence, ScaledCam, Votes, scaled_size
from hairline.nn import device_otsu, device_windows
from hairline.nn.backbones import CRACK, Classifier
from hairline.nn.cam import grad_cam_plus_plus
from hairline.nn.runtime import Placement, autocast
from hairline.speed import Clock, map_part, unheard, votes_part

Image = NDArray[np.uint8]

IMAGES = 16
"""Images a group at most: by then starting kernels no longer counts."""


@dataclass(frozen=True)
class Questions:
    """What a classifier is asked about every image, as for :func:`hairline.nn.evidence.collect`.

    Attributes:
        windows_px: Sides of the voting windows in pixels.
        stride_px: Distance between windows in pixels.
        cam_scales: Scales on which the activation map is taken besides 1.
        tile_px: Longest side seen at once.
        batch: Windows a forward pass on processors; a device takes as many as fit.
    """

    windows_px: tuple[int, ...]
    stride_px: int
    cam_scales: tuple[float, ...]
    tile_px: int
    batch: int


@dataclass(frozen=True)
class _Maps:
    """Activation maps [N, h, w], crack probabilities [N] and votes of cells [N, h, w] on one scale, on the host."""

    cams: Tensor
    probabilities: Tensor
    cells: Tensor


class Asked:
    """Answers about a group of images, perhaps still under way.

    Attributes:
        images: The images, in order.
    """

    def __init__(self, images: Sequence[Image], questions: Questions, cell_px: int, clock: Clock) -> None:
        """Start with no answers."""
        self.images = images
        self._questions, self._cell_px, self._clock = questions, cell_px, clock
        self._maps: list[_Maps] = []
        self._votes: list[Tensor] = []
        self._dark: Tensor | None = None
        self._marks: list[tuple[str, torch.cuda.Event | float]] = []
        self._done: torch.cuda.Event | None = None

    def mark(self, part: str, device: torch.device) -> None:
        """A part of the work begins here; an empty name ends the last."""
        if device.type == "cuda":
            event = torch.cuda.Event(enable_timing=True)
            event.record()
            self._marks.append((part, event))
            self._done = event
        else:
            self._marks.append((part, time.perf_counter()))

    def wait(self) -> tuple[list[Evidence], list[NDArray[np.bool_] | None]]:
        """Evidence and dark pixels (None where they were not asked for) of every image, once the device is done."""
        if self._done is not None:
            self._done.synchronize()
        for (part, begun), (_, ended) in zip(self._marks, self._marks[1:], strict=False):
            if isinstance(begun, float) or isinstance(ended, float):
                self._clock(part, float(ended) - float(begun))  # type: ignore[arg-type]
            else:
                self._clock(part, begun.elapsed_time(ended) / 1000)
        dark: list[NDArray[np.bool_] | None] = [None] * len(self.images)
        if self._dark is not None:
            dark = [found.numpy() for found in self._dark]
        return [self._evidence(index) for index in range(len(self.images))], dark

    def keep(self, maps: _Maps | None = None, votes: Tensor | None = None, dark: Tensor | None = None) -> None:
        """Take an answer."""
        if maps is not None:
            self._maps.append(maps)
        if votes is not None:
            self._votes.append(votes)
        if dark is not None:
            self._dark = dark

    def _evidence(self, index: int) -> Evidence:
        height, width = self.images[index].shape[:2]
        asked, scales = self._questions, self._questions.cam_scales
        cams = [maps.cams[index].numpy() for maps in self._maps]
        cells = [maps.cells[index].numpy() for maps in self._maps]
        return Evidence(
            height,
            width,
            tuple(
                Votes(window_px, asked.stride_px, votes[index].numpy())
                for window_px, votes in zip(asked.windows_px, self._votes, strict=True)
            ),
            cams[0],
            self._cell_px,
            float(self._maps[0].probabilities[index]),
            tuple(ScaledCam(scale, cam) for scale, cam in zip(scales, cams[1:], strict=True)),
            tuple(CellVotes(scale, each) for scale, each in zip((1.0, *scales), cells, strict=True)),
        )


def ask(
    model: Classifier,
    images: Sequence[Image],
    questions: Questions,
    batches: Sequence[int],
    placement: Placement,
    clock: Clock = unheard,
    levels: Sequence[Image] | None = None,
    dark: thresholding.Options | None = None,
) -> Asked:
    """Launch everything there is to ask about some images of one size.

    Args:
        model: A classifier whose last layer is linear (``crack_weight`` is not None), in evaluation mode, on the
            placement's device.
        images: RGB uint8 [height, width, 3], at least one, all of one size, no side above ``questions.tile_px``.
        questions: What is asked.
        batches: Windows a forward pass for every window size, see :func:`fitting`.
        placement: Device and precision.
        clock: Hears of the device's seconds at the parts of :mod:`hairline.speed` when the answer is fetched.
        levels: Filtered grey levels [height, width] of every image, to find dark pixels in; None finds none.
        dark: How dark pixels are found, with ``levels``.

    Returns:
        Answers to be waited for.
    """
    device = placement.device
    asked = Asked(images, questions, model.cell_px, clock)
    if levels is not None and dark is not None:
        asked.mark("dark pixels", device)
        asked.keep(dark=_home(device_otsu.dark_pixels(_sent(levels, device), dark)))
    whole = None
    for scale in (1.0, *questions.cam_scales):
        asked.mark(map_part(scale), device)
        seen = _sent([_resized(image, scale) for image in images], device)
        whole = seen if whole is None else whole
        asked.keep(_maps(model, seen, placement))
    assert whole is not None
    height, width = images[0].shape[:2]
    for window_px, batch in zip(questions.windows_px, batches, strict=True):
        asked.mark(votes_part(window_px), device)
        grid = PatchGrid(height, width, window_px, questions.stride_px)
        asked.keep(votes=_home(crack_votes(model, whole, grid, batch, placement)))
    asked.mark("", device)
    return asked


def serves(model: Classifier, image: Image, questions: Questions) -> bool:
    """Whether :func:`ask` may be asked about an image."""
    return model.crack_weight is not None and max(image.shape[:2]) <= questions.tile_px


def group_size(model: Classifier, image: Image, questions: Questions, device: torch.device) -> int:
    """Images of the size of one that are best asked about together: 1 on processors, at most :data:`IMAGES`."""
    if device.type != "cuda":
        return 1
    window_px = max(questions.windows_px, default=image.shape[0])
    pixels = image.shape[0] * image.shape[1]
    budget = device_windows.fitting(model, window_px, device) * window_px**2
    return int(min(max(budget // pixels, 1), IMAGES))


def fitting(model: Classifier, window_px: int, questions: Questions, device: torch.device) -> int:
    """Windows a forward pass: those asked for on processors, as many as fit on a device."""
    return device_windows.fitting(model, window_px, device) if device.type == "cuda" else questions.batch


def crack_votes(model: Classifier, images: Tensor, grid: PatchGrid, batch: int, placement: Placement) -> Tensor:
    """Crack probability of every window of images uint8 [N, H, W, 3] on the device: float32 [N, rows, cols] there."""

    def answer(windows: Tensor) -> Tensor:
        with torch.inference_mode(), autocast(placement):
            return _probability(model(windows))

    return device_windows.votes(answer, images, grid, batch)


def _maps(model: Classifier, images: Tensor, placement: Placement) -> _Maps:
    """Whole images uint8 [N, H, W, 3] in one pass."""
    cells = PatchGrid(images.shape[1], images.shape[2], model.cell_px, model.cell_px)
    weight = model.crack_weight
    assert weight is not None
    with torch.inference_mode():
        with autocast(placement):
            features = model.features(device_windows.mirrored(images, cells).permute(0, 3, 1, 2))
        with torch.autocast(placement.device.type, enabled=False):
            cams = grad_cam_plus_plus(features, weight).float()
            mean = features.mean(dim=(2, 3), dtype=torch.float64).to(weight.dtype)
            each = features.permute(0, 2, 3, 1).flatten(0, 2)[:, :, None, None]
            votes = _probability(model.head(each)).view(cams.shape)
            probabilities = _probability(model.head(mean[:, :, None, None]))
    return _Maps(_home(cams), _home(probabilities), _home(votes))


def _probability(logits: Tensor) -> Tensor:
    return logits.float().softmax(dim=1)[:, CRACK]


def _resized(image: Image, scale: float) -> Image:
    if scale == 1:
        return image
    height, width = scaled_size(image.shape[0], image.shape[1], scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def _sent(images: Sequence[Image], device: torch.device) -> Tensor:
    """Images of one size as one tensor on the device; from memory that the device reads by itself."""
    together = torch.empty((len(images), *images[0].shape), dtype=torch.uint8, pin_memory=device.type == "cuda")
    np.stack(images, out=together.numpy())
    return together.to(device, non_blocking=True)


def _home(values: Tensor) -> Tensor:
    """Values on the host once the device is done; ready at once on processors."""
    return values.to("cpu", non_blocking=True)
