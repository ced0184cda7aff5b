"""Evidence about several images of one size at once: everything is launched on the device, nothing is waited for.

What comes back is the evidence of :func:`hairline.nn.classifier.evidence.collect`, up to rounding. Where an image is
larger than a tile, or the classifier's head needs gradients, that function is asked image by image.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import CellVotes, Evidence, Place, ScaledCam, Votes, scaled_size
from hairline.labelling.timing import Clock, map_part, unheard, votes_part
from hairline.nn.classifier import centres, device_windows
from hairline.nn.classifier.backbones import CRACK, Classifier
from hairline.nn.classifier.cam import grad_cam_plus_plus
from hairline.nn.runtime.device import Placement, autocast

Image = NDArray[np.uint8]

IMAGES = 16
"""Images a group at most."""

RECORDINGS = 6
"""Groups that are recorded at most, each of which keeps the memory of its answers and of what comes before them."""


@dataclass(frozen=True)
class Questions:
    """What a classifier is asked about every image, as for :func:`hairline.nn.classifier.evidence.collect`.

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


Answers = list[Tensor]
"""Of every scale the activation maps [N, h, w], crack probabilities [N] and votes of cells [N, h, w]; then the votes of
every window size [N, rows, cols]; then, where there is :data:`More` to do, what came of it [N, …]."""

MAPS = 3
"""Answers a scale."""

More = tuple[str, Callable[[Tensor], Tensor]]
"""Work on the device besides the classifier's: the name of its seconds, and what it makes of a group's second pictures
uint8 [N, height, width] without waiting for anything, one array an image."""


class Stopwatch:
    """Seconds between marks, on the device where the work is there, so that nobody waits for it."""

    def __init__(self, device: torch.device) -> None:
        """Start with no marks."""
        self._cuda = device.type == "cuda"
        self._marks: list[tuple[str, torch.cuda.Event | float]] = []

    def mark(self, part: str) -> None:
        """A part of the work begins here; an empty name ends the last."""
        if self._cuda:
            event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
            event.record()
            self._marks.append((part, event))
        else:
            self._marks.append((part, time.perf_counter()))

    def wait(self) -> list[tuple[str, float]]:
        """Seconds of every part, once the last mark is passed."""
        last = self._marks[-1][1]
        if not isinstance(last, float):
            last.synchronize()
        return [
            (part, float(ended) - begun if isinstance(begun, float) else begun.elapsed_time(ended) / 1000)  # type: ignore[arg-type]
            for (part, begun), (_, ended) in itertools.pairwise(self._marks)
        ]


@dataclass(frozen=True)
class Asked:
    """Answers about a group of images, perhaps still under way.

    Attributes:
        images: The images, in order.
        questions: What was asked.
        cell_px: The classifier's stride.
        centres: Where its first cell and the votes about windows of every size look.
        answers: On the host once the watch has been waited for.
        watch: Passes its last mark when they are there.
        clock: Hears of the seconds.
    """

    images: Sequence[Image]
    questions: Questions
    cell_px: int
    centres: tuple[Place, tuple[Place, ...]]
    answers: Answers
    watch: Stopwatch
    clock: Clock

    def wait(self) -> tuple[list[Evidence], list[NDArray[Any] | None]]:
        """Evidence and what more was made (None where nothing was) of every image, once the device is done."""
        for part, seconds in self.watch.wait():
            self.clock(part, seconds)
        arrays = [answer.numpy() for answer in self.answers]
        maps = MAPS * (1 + len(self.questions.cam_scales))
        more = arrays[maps + len(self.questions.windows_px) :]
        numbers = range(len(self.images))
        return [self._evidence(arrays, n) for n in numbers], [more[0][n] if more else None for n in numbers]

    def _evidence(self, arrays: Sequence[NDArray[Any]], index: int) -> Evidence:
        height, width = self.images[index].shape[:2]
        scales, windows_px, stride_px = self.questions.cam_scales, self.questions.windows_px, self.questions.stride_px
        maps = MAPS * (1 + len(scales))
        cams, cells = ([answer[index] for answer in arrays[first:maps:MAPS]] for first in (0, 2))
        votes = [answer[index] for answer in arrays[maps : maps + len(windows_px)]]
        first_cell, in_windows = self.centres
        return Evidence(
            height,
            width,
            tuple(
                Votes(side, stride_px, each, place)
                for side, each, place in zip(windows_px, votes, in_windows, strict=True)
            ),
            cams[0],
            self.cell_px,
            float(arrays[1][index]),
            tuple(ScaledCam(scale, cam) for scale, cam in zip(scales, cams[1:], strict=True)),
            tuple(CellVotes(scale, each) for scale, each in zip((1.0, *scales), cells, strict=True)),
            first_cell,
        )


Part = tuple[str, Callable[[Sequence[Tensor]], Answers]]
"""Name of a part of the work, and what makes some of the answers from the inputs without waiting for anything."""


@dataclass(frozen=True)
class _Recording:
    """What a group launches, each part to be launched again by one call (a CUDA graph), between tensors that stay."""

    graphs: Sequence[tuple[str, torch.cuda.CUDAGraph]]
    inputs: Sequence[Tensor]
    answers: Answers

    def repeat(self, hosted: Sequence[Tensor], watch: Stopwatch) -> Answers:
        """The answers from other inputs; they stay what they are until the next call is launched."""
        for place, values in zip(self.inputs, hosted, strict=True):
            place.copy_(values, non_blocking=True)
        for part, graph in self.graphs:
            watch.mark(part)
            graph.replay()
        return self.answers


class Asker:
    """Asks a classifier about groups of images of one size.

    Starting a network's kernels one by one takes longer than they run. Where groups of one size come again, the second
    is recorded as a CUDA graph and those after it repeat the recording.
    """

    def __init__(
        self,
        model: Classifier,
        questions: Questions,
        placement: Placement,
        clock: Clock = unheard,
        more: More | None = None,
    ) -> None:
        """Get ready to ask.

        Args:
            model: A classifier; it is moved to the placement's device and set to evaluation mode.
            questions: What is asked.
            placement: Device and precision.
            clock: Hears of the device's seconds at the parts of :mod:`hairline.labelling.timing` and at what is done
                more.
            more: What is done besides; None does nothing.
        """
        model.eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._model, self._questions, self._placement = model, questions, placement
        self._clock, self._more = clock, more
        self._centres = centres.of(model.backbone, tuple(questions.windows_px))
        device = placement.device
        self._batches = [
            device_windows.fitting(model, side, device) if device.type == "cuda" else questions.batch
            for side in questions.windows_px
        ]
        self._seen: set[tuple[int, ...]] = set()
        self._recorded: dict[tuple[int, ...], _Recording] = {}

    def serves(self, image: Image) -> bool:
        """Whether the image may be asked about: no side above a tile, and a classifier whose last layer is linear."""
        return self._model.crack_weight is not None and max(image.shape[:2]) <= self._questions.tile_px

    def group_size(self, image: Image) -> int:
        """Images of the size of one that are best asked about together: 1 on processors, at most :data:`IMAGES`."""
        if self._placement.device.type != "cuda":
            return 1
        pixels = min(
            (batch * side**2 for batch, side in zip(self._batches, self._questions.windows_px, strict=True)),
            default=image.shape[0] * image.shape[1],
        )
        return int(min(max(pixels // (image.shape[0] * image.shape[1]), 1), IMAGES))

    def ask(self, images: Sequence[Image], seconds: Sequence[Image] | None = None) -> Asked:
        """Launch everything there is to ask about some images of one size.

        Args:
            images: RGB uint8 [height, width, 3], at least one, all of one size that is served.
            seconds: Second pictures uint8 [height, width], one of every image, where there is more to do.

        Returns:
            Answers to be waited for.
        """
        scales = self._questions.cam_scales
        sent = [images, *([_resized(image, scale) for image in images] for scale in scales)]
        hosted = [_together(group, self._placement.device) for group in (*sent, *([seconds] if seconds else []))]
        key = (len(images), *images[0].shape, len(hosted))
        watch = Stopwatch(self._placement.device)
        if key in self._seen and key not in self._recorded and len(self._recorded) < RECORDINGS:
            self._recorded[key] = self._record(hosted)
        if key in self._recorded:
            answers = self._recorded[key].repeat(hosted, watch)
        else:
            inputs, answers = [each.to(self._placement.device, non_blocking=True) for each in hosted], []
            for part, work in self._parts():
                watch.mark(part)
                answers.extend(work(inputs))
        answers = [each.to("cpu", non_blocking=True) for each in answers]
        watch.mark("")
        if self._placement.device.type == "cuda" and len(images) > 1:
            self._seen.add(key)
        return Asked(images, self._questions, self._model.cell_px, self._centres, answers, watch, self._clock)

    def _record(self, hosted: Sequence[Tensor]) -> _Recording:
        """Launch every part once for libraries to allocate what they need, and once to be recorded."""
        device = self._placement.device
        inputs = [each.to(device) for each in hosted]
        here, aside = torch.cuda.current_stream(device), torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        aside.wait_stream(here)
        with torch.cuda.stream(aside):
            for _, work in self._parts():
                work(inputs)
        here.wait_stream(aside)
        memory = torch.cuda.graph_pool_handle()  # of all parts, which are repeated in this order alone
        graphs, answers = list[tuple[str, torch.cuda.CUDAGraph]](), Answers()
        for part, work in self._parts():
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=memory, capture_error_mode="thread_local"):
                answers.extend(work(inputs))
            graphs.append((part, graph))
        return _Recording(graphs, inputs, answers)

    def _parts(self) -> Iterator[Part]:
        """Parts of the work on images [N, H, W, 3] on every scale and, last, second pictures, where there are any."""
        scales = (1.0, *self._questions.cam_scales)
        for index, scale in enumerate(scales):
            yield map_part(scale), partial(self._maps, index)
        for window_px, batch in zip(self._questions.windows_px, self._batches, strict=True):
            yield votes_part(window_px), partial(self._votes, window_px, batch)
        if self._more is not None:
            name, work = self._more
            yield name, lambda inputs: [work(inputs[-1])]

    def _maps(self, index: int, inputs: Sequence[Tensor]) -> Answers:
        return _maps(self._model, inputs[index], self._placement)

    def _votes(self, window_px: int, batch: int, inputs: Sequence[Tensor]) -> Answers:
        height, width = inputs[0].shape[1:3]
        grid = PatchGrid(height, width, window_px, self._questions.stride_px)
        return [crack_votes(self._model, inputs[0], grid, batch, self._placement)]


def crack_votes(model: Classifier, images: Tensor, grid: PatchGrid, batch: int, placement: Placement) -> Tensor:
    """Crack probability of every window of images uint8 [N, H, W, 3] on the device: float32 [N, rows, cols] there."""

    def answer(windows: Tensor) -> Tensor:
        with torch.inference_mode(), autocast(placement):
            return _probability(model(windows))

    return device_windows.votes(answer, images, grid, batch)


def _maps(model: Classifier, images: Tensor, placement: Placement) -> Answers:
    """Maps, probabilities and votes of cells of whole images uint8 [N, H, W, 3] in one pass."""
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
    return [cams, probabilities, votes]


def _probability(logits: Tensor) -> Tensor:
    return logits.float().softmax(dim=1)[:, CRACK]


def _resized(image: Image, scale: float) -> Image:
    if scale == 1:
        return image
    height, width = scaled_size(image.shape[0], image.shape[1], scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def _together(images: Sequence[Image], device: torch.device) -> Tensor:
    """Images of one size as one tensor on the host, in memory that the device reads by itself."""
    together = torch.empty((len(images), *images[0].shape), dtype=torch.uint8, pin_memory=device.type == "cuda")
    np.stack(images, out=together.numpy())
    return together
