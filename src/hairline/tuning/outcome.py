"""What came of a study: best.json, the numbers of it, a run in MLflow for every trial."""

from collections.abc import Mapping, Sequence
from typing import Any

from hairline import tracking
from hairline.io.threads import in_threads
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.tuning import images, maskless, objectives, result, worker
from hairline.tuning.search_space import Value, replaced
from hairline.tuning.study import Study

COUNTED = ("trials", "pruned", "tuning_images", "held_out_images", "held_out_masks")


def outcome(
    name: str, study: Study, trials: Mapping[int, Any], options: Mapping[str, Any], labeller: images.Labeller,
    tuning_images: int, held_out: Sequence[images.Case], bootstrap: BootstrapOptions,
) -> dict[str, Any]:  # fmt: skip
    """What best.json holds: the best trials and their gain over the label set's own options on held-out images.

    Args:
        name: What the study is called.
        study: What was searched.
        trials: The ended trials, by slot; that of slot 0 has the own options.
        options: The label set's own options, plain values.
        labeller: Makes labels with some of them changed.
        tuning_images: On how many images it was searched.
        held_out: Images that no trial has seen.
        bootstrap: Over their parent photos.
    """
    groups, own = [case.group for case in held_out], _judged(labeller, held_out, {})
    best = [
        _one(study, slot, trials[slot], own, _judged(labeller, held_out, changes), groups, bootstrap)
        for slot in result.front(trials)
        for changes in [worker.cleaned(study.space, trials[slot].params)]
    ]
    return {
        "study": name,
        "label_set": study.label_set,
        "objective": list(study.objective),
        "experimental": {maskless.NAME: maskless.WARNING} if study.maskless else {},
        "options": replaced(options, best[0]["changes"]),
        "trials": len(trials),
        "pruned": result.pruned(trials),
        "tuning_images": tuning_images,
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
        "changes": worker.cleaned(study.space, trial.params),
        "tuning": result.values(trial, study.objective),
        "held_out": objectives.values(after),
        "gain": objectives.gains(own, after, groups, bootstrap),
    }


def _judged(
    labeller: images.Labeller, held_out: Sequence[images.Case], changes: Mapping[str, Value]
) -> objectives.Judged:
    label = labeller(changes)
    return images.together(held_out, in_threads(lambda case: images.judged(label, case), held_out, "held-out images"))


def flat(told: Mapping[str, Any], importances: Mapping[str, float]) -> dict[str, float]:
    """The numbers of best.json, of the first of the best trials."""
    best = told["best"][0]
    found = {name: told[name] for name in COUNTED}
    for side in ("tuning", "held_out"):
        found |= {f"{side}/{name}/own": value for name, value in told["own"][side].items()}
        found |= {f"{side}/{name}": value for name, value in best[side].items()}
    found |= {f"held_out/{name}/{key}": value for name, gain in best["gain"].items() for key, value in gain.items()}
    return found | {f"importance/{path}": share for path, share in importances.items()}


def charted(told: Mapping[str, Any]) -> dict[str, float]:
    """The few numbers of best.json that charts show: on the images held out, own options and best found, and the gain.

    >>> best = {"held_out": {"ods": 0.75}, "gain": {"ods": {"gain": 0.25}}}
    >>> charted({"own": {"held_out": {"ods": 0.5}}, "best": [best]})
    {'ods/held_out_own': 0.5, 'ods/held_out': 0.75, 'ods/held_out_gain': 0.25}
    """
    best = told["best"][0]
    found = {f"{name}/held_out_own": value for name, value in told["own"]["held_out"].items()}
    found |= {f"{name}/held_out": value for name, value in best["held_out"].items()}
    return found | {f"{name}/held_out_gain": gain["gain"] for name, gain in best["gain"].items()}


def progress(study: Study, trials: Mapping[int, Any]) -> list[tuple[int, dict[str, float]]]:
    """Slot → each objective of its trial and the best so far; pruned trials are left out."""
    found, best = [], dict[str, float]()
    for slot in sorted(trials):
        reached = result.values(trials[slot], study.objective)
        best |= {name: max(value, best.get(name, value)) for name, value in reached.items()}
        found.append(
            (slot, {f"{name}/trial": value for name, value in reached.items()}
             | {f"{name}/best_trial": best[name] for name in reached})
        )  # fmt: skip
    return found


def children(study: Study, trials: Mapping[int, Any]) -> list[tracking.Child]:
    """A run in MLflow for every trial, those of the front tagged."""
    best = set(result.front(trials))
    return [
        tracking.Child(
            f"trial {slot}",
            {path: str(value) for path, value in worker.cleaned(study.space, trial.params).items()},
            result.values(trial, study.objective) | {"seconds": trial.duration.total_seconds()},
            {"state": trial.state.name.lower(), "best": str(slot in best).lower()},
        )
        for slot, trial in trials.items()
    ]
