"""Tables that gates judge beside the samples: splits, patches and labels."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from hairline.data.passed_over import Survey
from hairline.data.samples import SPLITS


def splits(table: pd.DataFrame, min_share: Mapping[Any, float]) -> pd.DataFrame:
    """One row a split: ``id``, ``images``, ``share`` of the set, ``min_share``; no row for an empty set."""
    counts = {split: int((table["split"] == split).sum()) for split in SPLITS} if len(table) else {}
    rows = [(split, images, images / len(table), min_share.get(split, 0.0)) for split, images in counts.items()]
    return pd.DataFrame(rows, columns=["id", "images", "share", "min_share"])


def passed_over(found: Survey | None) -> pd.DataFrame:
    """One row a file under a set's root: ``id`` (its path), ``unexpected`` (0 or 1), ``reason``, ``remedy``.

    Rows of files that are read have neither a reason nor a path. No row where nothing is known.
    """
    entries = (
        [(each.file, float(bool(each.remedy)), each.reason, each.remedy) for each in found.passed_over] if found else []
    )
    read = [("", 0.0, "", "")] * (found.read if found else 0)
    return pd.DataFrame([*entries, *read], columns=["id", "unexpected", "reason", "remedy"])


def patch_splits(patches: pd.DataFrame, min_patches: int) -> pd.DataFrame:
    """One row a split of a patch index: ``id``, ``patches``, ``crack_share``, ``min_patches``."""
    found = patches.groupby("split", sort=True)["crack"].agg(["size", "mean"]).reset_index()
    found.columns = pd.Index(["id", "patches", "crack_share"])
    return found.assign(min_patches=min_patches)


def patch_scales(patches: pd.DataFrame, window_px: int) -> pd.DataFrame:
    """One row an image with patches that are resized, and side of these: ``id``, ``side``, ``window_px``, ``scale``."""
    resized = patches[patches["side"] != window_px].drop_duplicates(["sample", "side"])
    scale = resized["side"] / window_px
    return pd.DataFrame({"id": resized["sample"], "side": resized["side"], "window_px": window_px, "scale": scale})


def label_flags(
    labels: pd.DataFrame, pixels: "pd.Series[int]", min_crack_pixels: int, full_share: float
) -> pd.DataFrame:
    """The labels with what their gate looks at.

    Args:
        labels: ``id`` and ``crack_pixels``; labels known to be empty are left out by the caller.
        pixels: Pixels of each label's image.
        min_crack_pixels: Fewer are too few to train on.
        full_share: From this share on a label counts as crack everywhere.

    Returns:
        ``labels`` with ``crack_share``, ``crack_part`` (over the pixels of all labels) and the flags ``small``,
        ``black`` and ``full`` as 0 or 1.
    """
    share = labels["crack_pixels"] / pixels
    return labels.assign(
        crack_share=share,
        crack_part=labels["crack_pixels"] / pixels.sum(),
        small=(labels["crack_pixels"] < min_crack_pixels).astype(float),
        black=(labels["crack_pixels"] == 0).astype(float),
        full=(share >= full_share).astype(float),
    )
