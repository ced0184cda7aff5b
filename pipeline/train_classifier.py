"""Train a patch classifier: crack or no crack (König et al. 2021, section IV-C)."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from hairline import tracking
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data import patch_index
from hairline.data.samples import load_image, read_samples
from hairline.io.atomic import whole_file, whole_folder
from hairline.metrics.learned import NOT_JUDGED
from hairline.nn.classifier import backbones, judging, serving, training
from hairline.nn.runtime import origins, weight_packages
from hairline.nn.runtime import weights as weight_files
from hairline.nn.runtime.device import machine, resolve
from hairline.nn.runtime.processes import become_several
from hairline.nn.runtime.serving import requirements
from hairline.nn.training.datasets import LoadImage
from hairline.nn.training.task import Trained
from hairline.reporting import nothing_learned
from hairline.reporting.figures import canvas, curves
from hairline.reporting.tried import tried_classifier
from hairline.tracking import registry
from hairline.tracking.waivers import waived
from pipeline import stage, training_run

CLICKS = "clicks"
"""The layout of patches that people labelled one by one."""


def main(argv: Sequence[str] | None = None) -> None:
    """Train ``--classifier`` on the training patches of its data set and write its weights."""
    args = stage.arguments(__doc__, argv, "classifier")
    params, paths = stage.opened(args.params)
    options = params.classifier(args.classifier)
    if argv is None and not options.head_only:  # a program of its own, whose training takes longer than to start it
        become_several(params.runtime)
    dataset, patches = paths.dataset(options.dataset), paths.patch_index(options.dataset)
    folder = paths.classifier(args.classifier)
    window_px, chosen = params.patches.window_px, params.runtime.seeded(options.seed)
    rows, images = patch_index.read(patches), partial(load_image, dataset)
    values = {"classifier": params.raw("classifiers")[args.classifier], **params.some("patches")}
    inputs = [paths.samples(options.dataset), patches, *weight_files.files(options.weights)]
    with training_run.opened(
        "train_classifier", f"classifier {args.classifier}", params.experiment,
        {**values, **params.some("runtime")}, {**values, **training_run.deciding(params.raw("runtime")),
         **weight_packages.deciding(options.backbone, options.weights)}, inputs,
        stage.code_of("pipeline.train_classifier"), [], paths.classifier_record(args.classifier),
        {"classifier": args.classifier, "dataset": options.dataset, "seed": str(chosen.seed)}, machine(resolve(chosen)),
        params.tracking_wait_s,
    ) as (checkpoints, run):  # fmt: skip
        trained = training.train(
            rows, images, window_px, options, chosen, run or training_run.Silent(), checkpoints
        )  # fmt: skip
        if run is None:
            return
        run.tag("initialisation", trained.initial)
        run.tag("origin", origins.told(trained.model.origin))
        run.tag("waivers", waived([paths.patches_verdict(args.classifier)]))
        info = {
            "window_px": window_px, "initialisation": trained.initial,
            "origin": origins.as_json(trained.model.origin), "dataset": options.dataset,
            "images": rows.loc[rows["split"] == "train", "sample"].nunique(), "epochs": len(trained.history),
            "learned": _judge(params, paths, args.classifier, trained, rows, images, checkpoints, run),
        }  # fmt: skip
        with whole_folder(folder) as unfinished:
            backbones.save(trained.model, unfinished, info)
        example = np.random.default_rng(0).integers(0, 256, (2, window_px, window_px, 3), dtype=np.uint8)
        run.model(folder, "classifier", "hairline.nn.classifier.serving", example,
                  serving.Served(folder).predict(example), requirements(),
                  registry.name(params.experiment, "classifier"))  # fmt: skip
        history = [{"epoch": float(epoch), **values} for epoch, values in enumerate(trained.history, 1)]
        with whole_file(paths.classifier_history(args.classifier)) as partial_file:
            pd.DataFrame(history).to_csv(partial_file, index=False)
        run.drawing("training.png", canvas.png(curves.training_curves(history)))
        run.finish([folder])


def _judge(
    params: Params, paths: Paths, name: str, trained: Trained[backbones.Classifier], rows: pd.DataFrame,
    load: LoadImage, checkpoints: Path, run: tracking.Run,
) -> dict[str, object]:  # fmt: skip
    """Whether the classifier learned anything, for model.json; stops where it did not and that is an error."""
    if params.learned == "off":
        return NOT_JUDGED
    options, window_px = params.classifier(name), params.patches.window_px
    groups = read_samples(paths.dataset(options.dataset)).set_index("id")["group"]
    ask = partial(training.predict, trained.model, load_image=load, window_px=window_px, batch=options.recipe.batch,
                  placement=resolve(params.runtime))  # fmt: skip
    judgement = judging.judge(rows.assign(group=rows["sample"].map(groups)), load, window_px, ask)
    learned = rows[rows["split"] == "train"]
    tried, changes = tried_classifier(name, learned, options, params.patches, trained.history,
                                      trained.initial, params.layout(options.dataset) == CLICKS)  # fmt: skip
    training_run.conclude(
        params.learned, judgement, tried.name, partial(nothing_learned.message, tried, judgement, changes),
        partial(backbones.save, trained.model, info={"window_px": window_px, "learned": judgement.as_json()}),
        checkpoints, run,
    )  # fmt: skip
    return judgement.as_json()


if __name__ == "__main__":
    stage.run(main)
