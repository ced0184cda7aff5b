"""Search the best options of a label set on cached evidence; report them on images that were not searched on.

The trials lie in state/studies/EXPERIMENT.db, or where ``storage`` says, so that a study goes on where it stopped.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hairline import cases, objectives, state, tracking
from hairline.bootstrap import BootstrapOptions
from hairline.errors import HairlineError
from hairline.lineage import workspace_root
from hairline.outputs import whole_folder, write_json
from hairline.params import Localize, Params
from hairline.studies import Study, Value, problems, replaced, value_at
from hairline.tuning import figures, result, search, store
from pipeline import crew, entry, tune_worker

UNDECISIVE = ("trials", "workers", "memory_mb", "storage", "heartbeat_s", "grace_s", "tracked_trials")


def main(argv: Sequence[str] | None = None) -> None:
    """Write best.json and trials.csv of ``--study`` to ``--out``, its figures to ``--figures``."""
    args = entry.arguments(
        __doc__, argv, names=["study"], paths=["sets", "evidence", "out", "figures", "metrics", "upstream", "record"]
    )
    params = Params(args.params)
    study = params.entry("studies", args.study, Study)
    check(params, args.study, study)
    logged = {"study": params.raw("studies")[args.study]}
    inputs = [args.sets / study.dataset / "samples.parquet", evidence_of(args, params, study)]
    with tracking.run("tune", f"study · {args.study}", params.experiment(), logged, inputs, {}, args.upstream,
                      args.record) as run:  # fmt: skip
        opened = searched(args, params, study)
        trials = {slot: trial for slot, trial in store.finished(opened).items() if slot < study.trials}
        told, table = outcome(args, params, study, trials), result.table(trials, study.objective)
        metrics = flat(told, figures.importances(opened, 0))
        with whole_folder(args.out) as folder:
            write_json(folder / "best.json", told)
            table.to_csv(folder / "trials.csv", index=False)
        draw(args, study, opened)
        write_json(args.metrics, metrics)
        run.metrics(metrics)
        run.artifact(args.figures)
        run.tag("best", told["best"][0]["changes"])
        if len(trials) <= study.tracked_trials:
            run.children(children(study, trials, set(result.front(trials))))
        run.finish([args.out, args.figures, args.metrics])


def check(params: Params, name: str, study: Study) -> None:
    """Refuse a study whose options do not go together, before anything runs.

    Raises:
        HairlineError: With one line for each problem.
    """
    localize = params.get("localize", Localize)
    options = params.raw("label_sets")[study.label_set]["options"]
    parse = params.options_of(study.label_set)
    found = list(problems(study, options, parse, localize.vote_windows_px, localize.cam_scales))
    if found:
        raise HairlineError("\n".join(f"studies.{name}.{line}" for line in found))


def evidence_of(args: Namespace, params: Params, study: Study) -> Path:
    """Folder of the evidence about the study's images."""
    return Path(args.evidence / params.label_set(study.label_set).classifier / study.dataset)


def searched(args: Namespace, params: Params, study: Study) -> Any:
    """The study once every slot has ended."""
    root = workspace_root(Path.cwd())
    raw = params.raw("studies")[args.study]
    decisive = {key: value for key, value in raw.items() if key not in UNDECISIVE}
    decisive |= {"label_set": params.raw("label_sets")[study.label_set]}
    inputs = [args.sets / study.dataset / "samples.parquet", evidence_of(args, params, study)]
    key = state.folder(root, "studies", decisive, inputs).name
    url = os.environ.get(tune_worker.STORAGE, study.storage)
    url = store.sqlite_url(root / "state" / "studies" / f"{params.experiment()}.db") if url == "sqlite" else url
    with store.told(url):
        storage = store.connect(url, study.heartbeat_s, study.grace_s)
        opened = store.create(storage, f"{params.experiment()}-{args.study}-{key}", len(study.objective))
        own = {path: value_at(params.raw("label_sets")[study.label_set]["options"], path) for path in study.space}
        mender = store.Mender(storage, opened, study.grace_s, search.planned(study, own))
        if study.workers == 1:
            tune_worker.work(params, study, opened, args.sets / study.dataset, args.evidence, mender.mend)
        else:
            _in_processes(args, study, opened, mender, url)
    return opened


def _in_processes(args: Namespace, study: Study, opened: Any, mender: store.Mender, url: str) -> None:
    command = crew.command("--params", str(args.params), "--study", args.study, "--known-as", opened.study_name,
                           "--sets", str(args.sets), "--evidence", str(args.evidence))  # fmt: skip
    print("more workers, on any machine:", " ".join(command), file=sys.stderr)
    with entry.bar(study.trials, f"study {args.study}") as bar:

        def ended() -> int:
            mender.mend()
            bar.update(len(store.finished(opened)) - bar.n)
            return int(bar.n)

        crew.run(command, study.workers, {tune_worker.STORAGE: url}, lambda: not store.ended(opened), ended)


def outcome(args: Namespace, params: Params, study: Study, trials: Mapping[int, Any]) -> dict[str, Any]:
    """What best.json holds: the best trials and their gain over the label set's own options on held-out images."""
    dataset, own_options = args.sets / study.dataset, params.raw("label_sets")[study.label_set]["options"]
    tuning, held_out = cases.drawn(*tune_worker.what_to_draw(study, dataset))
    loaded = cases.load(held_out, dataset, evidence_of(args, params, study))
    groups, bootstrap = [case.group for case in loaded], params.get("comparison", BootstrapOptions)
    own = _histograms(params, study, loaded, {})
    best = [
        _one(study, slot, trials[slot], own, _histograms(params, study, loaded, changes), groups, bootstrap)
        for slot in result.front(trials)
        for changes in [search.cleaned(study.space, trials[slot].params)]
    ]
    return {
        "study": args.study,
        "label_set": study.label_set,
        "options": replaced(own_options, best[0]["changes"]),
        "trials": len(trials),
        "pruned": result.pruned(trials),
        "tuning_images": len(tuning),
        "held_out_images": len(held_out),
        "own": {"tuning": result.values(trials[0], study.objective), "held_out": objectives.values(*own)},
        "best": best,
    }


def _one(
    study: Study, slot: int, trial: Any, own: Any, after: Any, groups: list[str], bootstrap: BootstrapOptions
) -> dict[str, Any]:
    return {
        "slot": slot,
        "changes": search.cleaned(study.space, trial.params),
        "tuning": result.values(trial, study.objective),
        "held_out": objectives.values(*after),
        "gain": objectives.gains(own, after, groups, bootstrap),
    }


def _histograms(
    params: Params, study: Study, loaded: list[cases.Case], changes: Mapping[str, Value]
) -> tuple[Any, Any]:
    label = tune_worker.labeller(params, study.label_set, changes)
    found = entry.in_threads(lambda case: cases.histograms(label, case), loaded, "held-out images")
    return np.stack([crack for crack, _ in found]), np.stack([background for _, background in found])


def flat(told: Mapping[str, Any], importances: Mapping[str, float]) -> dict[str, float]:
    """The numbers of best.json, of the first of the best trials."""
    best = told["best"][0]
    found = {name: told[name] for name in ("trials", "pruned", "tuning_images", "held_out_images")}
    for side in ("tuning", "held_out"):
        found |= {f"{side}/{name}/own": value for name, value in told["own"][side].items()}
        found |= {f"{side}/{name}": value for name, value in best[side].items()}
    found |= {f"held_out/{name}/{key}": value for name, gain in best["gain"].items() for key, value in gain.items()}
    return found | {f"importance/{path}": share for path, share in importances.items()}


def draw(args: Namespace, study: Study, opened: Any) -> None:
    """Write the figures of a study: a PNG each and one page."""
    with whole_folder(args.figures) as folder:
        for name, png in figures.pngs(opened, study.objective):
            (folder / f"{name}.png").write_bytes(png)
        (folder / "index.html").write_text(figures.page(opened, f"Study {args.study}", study.objective))


def children(study: Study, trials: Mapping[int, Any], best: set[int]) -> list[tracking.Child]:
    """A run in MLflow for every trial."""
    return [
        tracking.Child(
            f"trial {slot}",
            {path: str(value) for path, value in search.cleaned(study.space, trial.params).items()},
            result.values(trial, study.objective) | {"seconds": trial.duration.total_seconds()},
            {"state": trial.state.name.lower(), "best": str(slot in best).lower()},
        )
        for slot, trial in trials.items()
    ]


if __name__ == "__main__":
    entry.run(main)
