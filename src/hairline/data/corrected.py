"""Masks that people corrected, of some images of a data set: a folder of ID.png, 255 crack, 0 none, 127 ignored.

They come back from annotation tools or were drawn anywhere else. Where the folder has one called ``masks``, they lie in
that. What is no picture, such as a table of who corrected what, is left alone.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.data.stated_values import told_some
from hairline.errors import HairlineError
from hairline.imaging.images import IGNORED, IMAGE_SUFFIXES, header, read_grey, transparent_pixels
from hairline.io.file_names import printable
from hairline.io.reading import id_of, there, walk

NAMED = 5
SUFFIX, MASKS = ".png", "masks"
VALUES = (0, IGNORED, 255)
"""None, ignored, crack."""
MEANT = f"crack is 255, no crack 0 and what nobody can tell {IGNORED}"


def files(folder: Path, ids: Mapping[str, tuple[int, int]], dataset: str) -> dict[str, Path]:
    """Id of an image → the file of its corrected mask, in order of id.

    Args:
        folder: Where they lie.
        ids: Height and width of every image of the data set.
        dataset: Its name, for the message.

    Raises:
        HairlineError: If there is no such folder or no picture in it, or a picture is no corrected mask of an image of
            the data set by its name.
    """
    if not there(folder):
        raise HairlineError(
            f"{folder}: not found; expected the folder of the corrected masks of '{dataset}'; put it there, or "
            f"correct corrected.{dataset}.root in params.yaml"
        )
    inside = folder / MASKS if (folder / MASKS).is_dir() else folder
    pictures = [path for path in walk(folder) if path.suffix.lower() in IMAGE_SUFFIXES]
    if not pictures:
        raise HairlineError(
            f"{folder}: holds no picture; expected corrected masks of '{dataset}', each ID.png; put at least one "
            f"there, or take '{dataset}' out of the section corrected in params.yaml"
        )
    odd = [path for path in pictures if path.suffix.lower() != SUFFIX or path.parent != inside]
    if odd:
        raise HairlineError(
            f"{folder}: {_some([str(path.relative_to(folder)) for path in odd])} cannot be corrected masks; expected "
            f"PNG files that lie directly in {inside}; save them so, or take them out"
        )
    found = {id_of(path): path for path in pictures}
    if len(found) < len(pictures):
        twice = [path.name for path in pictures if found[id_of(path)] != path]
        raise HairlineError(
            f"{folder}: has two masks for one image ({_some(twice)} is one of them); expected one for each image; "
            "take one of them out"
        )
    strange = sorted(set(found) - set(ids))
    if strange:
        raise HairlineError(
            f"{folder}: {_some(strange)} {'are' if len(strange) > 1 else 'is'} no image of '{dataset}'; expected the "
            "id of an image as the name of each mask, as in its samples.parquet; rename these masks or take them out"
        )
    return {name: found[name] for name in sorted(found)}


def read(path: Path, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A corrected mask, uint8 [height, width] of :data:`VALUES`.

    Args:
        path: The file.
        size: Height and width of its image.

    Raises:
        HairlineError: If it cannot be decoded, has another size, or holds other values.
    """
    if header(path).transparent and transparent_pixels(path):
        raise HairlineError(
            f"{printable(str(path))}: is transparent in parts; expected a grey PNG, in which {MEANT}; save the mask "
            "so, or take it out"
        )
    levels = read_grey(path)
    if levels.shape != size:
        raise HairlineError(
            f"{printable(str(path))}: is {levels.shape[1]} pixels wide and {levels.shape[0]} high, its image {size[1]} "
            f"and {size[0]}; expected one size; export this mask again at the size of the image, or take it out"
        )
    other = [int(value) for value in np.unique(levels) if value not in VALUES]
    if other:
        raise HairlineError(
            f"{printable(str(path))}: holds the {'values' if len(other) > 1 else 'value'} {told_some(other)}; expected "
            f"a PNG in which {MEANT}; save the mask again so, without soft edges, or take it out"
        )
    return levels


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(f"'{printable(name)}'" for name in names[:NAMED]) + more
