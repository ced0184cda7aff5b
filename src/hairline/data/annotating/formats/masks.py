"""Masks as PNG files, masks/NAME.png: 255 crack, 127 ignored, 0 neither; what any program of pictures can correct."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hairline.data.annotating.images import CRACK, CRACK_LABEL, IGNORE_LABEL, IGNORED, AnnotatedImage, Region
from hairline.data.annotating.written import Pre, Wanted
from hairline.data.mask_values import channel, counted
from hairline.data.masks import AUTO, decide, look, read_mask_file
from hairline.data.photo_files import find
from hairline.errors import HairlineError
from hairline.imaging.images import upright_size, write_image
from hairline.io.file_names import printable

ABOUT = "Open masks/ in any program for pictures; white is crack, black is none, 127 is ignored."
FOLDER = "masks"
SOFT = "has soft edges: what is lighter than mid-grey is crack, and nothing is ignored"


class Writer:
    """Writes masks/NAME.png."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._folder = folder / FOLDER

    def add(self, image: Pre) -> None:
        """Write a mask."""
        write_image(self._folder / PurePosixPath(image.name).with_suffix(".png"), image.levels)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Nothing is left to be done."""


def read(path: Path, sizes: Mapping[str, tuple[int, int]]) -> list[AnnotatedImage]:
    """The masks in a folder and below, or in masks/ of it; named like their images, whatever the suffix.

    Raises:
        HairlineError: If there are none, or one does not say what is crack.
    """
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    files = find(folder).files
    if not files:
        raise HairlineError(f"{path}: has no masks; expected a folder of images; name the folder they lie in")
    found = []
    for name, file in files.items():
        width, height = upright_size(file)
        odd = list[str]()
        levels = partial(read_levels, file, odd)
        regions = (
            Region(CRACK_LABEL, "mask", partial(_equal, levels, CRACK), odd),
            Region(IGNORE_LABEL, "mask", partial(_equal, levels, IGNORED)),
        )
        found.append(AnnotatedImage(str(file), name, height, width, regions, None))
    return found


def read_levels(path: Path, odd: list[str] | None = None) -> NDArray[np.uint8]:
    """The levels of a mask file: its own where it holds 0, 127 and 255, else by the rules of mask files.

    Args:
        path: The file.
        odd: Is given what is odd about it.

    Raises:
        HairlineError: If it cannot be decoded, or its values do not say what is crack.
    """
    found = channel(path)
    greys = found.source == "grey" or (found.source == "palette" and found.names is not None and not found.tint)
    if greys and found.levels.dtype == np.uint8 and not found.doubt:
        counts = counted(found.levels)
        if IGNORED in counts and set(counts) <= {0, IGNORED, CRACK}:
            return np.ascontiguousarray(found.levels, dtype=np.uint8)
        _refuse_alone(path, list(counts))
        if odd is not None:
            odd[:] = [SOFT] if len(counts) > len((0, IGNORED, CRACK)) else []
    rule = decide([look(path, AUTO)], AUTO)[0]
    return np.where(read_mask_file(path, rule).crack, np.uint8(CRACK), np.uint8(0))


def _refuse_alone(path: Path, values: list[int]) -> None:
    """Refuse a mask of one value that says neither that all is crack nor that nothing is."""
    if len(values) == 1 and values[0] not in (0, 1, CRACK):
        raise HairlineError(
            f"{printable(str(path))}: holds {values[0]} alone; expected 255 where it is crack, 127 where it is "
            "ignored, 0 elsewhere; save the mask so, or take it out"
        )


def _equal(levels: partial[NDArray[np.uint8]], level: int) -> NDArray[np.bool_]:
    return np.asarray(levels() == level)
