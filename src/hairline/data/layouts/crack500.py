"""CRACK500 (Yang et al. 2019) as published.

    ROOT/traincrop/NAME.jpg, NAME.png   an image and its 1-bit mask, side by side
    ROOT/valcrop/…  ROOT/testcrop/…
    ROOT/train.txt  val.txt  test.txt   "traincrop/NAME.jpg traincrop/NAME.png" a line

A list names what belongs to its folder; without it, every JPEG of the folder does. Upper and lower case, and the
separators of any system, mean the same. Names start with the photo a crop
was cut from: ``YYYYMMDD_HHMMSS_x_y`` or ``IMG_NNNN_x_y``. Photos follow each other by seconds and show the same place
then, on both sides of the published split, so that those at most :data:`CAPTURE_S` apart are one group
(:mod:`hairline.data.capture_times`).
"""

import itertools
import os
import re
from collections import Counter
from pathlib import Path, PureWindowsPath
from typing import Annotated

from annotated_types import Ge, Le

from hairline.data.layout_files import LeavesOut, LeftOut, contents, limited
from hairline.data.samples import RawSample, read_binary_mask
from hairline.data.splits import ORDER, Split
from hairline.errors import HairlineError
from hairline.io import bounds
from hairline.io.file_names import Names, Tree
from hairline.io.options import checked_dataclass
from hairline.io.reading import composed, entries, id_of, read_text, there

JPEG = (".jpg", ".jpeg", ".jpe", ".jfif")
LEAVES_OUT = LeavesOut("without an image or an entry in a list", folders=True)

PHOTO = re.compile(r"\d{8}_\d{6}(?=_)|IMG_\d+(?=_)")
CAPTURE_S = 10
"""Seconds between photos of one group, where ``capture_s`` of the data set does not say otherwise."""


@checked_dataclass
class Options:
    """Which part of CRACK500 to read, and as what.

    Attributes:
        folders: Folder name → the split its crops become, e.g. ``{traincrop: train, valcrop: test}``.
        limit: Split → most samples kept, evenly spaced over the sorted ids; a split left out, or 0, keeps all.
        exclude: Ids (file names without suffix) to leave out, whether or not their files are there.
    """

    folders: dict[str, Split]
    limit: dict[Split, Annotated[int, Ge(0), Le(bounds.IMAGES)]]
    exclude: list[str]

    def __post_init__(self) -> None:
        if not self.folders:
            raise ValueError("folders names no folder; expected e.g. {traincrop: train, valcrop: test}")


def photo(sample_id: str) -> str:
    """The photo a crop was cut from: ``20160222_081011`` for ``20160222_081011_1_361``; else the id itself."""
    found = PHOTO.match(sample_id)
    return found.group() if found else sample_id


def photos(root: Path) -> set[str]:
    """The photos of all crops in the folders of the root that may be looked into, read or not."""
    found = set[str]()
    for folder in entries(root):
        if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
            found |= {photo(id_of(path)) for path in entries(folder) if path.suffix.lower() in JPEG}
    return found


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples of the chosen folders, split by split, each in order of id.

    Raises:
        HairlineError: If a folder is missing or empty, a list is malformed or names files that are not there, or
            one id is in two folders.
    """
    found = [sample for folder, split in options.folders.items() for sample in _folder(root, folder, split, options)]
    found.sort(key=lambda sample: sample.id)
    for one, other in itertools.pairwise(found):
        if one.id == other.id:
            raise HairlineError(
                f"{root}: '{one.id}' is in {one.image.parent.name} and in {other.image.parent.name}; "
                "expected ids that are unique over options.folders of this data set; read one of the two folders"
            )
    return [sample for split in ORDER for sample in limited(found, split, options.limit)]


def _folder(root: Path, folder: str, split: Split, options: Options) -> list[RawSample]:
    directory = root / folder
    if not directory.is_dir():
        raise HairlineError(
            f"{directory}: no such folder (in {root}: {contents(root)}); expected the published CRACK500 layout; "
            "put the set there or change options.folders of this data set"
        )
    list_file = Tree(root).find(f"{folder.removesuffix('crop')}.txt")
    pairs = _listed(root, list_file) if there(list_file) else _present(directory)
    left_out = LeftOut(options.exclude)
    pairs = [(image, mask) for image, mask in pairs if not left_out.has(id_of(image))]
    if there(list_file):
        _refuse_absent(list_file, pairs)
        _refuse_twice(list_file, [image for image, _ in pairs])
    return [RawSample(id_of(image), split, photo(id_of(image)), image, mask, read_binary_mask) for image, mask in pairs]


def _listed(root: Path, list_file: Path) -> list[tuple[Path, Path | None]]:
    lines = [line.split() for line in read_text(list_file).splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        if len(line) != 2:
            raise HairlineError(
                f"{list_file}: entry {number} is '{' '.join(line)}'; expected an image path and a mask path"
            )
        image, mask = (PureWindowsPath(name) for name in line)
        if image.suffix.lower() not in JPEG or composed(image.stem).casefold() != composed(mask.stem).casefold():
            raise HairlineError(
                f"{list_file}: entry {number} is '{' '.join(line)}'; expected a photo NAME.jpg and its mask NAME.png"
            )
    files = Tree(root)
    return [(files.find(image), files.find(mask)) for image, mask in lines]


def _present(directory: Path) -> list[tuple[Path, Path | None]]:
    found = entries(directory)
    images = [path for path in found if path.suffix.lower() in JPEG]
    if not images:
        raise HairlineError(f"{directory}: holds no .jpg file; expected crops NAME.jpg with masks NAME.png beside them")
    masks = Names(path.name for path in found if path.suffix.lower() == ".png")
    named = [(image, masks.find(f"{image.stem}.png")) for image in images]
    return [(image, directory / mask if mask else None) for image, mask in named]


def _refuse_twice(list_file: Path, images: list[Path]) -> None:
    twice = [image for image, times in Counter(images).items() if times > 1]
    if twice:
        raise HairlineError(f"{list_file}: names {twice[0]} more than once; keep one of these lines")


def _refuse_absent(list_file: Path, pairs: list[tuple[Path, Path | None]]) -> None:
    absent = [path for pair in pairs for path in pair if path is not None and not path.is_file()]
    if absent:
        raise HairlineError(
            f"{list_file}: {len(absent)} of the {2 * len(pairs)} files it names are missing, first {absent[0]}; "
            f"complete the set, add the ids to options.exclude of this data set, or remove {list_file.name} to read "
            "every image of the folder"
        )
