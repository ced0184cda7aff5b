"""Files of ``results/``: the scores of a run, and the command, commit, machine and data that they come from."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hairline.config.parameter_files import read as read_parameters
from hairline.errors import HairlineError
from hairline.io.atomic import whole_file
from hairline.tracking.lineage import locked

Record = dict[str, Any]
WHERE_FROM = ("command", "commit", "seed", "machine", "data")
"""What a record says besides its results; null where it was not kept when the run was made."""


def read(folder: Path) -> dict[str, Record]:
    """Run → its record, of every file of a folder.

    Raises:
        HairlineError: If a file is not such a record.
    """
    found = {}
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(record, dict) or {*WHERE_FROM, "results"} - set(record):
            wanted = ", ".join((*WHERE_FROM, "results"))
            raise HairlineError(f"{path}: is no record of a run; expected {wanted}; take the run in again")
        found[path.stem] = record
    return found


def origin(run: str, before: Mapping[str, Any] | None, source: Path) -> Record:
    """Where the numbers of a run come from: a comparison says it anew, the signs of a ledger leave it as it was."""
    anew = before is None or source.suffix == ".csv"
    return where_from(run, source) if anew else {name: before[name] for name in WHERE_FROM}


def write(path: Path, told: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a record, whole or not at all, making its folder."""
    with whole_file(path) as partial:
        partial.write_text(text(told, rows), encoding="utf-8")


def text(told: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """A record as JSON, a line a result, so that a change is seen in a diff."""
    head = "".join(f"  {json.dumps(name)}: {json.dumps(told[name], ensure_ascii=False)},\n" for name in WHERE_FROM)
    lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
    return f'{{\n{head}  "results": [\n{lines}\n  ]\n}}\n'


def where_from(run: str, comparison: Path) -> Record:
    """Command, commit, seed, machine and hashes of the data of the workspace that a comparison lies in."""
    root = next((each for each in comparison.resolve().parents if (each / "dvc.lock").is_file()), None)
    if root is None:
        return {**dict.fromkeys(WHERE_FROM), "command": f"hairline profile {run} && dvc repro"}
    values = read_parameters(root / "params.yaml")
    stages = locked(root / "dvc.lock")
    ingested = {name.partition("@")[2]: stage for name, stage in stages.items() if name.startswith("ingest@")}
    return {
        "command": f"hairline profile {run} && dvc repro",
        "commit": _commit(root),
        "seed": values["runtime"]["seed"],
        "machine": machine(),
        "data": {name: dict(stage.outs) for name, stage in ingested.items()},
    }


def _commit(root: Path) -> str | None:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True)
    return done.stdout.strip() or None


def machine() -> str:
    """The processor, its cores and the system, in words."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores, {platform.system()}"
