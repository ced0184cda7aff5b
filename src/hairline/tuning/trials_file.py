"""The trials of a study as a file, so that its figures can be drawn again without its storage."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import optuna
from annotated_types import Ge
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial, TrialState

from hairline.io.artefacts import read_json, repro, spoilt
from hairline.io.atomic import whole_file


@dataclass
class _Plain:
    """A trial as JSON."""

    state: Literal["COMPLETE", "PRUNED", "FAIL"]
    values: list[float] | None
    params: dict[str, Any]
    distributions: dict[str, str]
    intermediate: dict[str, float]


@dataclass
class _Trials:
    """The file."""

    objectives: Annotated[int, Ge(1)]
    trials: list[_Plain]


def of(trials: Mapping[int, FrozenTrial], objectives: int) -> optuna.Study:
    """A study in memory that holds these trials alone, in order of their slots.

    Args:
        trials: Slot → its trial.
        objectives: Number of their values.
    """
    study = _empty(objectives)
    study.add_trials([trials[slot] for slot in sorted(trials)])
    return study


def write(path: Path, study: optuna.Study) -> None:
    """Write every trial that is over, by number; without its times, so that equal trials are equal bytes."""
    trials = [_plain(trial) for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    content = {"objectives": len(study.directions), "trials": trials}
    with whole_file(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read(path: Path) -> optuna.Study:
    """The study that :func:`write` wrote, in memory.

    Raises:
        HairlineError: If the file holds something else.
    """
    maker = repro(f"tune@{path.parent.name}")
    content = read_json(path, _Trials, maker)
    try:
        study = _empty(content["objectives"])
        study.add_trials([_trial(each) for each in content["trials"]])
    except (KeyError, TypeError, ValueError, RecursionError) as error:  # Optuna's are these
        raise spoilt(path, f"holds no trials ({error})", "what 'tune' writes", maker) from None
    return study


def _empty(objectives: int) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # else it tells of every study, by a name of its own
    return optuna.create_study(directions=["maximize"] * objectives, storage=optuna.storages.InMemoryStorage())


def _plain(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "state": trial.state.name,
        "values": trial.values,
        "params": trial.params,
        "distributions": {name: distribution_to_json(each) for name, each in trial.distributions.items()},
        "intermediate": {str(step): value for step, value in trial.intermediate_values.items()},
    }


def _trial(plain: dict[str, Any]) -> FrozenTrial:
    return optuna.trial.create_trial(
        state=TrialState[plain["state"]],
        values=plain["values"],
        params=plain["params"],
        distributions={name: json_to_distribution(each) for name, each in plain["distributions"].items()},
        intermediate_values={int(step): value for step, value in plain["intermediate"].items()},
    )
