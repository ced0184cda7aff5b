"""Ask a classifier about every window and about the whole of every image; keep its answers raw (docs/method.md §2)."""

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from hairline.data.samples import image_path, read_samples
from hairline.engine.choice import opened
from hairline.engine.engine import Engine, Terms
from hairline.errors import HairlineError
from hairline.io import resume
from hairline.io.atomic import whole_folder, write_json
from hairline.io.hashing import workspace_root
from hairline.labelling import timing
from hairline.labelling.localization import Evidence
from hairline.nn.classifier import backbones, evidence_files, folding
from hairline.nn.classifier.device_evidence import Questions
from hairline.nn.runtime import device
from pipeline import stage

_log = logging.getLogger("hairline.localize")


def main(argv: Sequence[str] | None = None) -> None:
    """Write the evidence of ``--classifier`` about every image of ``--dataset``, an archive an image.

    How long it took is written too, of the images that were not there from an earlier run.
    """
    args = stage.arguments(__doc__, argv, "classifier", "dataset")
    params, paths = stage.opened(args.params)
    dataset, weights = paths.dataset(args.dataset), paths.classifier(args.classifier)
    options, placement = params.localize, device.of_tasks(params.runtime)
    model = folding.folded(backbones.load(weights)[0])
    inputs = [weights, paths.samples(args.dataset)]
    decisive = {"windows": options.vote_windows_px, "stride": options.vote_stride_px,
                "scales": options.cam_scales, "tile": options.tile_px,
                "precision": placement.precision, "device": placement.device.type}  # fmt: skip
    machine = device.machine(placement)
    with resume.resumable(
        workspace_root(Path.cwd()), "localize", decisive, inputs, stage.code_of("pipeline.localize")
    ) as done:
        samples = read_samples(dataset)["id"]
        files = {done / f"{sample}.npz": image_path(dataset, sample) for sample in samples}
        missing = {archive: image for archive, image in files.items() if not _answered(archive)}
        questions = Questions(options.vote_windows_px, options.vote_stride_px, options.cam_scales, options.tile_px,
                              options.batch)  # fmt: skip
        doing = f"localize {args.dataset}"
        ask = partial(evidence_files.write_some, model, doing, questions, placement)
        with opened(params.engine) as engine:
            spent = _spent(engine, ask, missing, Terms(doing, lambda files: files[0].stem, into=done))
        with whole_folder(paths.evidence(args.classifier, args.dataset)) as folder:
            for archive in files:
                shutil.copyfile(archive, folder / archive.name)
        told = {"images": len(missing), "seconds": spent, "machine": machine}
        write_json(paths.evidence_timing(args.classifier, args.dataset), told)


Ask = Callable[[Sequence[tuple[Path, Path]]], list[Mapping[str, float]]]
"""Pairs of archive and image → the seconds that they took by parts, as the one thing in a list."""


def _spent(engine: Engine, ask: Ask, missing: Mapping[Path, Path], terms: Terms) -> Mapping[str, float]:
    """Have the evidence written; the seconds it took by parts, which on a cluster are those by the clock."""
    begun = time.perf_counter()
    told = list(engine.batches(ask, list(missing.items()), terms))
    if not engine.remote:
        return told[0]
    return timing.shared([part for spent in told for part in spent.items()], time.perf_counter() - begun)


def _answered(archive: Path) -> bool:
    """Whether an earlier run left the evidence about an image; what cannot be read is asked for again."""
    if not archive.exists():
        return False
    try:
        Evidence.load(archive)
    except HairlineError as error:
        _log.warning("%s: this image is asked about again", str(error).partition("; ")[0])
        return False
    return True


if __name__ == "__main__":
    stage.run(main)
