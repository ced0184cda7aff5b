"""The file best.json of a study, read back."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from annotated_types import MinLen

from hairline.io.artefacts import read_json, repro, spoilt


@dataclass
class _Own:
    """Objective → its value, of the label set's own options."""

    tuning: dict[str, float]
    held_out: dict[str, float]


@dataclass
class _Gain:
    """On held-out images, with its interval where there is one."""

    gain: float
    gain_low: float | None = None
    gain_high: float | None = None


@dataclass
class _One:
    """One of the best trials."""

    slot: int
    changes: dict[str, Any]
    tuning: dict[str, float]
    held_out: dict[str, float]
    gain: dict[str, _Gain]


@dataclass
class _Best:
    """The file."""

    study: str
    label_set: str
    objective: list[str]
    experimental: dict[str, str]
    options: dict[str, Any]
    trials: int
    pruned: int
    tuning_images: int
    held_out_images: int
    held_out_masks: int
    own: _Own
    best: Annotated[list[_One], MinLen(1)]


def read(path: Path, stage: str) -> dict[str, Any]:
    """What a study found, as :func:`hairline.tuning.outcome.outcome` told it.

    Args:
        path: The file.
        stage: The stage of dvc.yaml that writes it.

    Raises:
        HairlineError: If the file holds something else.
    """
    told = read_json(path, _Best, repro(stage))
    measured = [set(each["gain"]) - set(each["held_out"]) | set(each["gain"]) - set(told["own"]["held_out"])
                for each in told["best"]]  # fmt: skip
    if any(measured) or not told["objective"]:
        raise spoilt(path, "tells a gain without the scores behind it", "what a study found", repro(stage))
    return dict(told)
