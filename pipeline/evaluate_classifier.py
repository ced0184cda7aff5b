"""Score a patch classifier on the patches it did not learn from (König et al. 2021, table I)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd

from hairline import tracking
from hairline.config.params import Params
from hairline.data import patch_index
from hairline.data.samples import load_image, read_samples
from hairline.io.artefacts import read_json, repro
from hairline.io.atomic import whole_folder, write_json
from hairline.metrics import classification, learned
from hairline.metrics.learned import Told
from hairline.nn.classifier import backbones
from hairline.nn.classifier import training as classifier_training
from hairline.nn.runtime import device, origins
from hairline.nn.runtime.origins import Origin
from hairline.reporting.figures import canvas, classifier_curves
from pipeline import stage

BATCH = 256
CHARTED = ("precision/", "recall/", "f1/", "average_precision/")
"""Numbers that MLflow shows in charts; its table has all."""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the probability of every patch of ``--dataset`` that ``--classifier`` did not learn from, and metrics."""
    args = stage.arguments(__doc__, argv, "classifier", "dataset")
    params, paths = stage.opened(args.params)
    patches, folder = paths.patch_index(args.dataset), paths.classifier_scores(args.classifier)
    weights, metrics = paths.classifier(args.classifier), paths.classifier_metrics(args.classifier)
    name = f"classifier {args.classifier}@{args.dataset}"
    logged = {"classifier": args.classifier, **params.some("patches", "comparison", "runtime")}
    with tracking.run("evaluate_classifier", name, params.experiment, logged, [patches, weights],
                      {"dataset": args.dataset}, [paths.classifier_record(args.classifier)],
                      paths.classifier_evaluation_record(args.classifier), params.tracking_wait_s) as run:  # fmt: skip
        model, info = backbones.load(weights)
        table = _answers(params, model, patch_index.read(patches), paths.dataset(args.dataset))
        read_json(weights / "model.json", _Trained, repro(f"train_classifier@{args.classifier}"))
        training = {"images": info["images"], "epochs": info["epochs"], "start": origins.started(info),
                    "learned": learned.verdict_of(info)}  # fmt: skip
        with whole_folder(folder) as unfinished:
            table.to_parquet(unfinished / "patches.parquet", index=False)
            write_json(unfinished / "status.json", {"training": training})
        splits = table.groupby("split")
        found = {str(split): classification.scores(part, params.comparison) for split, part in splits}
        write_json(metrics, found)
        told = {f"{key}/{split}": value for split, scores in found.items() for key, value in scores.items()}
        run.metrics({name: value for name, value in told.items() if name.startswith(CHARTED)})
        run.table("scores", told)
        curves = {
            f"{args.classifier}, {split}": (part["probability"].to_numpy(), part["crack"].to_numpy(bool))
            for split, part in splits
            if part["crack"].nunique() == 2
        }
        if curves:
            run.drawing("classifier.png", canvas.png(classifier_curves.draw(curves)))
        run.finish([folder, metrics])


@dataclass
class _Trained:
    """What of model.json stands in the comparison."""

    images: int
    epochs: int
    initialisation: str
    learned: Told = field(default_factory=Told)
    origin: Origin | None = None


def _answers(params: Params, model: backbones.Classifier, index: pd.DataFrame, dataset: Path) -> pd.DataFrame:
    """A row a patch with :data:`hairline.metrics.classification.COLUMNS`."""
    placement, window_px = device.resolve(params.runtime), params.patches.window_px
    rows = index[index["split"].isin(classification.SPLITS)].reset_index(drop=True)
    asked = classifier_training.predict(model, rows, partial(load_image, dataset), window_px, BATCH, placement)
    groups = read_samples(dataset).set_index("id")["group"]
    rows = rows.assign(group=rows["sample"].map(groups), probability=asked)
    return rows[list(classification.COLUMNS)]


if __name__ == "__main__":
    stage.run(main)
