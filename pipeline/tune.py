"""Search the best options of a label set on cached evidence; report them on images that were not searched on.

The trials lie in state/studies/EXPERIMENT.db, or where ``storage`` says, so that a study goes on where it stopped.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hairline import tracking
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.engine import choice
from hairline.engine.engine import Engine
from hairline.errors import HairlineError
from hairline.io import resume
from hairline.io.atomic import whole_folder, write_json
from hairline.io.hashing import workspace_root
from hairline.io.progress import bar
from hairline.tuning import (
    figures,
    images,
    importances,
    maskless,
    outcome,
    processes,
    queue,
    result,
    samplers,
    store,
    trials_file,
)
from hairline.tuning.checks import problems
from hairline.tuning.search_space import value_at
from hairline.tuning.study import Study
from pipeline import stage, tune_worker

UNDECISIVE = ("trials", "workers", "memory_mb", "storage", "heartbeat_s", "grace_s", "tracked_trials")
_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> None:
    """Write best.json, trials.csv and trials.json of ``--study``."""
    args = stage.arguments(__doc__, argv, "study")
    params, paths = stage.opened(args.params)
    study = params.study(args.study)
    check(params, args.study, study, paths.dataset(study.dataset))
    logged = {"study": params.raw("studies")[args.study]}
    label_set = params.label_set(study.label_set)
    tags = {"study": args.study, "label_set": study.label_set, "dataset": study.dataset, "method": label_set.method}
    with tracking.run("tune", f"study {args.study}", params.experiment, logged, _inputs(params, paths, study), tags,
                      [paths.classifier_record(label_set.classifier)], paths.study_record(args.study),
                      params.tracking_wait_s) as run:  # fmt: skip
        opened = searched(params, paths, args.study, args.params)
        trials = {slot: trial for slot, trial in queue.finished(opened).items() if slot < study.trials}
        kept = trials_file.of(trials, len(study.objective))  # the storage may hold more, of a longer study
        told, table = _outcome(params, paths, args.study, trials), result.table(trials, study.objective)
        metrics = outcome.flat(told, importances.shares(kept, 0))
        with whole_folder(paths.study(args.study)) as folder:
            write_json(folder / "best.json", told)
            table.to_csv(folder / "trials.csv", index=False)
            trials_file.write(folder / "trials.json", kept)
        write_json(paths.study_metrics(args.study), metrics)
        run.metrics(outcome.charted(told))
        run.curves(outcome.progress(study, trials))
        run.table("outcome", metrics)
        with TemporaryDirectory() as home:
            drawn = Path(home) / args.study
            drawn.mkdir()
            figures.draw(drawn, args.study, study.objective, kept)
            run.artifact(drawn)
        run.tag("best", told["best"][0]["changes"])
        if len(trials) <= study.tracked_trials:
            run.children(outcome.children(study, trials))
        run.finish([paths.study(args.study), paths.study_metrics(args.study)])


def _inputs(params: Params, paths: Paths, study: Study) -> list[Path]:
    """What a study reads: the samples of its data set, and their evidence."""
    return [paths.samples(study.dataset), _evidence(params, paths, study)]


def _evidence(params: Params, paths: Paths, study: Study) -> Path:
    return paths.evidence(params.label_set(study.label_set).classifier, study.dataset)


def check(params: Params, name: str, study: Study, dataset: Path) -> None:
    """Refuse a study whose options do not go together or that has no images, before anything runs.

    Raises:
        HairlineError: With one line for each problem.
    """
    localize = params.localize
    options = params.raw("label_sets")[study.label_set]["options"]
    parse = params.options_of(study.label_set)
    found = list(problems(study, options, parse, localize.vote_windows_px, localize.cam_scales))
    if found:
        raise HairlineError("\n".join(f"studies.{name}.{line}" for line in found))
    images.drawn_for(study, dataset)
    if study.maskless:
        _log.warning("studies.%s: %s", name, maskless.WARNING)


def searched(params: Params, paths: Paths, name: str, params_file: Path) -> Any:
    """The study once every slot has ended; workers of their own read the parameters again from their file."""
    root, study = workspace_root(Path.cwd()), params.study(name)
    raw = params.raw("studies")[name]
    decisive = {key: value for key, value in raw.items() if key not in UNDECISIVE}
    decisive |= {"label_set": params.raw("label_sets")[study.label_set]}
    method = params.label_set(study.label_set).method
    code = stage.code_of("pipeline.tune", f"hairline.labelling.methods.{method}")
    key = resume.folder(root, "studies", decisive, _inputs(params, paths, study), code).name
    url = os.environ.get(tune_worker.STORAGE, study.storage)
    url = store.sqlite_url(Paths(root, params.experiment).study_database) if url == "sqlite" else url
    with store.told(url):
        storage = store.connect(url, study.heartbeat_s, study.grace_s)
        opened = store.create(storage, f"{params.experiment}-{name}-{key}", len(study.objective))
        store.call_values(opened, study.objective)
        own = {path: value_at(params.raw("label_sets")[study.label_set]["options"], path) for path in study.space}
        mender = queue.Mender(storage, opened, study.grace_s, samplers.planned(study, own))
        with choice.opened(params.engine) as engine:
            if study.workers == 1 and not engine.remote:
                tune_worker.work(params, paths, study, opened, mender.mend)
            else:
                engine.refuse_apart(url, f"studies.{name}.storage")
                _in_processes(name, study, params_file, opened, mender, url, engine)
    return opened


def _in_processes(
    name: str, study: Study, params_file: Path, opened: Any, mender: queue.Mender, url: str, engine: Engine
) -> None:
    asked = ["--params", str(params_file), "--study", name, "--known-as", opened.study_name]
    command = [sys.executable, "-m", "pipeline.tune_worker", *asked]
    print("more workers, on any machine:", " ".join(command), file=sys.stderr)
    with bar(study.trials, f"study {name}") as moved:

        def ended() -> int:
            mender.mend()
            moved.update(len(queue.finished(opened)) - moved.n)
            return int(moved.n)

        def left() -> bool:
            return not queue.ended(opened)

        if engine.remote:
            processes.tend(engine.crew(partial(tune_worker.elsewhere, asked, url)), study.workers, left, ended)
        else:
            processes.run(command, study.workers, {tune_worker.STORAGE: url}, left, ended)


def _outcome(params: Params, paths: Paths, name: str, trials: Mapping[int, Any]) -> dict[str, Any]:
    """What came of a study on the images held out."""
    study, dataset = params.study(name), paths.dataset(params.study(name).dataset)
    tuning, held_out = images.drawn_for(study, dataset)
    loaded = images.load(held_out, dataset, _evidence(params, paths, study), study.maskless)
    own, labeller = params.raw("label_sets")[study.label_set]["options"], tune_worker.labeller(params, study.label_set)
    return outcome.outcome(name, study, trials, own, labeller, len(tuning), loaded, params.comparison)


if __name__ == "__main__":
    stage.run(main)
