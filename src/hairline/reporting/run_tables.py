"""Tables of a report about how its numbers came about: runs with their data, commit and cost; studies; versions."""

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from hairline.data.seen import Seen
from hairline.reporting import seen_signs
from hairline.reporting.formatting import ABSENT, bracketed
from hairline.tracking import costs, git
from hairline.tracking.environment import PACKAGES, installed
from hairline.tracking.records import RunRecord

FEW = "too few photos to tell"
SHORT = 12
"""Digits of a hash that are shown."""


LOCAL = "http://127.0.0.1:5000"
"""Where `make ui` shows the runs of this workspace."""
OPENED = (
    f"An id opens its run in MLflow: at the server that has it, else at {LOCAL}, where 'make ui' shows this workspace; "
    "'Copy' takes address and id along."
)


@dataclass(frozen=True)
class Link:
    """A cell that is a link: what it says, and where it leads."""

    text: str
    address: str

    def __str__(self) -> str:
        """What it says."""
        return self.text


def runs(records: Iterable[RunRecord]) -> pd.DataFrame:
    """A row a run: what it read and made, the commit of its code, its id in MLflow, time and memory; cells of text."""
    return pd.DataFrame([_run(record) for record in records])


def anchor(record: RunRecord) -> str:
    """What the row of a run is called on the page, to be linked to."""
    return f"run-{record.run_id}"


def address(record: RunRecord) -> str:
    """Where MLflow shows a run, without a name or password that the tracking store's address may hold.

    >>> address(RunRecord("f00", "", "", "", "", None, {}, {}, [], "", "", "https://me:key@runs.org/mlflow/"))
    'https://runs.org/mlflow/#/runs/f00'
    """
    parts = urlsplit(record.mlflow_uri)
    served = parts.scheme in ("http", "https")
    server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}" if served else LOCAL
    return f"{server}/#/runs/{record.run_id}"


def _run(record: RunRecord) -> dict[str, str | Link]:
    return {
        "Run": record.name,
        "Stage": record.stage,
        "Seconds": f"{costs.seconds(record):.0f}",
        "Memory (MiB)": ABSENT if record.peak_memory_mb is None else f"{record.peak_memory_mb:,}",
        "Started": record.started,
        "Commit": git.words(record.git_commit, record.dirty, SHORT),
        "MLflow run": Link(record.run_id, address(record)),
        "Read": _hashes(record.inputs),
        "Made": _hashes(record.outputs),
    }


def _hashes(found: Mapping[str, str]) -> str:
    return "; ".join(f"{path} {digest[:SHORT]}" for path, digest in found.items()) or ABSENT


def spent(records: Iterable[RunRecord]) -> str:
    """Time of all runs together and the most memory of one, in words."""
    found = list(records)
    total = timedelta(seconds=sum(costs.seconds(record) for record in found))
    known = [record.peak_memory_mb for record in found if record.peak_memory_mb is not None]
    memory = f"; most memory of one process {max(known):,} MiB" if known else ""
    return f"{len(found)} runs took {total} (h:mm:ss) of wall time together{memory}."


def studies(told: Iterable[Mapping[str, Any]], seen: Mapping[str, Seen]) -> pd.DataFrame:
    """A row a study and metric: the label set's own options against the best found, on images held out; text.

    Args:
        told: What best.json of each study holds.
        seen: What the best labels of each study have seen of the images held out, by the study's name.
    """
    return pd.DataFrame([line for study in told for line in _study(study, seen.get(study["study"]))])


def _study(told: Mapping[str, Any], seen: Seen | None) -> Iterator[dict[str, str]]:
    best = told["best"][0]
    changes = ", ".join(f"{name} {value}" for name, value in best["changes"].items()) or "none"
    for metric, gain in best["gain"].items():
        interval = (gain.get("gain_low", float("nan")), gain.get("gain_high", float("nan")))
        yield {
            "Study": told["study"],
            "Sought": ", ".join(told["objective"]),
            "Trials": str(told["trials"]),
            "Tuning images": str(told["tuning_images"]),
            "Held-out images": str(told["held_out_images"]),
            "Seen": seen_signs.of(seen),
            "Metric": metric,
            "Own options": f"{told['own']['held_out'][metric]:.3f}",
            "Best found": f"{best['held_out'][metric]:.3f}",
            "Gain": bracketed(gain["gain"], *interval, "+.3f") + ("" if "gain_low" in gain else f", {FEW}"),
            "Changes": changes,
        }


def environment() -> dict[str, str]:
    """Python, system, processor cores, memory and the versions of the packages that numbers depend on."""
    packages = {name: installed(name) for name in PACKAGES}
    return {
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        **{name: found for name, found in packages.items() if found},
    }
