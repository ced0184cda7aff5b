"""A study comes back from its file as it was, so that the same figures are drawn of it."""

import io
import logging
from pathlib import Path

import matplotlib
import optuna
import pytest

from hairline.tuning import figures, importances, trials_file


@pytest.fixture
def study() -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.create_study(directions=["maximize"], sampler=optuna.samplers.RandomSampler(seed=3))

    def value(trial: optuna.Trial) -> float:
        radius, sigma = trial.suggest_int("radius", 1, 5, step=2), trial.suggest_float("sigma", 0.1, 10, log=True)
        way = trial.suggest_categorical("way", ["mean", "max"])
        trial.report(radius, 1)
        if trial.number == 2:
            raise optuna.TrialPruned
        return radius - sigma + (way == "max")

    made.optimize(value, n_trials=12)
    return made


def test_trials_come_back_with_values_options_and_states(study: optuna.Study, tmp_path: Path) -> None:
    trials_file.write(tmp_path / "trials.json", study)
    found = trials_file.read(tmp_path / "trials.json")
    for one, other in zip(study.trials, found.trials, strict=True):
        assert (one.number, one.state, one.values, one.params) == (
            other.number,
            other.state,
            other.values,
            other.params,
        )
        assert (one.distributions, one.intermediate_values) == (other.distributions, other.intermediate_values)
    assert importances.shares(found, 0) == importances.shares(study, 0)
    assert found.best_params == study.best_params


def test_reading_says_nothing(study: optuna.Study, tmp_path: Path) -> None:
    trials_file.write(tmp_path / "trials.json", study)
    optuna.logging.set_verbosity(optuna.logging.INFO)  # as a new process finds it
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger("optuna").addHandler(handler)
    trials_file.read(tmp_path / "trials.json")
    logging.getLogger("optuna").removeHandler(handler)
    assert said.getvalue() == ""


def test_the_same_figures_are_drawn_of_it(study: optuna.Study, tmp_path: Path) -> None:
    trials_file.write(tmp_path / "trials.json", study)
    found = trials_file.read(tmp_path / "trials.json")
    before = dict(matplotlib.rcParams)
    assert dict(figures.pngs(found, ["ods"])) == dict(figures.pngs(study, ["ods"]))
    assert dict(matplotlib.rcParams) == before  # other figures keep their style


def test_a_study_asked_for_fewer_trials_holds_those_alone(study: optuna.Study) -> None:
    fewer = {slot: study.trials[slot] for slot in (4, 0, 3, 1)}
    found = trials_file.of(fewer, 1)
    assert [trial.params for trial in found.trials] == [study.trials[slot].params for slot in (0, 1, 3, 4)]
    assert importances.shares(found, 0) != importances.shares(study, 0)
