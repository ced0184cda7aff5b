"""A stage that stops, such as a gate, which has no run of its own: the run above those of its `dvc repro` says so."""

import logging
from pathlib import Path
from types import ModuleType

from hairline.errors import HairlineError
from hairline.io.hashing import workspace_root
from hairline.tracking import above, client, origin, store
from hairline.tracking.patience import Patience

WAIT_S = 10.0


def tell(error: str) -> None:
    """Fail the run above the runs of this `dvc repro` or `dvc exp run`, unless it failed before; none is made.

    What goes wrong with that is a warning, since the stage's own error is what counts.

    Args:
        error: Why the stage stops, one line or more.
    """
    group = above.of(origin.facts({}))
    if group is None:
        return
    try:
        root = workspace_root(Path.cwd())
        uri = store.store_uri(root)
        path = store.database(uri)
        if path is None or path.exists():
            _fail(client.imported(), uri, group, error)
    except HairlineError as problem:
        logging.getLogger(__name__).warning(
            "the run of this pipeline in MLflow does not say that it failed: %s", problem
        )


def _fail(mlflow: ModuleType, uri: str, group: above.Above, error: str) -> None:
    def fail() -> None:
        with client.connected(mlflow, uri):
            above.fail(mlflow, group, f"{group.by}: {client.short(Exception(error))}")

    with client.told("fail a run", uri):
        Patience(WAIT_S).within(fail) if store.remote(uri) else fail()
