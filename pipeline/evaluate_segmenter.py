"""Segment a test set at full size and score it against the masks (König et al. 2021, section IV-B)."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import tracking
from hairline.config.params import Params
from hairline.config.paths import SegmenterName
from hairline.data.names import MASKS
from hairline.data.samples import evenly, load_ignored, load_mask, read_samples
from hairline.engine.choice import opened
from hairline.engine.engine import Engine, Terms
from hairline.engine.local import Local
from hairline.io.artefacts import read_json, repro
from hairline.io.atomic import whole_file, write_json
from hairline.io.progress import bar
from hairline.metrics import learned, thresholds
from hairline.metrics.full_score_table import assembled, wide_table
from hairline.metrics.learned import Told
from hairline.metrics.score_table import counts, extremes, metrics
from hairline.nn.runtime import device, origins
from hairline.nn.runtime.origins import Origin
from hairline.nn.segmenter import scaling
from hairline.nn.segmenter import segmenter as segmenters
from hairline.nn.segmenter.scale_rules import Scale
from hairline.reporting.figures import canvas, curves
from pipeline import evaluate_one, stage
from pipeline.evaluate_one import Answered

PREDICTED = ("scored", "no masks")


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
    learned_from = "" if segmenter.training_set == test_set else f"-{segmenter.training_set}"
    name = f"{segmenter.label_set}-{segmenter.architecture}{learned_from}@{test_set}"
    with tracking.run("evaluate", name, params.experiment, logged, [paths.samples(test_set), weights], {},
                      [paths.segmenter_record(segmenter)],
                      paths.evaluation_record(segmenter, test_set), params.tracking_wait_s) as run:  # fmt: skip
        info = _info(weights, segmenter)
        status, reason = _status(info, paths.dataset(test_set))
        placement = device.of_tasks(params.runtime)
        decisive = {"segmenter": asdict(segmenter), "test_set": test_set, **params.some("evaluation"),
                    "mm_per_px": params.mm_per_px(test_set), "precision": placement.precision,
                    "device": placement.device.type}  # fmt: skip
        fused = params.evaluation.fused if segmenter.label_set not in MASKS else 0.0
        labels = paths.labels(segmenter.label_set, test_set)
        inputs = [paths.dataset(test_set), weights, *([labels] if fused else [])]
        with (
            opened(params.engine, Local(1)) as engine,
            stage.grown(engine, scores, "evaluate_segmenter", decisive, inputs,
                        "pipeline.evaluate_segmenter") as (folder, chunks),
        ):  # fmt: skip
            model = segmenters.load(weights)[0] if status in PREDICTED else None
            scale = _scale(params, model, info, paths.dataset(test_set), run) if model else None
            write_json(folder / "status.json", {"status": status, "reason": reason, "training": _training(info),
                                                "scale": scale and asdict(scale), "fused": fused})  # fmt: skip
            table = None
            if model and scale:
                answered = Answered(model, placement, scale.factor, labels, segmenter.label_set, fused)
                table = _predict(params, engine, answered, paths.dataset(test_set), run, (folder, chunks))
        found = {} if table is None else metrics(table)
        write_json(paths.segmenter_metrics(segmenter, test_set), found)
        run.metrics(found)
        run.tag("status", status)
        with whole_file(paths.segmenter_curve(segmenter, test_set)) as partial_file:
            _curve(table).to_csv(partial_file, index=False)
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
    known = {str(factor): value for factor, value in found.candidates.items() if value is not None}
    run.metrics({"scale": found.factor})
    if known:
        run.table("scale_rule", known)
    run.tag("scale_by", found.by)
    return found


def _predict(
    params: Params,
    engine: Engine,
    answered: Answered,
    dataset: Path,
    run: tracking.Run,
    place: tuple[Path, Path | None],
) -> pd.DataFrame | None:
    """Predict every image with a mask, and without any mask those of the gallery; the scores where there are masks.

    No time is told where a score is more than the network's, whose time alone passes here.
    Kept are predictions of the gallery and of the images scored worst and best, which are predicted a second time.
    """
    kept, (folder, chunks) = params.evaluation, place
    samples = read_samples(dataset, "test")
    masked = samples[samples["has_mask"]].reset_index(drop=True)
    candidates = list((masked if len(masked) else samples)["id"])
    gallery = [candidates[index] for index in evenly(len(candidates), kept.gallery)]
    shown = partial(evaluate_one.show, answered, dataset, folder)
    if masked.empty:
        list(engine.map(shown, gallery, Terms(f"evaluate {dataset.name}", into=folder)))
        return None
    first = evaluate_one.First(answered, dataset, load_ignored(dataset, masked), frozenset(gallery), folder)
    score = _elsewhere if engine.remote else _here
    table, spent = score(engine, first, masked, chunks)
    table.to_parquet(folder / "scores.parquet", index=False)
    list(engine.map(shown, sorted(set(extremes(table, kept.extremes)) - set(gallery)), Terms(into=folder)))
    if not answered.fused:
        run.metrics({"seconds_per_image": spent / len(masked), "images_per_second": len(masked) / spent})
    run.tag("device", device.machine(answered.placement))
    return table


def _here(
    engine: Engine, first: evaluate_one.First, masked: pd.DataFrame, chunks: Path | None
) -> tuple[pd.DataFrame, float]:
    """The score table, and the seconds of the network: it answers on this thread while others score."""
    spent = 0.0

    def scores_of(sample_id: str) -> NDArray[np.float32]:
        nonlocal spent
        scores, seconds = first.scores(sample_id)
        spent += seconds
        progress.update()
        return scores

    with bar(len(masked), f"evaluate {first.dataset.name}") as progress:
        masks = partial(load_mask, first.dataset)
        return wide_table(masked, scores_of, masks, _threads(), first.ignored_of), spent


def _elsewhere(
    engine: Engine, first: evaluate_one.First, masked: pd.DataFrame, chunks: Path | None
) -> tuple[pd.DataFrame, float]:
    """The same by tasks that answer and score; between the passes an image waits in a file."""
    assert chunks is not None
    waiting = chunks / "waiting"
    waiting.mkdir(exist_ok=True)
    first.answered.model.to("cpu")
    named = list(zip(masked["id"], masked["group"], strict=True))
    terms = Terms(f"evaluate {first.dataset.name}", lambda item: str(item[0]), chunks / "first")
    found = list(engine.map(partial(first, waiting), named, terms))

    def again(threshold: float) -> Iterator[dict[str, Any]]:
        second = partial(evaluate_one.second, waiting, threshold)
        return engine.map(second, list(masked["id"]), Terms("evaluate shapes", kept=chunks / "second"))

    return assembled([row for row, _ in found], again), sum(seconds for _, seconds in found)


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
