"""From decoded images to labels without waiting: the device is at one group of images while threads finish another.

A group's images are filtered on threads, asked about on the device, and become labels on threads; the three work on
different groups at the same time. Labels come in the order of the images.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline import fusion, localization, thresholding
from hairline.labellers import konig
from hairline.localization import Evidence
from hairline.nn import evidence as one_by_one
from hairline.nn.backbones import Classifier
from hairline.nn.device_evidence import IMAGES, Asked, Asker, Image, Questions
from hairline.nn.runtime import Placement
from hairline.speed import Clock, unheard

S = TypeVar("S")
T = TypeVar("T")
Scores = NDArray[np.float32]

GROUPS_AHEAD = 2
"""Groups that are launched before the first of them is waited for."""

IMAGES_AHEAD = 2 * IMAGES
"""Images that threads filter before they are asked about."""

SIZES_AHEAD = 6
"""Groups' worth of images that are looked at ahead, to put images of one size together."""


@dataclass
class _Entry:
    """An image on its way: its place, what is known of it, and where its answer will be."""

    place: int
    image: Image
    levels: Future[Image] | None
    answer: tuple[Evidence, NDArray[np.bool_] | None] | None = None


@dataclass
class _Waiting:
    """Images that wait for others of their size."""

    by_size: dict[tuple[int, ...], list[_Entry]] = field(default_factory=dict)

    def add(self, entry: _Entry) -> list[_Entry]:
        """All images of the entry's size, the entry last."""
        same = self.by_size.setdefault(entry.image.shape, [])
        same.append(entry)
        return same

    def oldest(self) -> list[_Entry]:
        """Take the images of the size that has waited longest."""
        size = min(self.by_size, key=lambda shape: self.by_size[shape][0].place)
        return self.by_size.pop(size)

    def __len__(self) -> int:
        return sum(map(len, self.by_size.values()))


def evidence_of(
    model: Classifier,
    images: Iterable[Image],
    questions: Questions,
    placement: Placement,
    clock: Clock = unheard,
) -> Iterator[Evidence]:
    """Evidence about every image, in order, asked about in groups of one size.

    Args:
        model: The classifier; it is moved to the placement's device and set to evaluation mode.
        images: RGB uint8 [height, width, 3] of any sizes; read a few groups ahead.
        questions: What is asked.
        placement: Device and precision.
        clock: Hears of the seconds at every part, see :mod:`hairline.speed`.
    """
    for entry in _answered(model, ((image, None) for image in images), questions, placement, clock, None):
        assert entry.answer is not None
        yield entry.answer[0]


def konig_labels(
    model: Classifier,
    images: Iterable[Image],
    options: konig.Options,
    questions: Questions,
    placement: Placement,
    threads: int | None = None,
    otsu_on_device: bool | None = None,
    clock: Clock = unheard,
) -> Iterator[Scores]:
    """Pseudo-labels of :mod:`hairline.labellers.konig` of every image, in order.

    Args:
        model: The classifier; it is moved to the placement's device and set to evaluation mode.
        images: RGB uint8 [height, width, 3] of any sizes.
        options: The method's numbers.
        questions: What is asked of the classifier; it must hold what the options need.
        placement: Device and precision.
        threads: Threads for what the processor does; None takes three quarters of the cores, since more get in each
            other's way.
        otsu_on_device: Whether windows are thresholded on the device, with the same result; None does so on CUDA.
        clock: Hears of the device's seconds.

    Returns:
        Confidence of crack, float32 [height, width] in [0, 1], one an image.
    """
    there = placement.device.type == "cuda" if otsu_on_device is None else otsu_on_device
    workers = threads or max(3 * (os.cpu_count() or 1) // 4, 1)
    dark = options.thresholding if there else None

    def levels(image: Image) -> Image:
        return thresholding.grey(thresholding.smooth(image, options.thresholding.bilateral), options.thresholding.grey)

    def finish(entry: _Entry) -> Scores:
        assert entry.answer is not None
        found, crack = entry.answer
        if crack is None:
            return konig.label(entry.image, found, options)
        return fusion.fuse(crack, localization.localize(found, options.localization), options.fusion)

    with _one_opencv_thread(), ThreadPoolExecutor(workers) as pool:
        fed = _ahead(((image, pool.submit(levels, image) if there else None) for image in images), IMAGES_AHEAD)
        under_way: deque[Future[Scores]] = deque()
        for entry in _answered(model, fed, questions, placement, clock, dark):
            under_way.append(pool.submit(finish, entry))
            if len(under_way) > 4 * workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def read_ahead(pool: ThreadPoolExecutor, read: Callable[[S], T], places: Iterable[S]) -> Iterator[T]:
    """What ``read`` makes of every place, in order, read on threads :data:`IMAGES_AHEAD` places ahead."""
    for future in _ahead((pool.submit(read, place) for place in places), IMAGES_AHEAD):
        yield future.result()


def _answered(
    model: Classifier,
    images: Iterable[tuple[Image, Future[Image] | None]],
    questions: Questions,
    placement: Placement,
    clock: Clock,
    dark: thresholding.Options | None,
) -> Iterator[_Entry]:
    """Entries with their answers, in order."""
    asker = Asker(model, questions, placement, clock, dark)
    order: deque[_Entry] = deque()
    launched: deque[tuple[list[_Entry], Asked]] = deque()
    sizes: dict[tuple[int, ...], int] = {}
    waiting = _Waiting()

    def launch(group: list[_Entry]) -> None:
        waiting.by_size.pop(group[0].image.shape, None)
        levels = [each.levels.result() for each in group if each.levels is not None]
        launched.append((group, asker.ask([each.image for each in group], levels or None)))
        while len(launched) > GROUPS_AHEAD:
            fetch()

    def fetch() -> None:
        group, asked = launched.popleft()
        for entry, found, crack in zip(group, *asked.wait(), strict=True):
            entry.answer = (found, crack)

    def ready() -> Iterator[_Entry]:
        while order and order[0].answer is not None:
            yield order.popleft()

    for place, (image, levels) in enumerate(images):
        entry = _Entry(place, image, levels)
        order.append(entry)
        if not asker.serves(image):
            entry.answer = (_alone(model, image, questions, placement, clock), None)
        else:
            if image.shape not in sizes:
                sizes[image.shape] = asker.group_size(image)
            group = waiting.add(entry)
            if len(group) >= sizes[image.shape]:
                launch(group)
            elif len(waiting) > SIZES_AHEAD * max(sizes.values()):
                launch(waiting.oldest())
        yield from ready()
    while waiting.by_size:
        launch(waiting.oldest())
    while launched:
        fetch()
        yield from ready()
    yield from ready()


def _alone(model: Classifier, image: Image, questions: Questions, placement: Placement, clock: Clock) -> Evidence:
    return one_by_one.collect(
        model,
        image,
        questions.windows_px,
        questions.stride_px,
        questions.cam_scales,
        questions.tile_px,
        questions.batch,
        placement,
        clock,
    )


def _ahead(items: Iterable[T], count: int) -> Iterator[T]:
    """Items in order, each taken before the one ``count`` places earlier is given on."""
    taken: deque[T] = deque()
    for item in items:
        taken.append(item)
        if len(taken) > count:
            yield taken.popleft()
    yield from taken


@contextmanager
def _one_opencv_thread() -> Iterator[None]:
    """OpenCV keeps to the thread it is called in: whole images are shared out already."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
