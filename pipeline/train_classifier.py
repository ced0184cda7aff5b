"""Train a patch classifier: crack or no crack (König et al. 2021, section IV-C)."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from hairline.config.params import Params
from hairline.data.patch_index import Options as PatchOptions
from hairline.data.samples import load_image
from hairline.gates.rules import waived
from hairline.io.atomic import whole_file, whole_folder
from hairline.nn.classifier import backbones, training
from hairline.nn.classifier import serving as classifier_serving
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.device import machine, resolve
from hairline.nn.runtime.recipes import ClassifierOptions, Runtime
from hairline.nn.segmenter import serving
from hairline.reporting.figures import curves
from hairline.tracking import registry
from pipeline import stage, training_run


def main(argv: Sequence[str] | None = None) -> None:
    """Train ``--classifier`` on the training patches and write its weights to ``--out``."""
    args = stage.arguments(
        __doc__, argv, paths=["set", "patches", "verdict", "out", "history", "record"], names=["classifier"]
    )
    params = Params(args.params)
    options = params.entry("classifiers", args.classifier, ClassifierOptions)
    window_px, chosen = params.get("patches", PatchOptions).window_px, params.get("runtime", Runtime)
    rows, images = pd.read_parquet(args.patches), partial(load_image, args.set)
    values = {"classifier": params.raw("classifiers")[args.classifier], **params.some("patches")}
    inputs = [args.set / "samples.parquet", args.patches, *weight_files.files(options.weights)]
    with training_run.opened(
        "train_classifier", f"classifier · {args.classifier} · {options.dataset}", params.experiment(),
        {**values, **params.some("runtime")}, {**values, **training_run.deciding(params.raw("runtime"))}, inputs, [],
        args.record, {"classifier": args.classifier, "dataset": options.dataset}, machine(resolve(chosen)),
    ) as (checkpoints, run):  # fmt: skip
        trained = training.train(
            rows, images, window_px, options, chosen, run or training_run.Silent(), checkpoints
        )  # fmt: skip
        if run is None:
            return
        run.tag("initialisation", trained.initial)
        run.tag("waivers", waived([args.verdict]))
        info = {
            "window_px": window_px, "initialisation": trained.initial, "dataset": options.dataset,
            "images": rows.loc[rows["split"] == "train", "sample"].nunique(), "epochs": len(trained.history),
        }  # fmt: skip
        with whole_folder(args.out) as folder:
            backbones.save(trained.model, folder, info)
        example = np.random.default_rng(0).integers(0, 256, (2, window_px, window_px, 3), dtype=np.uint8)
        run.model(args.out, "classifier", "hairline.nn.classifier.serving", example,
                  classifier_serving.Served(args.out).predict(example), serving.requirements(),
                  registry.name(params.experiment(), "classifier"))  # fmt: skip
        history = [{"epoch": float(epoch), **values} for epoch, values in enumerate(trained.history, 1)]
        with whole_file(args.history) as partial_file:
            pd.DataFrame(history).to_csv(partial_file, index=False)
        run.drawing("training.png", curves.png(curves.training_curves(history)))
        run.finish([args.out])


if __name__ == "__main__":
    stage.run(main)
