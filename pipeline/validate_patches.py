"""The gate of the patches: whether a classifier can learn from the patch index of a data set."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from hairline import gate_tables
from hairline.expectations import check
from hairline.gate_page import page, thumbnails
from hairline.gates import patches as gate
from hairline.params import Params
from hairline.samples import load_image, load_mask
from pipeline import entry, gating


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the patch index at ``--patches``; write its page to ``--page`` and, where it passes, ``--verdict``."""
    args = entry.arguments(__doc__, argv, paths=["set", "patches", "verdict", "page"], names=["dataset"])
    params = Params(args.params)
    options = params.patches_gate(args.dataset)
    index = pd.read_parquet(args.patches)
    frames = {
        "splits": gate_tables.patch_splits(index, options.min_patches),
        "samples": gate_tables.patch_scales(index, params.patches.window_px),
    }
    verdict = check("patches", args.dataset, gate.RULES, frames, options, params.waivers("patches", args.dataset))
    pictures = thumbnails(verdict, partial(load_image, args.set), partial(load_mask, args.set), gating.THUMBNAIL_PX)
    crack = int(index["crack"].sum())
    contents = f"{len(index)} patches of {index['sample'].nunique()} images, {crack} with crack"
    gating.conclude(verdict, page(verdict, contents, {}, pictures), args)


if __name__ == "__main__":
    entry.run(main)
