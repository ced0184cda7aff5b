"""Evidence about many images without waiting: the device is at one group of images while the last is fetched.

Images of one size are asked about in groups; answers come in the order of the images.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from numpy.typing import NDArray

from hairline.labelling.localization import Evidence
from hairline.labelling.timing import Clock, unheard
from hairline.nn.classifier import evidence as one_by_one
from hairline.nn.classifier.backbones import Classifier
from hairline.nn.classifier.device_evidence import IMAGES, Asked, Asker, Image, More, Questions
from hairline.nn.runtime.device import Placement

S = TypeVar("S")
T = TypeVar("T")

GROUPS_AHEAD = 2
"""Groups that are launched before the first of them is waited for."""

IMAGES_AHEAD = 2 * IMAGES
"""Images that threads prepare before they are asked about."""

SIZES_AHEAD = 6
"""Groups' worth of images that are looked at ahead, to put images of one size together."""


@dataclass
class Entry:
    """An image on its way.

    Attributes:
        place: Its place among the images.
        image: RGB uint8 [height, width, 3].
        second: Its second picture, where there is more to do, see :data:`hairline.nn.classifier.device_evidence.More`.
        answer: Evidence about it and what more was made (None where nothing was), once they are there.
    """

    place: int
    image: Image
    second: Future[Image] | None
    answer: tuple[Evidence, NDArray[Any] | None] | None = None


@dataclass
class _Waiting:
    """Images that wait for others of their size."""

    by_size: dict[tuple[int, ...], list[Entry]] = field(default_factory=dict)

    def add(self, entry: Entry) -> list[Entry]:
        """All images of the entry's size, the entry last."""
        same = self.by_size.setdefault(entry.image.shape, [])
        same.append(entry)
        return same

    def oldest(self) -> list[Entry]:
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
        clock: Hears of the seconds at every part, see :mod:`hairline.labelling.timing`.
    """
    for entry in answered(model, ((image, None) for image in images), questions, placement, clock):
        assert entry.answer is not None
        yield entry.answer[0]


def read_ahead(pool: ThreadPoolExecutor, read: Callable[[S], T], places: Iterable[S]) -> Iterator[T]:
    """What ``read`` makes of every place, in order, read on threads :data:`IMAGES_AHEAD` places ahead."""
    for future in ahead((pool.submit(read, place) for place in places), IMAGES_AHEAD):
        yield future.result()


def answered(
    model: Classifier,
    images: Iterable[tuple[Image, Future[Image] | None]],
    questions: Questions,
    placement: Placement,
    clock: Clock,
    more: More | None = None,
) -> Iterator[Entry]:
    """Images with their answers, in order.

    Args:
        model: The classifier; it is moved to the placement's device and set to evaluation mode.
        images: RGB uint8 [height, width, 3], each with its second picture, where there is more to do.
        questions: What is asked.
        placement: Device and precision.
        clock: Hears of the device's seconds.
        more: What the device does besides; images that are not served in groups go without.
    """
    asker = Asker(model, questions, placement, clock, more)
    order: deque[Entry] = deque()
    launched: deque[tuple[list[Entry], Asked]] = deque()
    sizes: dict[tuple[int, ...], int] = {}
    waiting = _Waiting()

    def launch(group: list[Entry]) -> None:
        waiting.by_size.pop(group[0].image.shape, None)
        seconds = [each.second.result() for each in group if each.second is not None]
        launched.append((group, asker.ask([each.image for each in group], seconds or None)))
        while len(launched) > GROUPS_AHEAD:
            fetch()

    def fetch() -> None:
        group, asked = launched.popleft()
        for entry, found, made in zip(group, *asked.wait(), strict=True):
            entry.answer = (found, made)

    def ready() -> Iterator[Entry]:
        while order and order[0].answer is not None:
            yield order.popleft()

    for place, (image, second) in enumerate(images):
        entry = Entry(place, image, second)
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


def ahead(items: Iterable[T], count: int) -> Iterator[T]:
    """Items in order, each taken before the one ``count`` places earlier is given on."""
    taken: deque[T] = deque()
    for item in items:
        taken.append(item)
        if len(taken) > count:
            yield taken.popleft()
    yield from taken
