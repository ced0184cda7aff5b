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

from hairline import cases, maskless, state, tracking
from hairline.errors import HairlineError
from hairline.lineage import workspace_root
from hairline.outputs import whole_folder, write_json
from hairline.params import Params
from hairline.spaces import value_at
from hairline.studies import Study
from hairline.study_faults import problems
from hairline.tuning import figures, proposals, result, slots, store
from pipeline import crew, entry, tune_outcome, tune_worker

UNDECISIVE = ("trials", "workers", "memory_mb", "storage", "heartbeat_s", "grace_s", "tracked_trials")
_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> None:
    """Write best.json and trials.csv of ``--study`` to ``--out``, its figures to ``--figures``."""
    args = entry.arguments(
        __doc__, argv, names=["study"], paths=["sets", "evidence", "out", "figures", "metrics", "upstream", "record"]
    )
    params = Params(args.params)
    study = params.study(args.study)
    check(params, args.study, study, args.sets)
    logged = {"study": params.raw("studies")[args.study]}
    inputs = [args.sets / study.dataset / "samples.parquet", tune_outcome.evidence_of(args, params, study)]
    with tracking.run("tune", f"study · {args.study}", params.experiment, logged, inputs, {}, args.upstream,
                      args.record) as run:  # fmt: skip
        opened = searched(args, params, study)
        trials = {slot: trial for slot, trial in slots.finished(opened).items() if slot < study.trials}
        told, table = tune_outcome.outcome(args, params, study, trials), result.table(trials, study.objective)
        metrics = tune_outcome.flat(told, figures.importances(opened, 0))
        with whole_folder(args.out) as folder:
            write_json(folder / "best.json", told)
            table.to_csv(folder / "trials.csv", index=False)
        tune_outcome.draw(args, study, opened)
        write_json(args.metrics, metrics)
        run.metrics(metrics)
        run.artifact(args.figures)
        run.tag("best", told["best"][0]["changes"])
        if len(trials) <= study.tracked_trials:
            run.children(tune_outcome.children(study, trials))
        run.finish([args.out, args.figures, args.metrics])


def check(params: Params, name: str, study: Study, sets: Path) -> None:
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
    cases.drawn(*tune_worker.what_to_draw(study, sets / study.dataset))
    if study.maskless:
        _log.warning("studies.%s: %s", name, maskless.WARNING)


def searched(args: Namespace, params: Params, study: Study) -> Any:
    """The study once every slot has ended."""
    root = workspace_root(Path.cwd())
    raw = params.raw("studies")[args.study]
    decisive = {key: value for key, value in raw.items() if key not in UNDECISIVE}
    decisive |= {"label_set": params.raw("label_sets")[study.label_set]}
    inputs = [args.sets / study.dataset / "samples.parquet", tune_outcome.evidence_of(args, params, study)]
    key = state.folder(root, "studies", decisive, inputs).name
    url = os.environ.get(tune_worker.STORAGE, study.storage)
    url = store.sqlite_url(root / "state" / "studies" / f"{params.experiment}.db") if url == "sqlite" else url
    with store.told(url):
        storage = store.connect(url, study.heartbeat_s, study.grace_s)
        opened = store.create(storage, f"{params.experiment}-{args.study}-{key}", len(study.objective))
        store.call_values(opened, study.objective)
        own = {path: value_at(params.raw("label_sets")[study.label_set]["options"], path) for path in study.space}
        mender = slots.Mender(storage, opened, study.grace_s, proposals.planned(study, own))
        if study.workers == 1:
            tune_worker.work(params, study, opened, args.sets / study.dataset, args.evidence, mender.mend)
        else:
            _in_processes(args, study, opened, mender, url)
    return opened


def _in_processes(args: Namespace, study: Study, opened: Any, mender: slots.Mender, url: str) -> None:
    command = crew.command("--params", str(args.params), "--study", args.study, "--known-as", opened.study_name,
                           "--sets", str(args.sets), "--evidence", str(args.evidence))  # fmt: skip
    print("more workers, on any machine:", " ".join(command), file=sys.stderr)
    with entry.bar(study.trials, f"study {args.study}") as bar:

        def ended() -> int:
            mender.mend()
            bar.update(len(slots.finished(opened)) - bar.n)
            return int(bar.n)

        crew.run(command, study.workers, {tune_worker.STORAGE: url}, lambda: not slots.ended(opened), ended)


if __name__ == "__main__":
    entry.run(main)
