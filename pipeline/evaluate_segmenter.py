"""Segment a test set at full size and score it against the masks (König et al. 2021, section IV-B)."""

import functools
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import tracking
from hairline.config.params import Params
from hairline.config.paths import SegmenterName
from hairline.data.names import MASKS, labels_stage
from hairline.data.samples import evenly, load_ignored, load_image, load_mask, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import read_scores, write_scores
from hairline.io.artefacts import read_json, repro, spoilt
from hairline.io.atomic import whole_file, whole_folder, write_json
from hairline.io.progress import bar
from hairline.metrics import learned, thresholds
from hairline.metrics.full_score_table import wide_table
from hairline.metrics.learned import Told
from hairline.metrics.score_table import counts, extremes, metrics
from hairline.nn.runtime import device, origins
from hairline.nn.runtime.origins import Origin
from hairline.nn.segmenter import scaling
from hairline.nn.segmenter import segmenter as segmenters
from hairline.nn.segmenter.scale_rules import Scale
from hairline.reporting.figures import canvas, curves
from pipeline import stage

PREDICTED = ("scored", "no masks")

Answered = Callable[[str, NDArray[np.uint8]], NDArray[np.float32]]
"""The scores of an image, from its id and its pixels."""
Label = Callable[[str, tuple[int, ...]], NDArray[np.float32]]
"""The pseudo-label of an image, from its id and its height and width."""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the score table and some predictions of one segmenter on the test split of ``--test-set``.

    Where there is nothing to score, status.json says why and there is no table; images without masks still get
    some predictions to look at.
    """
    args = stage.arguments(__doc__, argv, "label-set", "architecture", "training-set", "test-set")
    params, paths = stage.opened(args.params)
    segmenter, test_set = SegmenterName(args.label_set, args.architecture, args.training_set), args.test_set
    logged = {"label_set": segmenter.label_set, "architecture": segmenter.architecture,
              "training_set": segmenter.training_set, "test_set": test_set,
              **params.some("evaluation", "runtime")}  # fmt: skip
    weights, scores = paths.segmenter(segmenter), paths.segmenter_scores(segmenter, test_set)
    name = f"evaluation · {segmenter.architecture} · {segmenter.label_set} · {segmenter.training_set} · {test_set}"
    with tracking.run("evaluate", name, params.experiment, logged, [paths.samples(test_set), weights], {},
                      [paths.segmenter_record(segmenter)],
                      paths.evaluation_record(segmenter, test_set), params.tracking_wait_s) as run:  # fmt: skip
        info = _info(weights, segmenter)
        status, reason = _status(info, paths.dataset(test_set))
        with whole_folder(scores) as folder:
            model = segmenters.load(weights)[0] if status in PREDICTED else None
            scale = _scale(params, model, info, paths.dataset(test_set), run) if model else None
            fused = params.evaluation.fused if segmenter.label_set not in MASKS else 0.0
            write_json(folder / "status.json", {"status": status, "reason": reason, "training": _training(info),
                                                "scale": scale and asdict(scale), "fused": fused})  # fmt: skip
            table = None
            if model and scale:
                label = functools.partial(_label, paths.labels(segmenter.label_set, test_set), segmenter.label_set)
                answered = _answering(params, model, scale.factor, label, fused)
                table = _predict(params, answered, paths.dataset(test_set), run, folder, not fused)
        found = {} if table is None else metrics(table)
        write_json(paths.segmenter_metrics(segmenter, test_set), found)
        run.metrics(found)
        run.tag("status", status)
        with whole_file(paths.segmenter_curve(segmenter, test_set)) as partial:
            _curve(table).to_csv(partial, index=False)
        if table is not None:
            called = f"{segmenter.label_set} {segmenter.architecture} {segmenter.training_set}"
            run.drawing("pr_curve.png", canvas.png(curves.pr_curves({test_set: {called: counts(table)}})))
        run.finish([scores, paths.segmenter_metrics(segmenter, test_set)])


@dataclass
class _Untrained:
    status: Literal["not trainable"]
    reason: str


@dataclass
class _Trained:
    status: Literal["trained"]
    images: int
    epochs: int
    initialisation: str
    learned: Told = field(default_factory=Told)
    mm_per_px: float | None = None
    origin: Origin | None = None


def _info(weights: Path, segmenter: SegmenterName) -> dict[str, Any]:
    """The model.json of a segmenter, trained or not."""
    return dict(read_json(weights / "model.json", _Trained | _Untrained, repro(f"train_segmenter@{segmenter}")))


def _status(info: Mapping[str, Any], dataset: Path) -> tuple[str, str]:
    if info["status"] != "trained":
        return info["status"], info["reason"]
    samples = read_samples(dataset, "test")
    if samples.empty:
        return "no images", "the test split is empty"
    return ("scored", "") if samples["has_mask"].any() else ("no masks", "no test image has a mask")


def _training(info: Mapping[str, Any]) -> dict[str, object] | None:
    """How the segmenter was trained, for the comparison; None where it was not."""
    if info["status"] != "trained":
        return None
    return {
        "images": info["images"],
        "epochs": info["epochs"],
        "start": origins.started(info),
        "learned": learned.verdict_of(info),
    }


def _scale(
    params: Params, model: segmenters.Segmenter, info: Mapping[str, Any], dataset: Path, run: tracking.Run
) -> Scale:
    """The factor that the segmenter is asked at, told to the run."""
    sizes = params.mm_per_px(dataset.name), info.get("mm_per_px")
    found = scaling.chosen(params.evaluation.scale, sizes, model, dataset, device.resolve(params.runtime))
    known = {f"scale_rule/{factor}": value for factor, value in found.candidates.items() if value is not None}
    run.metrics({"scale": found.factor, **known})
    run.tag("scale_by", found.by)
    return found


def _answering(params: Params, model: segmenters.Segmenter, factor: float, label: Label, fused: float) -> Answered:
    """The network's scores of an image, joined with a share of the image's own pseudo-label."""
    placement = device.resolve(params.runtime)

    def answered(sample_id: str, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        scores = scaling.predict_at(model, image, placement, factor)
        if not fused:
            return scores
        return np.float32(1 - fused) * scores + np.float32(fused) * label(sample_id, scores.shape)

    return answered


def _label(folder: Path, label_set: str, sample_id: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The pseudo-label of an image, float32 of its shape [height, width] in [0, 1]."""
    path, expected = folder / f"{sample_id}.png", f"the label of an image of {shape[0]}x{shape[1]} pixels"
    maker = repro(labels_stage(label_set))
    try:
        levels = read_scores(path)
    except HairlineError:
        raise spoilt(path, "is not there, or no image", expected, maker) from None
    if levels.shape != shape:
        raise spoilt(path, f"is {levels.shape[0]}x{levels.shape[1]} pixels", expected, maker)
    return levels.astype(np.float32) / np.float32(255)


def _predict(
    params: Params, answered: Answered, dataset: Path, run: tracking.Run, folder: Path, timed: bool
) -> pd.DataFrame | None:
    """Predict every image with a mask, and without any mask those of the gallery; the scores where there are masks.

    It is not ``timed`` where a score is more than the network's, whose time alone passes here.
    Kept are predictions of the gallery and of the images scored worst and best, which are predicted a second time.
    """
    kept = params.evaluation
    samples = read_samples(dataset, "test")
    masked = samples[samples["has_mask"]].reset_index(drop=True)
    candidates = list((masked if len(masked) else samples)["id"])
    gallery = [candidates[index] for index in evenly(len(candidates), kept.gallery)]
    spent = 0.0

    def scores_of(sample_id: str) -> NDArray[np.float32]:
        nonlocal spent
        image, start = load_image(dataset, sample_id), time.perf_counter()
        scores = answered(sample_id, image)
        spent += time.perf_counter() - start
        if sample_id in gallery:
            _keep(folder, sample_id, scores)
        progress.update()
        return scores

    with bar(len(masked) or len(gallery), f"evaluate {dataset.name}") as progress:
        if masked.empty:
            for sample_id in gallery:
                scores_of(sample_id)
            return None
        masks, ignored = functools.partial(load_mask, dataset), load_ignored(dataset, masked)
        table = wide_table(masked, scores_of, masks, _threads(), ignored)
    table.to_parquet(folder / "scores.parquet", index=False)
    for sample_id in set(extremes(table, kept.extremes)) - set(gallery):
        _keep(folder, sample_id, answered(sample_id, load_image(dataset, sample_id)))
    if timed:
        run.metrics({"seconds_per_image": spent / len(masked), "images_per_second": len(masked) / spent})
    run.tag("device", device.machine(device.resolve(params.runtime)))
    return table


def _keep(folder: Path, sample_id: str, scores: NDArray[np.float32]) -> None:
    write_scores(folder / "predictions" / f"{sample_id}.png", scores)


def _threads() -> int:
    """How many threads score beside the network; each holds two score maps, so that more would fill the memory."""
    return min(os.cpu_count() or 1, 8)


def _curve(table: pd.DataFrame | None) -> pd.DataFrame:
    """Pooled precision and recall at every threshold, for ``dvc plots``; no rows where nothing was scored."""
    if table is None:
        return pd.DataFrame(columns=["threshold", "precision", "recall"])
    precision, recall = thresholds.precision_recall(counts(table))
    return pd.DataFrame({"threshold": thresholds.THRESHOLDS, "precision": precision, "recall": recall})


if __name__ == "__main__":
    stage.run(main)
