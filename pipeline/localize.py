"""Ask a classifier about every window and about the whole of every image; keep its answers raw (docs/method.md §2)."""

import shutil
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from hairline.config.params import Localize
from hairline.data.samples import image_path, read_samples
from hairline.imaging.images import read_image
from hairline.io import resume
from hairline.io.atomic import whole_file, whole_folder, write_json
from hairline.io.hashing import workspace_root
from hairline.io.progress import progress
from hairline.labelling import timing as label_timing
from hairline.nn.classifier import backbones, evidence, folding
from hairline.nn.runtime import device
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the evidence of ``--classifier`` about every image of ``--dataset``, an archive an image.

    How long it took is written too, of the images that were not there from an earlier run.
    """
    args = stage.arguments(__doc__, argv, "classifier", "dataset")
    params, paths = stage.opened(args.params)
    dataset, weights = paths.dataset(args.dataset), paths.classifier(args.classifier)
    options, placement = params.localize, device.resolve(params.runtime)
    model = folding.folded(backbones.load(weights)[0])
    inputs = [weights, paths.samples(args.dataset)]
    decisive = {"windows": options.vote_windows_px, "stride": options.vote_stride_px,
                "scales": options.cam_scales, "tile": options.tile_px,
                "precision": placement.precision, "device": placement.device.type}  # fmt: skip
    machine = device.machine(placement)
    spent, images = defaultdict[str, float](float), 0
    with resume.resumable(workspace_root(Path.cwd()), "localize", decisive, inputs) as done:
        samples = read_samples(dataset)["id"]
        for sample_id in progress(samples, f"localize {args.dataset}", len(samples)):
            archive = done / f"{sample_id}.npz"
            if not archive.exists():
                took = _asked(model, image_path(dataset, sample_id), archive, options, placement)
                for part, seconds in took.items():
                    spent[part] += seconds
                images += 1
        with whole_folder(paths.evidence(args.classifier, args.dataset)) as folder:
            shutil.copytree(done, folder, dirs_exist_ok=True)
        timing = paths.evidence_timing(args.classifier, args.dataset)
        write_json(timing, {"images": images, "seconds": spent, "machine": machine})


def _asked(
    model: backbones.Classifier, image_file: Path, archive: Path, options: Localize, placement: device.Placement
) -> Mapping[str, float]:
    """Write the evidence about one image; the seconds it took by parts."""
    told = list[tuple[str, float]]()
    begun = time.perf_counter()
    image = read_image(image_file)
    asked = time.perf_counter()
    found = evidence.collect(
        model,
        image,
        options.vote_windows_px,
        options.vote_stride_px,
        options.cam_scales,
        options.tile_px,
        options.batch,
        placement,
        lambda part, seconds: told.append((part, seconds)),
    )
    answered = time.perf_counter()
    with whole_file(archive) as partial:
        found.save(partial)
    reading = asked - begun + time.perf_counter() - answered
    return {label_timing.READING: reading, **label_timing.shared(told, answered - asked)}


if __name__ == "__main__":
    stage.run(main)
