"""Tiny photos as people have them: turned by EXIF, with times, copies, damaged."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

ORIENTATION, CHANGED = 274, 306


def photo(path: Path, seed: int, width: int = 64, height: int = 48, taken: str = "", orientation: int = 1) -> Path:
    """Write a photo that looks like no other of another seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 220, (4, 6, 3), dtype=np.uint8)
    pixels = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    exif = Image.Exif()
    if taken:
        exif[CHANGED] = taken
    if orientation > 1:
        exif[ORIENTATION] = orientation
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, exif=exif)
    return path


def some(folder: Path, count: int = 3) -> Path:
    """A folder of photos p0.jpg, p1.jpg, …"""
    for number in range(count):
        photo(folder / f"p{number}.jpg", number)
    return folder
