import sqlite3
from contextlib import closing
from pathlib import Path

import mlflow_links


def test_addresses_of_experiments_with_runs_the_latest_first(tmp_path: Path) -> None:
    store = tmp_path / "mlflow.db"
    assert mlflow_links.links(store, "5000") == []
    store.touch()
    assert mlflow_links.links(store, "5000") == []
    with closing(sqlite3.connect(store)) as opened, opened:
        opened.execute("create table experiments (experiment_id integer, name text, lifecycle_stage text)")
    assert mlflow_links.links(store, "5000") == []  # half made
    with closing(sqlite3.connect(store)) as opened, opened:
        opened.execute("create table runs (experiment_id integer, start_time integer)")
        rows = [(0, "Default", "active"), (1, "walls", "active"), (2, "roads", "active"), (3, "gone", "deleted")]
        opened.executemany("insert into experiments values (?, ?, ?)", rows)
        opened.executemany("insert into runs values (?, ?)", [(1, 5), (2, 3), (1, 1), (3, 9)])
    mode = "runs?workflowType=machine_learning"
    assert mlflow_links.links(store, "8081") == [
        f"walls: http://127.0.0.1:8081/#/experiments/1/{mode}", f"roads: http://127.0.0.1:8081/#/experiments/2/{mode}",
    ]  # fmt: skip
