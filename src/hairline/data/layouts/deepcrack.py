"""DeepCrack, also DCD (Liu et al. 2019), as published: 544 x 384 pixels, 300 images for training and 237 for testing.

    ROOT/train_img/NAME.jpg   ROOT/train_lab/NAME.png   8-bit, 0 and 255, crack is white
    ROOT/test_img/…           ROOT/test_lab/…

A name is that of a photo, or of a part of it: ``11190.jpg`` shows what ``11190-1.jpg`` to ``11190-7.jpg`` show closer.
So the group is the name without a final ``-NUMBER``; single names are groups of their own. Some photos have pictures in
both published halves (``11142`` and ``11142-2``), which the gate tells.
"""

import itertools
import re
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le

from hairline.data.layout_files import LeavesOut, found_instead, image_files, limited, paired
from hairline.data.samples import RawSample, read_binary_mask
from hairline.data.splits import ORDER, Split
from hairline.errors import HairlineError
from hairline.io import bounds
from hairline.io.file_names import Tree, printable
from hairline.io.options import checked_dataclass

LEAVES_OUT = LeavesOut(folders=True)
PART = re.compile(r"-\d+$")


@checked_dataclass
class Options:
    """Which half of DeepCrack to read, and as what.

    Attributes:
        folders: Half → the split its images become, e.g. ``{train: train, test: test}``; a half left out need not be
            there.
        limit: Split → most samples kept, evenly spaced over the sorted ids; a split left out, or 0, keeps all.
        exclude: Ids (file names without suffix) to leave out, whether or not their files are there.
    """

    folders: dict[Literal["train", "test"], Split]
    limit: dict[Split, Annotated[int, Ge(0), Le(bounds.IMAGES)]]
    exclude: list[str]

    def __post_init__(self) -> None:
        if not self.folders:
            raise ValueError("folders names no half; expected e.g. {train: train, test: test}")


def photo(sample_id: str) -> str:
    """The photo a picture shows, or shows a part of: ``11190`` for ``11190-1`` and for ``11190``."""
    return PART.sub("", sample_id)


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples of the chosen halves, split by split, each in order of id; without a mask where its file is missing.

    Raises:
        HairlineError: If a folder is missing or empty, a mask has no image, or one id is in both halves.
    """
    found = [sample for half, split in options.folders.items() for sample in _half(root, half, split, options.exclude)]
    found.sort(key=lambda sample: sample.id)
    for one, other in itertools.pairwise(found):
        if one.id == other.id:
            raise HairlineError(
                f"{root}: '{one.id}' is in {one.image.parent.name} and in {other.image.parent.name}; expected ids that "
                "are unique over options.folders of this data set; rename one of them or read one of the two"
            )
    return [sample for split in ORDER for sample in limited(found, split, options.limit)]


def _half(root: Path, half: str, split: Split, exclude: list[str]) -> list[RawSample]:
    tree = Tree(root)
    folders = tree.find(f"{half}_img"), tree.find(f"{half}_lab")
    images, masks = (image_files(folder, exclude) for folder in folders)
    for folder, files in zip(folders, (images, masks), strict=True):
        if not files:
            raise HairlineError(
                f"{folder}: no images found ({found_instead(folder, root)}); expected the published DeepCrack "
                f"layout, {half}_img/NAME.jpg and {half}_lab/NAME.png; complete the set or take {half} out of "
                "options.folders of this data set"
            )
    masks_of, orphans = paired(images, masks)
    if orphans:
        raise HairlineError(
            f"{printable(str(masks[orphans[0]]))}: there is no image of that name in {folders[0]} ({len(orphans)} such "
            "masks); complete the set or add the ids to options.exclude of this data set"
        )
    return [RawSample(name, split, photo(name), images[name], masks_of.get(name), read_binary_mask) for name in images]
