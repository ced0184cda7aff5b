"""What is looked up in a canonical data set before its gate judges: columns beside the samples that tell faults."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.samples import CRACK, UNKNOWN, image_path, mask_path
from hairline.errors import HairlineError
from hairline.gates import near_duplicates, overlaps
from hairline.imaging.images import read_grey

Look = Callable[[Callable[[Any], Any], list[Any]], list[Any]]


class Seen(NamedTuple):
    """What one look at a pair of files gives, NaN where unknown."""

    pair: str
    contrast: float
    brightness: float
    spread: float
    sharpness: float
    print: NDArray[np.uint8] | None
    corners: overlaps.Corners | None


def in_threads(work: Callable[[Any], Any], items: list[Any]) -> list[Any]:
    """Do work on all cores, in order."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(work, items))


def computed(
    table: pd.DataFrame,
    folder: Path,
    min_correlation: float | None = None,
    look: Look = in_threads,
    overlapping: bool = False,
) -> pd.DataFrame:
    """The samples table with the columns the rules look at.

    Args:
        table: As read by :func:`hairline.data.samples.read_samples`.
        folder: The canonical data set, whose images and masks are read once each.
        min_correlation: From which correlation pictures look alike; None looks for none.
        look: Applies work to every item, in order.
        overlapping: Whether to look for pictures of two splits that show a part of the same.

    Returns:
        ``table`` and, a row each (None or NaN where there is nothing to tell):
        ``pair``: ``complete``, ``no mask``, ``image missing``, ``mask missing``, ``image unreadable``,
        ``mask unreadable``; ``size``, ``mask_size``: as ``width x height px``; ``shortest_px``: the shorter side;
        ``exif_of_masked``: EXIF orientation where there is a mask; ``mask_unusual_share``: share of the mask's pixels
        with a value its layout does not promise; ``crack_share``: share of the mask's pixels that are crack;
        ``crack_part``: this image's crack pixels over the mask pixels of the whole set, whose sum is the set's share;
        ``mask_empty``: 1 without crack, else 0; ``contrast``: mean grey outside minus inside the crack, in levels of
        255; ``brightness``, ``spread``: mean and standard deviation of grey; ``sharpness``: decadic logarithm of the
        Laplacian's variance; ``group_splits``: the splits the group lies in; ``group_split_count``,
        ``image_split_count``: the number of splits the group and the picture lie in; ``copies``: other samples with
        the same picture; ``contradicted``: those of them that are said to show crack where it does not, or none where
        it does; ``lookalikes_across``, ``lookalikes_within``: samples of other splits and of the same split
        that look like it and are no copies, empty where there are none; ``overlaps_across``: samples of other splits
        that show a part of the same and are neither these nor of its group.
    """
    pairs = list(zip(table["id"], table["has_mask"], strict=True))
    looked: list[Seen] = look(lambda pair: _look(folder, str(pair[0]), bool(pair[1]), overlapping), pairs)
    pixels = (table["mask_height"] * table["mask_width"]).where(table["has_mask"]).astype(float)
    mask_size = _size(table["mask_width"], table["mask_height"]).where(table["has_mask"], None)
    told = pd.DataFrame([seen[:-2] for seen in looked], columns=list(Seen._fields[:-2]), index=table.index)
    alike = _alike([seen.print for seen in looked], min_correlation)
    return table.assign(
        **told,
        **_lookalikes(table, alike),
        overlaps_across=_overlaps(table, [seen.corners for seen in looked], alike or set()) if overlapping else None,
        size=_size(table["width"], table["height"]),
        mask_size=mask_size,
        shortest_px=table[["height", "width"]].min(axis=1),
        exif_of_masked=table["exif_orientation"].where(table["has_mask"]).astype(float),
        mask_unusual_share=table["mask_unusual_pixels"] / pixels,
        crack_share=table["crack_pixels"] / pixels,
        crack_part=table["crack_pixels"].where(table["has_mask"]) / pixels.sum() if pixels.sum() else np.nan,
        mask_empty=(table["crack_pixels"] == 0).astype(float).where(table["has_mask"]),
        group_splits=_per(table, "group", lambda splits: ", ".join(sorted(set(splits)))),
        group_split_count=_per(table, "group", lambda splits: splits.nunique()),
        image_split_count=_per(table, "image_sha256", lambda splits: splits.nunique()),
        copies=_copies(table),
        contradicted=_contradicted(table),
    )


def with_faint(columns: pd.DataFrame, min_brightness: float, min_spread: float) -> pd.DataFrame:
    """The columns of :func:`computed` and ``faint``: 1 for images nearly black or flat, else 0, NaN where unknown.

    Args:
        columns: With ``brightness`` and ``spread``.
        min_brightness: Mean grey below which an image is nearly black.
        min_spread: Standard deviation of grey below which it is flat.
    """
    faint = (columns["brightness"] < min_brightness) | (columns["spread"] < min_spread)
    return columns.assign(faint=faint.astype(float).where(columns["brightness"].notna()))


def _look(folder: Path, sample_id: str, has_mask: bool, overlapping: bool) -> Seen:
    image = _grey(image_path(folder, sample_id))
    if image is None:
        state = "unreadable" if image_path(folder, sample_id).is_file() else "missing"
        return Seen(f"image {state}", np.nan, np.nan, np.nan, np.nan, None, None)
    mask = _grey(mask_path(folder, sample_id)) if has_mask else None
    pair = "complete" if has_mask else "no mask"
    if has_mask and mask is None:
        pair = f"mask {'unreadable' if mask_path(folder, sample_id).is_file() else 'missing'}"
    sharpness = float(np.log10(cv2.Laplacian(image, cv2.CV_16S).var() + 1e-3))
    inside = np.nan if mask is None else contrast(image, mask > 127)
    corners = overlaps.corners(image) if overlapping else None
    print_ = near_duplicates.fingerprint(image)
    return Seen(pair, inside, float(image.mean()), float(image.std()), sharpness, print_, corners)


def _grey(path: Path) -> NDArray[np.uint8] | None:
    """Grey levels, or None for a file that is missing or unreadable, which is a finding here and not an error."""
    try:
        return read_grey(path)
    except HairlineError:
        return None


def contrast(grey: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """Mean grey outside minus inside the mask; NaN where sizes differ or one of the two is empty."""
    if grey.shape != mask.shape or not mask.any() or mask.all():
        return np.nan
    return float(grey[~mask].mean() - grey[mask].mean())


def _alike(prints: list[NDArray[np.uint8] | None], min_correlation: float | None) -> set[tuple[int, int]] | None:
    """Pairs of samples that look alike; None where they are not looked for."""
    if min_correlation is None:
        return None
    there = [index for index, found in enumerate(prints) if found is not None]
    stack = np.stack([found for found in prints if found is not None]) if there else np.zeros((0, 1, 1), np.uint8)
    return {(there[a], there[b]) for a, b in near_duplicates.pairs(stack, min_correlation)}


def _lookalikes(table: pd.DataFrame, alike: set[tuple[int, int]] | None) -> dict[str, list[str] | None]:
    """Names of the lookalikes of every sample, apart for other splits and its own."""
    if alike is None:
        return {"lookalikes_across": None, "lookalikes_within": None}
    split, picture = table["split"].tolist(), table["image_sha256"].tolist()
    others = sorted((i, j) for i, j in alike if picture[i] != picture[j])
    return {
        "lookalikes_across": _partners(table, [(i, j) for i, j in others if split[i] != split[j]]),
        "lookalikes_within": _partners(table, [(i, j) for i, j in others if split[i] == split[j]]),
    }


def _overlaps(table: pd.DataFrame, corners: list[overlaps.Corners | None], alike: set[tuple[int, int]]) -> list[str]:
    """Names of the samples of other splits that show a part of the same, but for what other rules tell."""
    there = [index for index, found in enumerate(corners) if found is not None]
    split, group, picture = (table[column].tolist() for column in ("split", "group", "image_sha256"))
    found = overlaps.pairs([one for one in corners if one is not None], [split[index] for index in there])
    pairs = [(there[a], there[b]) for a, b in found]
    told = [(i, j) for i, j in pairs if picture[i] != picture[j] and group[i] != group[j] and (i, j) not in alike]
    return _partners(table, told)


def _partners(table: pd.DataFrame, pairs: list[tuple[int, int]]) -> list[str]:
    """Names of the partners of every sample."""
    name = _named(table).tolist()
    partners: list[list[str]] = [[] for _ in name]
    for i, j in pairs:
        partners[i].append(name[j])
        partners[j].append(name[i])
    return [", ".join(names) for names in partners]


def _size(width: "pd.Series[int]", height: "pd.Series[int]") -> "pd.Series[str]":
    return width.astype(str) + " x " + height.astype(str) + " px"


def _per(table: pd.DataFrame, column: str, of_splits: Any) -> "pd.Series[Any]":
    return table[column].map(table.groupby(column)["split"].agg(of_splits))


def _named(table: pd.DataFrame) -> "pd.Series[str]":
    return table["id"] + " (" + table["split"] + ")"


def _contradicted(table: pd.DataFrame) -> list[str]:
    """Names of the copies of every sample that show crack where it shows none, by the set's word or by their masks."""
    marked = (table["crack_pixels"] > 0).where(table["has_mask"], table["image_label"] == CRACK)
    known = table["has_mask"] | (table["image_label"] != UNKNOWN)
    groups = pd.Series(range(len(table)))[known.to_numpy()].groupby(table["image_sha256"].to_numpy()[known])
    pairs = [
        (one, other)
        for members in (list(each) for _, each in groups)
        for one, other in itertools.combinations(members, 2)
        if marked.iloc[one] != marked.iloc[other]
    ]
    return _partners(table, pairs)


def _copies(table: pd.DataFrame) -> list[str]:
    named = _named(table)
    alike = named.groupby(table["image_sha256"]).agg(list)
    return [
        ", ".join(other for other in alike[picture] if other != own)
        for own, picture in zip(named, table["image_sha256"], strict=True)
    ]
