"""Ask a classifier about every window and about the whole of every image; keep its answers raw (METHOD §2)."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from hairline import state
from hairline.lineage import workspace_root
from hairline.nn import backbones, evidence, folding, runtime
from hairline.nn.recipes import Runtime
from hairline.outputs import whole_file, whole_folder
from hairline.params import Localize, Params
from hairline.samples import load_image, read_samples
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the evidence of ``--classifier`` about every image at ``--set`` to ``--out``, an archive an image."""
    args = entry.arguments(__doc__, argv, paths=["classifier", "set", "out"])
    params = Params(args.params)
    options, placement = params.get("localize", Localize), runtime.resolve(params.get("runtime", Runtime))
    model = folding.folded(backbones.load(args.classifier)[0])
    inputs = [args.classifier, args.set / "samples.parquet"]
    decisive = {"windows": options.vote_windows_px, "stride": options.vote_stride_px,
                "scales": options.cam_scales, "tile": options.tile_px,
                "precision": placement.precision, "device": placement.device.type}  # fmt: skip
    with state.resumable(workspace_root(Path.cwd()), "localize", decisive, inputs) as done:
        samples = read_samples(args.set)["id"]
        for sample_id in entry.progress(samples, f"localize {args.set.name}", len(samples)):
            archive = done / f"{sample_id}.npz"
            if not archive.exists():
                image = load_image(args.set, sample_id)
                found = evidence.collect(
                    model,
                    image,
                    options.vote_windows_px,
                    options.vote_stride_px,
                    options.cam_scales,
                    options.tile_px,
                    options.batch,
                    placement,
                )
                with whole_file(archive) as partial:
                    found.save(partial)
        with whole_folder(args.out) as folder:
            shutil.copytree(done, folder, dirs_exist_ok=True)


if __name__ == "__main__":
    entry.run(main)
