"""What is looked up in a canonical data set before it is judged: columns beside the samples table that tell faults."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.images import read_grey
from hairline.samples import image_path, mask_path


def computed(table: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The samples table with the columns the rules look at.

    Args:
        table: As read by :func:`hairline.samples.read_samples`.
        folder: The canonical data set, whose images and masks are read once each.

    Returns:
        ``table`` and, a row each (None or NaN where there is no mask to tell):
        ``pair``: ``complete``, ``no mask``, ``image missing``, ``mask missing``, ``image unreadable``;
        ``size``, ``mask_size``: as ``width x height px``; ``shortest_px``: the image's shorter side;
        ``mask_levels``: the grey levels of the mask file, e.g. ``0 255``, or ``unreadable``;
        ``crack_share``: share of the mask's pixels that are crack; ``crack_part``: this image's crack pixels over the
        mask pixels of the whole set, whose sum is the set's share; ``mask_empty``: 1 without crack, else 0;
        ``contrast``: mean grey outside minus inside the crack, in levels of 255;
        ``group_splits``: the splits the group lies in; ``group_split_count``, ``image_split_count``: the number of
        splits the group and the picture lie in; ``copies``: other samples with the same picture.
    """
    with ThreadPoolExecutor() as pool:
        pairs = zip(table["id"], table["has_mask"], strict=True)
        looked = list(pool.map(lambda pair: _look(folder, str(pair[0]), bool(pair[1])), pairs))
    pixels = (table["mask_height"] * table["mask_width"]).where(table["has_mask"]).astype(float)
    mask_size = _size(table["mask_width"], table["mask_height"]).where(table["has_mask"], None)
    return table.assign(
        **pd.DataFrame(looked, columns=["pair", "mask_levels", "contrast"], index=table.index),
        size=_size(table["width"], table["height"]),
        mask_size=mask_size,
        shortest_px=table[["height", "width"]].min(axis=1),
        crack_share=table["crack_pixels"] / pixels,
        crack_part=table["crack_pixels"].where(table["has_mask"]) / pixels.sum() if pixels.sum() else np.nan,
        mask_empty=(table["crack_pixels"] == 0).astype(float).where(table["has_mask"]),
        group_splits=_per(table, "group", lambda splits: ", ".join(sorted(set(splits)))),
        group_split_count=_per(table, "group", lambda splits: splits.nunique()),
        image_split_count=_per(table, "image_sha256", lambda splits: splits.nunique()),
        copies=_copies(table),
    )


def _look(folder: Path, sample_id: str, has_mask: bool) -> tuple[str, str | None, float]:
    """State of the pair, levels of the mask file, contrast."""
    mask = _grey(mask_path(folder, sample_id)) if has_mask else None
    levels = None
    if has_mask and mask is None:
        levels = "unreadable" if mask_path(folder, sample_id).is_file() else None
    elif mask is not None:
        levels = _levels(mask)
    image = _grey(image_path(folder, sample_id))
    if image is None:
        return f"image {'unreadable' if image_path(folder, sample_id).is_file() else 'missing'}", levels, np.nan
    if not has_mask:
        return "no mask", None, np.nan
    if levels is None:
        return "mask missing", None, np.nan
    return "complete", levels, np.nan if mask is None else contrast(image, mask > 127)


def _grey(path: Path) -> NDArray[np.uint8] | None:
    """Grey levels, or None for a file that is missing or unreadable, which is a finding here and not an error."""
    try:
        return read_grey(path)
    except HairlineError:
        return None


def _levels(mask: NDArray[np.uint8]) -> str:
    present = np.flatnonzero(np.bincount(mask.ravel(), minlength=256))
    rest = f" … ({len(present)} levels)" if len(present) > 5 else ""
    return " ".join(str(level) for level in present[:5]) + rest


def contrast(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Mean grey outside minus inside the mask; NaN where sizes differ or one of the two is empty."""
    if grey.shape != mask.shape or not mask.any() or mask.all():
        return np.nan
    return float(grey[~mask].mean() - grey[mask].mean())


def _size(width: "pd.Series[int]", height: "pd.Series[int]") -> "pd.Series[str]":
    return width.astype(str) + " x " + height.astype(str) + " px"


def _per(table: pd.DataFrame, column: str, of_splits: Any) -> "pd.Series[Any]":
    return table[column].map(table.groupby(column)["split"].agg(of_splits))


def _copies(table: pd.DataFrame) -> list[str]:
    named = table["id"] + " (" + table["split"] + ")"
    alike = named.groupby(table["image_sha256"]).agg(list)
    return [
        ", ".join(other for other in alike[picture] if other != own)
        for own, picture in zip(named, table["image_sha256"], strict=True)
    ]
