"""Where an SQLite store says that its artifacts lie: beside it, also once the workspace was copied or moved.

MLflow keeps whole paths: a copy of a workspace would write its artifacts into the original.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from hairline.tracking import store

COLUMNS = (
    ("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location"),
    ("model_versions", "source"), ("model_versions", "storage_location"),
)  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """Places of a store from when it lay elsewhere.

    Attributes:
        before: The folders where its artifacts lay.
        runs: Number of runs whose artifacts are looked for there.
    """

    before: tuple[str, ...]
    runs: int


def moved(path: Path) -> Moved | None:
    """What a database remembers of another place; None where it does not."""
    found = _elsewhere(path)
    if not found:
        return None
    before = {str(_local(old)) for _, _, _, old in found}
    return Moved(tuple(sorted(before)), sum(table == "runs" for table, _, _, _ in found))


def mend(path: Path) -> Moved | None:
    """Have a database look for its artifacts beside it; what it remembered, None where all is well.

    Artifacts that did not come along but still lie where they were made are left there.
    """
    before, here = moved(path), _home(path)
    if before is None:
        return None
    with closing(sqlite3.connect(path, timeout=store.REACH_TIMEOUT_S)) as opened, opened:
        for table, column, row, old in _elsewhere(path):
            opened.execute(
                f"update {table} set {column} = ? || substr({column}, ?) where rowid = ?", (here, len(old) + 1, row)
            )
    return before


def _home(path: Path) -> str:
    return store.artifacts_of(path).as_uri()


def _elsewhere(path: Path) -> list[tuple[str, str, int, str]]:
    """Table, column and row of every place in another home that is this database's, and that home."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=store.REACH_TIMEOUT_S)) as opened:
        known = opened.execute("select name, artifact_location from experiments").fetchall()
        homes = _other_homes(path, [place for name, place in known if _ours(path, name, place)])
        return [
            (table, column, row, old)
            for old in homes
            for table, column in COLUMNS
            for row, place in opened.execute(
                f"select rowid, {column} from {table} where substr({column}, 1, ?) = ?", (len(old) + 1, f"{old}/")
            )
            if table == "experiments" or _here(place, old, _home(path))
        ]


def _ours(path: Path, experiment: str, place: str | None) -> bool:
    """Whether a place is one that hairline gives an experiment's artifacts, wherever the database lay; not a user's."""
    given = store.artifact_location(store.sqlite_uri(path), experiment)
    assert given is not None
    tails = (given.rpartition("/artifacts/")[2], "0")  # MLflow's own experiment, Default
    return place is not None and place.startswith("file://") and place.rpartition("/artifacts/")[2] in tails


def _other_homes(path: Path, places: list[str]) -> set[str]:
    found = {place.rpartition("/artifacts/")[0] for place in places}
    same = path.parent.name
    homes = {f"{home}/artifacts" for home in found if home and (_local(home).name == same or not _local(home).exists())}
    return homes - {_home(path)}


def _here(place: str, old: str, here: str) -> bool:
    """Whether an artifact of a place in an old home is one to look for here."""
    return _local(here + place.removeprefix(old)).exists() or not _local(place).exists()


def _local(uri: str) -> Path:
    return Path(unquote(urlparse(uri).path))
