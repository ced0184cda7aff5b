"""Which options come next, and the loop of a worker that tries them."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState

from hairline.studies import Choices, Dimension, Interval, Pruning, Steps, Study, Value
from hairline.tuning.store import SLOT, ended, waits

POLL_S = 0.5
STARTUP = 10  # trials that TPE draws at random

Report = Callable[[int, float], None]
Evaluate = Callable[[Mapping[str, Value], Report], tuple[float, ...]]
"""From options to the values of all objectives; tells of the first after so many images, which may end the trial."""


class SuperfluousError(Exception):
    """The queue was empty when a worker took from it: the trial that Optuna made instead is not one of the study's."""


class BySlot(BaseSampler):
    """TPE whose random numbers belong to the slot: a study that was interrupted goes on as it would have."""

    def __init__(self, seed: int) -> None:
        """Draw from a seed."""
        self._seed = seed
        self._slot, self._inner = -1, TPESampler(seed=seed)

    def _of(self, trial: FrozenTrial) -> TPESampler:
        slot = trial.user_attrs.get(SLOT, -1)
        if slot != self._slot:
            seed = int(np.random.SeedSequence([self._seed, slot + 1]).generate_state(1)[0])
            self._slot = slot
            self._inner = TPESampler(seed=seed, n_startup_trials=STARTUP, multivariate=True, constant_liar=True)
        return self._inner

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As TPE."""
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As TPE."""
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As TPE."""
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)


def planned(study: Study, own: Mapping[str, Value]) -> list[dict[str, Value]]:
    """What each slot tries as far as it is known beforehand: all of it but for TPE.

    Args:
        study: The study.
        own: The label set's own values of the options, which are slot 0.
    """
    if study.sampler == "tpe":
        return [dict(own), *({} for _ in range(study.trials - 1))]
    if study.sampler == "random":
        draws = [random_options(study, slot) for slot in range(1, study.trials)]
        return [dict(own), *draws]
    values = [dimension.values() for dimension in study.space.values()]
    points = [dict(zip(study.space, point, strict=True)) for point in itertools.product(*values)]
    rest = [point for point in points if point != dict(own)]
    order = np.random.default_rng(study.seed).permutation(len(rest))
    return [dict(own), *(rest[index] for index in order[: study.trials - 1])]


def random_options(study: Study, slot: int) -> dict[str, Value]:
    """What a slot of a random study tries; it depends on nothing but the seed and the slot."""
    generator = np.random.default_rng([study.seed, slot])
    return {path: _drawn(dimension, generator) for path, dimension in study.space.items()}


def _drawn(dimension: Dimension, generator: np.random.Generator) -> Value:
    if isinstance(dimension, Interval):
        ends = np.log([dimension.low, dimension.high]) if dimension.log else np.array([dimension.low, dimension.high])
        value = generator.uniform(*ends)
        return float(np.clip(np.exp(value) if dimension.log else value, dimension.low, dimension.high))
    values = dimension.values()
    return values[int(generator.integers(len(values)))]


def pruner(pruning: Pruning | None) -> BasePruner:
    """Optuna's pruner for the rule of :class:`hairline.studies.Pruning`."""
    if pruning is None:
        return NopPruner()
    return MedianPruner(n_startup_trials=pruning.startup_trials, n_warmup_steps=pruning.warmup_images - 1)


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
