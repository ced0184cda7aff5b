"""The addresses at which MLflow opens the experiments of this workspace on their runs, for `make ui`.

    python tools/mlflow_links.py 5000

MLflow 3 has two sides, for language models and for trainings, and begins on the first; the address says which.
"""

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from hairline.io import terminal

STORE = Path("mlruns", "mlflow.db")
QUERY = """select experiments.name, experiments.experiment_id from experiments join runs using (experiment_id)
where experiments.lifecycle_stage = 'active' group by experiment_id order by max(runs.start_time) desc"""


def links(store: Path, port: str) -> list[str]:
    """A line an experiment that has runs, the latest first: its name and address; none of a store that is half made."""
    if not store.is_file() or not store.stat().st_size:
        return []
    with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True)) as opened:
        tables = {name for (name,) in opened.execute("select name from sqlite_master where type = 'table'")}
        found = opened.execute(QUERY).fetchall() if {"experiments", "runs"} <= tables else []
    return [
        f"{name}: http://127.0.0.1:{port}/#/experiments/{number}/runs?workflowType=machine_learning"
        for name, number in found
    ]


def main(argv: Sequence[str]) -> None:
    """Tell the addresses."""
    told = links(STORE, argv[0])
    print("\n".join(told) if told else f"{STORE} has no runs yet: 'dvc repro' makes them")


if __name__ == "__main__":
    with terminal.as_long_as_read():
        main(sys.argv[1:])
