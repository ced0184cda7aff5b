"""Which options each slot of a study tries, and when a trial is given up."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial

from hairline.tuning.queue import SLOT
from hairline.tuning.search_space import Dimension, Interval, Value
from hairline.tuning.study import Pruning, Study

STARTUP = 10  # trials that TPE draws at random


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
    """Optuna's pruner for the rule of :class:`hairline.tuning.study.Pruning`."""
    if pruning is None:
        return NopPruner()
    return MedianPruner(n_startup_trials=pruning.startup_trials, n_warmup_steps=pruning.warmup_images - 1)
