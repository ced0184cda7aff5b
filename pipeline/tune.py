"""Search the best options of a label set on cached evidence; report them on images that were not searched on.

The trials lie in state/studies/EXPERIMENT.db, or where ``storage`` says, so that a study goes on where it stopped.
"""

import logging
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hairline import tracking
from hairline.config.params import Localize, Params
from hairline.errors import HairlineError
from hairline.io import resume
from hairline.io.atomic import whole_folder, write_json
from hairline.io.hashing import workspace_root
from hairline.tuning import images, importances, maskless, outcome, processes, queue, result, samplers, store
from hairline.tuning.checks import problems
from hairline.tuning.search_space import value_at
from hairline.tuning.study import Study
from pipeline import stage, tune_worker

UNDECISIVE = ("trials", "workers", "memory_mb", "storage", "heartbeat_s", "grace_s", "tracked_trials")
_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> None:
    """Write best.json and trials.csv of ``--study`` to ``--out``, its figures to ``--figures``."""
    args = stage.arguments(
        __doc__, argv, names=["study"], paths=["sets", "evidence", "out", "figures", "metrics", "upstream", "record"]
    )
    params = Params(args.params)
    study = params.entry("studies", args.study, Study)
    check(params, args.study, study, args.sets)
    logged = {"study": params.raw("studies")[args.study]}
    inputs = [args.sets / study.dataset / "samples.parquet", outcome.evidence_of(args, params, study)]
    with tracking.run("tune", f"study · {args.study}", params.experiment(), logged, inputs, {}, args.upstream,
                      args.record) as run:  # fmt: skip
        opened = searched(args, params, study)
        trials = {slot: trial for slot, trial in queue.finished(opened).items() if slot < study.trials}
        told, table = outcome.outcome(args, params, study, trials), result.table(trials, study.objective)
        metrics = outcome.flat(told, importances.shares(opened, 0))
        with whole_folder(args.out) as folder:
            write_json(folder / "best.json", told)
            table.to_csv(folder / "trials.csv", index=False)
        outcome.draw(args, study, opened)
        write_json(args.metrics, metrics)
        run.metrics(metrics)
        run.artifact(args.figures)
        run.tag("best", told["best"][0]["changes"])
        if len(trials) <= study.tracked_trials:
            run.children(outcome.children(study, trials))
        run.finish([args.out, args.figures, args.metrics])


def check(params: Params, name: str, study: Study, sets: Path) -> None:
    """Refuse a study whose options do not go together or that has no images, before anything runs.

    Raises:
        HairlineError: With one line for each problem.
    """
    localize = params.get("localize", Localize)
    options = params.raw("label_sets")[study.label_set]["options"]
    parse = params.options_of(study.label_set)
    found = list(problems(study, options, parse, localize.vote_windows_px, localize.cam_scales))
    if found:
        raise HairlineError("\n".join(f"studies.{name}.{line}" for line in found))
    images.drawn(*tune_worker.what_to_draw(study, sets / study.dataset))
    if study.maskless:
        _log.warning("studies.%s: %s", name, maskless.WARNING)


def searched(args: Namespace, params: Params, study: Study) -> Any:
    """The study once every slot has ended."""
    root = workspace_root(Path.cwd())
    raw = params.raw("studies")[args.study]
    decisive = {key: value for key, value in raw.items() if key not in UNDECISIVE}
    decisive |= {"label_set": params.raw("label_sets")[study.label_set]}
    inputs = [args.sets / study.dataset / "samples.parquet", outcome.evidence_of(args, params, study)]
    key = resume.folder(root, "studies", decisive, inputs).name
    url = os.environ.get(tune_worker.STORAGE, study.storage)
    url = store.sqlite_url(root / "state" / "studies" / f"{params.experiment()}.db") if url == "sqlite" else url
    with store.told(url):
        storage = store.connect(url, study.heartbeat_s, study.grace_s)
        opened = store.create(storage, f"{params.experiment()}-{args.study}-{key}", len(study.objective))
        store.call_values(opened, study.objective)
        own = {path: value_at(params.raw("label_sets")[study.label_set]["options"], path) for path in study.space}
        mender = queue.Mender(storage, opened, study.grace_s, samplers.planned(study, own))
        if study.workers == 1:
            tune_worker.work(params, study, opened, args.sets / study.dataset, args.evidence, mender.mend)
        else:
            _in_processes(args, study, opened, mender, url)
    return opened


def _in_processes(args: Namespace, study: Study, opened: Any, mender: queue.Mender, url: str) -> None:
    command = processes.command("--params", str(args.params), "--study", args.study, "--known-as", opened.study_name,
                           "--sets", str(args.sets), "--evidence", str(args.evidence))  # fmt: skip
    print("more workers, on any machine:", " ".join(command), file=sys.stderr)
    with stage.bar(study.trials, f"study {args.study}") as bar:

        def ended() -> int:
            mender.mend()
            bar.update(len(queue.finished(opened)) - bar.n)
            return int(bar.n)

        processes.run(command, study.workers, {tune_worker.STORAGE: url}, lambda: not queue.ended(opened), ended)


if __name__ == "__main__":
    stage.run(main)
