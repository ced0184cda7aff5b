"""Score a patch classifier on the patches it did not learn from (METHOD §1, table I)."""

from argparse import Namespace
from collections.abc import Sequence
from functools import partial

import pandas as pd

from hairline import classifier_curves, classifier_scores, plotting, tracking
from hairline.nn import backbones, classification, runtime
from hairline.outputs import whole_folder, write_json
from hairline.params import Params
from hairline.samples import load_image, read_samples
from pipeline import entry

BATCH = 256


def main(argv: Sequence[str] | None = None) -> None:
    """Write the probability of every patch that is not for training to ``--out``/patches.parquet, and metrics."""
    args = entry.arguments(
        __doc__, argv, paths=["set", "patches", "model", "out", "metrics", "upstream", "record"], names=["classifier"]
    )
    params = Params(args.params)
    name = f"evaluation · classifier · {args.classifier}"
    logged = {"classifier": args.classifier, **params.some("patches", "comparison", "runtime")}
    with tracking.run("evaluate_classifier", name, params.experiment, logged, [args.patches, args.model], {},
                      args.upstream, args.record) as run:  # fmt: skip
        model, info = backbones.load(args.model)
        table, bootstrap = _answers(args, params, model), params.comparison
        training = {"images": info["images"], "epochs": info["epochs"], "start": info["initialisation"]}
        with whole_folder(args.out) as folder:
            table.to_parquet(folder / "patches.parquet", index=False)
            write_json(folder / "status.json", {"training": training})
        found = {str(split): classifier_scores.scores(part, bootstrap) for split, part in table.groupby("split")}
        write_json(args.metrics, found)
        run.metrics({f"{split}/{key}": value for split, scores in found.items() for key, value in scores.items()})
        curves = {
            f"{args.classifier}, {split}": (part["probability"].to_numpy(), part["crack"].to_numpy(bool))
            for split, part in table.groupby("split")
            if part["crack"].nunique() == 2
        }
        if curves:
            run.drawing("classifier.png", plotting.png(classifier_curves.draw(curves)))
        run.finish([args.out, args.metrics])


def _answers(args: Namespace, params: Params, model: backbones.Classifier) -> pd.DataFrame:
    """A row a patch with :data:`hairline.classifier_scores.COLUMNS`."""
    placement = runtime.resolve(params.runtime)
    rows = pd.read_parquet(args.patches)
    rows = rows[rows["split"].isin(classifier_scores.SPLITS)].reset_index(drop=True)
    window_px = params.patches.window_px
    asked = classification.predict(model, rows, partial(load_image, args.set), window_px, BATCH, placement)
    groups = read_samples(args.set).set_index("id")["group"]
    rows = rows.assign(group=rows["sample"].map(groups), probability=asked)
    return rows[list(classifier_scores.COLUMNS)]


if __name__ == "__main__":
    entry.run(main)
