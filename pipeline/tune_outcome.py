"""What came of a study, for its stage: best.json, the numbers of it, figures, a run in MLflow for every trial."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hairline import cases, maskless, objectives, tracking
from hairline.bootstrap import BootstrapOptions
from hairline.outputs import whole_folder
from hairline.params import Params
from hairline.spaces import Value, replaced
from hairline.studies import Study
from hairline.tuning import figures, result, search
from pipeline import entry, tune_worker

COUNTED = ("trials", "pruned", "tuning_images", "held_out_images", "held_out_masks")


def evidence_of(args: Namespace, params: Params, study: Study) -> Path:
    """Folder of the evidence about the study's images."""
    return Path(args.evidence / params.label_set(study.label_set).classifier / study.dataset)


def outcome(args: Namespace, params: Params, study: Study, trials: Mapping[int, Any]) -> dict[str, Any]:
    """What best.json holds: the best trials and their gain over the label set's own options on held-out images."""
    dataset, own_options = args.sets / study.dataset, params.raw("label_sets")[study.label_set]["options"]
    tuning, held_out = cases.drawn(*tune_worker.what_to_draw(study, dataset))
    loaded = cases.load(held_out, dataset, evidence_of(args, params, study), study.maskless)
    groups, bootstrap = [case.group for case in loaded], params.comparison
    own = _judged(params, study, loaded, {})
    best = [
        _one(study, slot, trials[slot], own, _judged(params, study, loaded, changes), groups, bootstrap)
        for slot in result.front(trials)
        for changes in [search.cleaned(study.space, trials[slot].params)]
    ]
    return {
        "study": args.study,
        "label_set": study.label_set,
        "objective": list(study.objective),
        "experimental": {maskless.NAME: maskless.WARNING} if study.maskless else {},
        "options": replaced(own_options, best[0]["changes"]),
        "trials": len(trials),
        "pruned": result.pruned(trials),
        "tuning_images": len(tuning),
        "held_out_images": len(held_out),
        "held_out_masks": int(own.masked.sum()),
        "own": {"tuning": result.values(trials[0], study.objective), "held_out": objectives.values(own)},
        "best": best,
    }


def _one(
    study: Study, slot: int, trial: Any, own: objectives.Judged, after: objectives.Judged, groups: list[str],
    bootstrap: BootstrapOptions,
) -> dict[str, Any]:  # fmt: skip
    return {
        "slot": slot,
        "changes": search.cleaned(study.space, trial.params),
        "tuning": result.values(trial, study.objective),
        "held_out": objectives.values(after),
        "gain": objectives.gains(own, after, groups, bootstrap),
    }


def _judged(params: Params, study: Study, loaded: list[cases.Case], changes: Mapping[str, Value]) -> objectives.Judged:
    label = tune_worker.labeller(params, study.label_set, changes)
    return cases.together(loaded, entry.in_threads(lambda case: cases.judged(label, case), loaded, "held-out images"))


def flat(told: Mapping[str, Any], importances: Mapping[str, float]) -> dict[str, float]:
    """The numbers of best.json, of the first of the best trials."""
    best = told["best"][0]
    found = {name: told[name] for name in COUNTED}
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


def children(study: Study, trials: Mapping[int, Any]) -> list[tracking.Child]:
    """A run in MLflow for every trial, those of the front tagged."""
    best = set(result.front(trials))
    return [
        tracking.Child(
            f"trial {slot}",
            {path: str(value) for path, value in search.cleaned(study.space, trial.params).items()},
            result.values(trial, study.objective) | {"seconds": trial.duration.total_seconds()},
            {"state": trial.state.name.lower(), "best": str(slot in best).lower()},
        )
        for slot, trial in trials.items()
    ]
