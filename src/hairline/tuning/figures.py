"""Figures of a study: how it went, which options mattered, where the good ones lie; PNG and one self-contained page."""

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import TrialState
from optuna.visualization import matplotlib as drawn

DPI = 110


def pngs(study: optuna.Study, objectives: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Name → PNG of every figure that the study has enough trials for."""
    for name, arguments in _figures(study, objectives):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Optuna says of every matplotlib figure that it is experimental
            axes = getattr(drawn, f"plot_{arguments.pop('kind')}")(study, **arguments)
        figure = np.ravel(axes)[0].figure
        figure.set_size_inches(max(8.0, 3.0 * np.size(axes)), 5.0)
        content = io.BytesIO()
        figure.savefig(content, dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        plt.close(figure)
        yield name, content.getvalue()


def page(study: optuna.Study, title: str, objectives: Sequence[str]) -> str:
    """One HTML page of all figures to be explored, which asks no other place for anything (some 5 MB of plotly.js)."""
    parts = []
    for number, (name, arguments) in enumerate(_figures(study, objectives)):
        figure: Any = getattr(optuna.visualization, f"plot_{arguments.pop('kind')}")(study, **arguments)
        parts.append(f"<h2>{name}</h2>" + figure.to_html(full_html=False, include_plotlyjs=number == 0))
    body = "\n".join(parts) or "<p>Too few trials for figures.</p>"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f'<body style="font-family: sans-serif"><h1>{title}</h1>\n{body}\n</body></html>\n'
    )


def importances(study: optuna.Study, objective: int) -> dict[str, float]:
    """Share of each option in the variance of an objective over the trials (fANOVA), largest first; none of too few."""
    if not _varied(study, objective):
        return {}
    found = optuna.importance.get_param_importances(
        study, evaluator=FanovaImportanceEvaluator(seed=0), target=_target(objective)
    )
    return {name: float(share) for name, share in found.items()}


def _figures(study: optuna.Study, objectives: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    many = len(objectives) > 1
    for number, objective in enumerate(objectives):
        if not _varied(study, number):
            continue
        suffix = f"_{objective}" if many else ""
        aim: dict[str, Any] = {"target": _target(number)} if many else {}
        named: dict[str, Any] = {**aim, "target_name": objective}
        yield f"history{suffix}", {"kind": "optimization_history", **named}
        evaluator = FanovaImportanceEvaluator(seed=0)
        yield f"importances{suffix}", {"kind": "param_importances", "evaluator": evaluator, **named}
        yield f"slice{suffix}", {"kind": "slice", **named}
        yield f"parallel_coordinates{suffix}", {"kind": "parallel_coordinate", **named}
    if 2 <= len(objectives) <= 3:
        yield "pareto", {"kind": "pareto_front", "target_names": list(objectives)}


def _target(objective: int) -> Callable[[optuna.trial.FrozenTrial], float]:
    return lambda trial: float(trial.values[objective])


def _varied(study: optuna.Study, objective: int) -> bool:
    """Whether there is anything to see: at least four complete trials, not all of one value."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return len(complete) >= 4 and len({trial.values[objective] for trial in complete}) > 1
