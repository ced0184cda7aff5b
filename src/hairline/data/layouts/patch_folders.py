r"""Folders of small images that as a whole show crack or none, without any mask.

    ROOT/FOLDER/NAME.jpg   for each FOLDER of the options ``crack`` and ``no_crack``; of any image format and size

SDNET2018 (Dorafshan, Thomas, Maguire 2018), of bridge decks, pavements and walls; ``group: '\d+(?=-)'``:

    ROOT/D/CD/7001-115.jpg   D/UD/7001-1.jpg   P/CP/…   P/UP/…   W/CW/…   W/UW/…     PHOTO-NUMBER.jpg, C is cracked

METU concrete crack images (Özgenel 2018); the names do not tell the photo a patch was cut from, so ``group: ''``:

    ROOT/Positive/00001.jpg   ROOT/Negative/00001.jpg                                the same names in both

An id is folder and name: ``D-CD_7001-115``, ``Positive_00001``. Only files directly in a folder count.

A group is the folder that holds FOLDER, and what ``group`` matches of the name: ``D-7001`` for patches in D/CD and in
D/UD. So folders side by side show the same photos, and equal numbers elsewhere, as in W/CW, are others. Groups are
assigned to splits by a hash of their name, so that adding images moves no other image.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, NoReturn

from annotated_types import Ge, Le

from hairline.data.layout_files import LeavesOut, LeftOut, found_instead, image_files
from hairline.data.samples import CRACK, NO_CRACK, RawSample, evenly
from hairline.data.splits import Shares, refuse_shares, split_of
from hairline.errors import HairlineError
from hairline.io import bounds
from hairline.io.options import checked_dataclass

WITHOUT_MASKS = True
"""No image of this layout ever has one."""

LEAVES_OUT = LeavesOut(folders=True)


@checked_dataclass
class Options:
    """Which folders show what, and how their images become splits.

    Attributes:
        crack: Folders, relative to the root, of images that show crack.
        no_crack: Folders of images that show none.
        group: Regular expression that matches, at the start of a file's name without suffix, the photo it was cut
            from; with the empty string every image is a group of its own.
        shares: Split → expected share of the groups, summing to 1.
        limit: Most images of each class, evenly spaced over the sorted ids; 0 keeps all.
        exclude: Ids (``D-CD_7001-115``) to leave out, whether or not their files are there.
    """

    crack: list[str]
    no_crack: list[str]
    group: str
    shares: Shares
    limit: Annotated[int, Ge(0), Le(bounds.IMAGES)]
    exclude: list[str]

    def __post_init__(self) -> None:
        refuse_shares(self.shares)
        _refuse_folders([PurePosixPath(folder) for folder in (*self.crack, *self.no_crack)])
        try:
            re.compile(self.group)
        except re.error as error:
            raise ValueError(f"group must be a regular expression, found '{self.group}' ({error})") from None
        if self.group:
            _refuse_scattered(self.crack, self.no_crack)


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples in order of id, all without a mask and with the label of their image.

    Raises:
        HairlineError: If a folder is missing or empty, two files differ in their suffix only, or ``group`` does not
            match a name.
    """
    found: list[RawSample] = []
    for label, folders in ((CRACK, options.crack), (NO_CRACK, options.no_crack)):
        samples = [sample for folder in folders for sample in _folder(root, PurePosixPath(folder), label, options)]
        samples.sort(key=lambda sample: sample.id)
        found += [samples[index] for index in evenly(len(samples), options.limit or len(samples))]
    return sorted(found, key=lambda sample: sample.id)


def no_mask(path: Path) -> NoReturn:
    """Stands where other layouts read masks; never called, as no sample has one."""
    raise RuntimeError(f"{path}: asked for a mask, but sets of patch folders have none")


def _folder(root: Path, folder: PurePosixPath, label: str, options: Options) -> Iterator[RawSample]:
    files = image_files(root / folder, ())
    if not files:
        raise HairlineError(
            f"{root / folder}: no images found ({found_instead(root / folder, root)}); expected image files directly "
            "in it; put the set there or change options.crack and options.no_crack of this data set"
        )
    left_out = LeftOut(options.exclude)
    for stem, path in files.items():
        name = f"{'-'.join(folder.parts)}_{stem}"
        if left_out.has(name):
            continue
        group = _group(folder, path, options.group) if options.group else name
        yield RawSample(name, split_of(group, options.shares), group, path, None, no_mask, label, options.shares)


def _group(folder: PurePosixPath, path: Path, pattern: str) -> str:
    found = re.match(pattern, path.stem)
    if not found or not found.group():
        raise HairlineError(
            f"{path}: options.group of this data set, '{pattern}', matches nothing at the start of the name; correct "
            f"it or add '{'-'.join(folder.parts)}_{path.stem}' to options.exclude"
        )
    return "-".join((*folder.parent.parts, found.group()))


def _refuse_folders(folders: list[PurePosixPath]) -> None:
    if not folders:
        raise ValueError("crack and no_crack name no folder; expected e.g. crack: [Positive], no_crack: [Negative]")
    for folder in folders:
        if not folder.parts or folder.is_absolute() or ".." in folder.parts:
            raise ValueError(f"'{folder}' is not a folder inside the root; expected e.g. D/CD")
        if folders.count(folder) > 1:
            raise ValueError(f"'{folder}' is named twice among crack and no_crack")


def _refuse_scattered(crack: list[str], no_crack: list[str]) -> None:
    """With the class above the source (crack/D, no_crack/D), patches of a photo would be in two groups."""
    for one in map(PurePosixPath, crack):
        for other in map(PurePosixPath, no_crack):
            if one.name == other.name:
                raise ValueError(
                    f"'{one}' and '{other}' have one name under two parents, so that patches of one photo would not be "
                    "one group; arrange them side by side (D/crack, D/no_crack) or leave group empty"
                )
