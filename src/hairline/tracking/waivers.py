"""Accepted findings of data gates, as a run tells of them."""

import json
from collections.abc import Iterable
from pathlib import Path


def waived(verdicts: Iterable[Path]) -> str:
    """The waivers of verdict files, a line each, ``none`` where there are none: for the tag of a tracked run."""
    told = [waiver for path in verdicts for waiver in json.loads(path.read_text(encoding="utf-8"))["waivers"]]
    return "\n".join(f"{w['gate']} {w['subject']} {w['rule']} {w['sample']}: {w['reason']}" for w in told) or "none"
