"""Synthetic cracks as ``hairline.data.synthetic.write`` leaves them, to be read like a published set.

Expected under the root:

ROOT/images/ID.png   RGB
ROOT/masks/ID.png    0/255, black where there is no crack
ROOT/split.csv       columns id, split
"""

from pathlib import Path

from hairline.data.layout_files import contents
from hairline.data.samples import RawSample, read_binary_mask
from hairline.data.split_table import split_rows
from hairline.errors import HairlineError
from hairline.io.file_names import Tree
from hairline.io.options import checked_dataclass


@checked_dataclass
class Options:
    """Nothing to choose: sizes, numbers and seed are options of the generator."""


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples in order of id; each image is a group of its own.

    Raises:
        HairlineError: If split.csv is missing or names an image or mask that is not there.
    """
    path = root / "split.csv"
    if not path.is_file():
        raise HairlineError(
            f"{path}: not found (in {root}: {contents(root)}); expected images/, masks/ and split.csv as the "
            "generate stage writes them; run it first (dvc repro)"
        )
    rows, files = split_rows(path), Tree(root)
    if not rows or "split" not in rows[0]:
        raise HairlineError(f"{path}: tells no image's split; run the generate stage again")
    samples = [_sample(files, row["id"], row["split"]) for row in rows]
    return sorted(samples, key=lambda sample: sample.id)


def _sample(files: Tree, name: str, split: str) -> RawSample:
    image, mask = files.find(f"images/{name}.png"), files.find(f"masks/{name}.png")
    for path in (image, mask):
        if not path.is_file():
            raise HairlineError(f"{path}: not found, but split.csv names it; run the generate stage again")
    return RawSample(name, split, name, image, mask, read_binary_mask)
