"""Ask a classifier about every window and about the whole of every image; keep its answers raw (METHOD §2)."""

import os
import shutil
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hairline import speed, state
from hairline.images import read_image
from hairline.lineage import workspace_root
from hairline.localization import Evidence
from hairline.nn import backbones, device_evidence, evidence, folding, runtime, streaming
from hairline.nn.recipes import Runtime
from hairline.outputs import whole_file, whole_folder, write_json
from hairline.params import Localize, Params
from hairline.samples import image_path, read_samples
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the evidence of ``--classifier`` about every image at ``--set`` to ``--out``, an archive an image.

    How long it took goes to ``--timing``, of the images that were not there from an earlier run.
    """
    args = entry.arguments(__doc__, argv, paths=["classifier", "set", "out", "timing"])
    params = Params(args.params)
    options, placement = params.get("localize", Localize), runtime.resolve(params.get("runtime", Runtime))
    model = folding.folded(backbones.load(args.classifier)[0])
    inputs = [args.classifier, args.set / "samples.parquet"]
    decisive = {"windows": options.vote_windows_px, "stride": options.vote_stride_px,
                "scales": options.cam_scales, "tile": options.tile_px,
                "precision": placement.precision, "device": placement.device.type}  # fmt: skip
    machine = runtime.machine(placement)
    with state.resumable(workspace_root(Path.cwd()), "localize", decisive, inputs) as done:
        files = {done / f"{sample}.npz": image_path(args.set, sample) for sample in read_samples(args.set)["id"]}
        missing = {archive: image for archive, image in files.items() if not archive.exists()}
        ask = asked_one_by_one if placement.device.type == "cpu" else asked_together
        spent = ask(model, missing, f"localize {args.set.name}", options, placement)
        with whole_folder(args.out) as folder:
            shutil.copytree(done, folder, dirs_exist_ok=True)
        write_json(args.timing, {"images": len(missing), "seconds": spent, "machine": machine})


def asked_one_by_one(
    model: backbones.Classifier,
    files: Mapping[Path, Path],
    doing: str,
    options: Localize,
    placement: runtime.Placement,
) -> Mapping[str, float]:
    """Write the evidence about many images, archive → image, one after the other; the seconds it took by parts."""
    spent = defaultdict[str, float](float)
    for archive, image in entry.progress(files.items(), doing, len(files)):
        for part, seconds in _asked(model, image, archive, options, placement).items():
            spent[part] += seconds
    return spent


def _asked(
    model: backbones.Classifier, image_file: Path, archive: Path, options: Localize, placement: runtime.Placement
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
    return {speed.READING: reading, **speed.shared(told, answered - asked)}


def asked_together(
    model: backbones.Classifier,
    files: Mapping[Path, Path],
    doing: str,
    options: Localize,
    placement: runtime.Placement,
) -> Mapping[str, float]:
    """Write the evidence about many images, archive → image; threads read and write while the device is at work."""
    questions = device_evidence.Questions(
        tuple(options.vote_windows_px), options.vote_stride_px, tuple(options.cam_scales), options.tile_px,
        options.batch,
    )  # fmt: skip
    spent = defaultdict[str, float](float)

    def count(part: str, seconds: float) -> None:
        spent[part] += seconds

    def save(archive: Path, found: Evidence) -> None:
        with whole_file(archive) as partial:
            found.save(partial)

    begun = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        images = streaming.read_ahead(pool, read_image, files.values())
        answers = streaming.evidence_of(model, images, questions, placement, count)
        written = [
            pool.submit(save, archive, found)
            for archive, found in entry.progress(zip(files, answers, strict=True), doing, len(files))
        ]
        for each in written:
            each.result()
    spent[speed.READING] += max(time.perf_counter() - begun - sum(spent.values()), 0.0)
    return spent


if __name__ == "__main__":
    entry.run(main)
