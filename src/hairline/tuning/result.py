"""What came of a study: its trials as a table, the best of them."""

from collections.abc import Mapping, Sequence

import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from hairline.tuning.search_space import OPTION


def table(trials: Mapping[int, FrozenTrial], objectives: Sequence[str]) -> pd.DataFrame:
    """One row a slot.

    Args:
        trials: Slot → its complete or pruned trial.
        objectives: Names of their values.

    Returns:
        ``slot``, ``trial`` (its number in the storage), ``state`` (complete or pruned), a column an objective (missing
        where pruned), ``images`` (the last count a trial was judged at, missing where it never was), ``seconds``,
        ``best`` (nothing complete is better in every objective) and a column an option.
    """
    best = set(front(trials))
    rows = [
        {
            "slot": slot,
            "trial": trial.number,
            "state": trial.state.name.lower(),
            **dict.fromkeys(objectives),
            **values(trial, objectives),
            "images": max(trial.intermediate_values, default=None),
            "seconds": round(trial.duration.total_seconds(), 3) if trial.duration else None,
            "best": slot in best,
            **{OPTION + path: value for path, value in trial.params.items()},
        }
        for slot, trial in trials.items()
    ]
    return pd.DataFrame(rows).astype({"images": "Int64"})


def values(trial: FrozenTrial, objectives: Sequence[str]) -> dict[str, float]:
    """Objective → its value; none of a pruned trial."""
    return dict(zip(objectives, trial.values or (), strict=False)) if trial.state == TrialState.COMPLETE else {}


def pruned(trials: Mapping[int, FrozenTrial]) -> int:
    """How many were given up; Optuna gives those, too, a value: the last they were judged at."""
    return sum(trial.state == TrialState.PRUNED for trial in trials.values())


def front(trials: Mapping[int, FrozenTrial]) -> list[int]:
    """Slots that no other beats: at least as good in every objective and better in one; best first by the first.

    With one objective it is the slot of the largest value, the earliest of equals.
    """
    found = {slot: tuple(trial.values) for slot, trial in trials.items() if trial.state == TrialState.COMPLETE}
    unbeaten = dict[tuple[float, ...], int]()
    for slot, own in found.items():
        if not any(other != own and all(b >= a for a, b in zip(own, other, strict=True)) for other in found.values()):
            unbeaten.setdefault(own, slot)
    return [unbeaten[own] for own in sorted(unbeaten, reverse=True)]
