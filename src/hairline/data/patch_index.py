"""The patch index: a row a patch, cut on the fly; a patch is crack if any of its mask pixels is.

König et al. 2021, end of section IV-A. An image without a mask that is labelled as a whole (layout
``patch_folders``, ``patches/`` of the layout ``clicks``) is one patch; one whose patches were labelled one by one
(layout ``clicks``) has those.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from annotated_types import Gt, Le
from numpy.typing import NDArray

from hairline.data.samples import CRACK, UNKNOWN, load_ignored, load_mask, read_patches
from hairline.imaging.windows import PatchGrid
from hairline.io import bounds
from hairline.io.artefacts import FLAG, TEXT, WHOLE, read_parquet, repro
from hairline.io.options import checked_dataclass

KINDS = {"sample": TEXT, "split": TEXT, "y": WHOLE, "x": WHOLE, "side": WHOLE, "crack": FLAG}
COLUMNS = tuple(KINDS)


@checked_dataclass
class Options:
    """Size and distance of training patches.

    Attributes:
        window_px: Side of a patch.
        stride_px: Distance between patches, at most the window.
    """

    window_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]
    stride_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]

    def __post_init__(self) -> None:
        if self.stride_px > self.window_px:
            raise ValueError(
                f"a stride of {self.stride_px} px leaves pixels between patches of {self.window_px} px uncovered; "
                f"choose stride_px of at most {self.window_px}"
            )


def read(path: Path) -> pd.DataFrame:
    """The index that the stage ``index_patches`` wrote.

    Raises:
        HairlineError: If the file holds no patch index.
    """
    return read_parquet(path, KINDS, repro(f"index_patches@{path.stem}"))


PAPER = Options(window_px=128, stride_px=64)
"""The patches that classifiers learn from in König et al. 2021, section IV-A."""


def crack_flags(mask: NDArray[np.bool_], window_px: int, stride_px: int) -> NDArray[np.bool_]:
    """Whether each window over a mask [height, width] holds any crack pixel, bool [rows, cols]."""
    height, width = mask.shape
    grid = PatchGrid(height, width, window_px, stride_px)
    return np.asarray(grid.split(mask).any(axis=(2, 3)))


def index(samples: pd.DataFrame, folder: Path, options: Options) -> pd.DataFrame:
    """The patches of all samples that have a mask, are labelled as a whole, or have labelled patches.

    Args:
        samples: Table of :mod:`hairline.data.samples`.
        folder: The canonical data set.
        options: Size and distance of the patches.

    Returns:
        One row a patch: ``sample``, ``split``, ``y``, ``x`` (top left corner on the mirrored image, pixels), ``side``
        (pixels; other than the window where a patch is resized to it: a whole image, or one labelled at another
        size), ``crack``.
    """
    parts = []
    labelled = {str(name): rows for name, rows in read_patches(folder).groupby("sample", sort=False)}
    ignored_of = load_ignored(folder, samples)
    for row in samples.to_dict("records"):
        if row["has_mask"]:
            mask = load_mask(folder, row["id"])
            parts.append(_rows(row["id"], row["split"], mask, options, ignored_of(row["id"])))
        elif row["image_label"] != UNKNOWN:
            side = max(row["height"], row["width"])
            parts.append(_whole(row["id"], row["split"], side, row["image_label"] == CRACK))
        elif row["id"] in labelled:
            parts.append(labelled[row["id"]].assign(split=row["split"])[list(COLUMNS)])
    if not parts:
        empty = pd.DataFrame(columns=list(COLUMNS))
        return empty.astype({"y": np.int64, "x": np.int64, "side": np.int64, "crack": bool})
    return pd.concat(parts, ignore_index=True)


def _rows(
    sample_id: str, split: str, mask: NDArray[np.bool_], options: Options, ignored: NDArray[np.bool_] | None
) -> pd.DataFrame:
    """The patches of a mask, without those that show no crack, but pixels that might be crack."""
    height, width = mask.shape
    origins = PatchGrid(height, width, options.window_px, options.stride_px).origins()
    flags = crack_flags(mask, options.window_px, options.stride_px).ravel()
    rows = {"sample": sample_id, "split": split, "y": origins[:, 0], "x": origins[:, 1], "side": options.window_px}
    found = pd.DataFrame({**rows, "crack": flags}, columns=list(COLUMNS))
    if ignored is None:
        return found
    return found[flags | ~crack_flags(ignored, options.window_px, options.stride_px).ravel()]


def _whole(sample_id: str, split: str, side: int, crack: bool) -> pd.DataFrame:
    return pd.DataFrame([(sample_id, split, 0, 0, side, crack)], columns=list(COLUMNS))
