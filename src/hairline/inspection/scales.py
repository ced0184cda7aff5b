"""The scale that suits a network on a set of photos, by its own answers (:mod:`hairline.nn.segmenter.scale_rules`)."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.data.samples import evenly
from hairline.errors import HairlineError
from hairline.inspection import opened
from hairline.inspection.photos import Photo
from hairline.inspection.prediction import Predictor
from hairline.io.artefacts import read_json
from hairline.io.atomic import write_json
from hairline.io.hashing import content_hash
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


def of_photos(
    photos: Sequence[Photo], predictor: Predictor, out: Path, step: Callable[[], object] = lambda: None
) -> float:
    """The scale of a set of photos, kept in OUT/scale.json until the photos or the network are others.

    Args:
        photos: The set; at most 16 of them, evenly spaced, are looked at, those that can be read.
        predictor: The network.
        out: Folder that is written to.
        step: Called after each photo that is looked at.

    Returns:
        One of the candidates, from 1/8 to 4; 1 where the network marks hardly anything at any of them.
    """
    some = [photos[index] for index in evenly(len(photos), scale_rules.IMAGES)]
    hashes = [content_hash(photo.file) for photo in some if photo.file.is_file()]
    key = hashlib.sha256("\n".join([predictor.sha256, *hashes]).encode()).hexdigest()
    file = out / FILE
    if there(file):
        kept = read_json(file, _Found, MAKER, "the scale as it was kept")
        if kept["of"] == key:
            return float(kept["scale"])
    scale, how = _found(some, predictor, step)
    write_json(file, {"of": key, "scale": scale, **how})
    return scale


def _found(
    photos: Sequence[Photo], predictor: Predictor, step: Callable[[], object]
) -> tuple[float, dict[str, object]]:
    images = []
    for photo in photos:
        try:
            images.append(_middle(photo))
        except HairlineError:
            continue  # which is told of when its turn to be predicted comes
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
