"""The gate of the patches: whether a classifier can learn from the patch index of a data set."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from hairline.config.params import Params
from hairline.data.patch_index import Options as PatchOptions
from hairline.data.samples import load_image, load_mask
from hairline.gates import conclude, facts
from hairline.gates import patches_gate as gate
from hairline.gates.engine import check
from hairline.reporting.gate_page import page, thumbnails
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the patch index at ``--patches``; write its page to ``--page`` and, where it passes, ``--verdict``."""
    args = stage.arguments(__doc__, argv, paths=["set", "patches", "verdict", "page"], names=["dataset"])
    params = Params(args.params)
    options = params.gate("patches", args.dataset, gate.Options)
    index = pd.read_parquet(args.patches)
    frames = {
        "splits": facts.patch_splits(index, options.min_patches),
        "samples": facts.patch_scales(index, params.get("patches", PatchOptions).window_px),
    }
    verdict = check("patches", args.dataset, gate.RULES, frames, options, params.waivers("patches", args.dataset))
    pictures = thumbnails(verdict, partial(load_image, args.set), partial(load_mask, args.set), conclude.THUMBNAIL_PX)
    crack = int(index["crack"].sum())
    contents = f"{len(index)} patches of {index['sample'].nunique()} images, {crack} with crack"
    conclude.conclude(verdict, page(verdict, contents, {}, pictures), args)


if __name__ == "__main__":
    stage.run(main)
