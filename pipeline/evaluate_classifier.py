"""Score a patch classifier on the patches it did not learn from (König et al. 2021, table I)."""

from argparse import Namespace
from collections.abc import Sequence
from functools import partial

import pandas as pd

from hairline import tracking
from hairline.config.params import Params
from hairline.data.patch_index import Options as PatchOptions
from hairline.data.samples import load_image, read_samples
from hairline.io.atomic import whole_folder, write_json
from hairline.metrics import classification
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.nn.classifier import backbones
from hairline.nn.classifier import training as classifier_training
from hairline.nn.runtime import device
from hairline.nn.runtime.recipes import Runtime
from hairline.reporting.figures import classifier_curves
from hairline.reporting.figures import curves as drawing
from pipeline import stage

BATCH = 256


def main(argv: Sequence[str] | None = None) -> None:
    """Write the probability of every patch that is not for training to ``--out``/patches.parquet, and metrics."""
    args = stage.arguments(
        __doc__, argv, paths=["set", "patches", "model", "out", "metrics", "upstream", "record"], names=["classifier"]
    )
    params = Params(args.params)
    name = f"evaluation · classifier · {args.classifier}"
    logged = {"classifier": args.classifier, **params.some("patches", "comparison", "runtime")}
    with tracking.run("evaluate_classifier", name, params.experiment(), logged, [args.patches, args.model], {},
                      args.upstream, args.record) as run:  # fmt: skip
        model, info = backbones.load(args.model)
        table, bootstrap = _answers(args, params, model), params.get("comparison", BootstrapOptions)
        training = {"images": info["images"], "epochs": info["epochs"], "start": info["initialisation"]}
        with whole_folder(args.out) as folder:
            table.to_parquet(folder / "patches.parquet", index=False)
            write_json(folder / "status.json", {"training": training})
        found = {str(split): classification.scores(part, bootstrap) for split, part in table.groupby("split")}
        write_json(args.metrics, found)
        run.metrics({f"{split}/{key}": value for split, scores in found.items() for key, value in scores.items()})
        curves = {
            f"{args.classifier}, {split}": (part["probability"].to_numpy(), part["crack"].to_numpy(bool))
            for split, part in table.groupby("split")
            if part["crack"].nunique() == 2
        }
        if curves:
            run.drawing("classifier.png", drawing.png(classifier_curves.draw(curves)))
        run.finish([args.out, args.metrics])


def _answers(args: Namespace, params: Params, model: backbones.Classifier) -> pd.DataFrame:
    """A row a patch with :data:`hairline.metrics.classification.COLUMNS`."""
    placement = device.resolve(params.get("runtime", Runtime))
    rows = pd.read_parquet(args.patches)
    rows = rows[rows["split"].isin(classification.SPLITS)].reset_index(drop=True)
    window_px = params.get("patches", PatchOptions).window_px
    asked = classifier_training.predict(model, rows, partial(load_image, args.set), window_px, BATCH, placement)
    groups = read_samples(args.set).set_index("id")["group"]
    rows = rows.assign(group=rows["sample"].map(groups), probability=asked)
    return rows[list(classification.COLUMNS)]


if __name__ == "__main__":
    stage.run(main)
