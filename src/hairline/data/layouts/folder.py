"""Any set of images and masks in two folders.

    ROOT/images/NAME.jpg   PNG, JPEG, BMP, TIFF, WebP and others (IMAGE_SUFFIXES in hairline.imaging.images)
    ROOT/masks/NAME.png    same name, of any such format; may be missing for some or all images
    ROOT/split.csv         optional; columns id and split (train, val, test), or id and group, or all three

Masks may have any mode; which values are crack is found out from all files together (:mod:`hairline.data.masks`), or
stated by ``pixels`` beside these options. JPEG blurs: values up to a quarter of the range off black or white are fine.

The group says what must stay together, e.g. the photo or the structure an image shows. Without a ``split`` column,
groups (or single images) are assigned to splits by a hash of their name, so that adding images moves no other image.
"""

from collections.abc import KeysView
from pathlib import Path

from hairline.data.layout_files import LeftOut, found_instead, image_files, paired, without_suffix
from hairline.data.samples import RawSample, read_binary_mask
from hairline.data.split_table import split_rows
from hairline.data.splits import Shares, refuse_shares, split_of
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.io.file_names import Names, Tree, printable
from hairline.io.options import checked_dataclass
from hairline.io.reading import composed, entries, there


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
    files = Tree(root)
    folder = files.find("images")
    images, masks = image_files(folder, options.exclude), image_files(files.find("masks"), options.exclude)
    if not images:
        nearest = folder if entries(folder) else root
        raise HairlineError(
            f"{folder}: no images found ({found_instead(nearest, root)}); expected "
            f"images/NAME.jpg and masks/NAME.png (any of {', '.join(IMAGE_SUFFIXES)}), not in "
            "sub-folders"
        )
    masks_of, orphans = paired(images, masks)
    if orphans:
        raise HairlineError(
            f"{printable(str(masks[orphans[0]]))}: there is no image of that name in {folder} "
            f"({len(orphans)} such masks); a mask has the name of its image, only the suffix may differ"
        )
    rows = _table(files.find("split.csv"), images.keys(), options)
    return [
        RawSample(name, split, group, images[name], masks_of.get(name), read_binary_mask, shares=shares)
        for name, (split, group, shares) in sorted(rows.items())
    ]


def _table(path: Path, ids: KeysView[str], options: Options) -> dict[str, tuple[str, str, Shares | None]]:
    """Split and group of every id, and the shares that the split is by, if it is."""
    if not there(path):
        return {name: (split_of(name, options.shares), name, options.shares) for name in ids}
    left_out, names = LeftOut(options.exclude), Names(ids)
    rows = dict[str, dict[str, str]]()
    for number, row in enumerate(split_rows(path), 2):
        written = row["id"]
        name = names.find(written) or names.find(without_suffix(written)) or composed(written)
        if left_out.has(name):
            continue
        if name in rows:
            raise HairlineError(f"{path}: line {number} has the id '{written}' of a line before; expected each id once")
        rows[name] = row
    strange = sorted(rows.keys() ^ ids)
    if strange:
        what = "names no image there is" if strange[0] in rows else "is an image without a row"
        raise HairlineError(
            f"{path}: '{strange[0]}' {what} ({len(strange)} such ids); expected one row for every image in images/; "
            "correct the file or add the ids to options.exclude of this data set"
        )
    groups = {name: composed(row.get("group") or name) for name, row in rows.items()}
    return {
        name: (row["split"], groups[name], None)
        if "split" in row
        else (split_of(groups[name], options.shares), groups[name], options.shares)
        for name, row in rows.items()
    }
