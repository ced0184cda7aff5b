"""Patches that people sorted into folders, a folder a label: small images, cut from photos that are here or not.

    clicks/LABEL/PHOTO_X_Y.png    of a photo that is here: its id, and the patch's upper left pixel in it
    patches/LABEL/NAME.png        of a photo that is not here: an image of its own, which is one patch as a whole

``LABEL`` is any spelling of a label (``crack``, ``no-crack``, ``No crack``) or a name that the options give a meaning.
Images of any format, directly in the folder; ``PHOTO_x64_y128`` is read as well.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data import photo_files, squares
from hairline.data.clicks import Click, Label, Place, meaning
from hairline.data.layout_files import image_files, without_suffix
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES, read_image, upright_size
from hairline.io.file_names import Names, printable
from hairline.io.reading import composed, entries

_NAME = re.compile(r"(?P<photo>.+)[_-]x?(?P<x>\d{1,9})[_-]y?(?P<y>\d{1,9})", re.IGNORECASE)
CELLS = 8
"""Cells a side on which a patch is compared with the photo, so that how either was saved plays no part."""
UNLIKE = 8.0
"""Mean difference of these cells, in grey levels, from which on a patch is none of that place: of patches of 32 to 128
px of CRACK500's training crops those saved as JPEG of quality 10 stay below 5, 97 % of those 32 px aside are above."""
PER_PHOTO = 8


class Cut(NamedTuple):
    """A patch as an image file, where its name says that it lies: columns and rows of the upright photo."""

    path: Path
    photo: str
    left: int
    top: int
    width: int
    height: int


def folders(folder: Path) -> list[Path]:
    """The folders with images in a folder, in order of names."""
    return [path for path in entries(folder) if path.is_dir() and any(map(_is_image, entries(path)))]


def labelled(folder: Path, meanings: Mapping[str, Label]) -> list[Path]:
    """Those of :func:`folders` whose names mean a label; in a folder of photos they hold none."""
    found = list[Path]()
    for each in folders(folder):
        with suppress(HairlineError):
            label_of(each, meanings)
            found.append(each)
    return found


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def label_of(folder: Path, meanings: Mapping[str, Label]) -> Label:
    """What a folder's name means.

    Raises:
        HairlineError: If it means nothing.
    """
    return meaning(f"{folder}: holds images, so its name", composed(folder.name), meanings)


def cuts(folder: Path, photos: Mapping[str, Path]) -> tuple[list[Cut], list[str]]:
    """The patches in a folder, and the photos that their names tell and that are not here, one for each patch.

    Raises:
        HairlineError: If a name tells no place, or a file is no image.
    """
    by_id = {photo_files.id_of(name): name for name in photos}
    names = Names(by_id)
    found, lost = list[Cut](), list[str]()
    for stem, path in image_files(folder, ()).items():
        told = _NAME.fullmatch(stem)
        if told is None:
            raise HairlineError(
                f"{path}: its name tells no photo and place; expected PHOTO_X_Y, as wall_384_512 for the patch of the "
                f"photo wall from column 384 and row 512 on; rename it, or move {folder.name} to "
                f"{folder.parent.parent / 'patches'} if its photos are not here"
            )
        name = names.find(told["photo"]) or names.find(without_suffix(told["photo"]))
        if name is None:
            lost.append(told["photo"])
        else:
            found.append(Cut(path, by_id[name], int(told["x"]), int(told["y"]), *upright_size(path)))
    return found, lost


def clicks(folder: Path, label: Label, found: Sequence[Cut], photos: Mapping[str, Path]) -> list[Click]:
    """What a folder says, as the clicks of somebody with its name; an oblong patch becomes a square for which it holds.

    Args:
        folder: The folder.
        label: What its name means.
        found: Its patches.
        photos: Name → file.
    """
    sizes = {name: upright_size(photos[name]) for name in dict.fromkeys(cut.photo for cut in found)}
    return [Click(_place(cut, label, sizes[cut.photo]), label, folder.name, "") for cut in found]


def _place(cut: Cut, label: Label, size: tuple[int, int]) -> Place:
    if cut.width == cut.height:
        return Place(cut.photo, cut.left, cut.top, cut.width)
    return squares.around(cut.photo, cut.left, cut.top, cut.width, cut.height, size, label)


def refuse_other_places(folder: Path, photos: Mapping[str, Path]) -> None:
    """Raise HairlineError where a patch does not show what the photo shows at the place that its name tells.

    Some of each photo are compared, evenly spaced over their names.
    """
    by_photo = dict[str, list[Cut]]()
    for each in folders(folder):
        for cut in cuts(each, photos)[0]:
            by_photo.setdefault(cut.photo, []).append(cut)
    for name, own in by_photo.items():
        levels = _grey(photos[name])
        for cut in own[:: -(-len(own) // PER_PHOTO)]:
            _refuse_unlike(cut, levels)


def _refuse_unlike(cut: Cut, levels: NDArray[np.uint8]) -> None:
    part = levels[cut.top : cut.top + cut.height, cut.left : cut.left + cut.width]
    if not part.size:
        raise HairlineError(
            f"{cut.path}: begins at column {cut.left} and row {cut.top} of '{printable(cut.photo)}', which has "
            f"{levels.shape[1]} x {levels.shape[0]} px; correct its name, or put the photo back that it was cut from"
        )
    patch = _grey(cut.path)[: part.shape[0], : part.shape[1]]
    unlike = float(np.abs(_cells(part) - _cells(patch)).mean())
    if unlike > UNLIKE:
        raise HairlineError(
            f"{cut.path}: does not show what '{printable(cut.photo)}' shows from column {cut.left} and row {cut.top} "
            f"on ({cut.width} x {cut.height} px; by {unlike:.0f} grey levels on average); expected the column "
            "first, then the row, in pixels of the upright photo, and a patch that was neither resized nor turned; "
            "correct the names"
        )


def _grey(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(read_image(path), cv2.COLOR_RGB2GRAY), np.uint8)


def _cells(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    size = min(CELLS, levels.shape[1]), min(CELLS, levels.shape[0])
    return np.asarray(cv2.resize(levels, size, interpolation=cv2.INTER_AREA), np.float32)


def refuse_loose(folder: Path) -> None:
    """Raise HairlineError where images lie beside the folders of labels."""
    loose = next(filter(_is_image, entries(folder)), None)
    if loose is not None:
        raise HairlineError(
            f"{loose}: lies in no folder that tells its label; expected {folder}/crack and {folder}/no-crack; move it"
        )


def whole(folder: Path, meanings: Mapping[str, Label]) -> list[tuple[str, Path, Label]]:
    """Id, file and label of the images of patches whose photos are not here.

    Args:
        folder: With a folder a label; it may be missing.
        meanings: What other names of labels mean.

    Raises:
        HairlineError: If a folder's name means nothing, two files differ in their suffix only, or images lie beside
            the folders.
    """
    refuse_loose(folder)
    return [
        (photo_files.id_of(f"{each.name}/{path.name}"), path, label_of(each, meanings))
        for each in folders(folder)
        for path in image_files(each, ()).values()
    ]
