"""Pictures of single images: what of a crack was found, missed, and seen where there is none."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging.downscale import shrunk_image, shrunk_map
from hairline.imaging.images import IMAGE_SUFFIXES, read_image
from hairline.io.file_names import printable
from hairline.judge.files import files_below, paired
from hairline.judge.judgement import Judgement
from hairline.metrics import thresholds
from hairline.metrics.score_table import extremes, image_f1

SIDE_PX = 480
SMALL_PX = 320
QUALITY = 80
EACH = 6
GROUND = 24
DIM = 0.45
COLOURS = {"found": (0, 200, 140), "missed": (86, 180, 233), "false": (255, 110, 20)}
"""After Okabe and Ito, so that colour-blind readers can tell them apart on dark ground."""


@dataclass(frozen=True)
class Shown:
    """An image on the page.

    Attributes:
        name: Its name.
        told: F1, found, missed and false pixels, in words.
        picture: Bytes of a WebP file.
    """

    name: str
    told: str
    picture: bytes


def shown(judgement: Judgement, threshold: float, photos: Mapping[str, Path]) -> list[Shown]:
    """The images with the lowest and the highest F1, lowest first; each is read a second time.

    Args:
        judgement: Whose images.
        threshold: Where pixels are predicted.
        photos: Name of an image → its photo, to be drawn below; may lack some.
    """
    f1 = image_f1(judgement.table)
    return [_shown(judgement, name, float(f1[name]), threshold, photos) for name in extremes(judgement.table, EACH)]


def _shown(judgement: Judgement, name: str, f1: float, threshold: float, photos: Mapping[str, Path]) -> Shown:
    read = judgement.masks.read[name]()
    mask = read.crack
    height, width = mask.shape
    scores = judgement.predictions.read[name]((height, width))
    predicted = thresholds.bins(scores) > thresholds.place(threshold)
    predicted = predicted if read.ignored is None else predicted & ~read.ignored
    ground = read_image(photos[name]) if name in photos else None
    if ground is not None and ground.shape[:2] != mask.shape:
        raise HairlineError(
            f"{printable(str(photos[name]))}: has {ground.shape[0]} rows and {ground.shape[1]} columns, its mask "
            f"{height} and {width}; expected one size; name the folder of the images that masks were drawn on"
        )
    parts = {"found": mask & predicted, "missed": mask & ~predicted, "false": predicted & ~mask}
    counted = ", ".join(f"{int(part.sum()):,} px {what}" for what, part in parts.items())
    return Shown(name, f"F1 {f1:.3f}: {counted}", _webp(overlay(parts, ground), lossless=ground is None))


def _webp(pixels: NDArray[np.uint8], lossless: bool) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="WEBP", quality=QUALITY, method=4, lossless=lossless)
    return buffer.getvalue()


def overlay(parts: Mapping[str, NDArray[np.bool_]], ground: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """Sets of pixels in their :data:`COLOURS`, at most :data:`SIDE_PX` on a side, thin lines kept.

    Args:
        parts: Key of :data:`COLOURS` → bool [height, width]; no pixel in two.
        ground: RGB uint8 [height, width, 3] to be drawn on, dimmed; None: dark grey.

    Returns:
        RGB uint8 [rows, columns, 3]; a small picture is enlarged by whole pixels.
    """
    any_part = np.logical_or.reduce(list(parts.values()))
    opacity = shrunk_map(any_part, SIDE_PX)[..., None]
    rows, columns = opacity.shape[:2]
    colours = np.zeros((rows, columns, 3))
    weight = np.full((rows, columns, 1), 1e-9)
    for name, part in parts.items():
        share = cv2.resize(part.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)[..., None]
        colours += share * np.array(COLOURS[name], dtype=np.float64)
        weight += share
    below = np.full((rows, columns, 3), GROUND) if ground is None else DIM * shrunk_image(ground, SIDE_PX)
    drawn = np.rint((1 - opacity) * below + opacity * colours / weight).astype(np.uint8)
    times = max(1, -(-SMALL_PX // max(rows, columns)))
    return np.asarray(drawn.repeat(times, axis=0).repeat(times, axis=1), dtype=np.uint8)


def photos_of(folder: Path, names: list[str], mask_suffix: str) -> dict[str, Path]:
    """Name of an image → its photo in a folder; without those that have none.

    Raises:
        HairlineError: If the folder has no images, two fit one mask, or none fits any.
    """
    files = files_below(folder, IMAGE_SUFFIXES, "photos")
    pairs = paired(names, files.keys(), "", mask_suffix)
    found = {name: files[photo_name] for name, photo_name in pairs.of.items() if photo_name is not None}
    if not found:
        raise HairlineError(
            f"{printable(str(folder))}: no photo has the name of a mask, e.g. '{printable(names[0])}'; expected the "
            "images that masks were drawn on; name their folder"
        )
    return found
