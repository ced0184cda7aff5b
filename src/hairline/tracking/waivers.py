"""Accepted findings of data gates, as a run tells of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hairline.io.artefacts import read_json

GATES = "'dvc repro validate validate_patches validate_labels' (with -f, should DVC find nothing changed)"


@dataclass
class _Verdict:
    waivers: list[dict[str, str]]


def waived(verdicts: Iterable[Path]) -> str:
    """The waivers of verdict files, a line each, ``none`` where there are none: for the tag of a tracked run."""
    told = [waiver for path in verdicts for waiver in read_json(path, _Verdict, GATES)["waivers"]]
    return "\n".join(f"{w['gate']} {w['subject']} {w['rule']} {w['sample']}: {w['reason']}" for w in told) or "none"
