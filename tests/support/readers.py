"""What every artefact of a finished tiny experiment is read by, a row an artefact."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data import ledger, patch_index, training_table
from hairline.data.samples import read_samples
from hairline.errors import HairlineError
from hairline.gates import drift, identities
from hairline.gates.rules import read_findings, read_verdict
from hairline.labelling import steps
from hairline.labelling.localization import Evidence
from hairline.nn.classifier import backbones
from hairline.nn.segmenter import learned_images, segmenter
from hairline.reporting import gallery, model_cards, page, results
from hairline.tracking import dvc_lock
from hairline.tracking.records import read_record
from hairline.tracking.waivers import waived
from hairline.tuning import best_file, trials_file
from pipeline import draw_study, evaluate_segmenter, label_tuned, list_training_images, validate_patches
from pipeline import ledger as ledger_stage

Reader = Callable[[Path], Any]


def command(*arguments: str) -> Any:
    """What the command line prints; its error as it is raised."""
    done = CliRunner().invoke(app, list(arguments))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def _compared(_: Path) -> Any:
    params = Params(Path("params.yaml"))
    paths = Paths(Path(), params.experiment)
    return [str(each) for each in [*results.compared(params, paths), *results.classifiers(params, paths)]]


def _strips(_: Path) -> Any:
    params = Params(Path("params.yaml"))
    return [picture.data for picture in gallery.steps(params, Paths(Path(), params.experiment))]


def _page(_: Path) -> Any:
    params = Params(Path("params.yaml"))
    paths = Paths(Path(), params.experiment)
    return str(page.verdicts(params, paths)), waived(page.verdicts(params, paths))


def of_stages(experiment: str) -> dict[str, tuple[Reader, ...]]:
    """Path of an artefact in a workspace → what reads it, in this process, which is in the workspace."""
    data, models, reports = (f"{folder}/{experiment}" for folder in ("data", "models", "reports"))
    unet = SegmenterName("konig", "unet", "synthetic")
    stage = ["--label-set", "konig", "--architecture", "unet", "--training-set", "synthetic", "--test-set", "synthetic"]
    params = Params(Path("params.yaml"))
    return {
        f"{data}/sets/synthetic/samples.parquet": (lambda path: read_samples(path.parent),),
        f"{data}/patches/synthetic.parquet": (
            patch_index.read,
            lambda _: validate_patches.main(["--classifier", "lite0", "--dataset", "synthetic"]),
        ),
        f"{data}/identities/synthetic.parquet": (identities.read, lambda _: ledger_stage.main([])),
        f"{data}/ledger/results.json": (_compared, lambda path: ledger.read(path.parent)),
        f"{data}/ledger/images.parquet": (lambda path: ledger.read_words(path.parent),),
        f"{data}/labels/konig/synthetic/labels.parquet": (lambda _: list_training_images.main([]),),
        f"{data}/training/synthetic/konig.parquet": (lambda path: training_table.read(path, Path(data)).table,),
        f"{data}/evidence/lite0/synthetic/test_00000.npz": (Evidence.load,),
        f"{data}/labels/konig/synthetic/steps/test_00000.npz": (steps.read,),
        f"{reports}/strips/konig/synthetic-test_00000.png": (_strips,),
        f"{data}/studies/konig/best.json": (
            lambda path: best_file.read(path, "tune@konig"),
            lambda _: command("study", "show", "konig"),
            lambda _: label_tuned.main(["--study", "konig"]),
        ),
        f"{data}/studies/konig/trials.json": (
            lambda path: [trial.params for trial in trials_file.read(path).trials],
            lambda _: draw_study.main(["--study", "konig"]),
        ),
        f"{data}/studies/konig/trials.csv": (lambda _: command("study", "show", "konig"),),
        f"{data}/scores/labels/konig_tuned/study.json": (lambda path: best_file.read(path, "label_tuned@konig"),),
        f"{data}/scores/labels/konig/synthetic-train.parquet": (_compared,),
        f"{data}/scores/classifiers/lite0/patches.parquet": (_compared,),
        f"{data}/scores/classifiers/lite0/status.json": (_compared,),
        f"{data}/scores/segmenters/synthetic/konig/unet/synthetic/status.json": (_compared,),
        f"{data}/scores/segmenters/synthetic/konig/unet/synthetic/scores.parquet": (_compared,),
        f"{reports}/timings/evidence-lite0-synthetic.json": (_compared,),
        f"{reports}/timings/labels-konig.json": (_compared,),
        f"{data}/gates/samples/synthetic/verdict.json": (_page, lambda path: read_verdict(path, "'dvc repro x'")),
        f"{data}/findings/samples/synthetic/verdict.json": (lambda path: read_findings(path, "'dvc repro x'"),),
        f"{models}/classifiers/lite0/model.json": (lambda path: backbones.load(path.parent)[1],),
        f"{models}/classifiers/lite0/weights.safetensors": (lambda path: backbones.load(path.parent)[1],),
        f"{models}/segmenters/synthetic/konig/unet/model.json": (
            lambda path: segmenter.load(path.parent)[1],
            lambda path: model_cards.read_info(path.parent, str(unet)),
            lambda _: evaluate_segmenter.main(stage),
        ),
        f"{models}/segmenters/synthetic/konig/unet/weights.safetensors": (
            lambda path: segmenter.load(path.parent)[1],
        ),
        f"{models}/segmenters/synthetic/konig/unet/seen.json": (lambda path: learned_images.read(path.parent),),
        f"{reports}/runs/segmenter-{unet}.json": (read_record,),
        f"{reports}/comparison/comparison.md": (lambda _: command("summary"),),
        "dvc.lock": (dvc_lock.stages, dvc_lock.outs),
        drift.path(Path("baselines"), params.experiment, "synthetic").as_posix(): (drift.read,),
    }  # fmt: skip


def told(read: Reader, path: Path) -> str | None:
    """The error of a reader; None where it read the file."""
    try:
        read(path)
    except HairlineError as error:
        return str(error)
    return None
