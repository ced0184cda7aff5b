"""Any set of images and masks in two folders.

    ROOT/images/NAME.jpg   PNG, JPEG, BMP or TIFF
    ROOT/masks/NAME.png    same name; PNG, JPEG, BMP or TIFF; may be missing for some or all images
    ROOT/split.csv         optional; columns id and split (train, val, test), or id and group, or all three

A mask has one of the modes 1, L, P and RGB (others, such as RGBA and 16 bits, are read too). Its crack is bright, above
half of the range, or 1 where there are no values but 0 and 1; with a palette, its bright colours, or index 1 where none
is bright and the indices are 0 and 1 only. JPEG has neither mode 1 nor P, and blurs: values up to a quarter of the
range off black or white are fine.

The group says what must stay together, e.g. the photo or the structure an image shows. Without a ``split`` column,
groups (or single images) are assigned to splits by a hash of their name, so that adding images moves no other image.
"""

from collections.abc import KeysView
from pathlib import Path

from hairline.data.layout_files import contents, image_files, tolerance
from hairline.data.samples import SPLITS, Mask, RawSample, binary_mask
from hairline.data.splits import Shares, refuse_shares, split_of
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES, read_grey, read_levels
from hairline.io.options import checked_dataclass
from hairline.io.reading import composed, read_table, there


@checked_dataclass
class Options:
    """How images become splits.

    Attributes:
        shares: Split → expected share of the groups, summing to 1; used where split.csv gives no split.
        exclude: Ids (file names without suffix) to leave out, whether or not their files are there.
    """

    shares: Shares
    exclude: list[str]

    def __post_init__(self) -> None:
        refuse_shares(self.shares)


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples in order of id.

    Raises:
        HairlineError: If there are no images, two files have one name, a mask has no image, or split.csv does not fit
            the images.
    """
    images = image_files(root / "images", options.exclude)
    masks = image_files(root / "masks", options.exclude)
    if not images:
        raise HairlineError(
            f"{root / 'images'}: no images found (in {root}: {contents(root)}); expected images/NAME.jpg and "
            f"masks/NAME.png (any of {', '.join(IMAGE_SUFFIXES)})"
        )
    orphans = sorted(masks.keys() - images.keys())
    if orphans:
        raise HairlineError(
            f"{masks[orphans[0]]}: there is no image of that name in {root / 'images'} ({len(orphans)} such masks); "
            "a mask has the name of its image, only the suffix may differ"
        )
    rows = _table(root / "split.csv", images.keys(), options)
    return [
        RawSample(name, split, group, images[name], masks.get(name), read_mask, shares=shares)
        for name, (split, group, shares) in sorted(rows.items())
    ]


def read_mask(path: Path) -> Mask:
    """Read a mask of any mode: crack where grey > 127; if that is nowhere, where it is 1 among values 0 and 1 only."""
    grey = read_grey(path)
    levels = grey if grey.max() > 127 else read_levels(path)
    return Mask(levels == 1, {}) if levels.max() == 1 else binary_mask(grey, tolerance(path))


def _table(path: Path, ids: KeysView[str], options: Options) -> dict[str, tuple[str, str, Shares | None]]:
    """Split and group of every id, and the shares that the split is by, if it is."""
    if not there(path):
        return {name: (split_of(name, options.shares), name, options.shares) for name in ids}
    rows = {composed(row["id"]): row for row in _rows(path)}
    rows = {name: row for name, row in rows.items() if name not in options.exclude}
    strange = sorted(rows.keys() ^ ids)
    if strange:
        what = "names no image there is" if strange[0] in rows else "is an image without a row"
        raise HairlineError(
            f"{path}: '{strange[0]}' {what} ({len(strange)} such ids); expected one row for every image in images/; "
            "correct the file or add the ids to options.exclude of this data set"
        )
    groups = {name: row.get("group") or name for name, row in rows.items()}
    return {
        name: (row["split"], groups[name], None)
        if "split" in row
        else (split_of(groups[name], options.shares), groups[name], options.shares)
        for name, row in rows.items()
    }


def _rows(path: Path) -> list[dict[str, str]]:
    header, rows = read_table(path)
    columns = set(header)
    if "id" not in columns or not columns & {"split", "group"}:
        found = ", ".join(sorted(columns)) or "(none)"
        raise HairlineError(f"{path}: found the columns {found}; expected id and split, or id and group, or all three")
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        if row["id"] in seen or not row["id"]:
            raise HairlineError(f"{path}: line {number} has the id '{row['id']}'; expected each id once, none empty")
        if "split" in columns and row["split"] not in SPLITS:
            raise HairlineError(
                f"{path}: line {number} has the split '{row['split']}'; expected one of {', '.join(SPLITS)}"
            )
        seen.add(row["id"])
    return rows
