"""The loop of a worker that tries options."""

import time
from collections.abc import Callable, Mapping, Sequence

import optuna
from optuna.trial import Trial, TrialState

from hairline.tuning.queue import SLOT, ended, waits
from hairline.tuning.samplers import BySlot, pruner
from hairline.tuning.search_space import Choices, Dimension, Interval, Steps, Value
from hairline.tuning.study import Study

POLL_S = 0.5

Report = Callable[[int, float], None]
Evaluate = Callable[[Mapping[str, Value], Report], tuple[float, ...]]
"""From options to the values of all objectives; tells of the first after so many images, which may end the trial."""


class SuperfluousError(Exception):
    """The queue was empty when a worker took from it: the trial that Optuna made instead is not one of the study's."""


def suggested(trial: Trial, space: Mapping[str, Dimension]) -> dict[str, Value]:
    """Options of a trial, from the queue, an earlier attempt, or the sampler."""
    return {path: _suggested(trial, path, dimension) for path, dimension in space.items()}


def _suggested(trial: Trial, path: str, dimension: Dimension) -> Value:
    if isinstance(dimension, Choices):
        return trial.suggest_categorical(path, dimension.choices)  # type: ignore[return-value]
    if isinstance(dimension, Interval):
        return trial.suggest_float(path, dimension.low, dimension.high, log=dimension.log)
    if dimension.whole:
        return trial.suggest_int(path, int(dimension.low), int(dimension.high), step=int(dimension.step))
    return trial.suggest_float(path, dimension.low, dimension.high, step=dimension.step)


def cleaned(space: Mapping[str, Dimension], chosen: Mapping[str, Value]) -> dict[str, Value]:
    """Options of a trial without the rounding errors that Optuna's steps have."""
    return {
        path: dimension.clean(chosen[path]) if isinstance(dimension, Steps) else chosen[path]  # type: ignore[arg-type]
        for path, dimension in space.items()
    }


def work(study: optuna.Study, options: Study, evaluate: Evaluate, idle: Callable[[], None]) -> None:
    """Take trials from the queue until every slot has ended.

    Args:
        study: An open study whose slots are queued.
        options: What it searches.
        evaluate: Values of a trial's options.
        idle: Called before every look at the queue.
    """
    study.sampler, study.pruner = BySlot(options.seed), pruner(options.pruning)
    while True:
        idle()
        if ended(study):
            return
        if waits(study):
            _one(study, options, evaluate)
        else:
            time.sleep(POLL_S)


def _one(study: optuna.Study, options: Study, evaluate: Evaluate) -> None:
    """Try one trial of the queue; forget it where it was declared failed meanwhile, this process being held up."""
    taken: list[int] = []

    def objective(trial: Trial) -> Sequence[float]:
        if SLOT not in trial.user_attrs:
            raise SuperfluousError

        def report(images: int, value: float) -> None:
            trial.report(value, images)
            if trial.should_prune():
                raise optuna.TrialPruned

        taken.append(trial.number)
        values = evaluate(cleaned(options.space, suggested(trial, options.space)), report)
        taken.append(trial.number)
        return values

    try:
        study.optimize(objective, n_trials=1, catch=(SuperfluousError, optuna.exceptions.UpdateFinishedTrialError))
    except (ValueError, AssertionError):  # Optuna cannot tell the outcome of a failed trial
        over = {trial.number for trial in study.get_trials(deepcopy=False, states=(TrialState.FAIL,))}
        if len(taken) < 2 or taken[0] not in over:
            raise
