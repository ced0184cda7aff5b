"""A sheet of the generated images that a network fails on: no real image may lie in the repository."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.data import synthetic
from hairline.errors import HairlineError
from hairline.io.atomic import whole_file
from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import segmenter

Picture = NDArray[np.uint8]
IMAGES = 120
CRACKED, CRACK_FREE = 9, 3
"""How many images with and without a crack the sheet shows, at the most."""
COLUMNS = 2
SIDE_PX, CAPTION_PX, GAP_PX = 200, 22, 6
MOST_BYTES = 300_000
QUALITIES = (85, 75, 65, 55, 45)
HALF = 0.5


@dataclass(frozen=True)
class Scored:
    """A generated image and what the network says of it.

    Attributes:
        index: Of the image in its split.
        image: RGB uint8 [height, width, 3].
        mask: bool [height, width].
        scores: float32 [height, width] in [0, 1].
    """

    index: int
    image: Picture
    mask: NDArray[np.bool_]
    scores: NDArray[np.float32]

    @property
    def marked(self) -> NDArray[np.bool_]:
        """Pixels called crack."""
        return np.asarray(self.scores >= HALF)

    @property
    def f1(self) -> float:
        """F1 of the pixels called crack; only for an image with a crack."""
        return float(2 * (self.marked & self.mask).sum() / (self.marked.sum() + self.mask.sum()))


def write(
    file: Path, model: segmenter.Segmenter, info: Mapping[str, object], placement: Placement, images: int = IMAGES
) -> dict[str, Any]:
    """Write the sheet, and say what it shows.

    The images are test images of the generator as the network learned from it. No network has seen any of them: a
    generated image depends on its split, and training, choice of the epoch and threshold have others or another seed.

    Args:
        file: JPEG to write.
        model: The network.
        info: Content of its model.json.
        placement: Device and precision.
        images: How many images are looked at.

    Returns:
        What scores.json holds under ``failures``.

    Raises:
        HairlineError: If the network did not learn from generated images, or the file is no JPEG.
    """
    if file.suffix.lower() not in (".jpg", ".jpeg"):
        raise HairlineError(f"--failures {file}: expected a name that ends on .jpg; correct it")
    generated = info.get("generated")
    if not isinstance(generated, Mapping):
        raise HairlineError(
            f"model.json has no 'generated', so that it is not known which generated images are like those that the "
            f"network learned from, for --failures {file}; expected what tools/release_weights.py writes; leave it out"
        )
    options = replace(synthetic.Options(**generated), train=0, val=0, test=images)
    found = [_scored(model, placement, options, index) for index in tqdm(range(images), desc="generated")]
    cracked, free = ([each for each in found if each.mask.any() == with_crack] for with_crack in (True, False))
    with whole_file(file) as partial:
        partial.write_bytes(_jpeg(sheet(worst(found))))
    return {
        "picture": file.as_posix(), "images": len(cracked), "shown": min(CRACKED, len(cracked)),
        "median_f1": float(np.median([each.f1 for each in cracked])) if cracked else None,
        "crack_free": len(free), "crack_free_marked": sum(bool(each.marked.any()) for each in free),
    }  # fmt: skip


def worst(found: Sequence[Scored]) -> list[tuple[Scored, str]]:
    """The images that a sheet shows, each with what is said of it.

    First those with a crack, of which the lowest F1, then those without one on which any pixel is called crack, of
    which the largest share.
    """
    cracked = sorted((each for each in found if each.mask.any()), key=lambda each: each.f1)
    alarms = [each for each in found if each.marked.any() and not each.mask.any()]
    alarms.sort(key=lambda each: -each.marked.mean())
    return [
        *((each, f"test {each.index}: F1 {each.f1:.2f}") for each in cracked[:CRACKED]),
        *((each, f"test {each.index}: no crack, {each.marked.mean():.2%} marked") for each in alarms[:CRACK_FREE]),
    ]


def sheet(shown: list[tuple[Scored, str]]) -> Picture:
    """Image, mask and score of each beside each other, ``COLUMNS`` images a row, RGB uint8."""
    tiles = [_tile(*each) for each in shown] or [np.full((CAPTION_PX, SIDE_PX, 3), 255, np.uint8)]
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % COLUMNS)
    return np.concatenate([np.concatenate(tiles[at : at + COLUMNS], axis=1) for at in range(0, len(tiles), COLUMNS)])


def _scored(model: segmenter.Segmenter, placement: Placement, options: synthetic.Options, index: int) -> Scored:
    image, mask = synthetic.make(options, "test", index)
    return Scored(index, image, mask, segmenter.predict(model, image, placement))


def _tile(found: Scored, caption: str) -> Picture:
    panels = list(_panels(found))
    gap = np.full((SIDE_PX, GAP_PX, 3), 255, np.uint8)
    row = np.concatenate([part for panel in panels for part in (panel, gap)], axis=1)
    line = np.full((CAPTION_PX, row.shape[1], 3), 255, np.uint8)
    cv2.putText(line, caption, (2, CAPTION_PX - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    return np.concatenate([line, row])


def _panels(found: Scored) -> Iterator[Picture]:
    for plane in (found.image, found.mask * np.uint8(255), np.rint(found.scores * 255).astype(np.uint8)):
        small = cv2.resize(plane, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        yield np.asarray(small if small.ndim == 3 else np.repeat(small[..., None], 3, axis=2), np.uint8)


def _jpeg(picture: Picture) -> bytes:
    """The file's content, at the best quality at which it is small enough to be committed."""
    for quality in QUALITIES:
        _, content = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if content.nbytes <= MOST_BYTES:
            break
    return content.tobytes()
