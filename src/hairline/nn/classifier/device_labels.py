"""From decoded images to labels: while the device is at one group of images, threads finish another.

A group's images are filtered on threads, asked about and thresholded on the device, and become labels on threads; the
three work on different groups at the same time. Labels come in the order of the images.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.labelling import fusion, localization, thresholding
from hairline.labelling.methods import konig
from hairline.labelling.timing import Clock, unheard
from hairline.nn.classifier import device_otsu, streaming
from hairline.nn.classifier.backbones import Classifier
from hairline.nn.classifier.device_evidence import Image, Questions
from hairline.nn.runtime.device import Placement

Scores = NDArray[np.float32]

DARK = "dark pixels"
"""Name of the seconds that local thresholding takes on the device."""


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
    """Pseudo-labels of :mod:`hairline.labelling.methods.konig` of every image, in order.

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
    more = (DARK, partial(device_otsu.dark_pixels, options=options.thresholding)) if there else None

    def levels(image: Image) -> Image:
        return thresholding.grey(thresholding.smooth(image, options.thresholding.bilateral), options.thresholding.grey)

    def finish(entry: streaming.Entry) -> Scores:
        assert entry.answer is not None
        found, crack = entry.answer
        if crack is None:
            return konig.label(entry.image, found, options)
        return fusion.fuse(crack, localization.localize(found, options.localization), options.fusion)

    with _one_opencv_thread(), ThreadPoolExecutor(workers) as pool:
        filtered = ((image, pool.submit(levels, image) if there else None) for image in images)
        fed = streaming.ahead(filtered, streaming.IMAGES_AHEAD)
        under_way: deque[Future[Scores]] = deque()
        for entry in streaming.answered(model, fed, questions, placement, clock, more):
            under_way.append(pool.submit(finish, entry))
            if len(under_way) > 4 * workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@contextmanager
def _one_opencv_thread() -> Iterator[None]:
    """OpenCV keeps to the thread it is called in: whole images are shared out already."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
