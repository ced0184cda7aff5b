"""Bring a tracking store up to date with a workspace: send what was kept, restore runs that the store does not know.

Each run is sent or restored once, however often this is done and by how many at once.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from filelock import FileLock

from hairline.errors import HairlineError
from hairline.io.hashing import content_hash
from hairline.tracking import above, client, closing, entries, names, origin
from hairline.tracking import store as run_store
from hairline.tracking.entries import Entry
from hairline.tracking.patience import Patience
from hairline.tracking.records import RunRecord, records
from hairline.tracking.unsent import Unsent, waiting

T = TypeVar("T")

RESTORED = "hairline.restored_from"
"""Tag of a restored run: the id of the run that it stands for, as run.json and the tags of later runs have it."""
SMALL_BYTES = 5_000_000
"""Outputs up to this size are logged again with a restored run."""
WAIT_S = 300.0
"""How long a server is waited for with each run or entry, so that a large network passes a slow line."""


@dataclass(frozen=True)
class Synced:
    """What was done.

    Attributes:
        sent: Run → number of entries that were kept and now sent; runs that are still open are left for later.
        restored: Old id → new id of runs that the store did not know.
        known: Number of runs that it knew.
        closed: Runs that MLflow called RUNNING although their process is gone.
    """

    sent: dict[str, int]
    restored: dict[str, str]
    known: int
    closed: list[closing.Closed]


def sync(root: Path, close: Sequence[str] = ()) -> Synced:
    """Bring the store of a workspace up to date: send, restore, close what nobody works at any more.

    Args:
        root: The workspace.
        close: Ids of further runs to close that MLflow calls RUNNING.

    Raises:
        HairlineError: If the store cannot be used; what was not sent stays kept.
    """
    uri, mlflow = run_store.store_uri(root), client.imported()
    with _alone(root), client.told("sync", uri):
        _patiently(uri, partial(_connect, mlflow, uri))
        kept = [Unsent(folder) for folder in waiting(root)]
        sent = dict(_send(mlflow, run_store.public_uri(uri), each) for each in kept if not each.busy())
        restored: dict[str, str] = {}
        known = 0
        for record in records(root):
            new = _patiently(uri, partial(_bring_back, mlflow, uri, root, record))
            restored |= {record.run_id: new} if new else {}
            known += new is None
        closed = _patiently(uri, partial(closing.close_gone, mlflow, root, run_store.name_of(root, uri)))
        closed += [closing.close(mlflow, root, run_id) for run_id in close]
    return Synced(sent, restored, known, closed)


def _patiently(uri: str, work: Callable[[], T]) -> T:
    """What work gives; a server is not waited for without end."""
    return Patience(WAIT_S).within(work) if run_store.remote(uri) else work()


def _connect(mlflow: ModuleType, uri: str) -> None:
    with client.connected(mlflow, uri):
        pass


def _bring_back(mlflow: ModuleType, uri: str, root: Path, record: RunRecord) -> str | None:
    """Restore a run unless the store knows it; its new id if so."""
    present = resolve(mlflow, record)
    whole = present is not None and not _half_restored(mlflow, record, present)
    run_id = present if present is not None and whole else _restore(mlflow, uri, root, record, present)
    _version(mlflow, root, run_id, record)
    return None if whole else run_id


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """One at a time in a workspace."""
    folder = root / "state"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / ".sync.lock"):
        yield


def _send(mlflow: ModuleType, place: str, kept: Unsent) -> tuple[str, int]:
    """Send what a run has kept, going on where an earlier try ended, and remove it once all of it has arrived."""
    run_id = kept.folder.name
    if kept.server != place:
        raise HairlineError(
            f"{kept.folder}: kept for the server {kept.server}, but the store is {place}; set MLFLOW_TRACKING_URI to "
            "that server, or delete the folder if what the run told is not wanted"
        )
    if not _known(mlflow, run_id):
        raise HairlineError(
            f"{kept.folder}: kept for a run that {place} does not have, or no more; delete the folder, then 'hairline "
            "sync' restores the run from its run.json where there is one"
        )
    if not above.there(mlflow.MlflowClient().get_run(run_id)):
        raise HairlineError(
            f"{kept.folder}: kept for run {run_id}, which was deleted at {place}; bring it back with "
            f"'{run_store.CHOICE}={place} mlflow runs restore --run-id {run_id}', or delete the folder"
        )
    for entry in kept.remaining():
        Patience(WAIT_S).within(partial(entries.send, mlflow, run_id, entry))
    shutil.rmtree(kept.folder)
    return run_id, len(kept)


def resolve(mlflow: ModuleType, record: RunRecord) -> str | None:
    """Id under which the store that MLflow points at knows a run: its own, or that of the one restored from it."""
    store = mlflow.MlflowClient()
    if _known(mlflow, record.run_id):
        return record.run_id
    experiment = store.get_experiment_by_name(record.experiment)
    if experiment is None:
        return None
    found = store.search_runs([experiment.experiment_id], f"tags.`{RESTORED}` = '{record.run_id}'", max_results=1)
    return str(found[0].info.run_id) if found else None


def _known(mlflow: ModuleType, run_id: str) -> bool:
    try:
        mlflow.MlflowClient().get_run(run_id)
    except mlflow.MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return False
    return True


def _half_restored(mlflow: ModuleType, record: RunRecord, present: str) -> bool:
    """Whether an earlier sync was killed while it restored a run."""
    return present != record.run_id and mlflow.MlflowClient().get_run(present).info.status == "RUNNING"


def _restore(mlflow: ModuleType, uri: str, root: Path, record: RunRecord, begun: str | None) -> str:
    """Make a run again from its run.json, with outputs that are small and as they were; curves are not among it.

    ``begun`` is the run that an earlier sync had begun to restore it as.
    """
    store, experiment = mlflow.MlflowClient(), client.experiment_id(mlflow, uri, record.experiment)
    made, group = {RESTORED: record.run_id, "stage": record.stage}, above.of(record.tags)
    if group is not None:
        made[above.PARENT] = above.restored(mlflow, experiment, group, _ms(record.started), _ms(record.ended))
    run_id = begun or str(store.create_run(experiment, _ms(record.started), made, run_name=record.name).info.run_id)
    told: list[Entry] = [entries.tags(dict(record.tags)), entries.params(dict(record.params))]
    told.append(entries.metrics([(name, value, _ms(record.ended), 0) for name, value in record.metrics.items()]))
    told += [entries.artifact(path, "") for path in _unchanged(root, record)]
    for entry in told:
        entries.send(mlflow, run_id, entry)
    store.set_terminated(run_id, "FINISHED", _ms(record.ended))
    return run_id


def _unchanged(root: Path, record: RunRecord) -> Iterator[Path]:
    """Outputs of a run that are small and hold what they held when it ended."""
    for name, digest in record.outputs.items():
        path = root / name
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        if files and sum(each.stat().st_size for each in files) <= SMALL_BYTES and content_hash(path) == digest:
            yield path


def _version(mlflow: ModuleType, root: Path, run_id: str, record: RunRecord) -> None:
    """Tag a run with the hashes of its outputs in dvc.lock, which there were none of while it ran."""
    found = origin.versions([Path(path) for path in record.outputs], origin.locked(root), "output")
    present: Any = mlflow.MlflowClient().get_run(run_id).data.tags
    missing = {name: value for name, value in found.items() if present.get(names.allowed_key(name)) != value}
    if missing:
        entries.send(mlflow, run_id, entries.tags(missing))


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
