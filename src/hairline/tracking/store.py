"""The store tracked runs go to, seen without MLflow: where it lies, whether it answers, what its names may look like.

By default it is mlruns/mlflow.db of the workspace with the artifacts beside it; MLFLOW_TRACKING_URI selects another.
"""

import os
import posixpath
import re
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path

from filelock import FileLock

KEY_LENGTH, PARAM_LENGTH, TAG_LENGTH = 250, 6000, 8000  # MLflow's longest names and values
BATCH = 100  # it takes this many parameters or tags at a time
METRICS = 1000  # and this many metrics
REACH_TIMEOUT_S = 10.0


def store_uri(root: Path) -> str:
    """MLFLOW_TRACKING_URI where it is set, else the SQLite store in mlruns/ of a workspace."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(root / 'mlruns' / 'mlflow.db').as_posix()}"


def remote(uri: str) -> bool:
    """Whether a store is a server, which may be gone at times."""
    return uri.startswith(("http://", "https://"))


def public_uri(uri: str) -> str:
    """A store's URI without the user name and password that may stand in it."""
    return uri if uri.startswith("sqlite:") else re.sub(r"//[^/]*@", "//", uri)


def artifact_location(uri: str, experiment: str) -> str | None:
    """Folder beside an SQLite store for an experiment's artifacts, as a file URI; None where a server decides."""
    database = _database(uri)
    if database is None:
        return None
    return (database.parent / "artifacts" / re.sub(r"[^\w.\-]", "_", experiment)).as_uri()


@contextmanager
def alone(uri: str) -> Iterator[None]:
    """Keep other processes of this machine from setting up the same SQLite store meanwhile; servers mind themselves.

    Raises:
        OSError: If the store does not answer: at once, where MLflow would retry for minutes before it gives up.
        sqlite3.Error: If the file is no SQLite database or stays locked.
    """
    database = _database(uri)
    if database is None:
        _reach_server(uri)
        yield
        return
    database.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(database.with_name(f".{database.name}.lock")):
        _reach_database(database)
        yield


def _database(uri: str) -> Path | None:
    return Path(uri.removeprefix("sqlite:///")).resolve() if uri.startswith("sqlite:///") else None


def _reach_database(database: Path) -> None:
    connection = sqlite3.connect(database, timeout=REACH_TIMEOUT_S)
    try:
        connection.execute("PRAGMA schema_version")
    finally:
        connection.close()


def _reach_server(uri: str) -> None:
    if not remote(uri):
        return
    try:
        server_health(uri, REACH_TIMEOUT_S)
    except urllib.error.HTTPError:  # it answers: what it refuses is for MLflow to tell
        return


def server_health(uri: str, timeout_s: float) -> str:
    """What a tracking server says of itself: ``OK`` where it is MLflow's. The user's name and password stay here.

    Raises:
        OSError: If the address is none, it does not answer in time, or refuses to (``urllib.error.HTTPError``).
    """
    try:
        with urllib.request.urlopen(f"{public_uri(uri).rstrip('/')}/health", timeout=timeout_s) as answer:
            return str(answer.read(100), "utf-8", "replace").strip()
    except HTTPException as error:
        raise OSError(f"no answer in HTTP: {error!r}") from error


def allowed_key(name: str) -> str:
    """A name MLflow takes: letters, digits, ``_ - . : /`` and space, no longer than 250."""
    allowed = posixpath.normpath(re.sub(r"[^\w\-. :/]", "_", name))
    if len(allowed) <= KEY_LENGTH:
        return allowed
    return f"{allowed[: KEY_LENGTH - 9]}_{sha256(name.encode()).hexdigest()[:8]}"


def allowed_batches(values: Mapping[str, str], length: int) -> Iterator[dict[str, str]]:
    """Values under allowed names, longer ones cut with an ellipsis, in portions MLflow takes."""
    items = [(allowed_key(name), _cut(value, length)) for name, value in values.items()]
    return (dict(items[start : start + BATCH]) for start in range(0, len(items), BATCH))


def _cut(value: str, length: int) -> str:
    return value if len(value) <= length else value[: length - 1] + "…"
