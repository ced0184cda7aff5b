"""How much each option of a study matters to an objective."""

from collections.abc import Callable

import optuna
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import TrialState


def shares(study: optuna.Study, objective: int) -> dict[str, float]:
    """Share of each option in the variance of an objective over the trials (fANOVA), largest first; none of too few."""
    if not varied(study, objective):
        return {}
    found = optuna.importance.get_param_importances(
        study, evaluator=FanovaImportanceEvaluator(seed=0), target=target(objective)
    )
    return {name: float(share) for name, share in found.items()}


def target(objective: int) -> Callable[[optuna.trial.FrozenTrial], float]:
    """Reads the value of one objective of a trial."""
    return lambda trial: float(trial.values[objective])


def varied(study: optuna.Study, objective: int) -> bool:
    """Whether there is anything to see: at least four complete trials, not all of one value."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return len(complete) >= 4 and len({trial.values[objective] for trial in complete}) > 1
