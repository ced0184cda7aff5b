"""Figures of a study: how it went, which options mattered, where the good ones lie; PNG and one self-contained page."""

import io
import warnings
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import optuna
from optuna.importance import FanovaImportanceEvaluator
from optuna.visualization import matplotlib as drawn

from hairline.tuning.importances import target, varied

DPI = 110


def draw(folder: Path, name: str, objectives: Sequence[str], study: optuna.Study) -> None:
    """Write the figures of a study into a folder: a PNG each, and index.html with all of them.

    Args:
        folder: Where to write.
        name: What the study is called.
        objectives: Names of its values.
        study: Its trials.
    """
    for figure, png in pngs(study, objectives):
        (folder / f"{figure}.png").write_bytes(png)
    (folder / "index.html").write_text(page(study, f"Study {name}", objectives), encoding="utf-8")


def pngs(study: optuna.Study, objectives: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Name → PNG of every figure that the study has enough trials for."""
    for name, arguments in _figures(study, objectives):
        yield name, _png(study, arguments.pop("kind"), arguments)


def _png(study: optuna.Study, kind: str, arguments: dict[str, Any]) -> bytes:
    with warnings.catch_warnings(), plt.rc_context():  # Optuna sets its style for every figure that follows
        warnings.simplefilter("ignore")  # Optuna says of every matplotlib figure that it is experimental
        axes = getattr(drawn, f"plot_{kind}")(study, **arguments)
        figure = np.ravel(axes)[0].figure
        figure.set_size_inches(max(8.0, 3.0 * np.size(axes)), 5.0)
        content = io.BytesIO()
        figure.savefig(content, dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        plt.close(figure)
    return content.getvalue()


def page(study: optuna.Study, title: str, objectives: Sequence[str]) -> str:
    """One HTML page of all figures to be explored, which asks no other place for anything (some 5 MB of plotly.js)."""
    parts = []
    for number, (name, arguments) in enumerate(_figures(study, objectives)):
        figure: Any = getattr(optuna.visualization, f"plot_{arguments.pop('kind')}")(study, **arguments)
        parts.append(f"<h2>{escape(name)}</h2>" + figure.to_html(full_html=False, include_plotlyjs=number == 0))
    body = "\n".join(parts) or "<p>Too few trials for figures.</p>"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f'<body style="font-family: sans-serif"><h1>{escape(title)}</h1>\n{body}\n</body></html>\n'
    )


def _figures(study: optuna.Study, objectives: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    many = len(objectives) > 1
    for number, objective in enumerate(objectives):
        if not varied(study, number):
            continue
        suffix = f"_{objective}" if many else ""
        aim: dict[str, Any] = {"target": target(number)} if many else {}
        named: dict[str, Any] = {**aim, "target_name": objective}
        yield f"history{suffix}", {"kind": "optimization_history", **named}
        evaluator = FanovaImportanceEvaluator(seed=0)
        yield f"importances{suffix}", {"kind": "param_importances", "evaluator": evaluator, **named}
        yield f"slice{suffix}", {"kind": "slice", **named}
        yield f"parallel_coordinates{suffix}", {"kind": "parallel_coordinate", **named}
    if 2 <= len(objectives) <= 3:
        yield "pareto", {"kind": "pareto_front", "target_names": list(objectives)}
