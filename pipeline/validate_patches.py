"""The gate of the patches: whether a classifier can learn from the patch index of its data set."""

from collections.abc import Sequence
from functools import partial

from hairline.data import patch_index
from hairline.data.samples import load_image, load_mask
from hairline.gates import conclude, facts
from hairline.gates import patches_gate as gate
from hairline.gates.engine import check
from hairline.reporting.gate_page import page, thumbnails
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the patches of ``--dataset``, which ``--classifier`` learns from; write page and, if it passes, verdict."""
    args = stage.arguments(__doc__, argv, "classifier", "dataset")
    params, paths = stage.opened(args.params)
    options, dataset = params.patches_gate(args.dataset), paths.dataset(args.dataset)
    index = patch_index.read(paths.patch_index(args.dataset))
    frames = {
        "splits": facts.patch_splits(index, options.min_patches),
        "samples": facts.patch_scales(index, params.patches.window_px),
    }
    waivers = params.waivers("patches", args.dataset)
    verdict = check("patches", args.dataset, gate.RULES, frames, options, waivers)
    pictures = thumbnails(verdict, partial(load_image, dataset), partial(load_mask, dataset), conclude.THUMBNAIL_PX)
    crack = int(index["crack"].sum())
    contents = f"{len(index)} patches of {index['sample'].nunique()} images, {crack} with crack"
    page_folder, verdict_file = paths.patches_gate(args.classifier), paths.patches_verdict(args.classifier)
    findings_file = paths.findings_of(verdict_file)
    conclude.conclude(verdict, page(verdict, contents, {}, pictures), page_folder, verdict_file, findings_file)


if __name__ == "__main__":
    stage.run(main)
