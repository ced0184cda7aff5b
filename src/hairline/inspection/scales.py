"""The scale that suits a network on a set of photos, by its own answers (:mod:`hairline.nn.segmenter.scale_rules`)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.data.samples import evenly
from hairline.errors import HairlineError
from hairline.inspection import opened
from hairline.inspection import photos as photo_files
from hairline.inspection.photos import Photo
from hairline.inspection.prediction import Predictor
from hairline.io.artefacts import read_json
from hairline.io.atomic import write_json
from hairline.io.reading import there
from hairline.nn.segmenter import scale_rules

FILE = "scale.json"
MAKER = "'hairline predict --scale auto' after moving it away"
SIDE_PX = 2048
"""Of larger photos, the middle is looked at."""


@dataclass
class _Found:
    of: str
    scale: float
    photos: int = 0


def of_photos(
    photos: Sequence[Photo], predictor: Predictor, out: Path, step: Callable[[], object] = lambda: None
) -> tuple[float, int]:
    """The scale of a set of photos and how many told it, kept in OUT/scale.json until photos or network are others.

    Args:
        photos: The set; at most 16 of them, evenly spaced, are looked at, those that can be read.
        predictor: The network.
        out: Folder that is written to.
        step: Called after each photo that is looked at.

    Returns:
        One of the candidates, from 1/8 to 4; 1 where the network marks hardly anything at any of them, or no photo can
        be read. And how many photos were looked at.
    """
    some = [photos[index] for index in evenly(len(photos), scale_rules.IMAGES)]
    hashes = [found for photo in some if (found := _digest(photo)) is not None]
    key = hashlib.sha256("\n".join([predictor.sha256, *hashes]).encode()).hexdigest()
    file = out / FILE
    if there(file):
        kept = read_json(file, _Found, MAKER, "the scale as it was kept")
        if kept["of"] == key:
            return float(kept["scale"]), int(kept.get("photos", 0))
    scale, how = _found(some, predictor, step)
    write_json(file, {"of": key, "scale": scale, **how})
    return scale, int(how.get("photos", 0))


def _digest(photo: Photo) -> str | None:
    """The hash of a photo; None of one that cannot be read, which is told of when its turn to be predicted comes."""
    try:
        return photo_files.digest(photo)
    except HairlineError:
        return None


def _found(photos: Sequence[Photo], predictor: Predictor, step: Callable[[], object]) -> tuple[float, dict[str, Any]]:
    images = []
    for photo in photos:
        try:
            images.append(_middle(photo))
        except HairlineError:
            continue  # as in _digest
    if not images:
        return 1.0, {}
    scale, candidates = predictor.find_scale(images, step)
    return scale, {"candidates": candidates, "photos": len(images)}


def _middle(photo: Photo) -> NDArray[np.uint8]:
    """The middle of a photo, of at most ``SIDE_PX`` a side, with no tie to the rest of it."""
    with opened.opened(photo) as found:
        height, width = found.photo.height, found.photo.width
        top, left = (max(length - SIDE_PX, 0) // 2 for length in (height, width))
        return found.photo.part(top, min(top + SIDE_PX, height), left, min(left + SIDE_PX, width)).copy()
