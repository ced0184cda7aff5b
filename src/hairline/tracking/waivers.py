"""Accepted findings of data gates, as a run tells of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hairline.io.artefacts import read_json, repro


@dataclass
class _Verdict:
    waivers: list[dict[str, str]]


def maker(verdict: Path) -> str:
    """The command that makes a verdict, or the findings beside it, by its path.

    >>> maker(Path("data/mine/gates/samples/walls/verdict.json"))
    "'dvc repro validate@walls' (or 'dvc repro -f -s validate@walls', should DVC find nothing changed)"
    """
    kind, name = verdict.parts[-3:-1]
    stages = {"samples": "validate", "patches": "validate_patches"}
    return repro(f"{stages[kind]}@{name}" if kind in stages else f"validate_labels@{name}-{kind}")


def waived(verdicts: Iterable[Path]) -> str:
    """The waivers of verdict files, a line each, ``none`` where there are none: for the tag of a tracked run."""
    told = [waiver for path in verdicts for waiver in read_json(path, _Verdict, maker(path))["waivers"]]
    return "\n".join(f"{w['gate']} {w['subject']} {w['rule']} {w['sample']}: {w['reason']}" for w in told) or "none"
