"""The store tracked runs go to, seen without MLflow: where it lies and whether it answers.

By default it is mlruns/mlflow.db of the workspace with the artifacts beside it; MLFLOW_TRACKING_URI selects another.
"""

import os
import re
import shlex
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import unquote

from filelock import FileLock

from hairline.errors import HairlineError
from hairline.tracking.patience import Patience

REACH_TIMEOUT_S = 10.0
CHOICE = "MLFLOW_TRACKING_URI"
SCHEMES = {"http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks", "databricks-uc", "uc"}


def store_uri(root: Path) -> str:
    """MLFLOW_TRACKING_URI where it is set, else the SQLite store in mlruns/ of a workspace.

    Raises:
        HairlineError: If MLFLOW_TRACKING_URI is a database in memory, whose runs end with each stage, or a folder.
    """
    chosen = os.environ.get(CHOICE, "").strip()
    if not chosen:
        return sqlite_uri(root / "mlruns" / "mlflow.db")
    scheme, separator, rest = chosen.partition("://")
    scheme = scheme.lower()
    if scheme == "file" or (not separator and not re.match(r"[\w+.\-]+:|(databricks|uc)$", chosen)):
        raise HairlineError(
            f"{CHOICE} is the folder {chosen!r}, in which MLflow keeps no runs any more; expected sqlite:///FILE or "
            f"http://SERVER: set it to one, or unset it for the store in mlruns/ of the workspace"
        )
    if scheme.partition(":")[0].partition("+")[0] not in _schemes():
        raise HairlineError(
            f"{CHOICE} is {public_uri(chosen)!r}, which begins as no store of MLflow does; expected http://SERVER:PORT "
            "or sqlite:///FILE: set it to one, without quotes, or unset it for the store in mlruns/ of the workspace"
        )
    chosen = f"{scheme}{separator}{rest}"
    if scheme.partition("+")[0] != "sqlite":
        return chosen
    path, query, _ = rest.removeprefix("/").partition("?")
    if path in ("", ":memory:"):
        raise HairlineError(
            f"{CHOICE} is {chosen!r}, a database in memory, whose runs are lost when a stage ends; expected "
            "sqlite:///FILE: set it so, or unset it for the store in mlruns/ of the workspace"
        )
    return chosen if query else sqlite_uri(root / unquote(path), chosen)


def _schemes() -> set[str]:
    """What the URI of a store may begin with, plugins of MLflow included."""
    return SCHEMES | {plugin.name for plugin in entry_points(group="mlflow.tracking_store")}


def sqlite_uri(path: Path, as_given: str = "") -> str:
    """The URI of an SQLite database, in which a ``%`` or ``?`` of its path is quoted.

    Args:
        path: The database.
        as_given: Returned in place of it where it means the same.
    """
    text = path.as_posix()
    if as_given and database(as_given) == path.resolve() and Path(unquote(as_given.partition(":///")[2])).is_absolute():
        return as_given
    if not re.search("[%?]", text):
        return f"sqlite:///{text}"
    quoted = text.replace("%", "%25").replace("?", "%3F")
    return f"sqlite+pysqlite:///{quoted}"  # at sqlite:/// MLflow would make a folder of the quoted name


def database(uri: str) -> Path | None:
    """The file of an SQLite store, None for another store."""
    scheme, separator, rest = uri.partition(":///")
    if not separator or scheme.partition("+")[0] != "sqlite":
        return None
    return Path(unquote(rest.partition("?")[0])).resolve()


def chosen(uri: str) -> str:
    """What to write before a command of MLflow's, so that it works at a store."""
    return f"{CHOICE}={shlex.quote(public_uri(uri))}"


def remote(uri: str) -> bool:
    """Whether a store is a server, which may be gone at times."""
    return uri.startswith(("http://", "https://"))


def public_uri(uri: str) -> str:
    """A store's URI without what may be a secret: user name and password, and all behind a ``?`` or ``#``.

    >>> public_uri("postgresql://me:a/b@host/runs?password=c"), public_uri("me:word@host:5000")
    ('postgresql://host/runs', 'host:5000')
    """
    if uri.startswith("sqlite"):
        return uri
    scheme, separator, rest = uri.partition("://") if "://" in uri else ("", "", uri)
    return scheme + separator + re.split("[?#]", rest.rpartition("@")[2])[0]  # a raw password may hold a ? too


def name_of(root: Path, uri: str) -> str:
    """What a store is called by a workspace: its own the same wherever it lies, another by its URI without password."""
    own = Path("mlruns", "mlflow.db")
    return own.as_posix() if database(uri) == (root / own).resolve() else public_uri(uri)


def artifacts_of(path: Path) -> Path:
    """The folder of the artifacts of all experiments of an SQLite store."""
    return path.parent / "artifacts"


def artifact_location(uri: str, experiment: str) -> str | None:
    """Folder beside an SQLite store for an experiment's artifacts, as a file URI; None where a server decides."""
    path = database(uri)
    if path is None:
        return None
    return (artifacts_of(path) / re.sub(r"[^\w.\-]", "_", experiment)).as_uri()


@contextmanager
def alone(uri: str) -> Iterator[None]:
    """Keep other processes of this machine from setting up the same SQLite store meanwhile; servers mind themselves.

    Raises:
        OSError: If the store does not answer: at once, where MLflow would retry for minutes before it gives up.
        sqlite3.Error: If the file is no SQLite database or stays locked.
    """
    path = database(uri)
    if path is None:
        _reach_server(uri)
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        _reach_database(path)
        yield


def _reach_database(path: Path) -> None:
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=REACH_TIMEOUT_S)) as connection:
        connection.execute("PRAGMA schema_version")  # SQLite takes back here what a killed process left half-written


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
        OSError: If the address is none, it has not answered by then, or refuses to (``urllib.error.HTTPError``).
    """

    def ask() -> str:
        with urllib.request.urlopen(f"{public_uri(uri).rstrip('/')}/health", timeout=timeout_s) as answer:
            return str(answer.read(100), "utf-8", "replace").strip()

    try:
        return Patience(timeout_s).within(ask)
    except (HTTPException, ValueError) as error:
        raise OSError(f"no answer in HTTP: {error!r}") from error
