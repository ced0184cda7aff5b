"""An open run: what a stage tells goes to the store at once, or is kept on disk where a server is gone."""

import logging
import math
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from hairline import costs, run_store
from hairline.errors import HairlineError
from hairline.lineage import RunRecord, content_hashes, flatten, git_facts, read_record, workspace_root, write_record
from hairline.tracking import client, descriptions, entries, origin
from hairline.tracking.client import ServerGoneError
from hairline.tracking.entries import Entry
from hairline.tracking.unsent import FOLDER, Unsent


@dataclass(frozen=True)
class Child:
    """A run inside another, such as one trial of a study, once it is over.

    Attributes:
        name: Name of the run.
        params: Its parameters.
        metrics: Its numbers.
        tags: Further tags.
    """

    name: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


class Run:
    """An open MLflow run; made by :func:`run`."""

    def __init__(self, mlflow: ModuleType, record: RunRecord, uri: str, unsent: Unsent) -> None:
        """Wrap the active run of the imported mlflow module; ``unsent`` takes what a server is not there to take."""
        self._mlflow, self._record, self._uri, self._unsent = mlflow, record, uri, unsent
        self._pictures: list[str] = []

    @property
    def id(self) -> str:
        """MLflow's id of the run."""
        return self._record.run_id

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers, at a step of a curve where one is given."""
        named, now = {name: float(value) for name, value in values.items()}, _now_ms()
        self._remember(metrics=named)
        self._tell("log metrics", entries.metrics([(name, value, now, step or 0) for name, value in named.items()]))

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Log points of curves, numbers by name at a step each, in as few calls as the store takes."""
        now = _now_ms()
        found = [(name, float(value), now, step) for step, values in points for name, value in values.items()]
        if found:
            self._remember(metrics={name: value for name, value, _, _ in found})
            self._tell("log curves", entries.metrics(found))

    def figure(self, path: Path) -> None:
        """Log an image file among the run's figures."""
        self._pictures.append(f"figures/{path.name}")
        self.artifact(path, "figures")

    def drawing(self, name: str, png: bytes) -> None:
        """Log a picture that lies in no file, as the bytes of a PNG file, among the run's figures."""
        self._file(name, png, self.figure)

    def text(self, name: str, content: str) -> None:
        """Log a text that lies in no file."""
        self._file(name, content.encode(), self.artifact)

    def _file(self, name: str, content: bytes, log: Callable[[Path], None]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            log(path)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Log a file, or a folder under its own name, inside a folder of the run's artifacts (empty: at the top)."""
        self._tell(f"log {path}", entries.artifact(path, folder))

    def tag(self, key: str, value: object) -> None:
        """Set a tag; long values are cut."""
        self._tags({key: str(value)})

    def model(
        self,
        folder: Path,
        name: str,
        loader: str,
        example: NDArray[np.uint8],
        answer: NDArray[np.float32],
        pip_requirements: Sequence[str],
        registered: str = "",
    ) -> None:
        """Log a network as its files and the code that reads them (no pickle), as a pyfunc.

        Args:
            folder: The network's files.
            name: Name of the logged model.
            loader: Module whose ``_load_pyfunc`` takes the folder's path; its whole package goes along.
            example: Images, uint8 [N, height, width, 3], N > 1; number, height and width are free in the signature.
            answer: What it says to the example: scores float32 [N, height, width], or probabilities float32 [N].
            pip_requirements: What loading it needs, e.g. ``["torch==2.11.0", "numpy"]``; local versions (``+cu130``),
                which no index serves, are cut off.
            registered: Name in the model registry, of which this becomes a new version; empty leaves it out.

        Raises:
            HairlineError: If the example has one image only, or the store does not take it.
        """
        if example.ndim != 4 or example.shape[0] < 2:
            raise HairlineError(f"model {name}: example of shape {example.shape}; expected [N, H, W, 3] with N > 1")
        tags = {name: self._record.tags[name] for name in origin.NAMES if name in self._record.tags}
        told = entries.model(folder, name, loader, example, answer, pip_requirements, registered, tags)
        self._tell(f"log model {name}", told)

    def children(self, children: Sequence[Child]) -> None:
        """Log runs inside this one, each in one batch."""
        now = _now_ms()
        for each in children:
            values = {"params": dict(each.params), "metrics": dict(each.metrics), "tags": dict(each.tags)}
            self._tell("log the runs inside this one", entries.child(uuid.uuid4().hex, each.name, now, values))

    def finish(self, outputs: Sequence[Path]) -> None:
        """Take the content hashes of the stage's outputs, once they are in place, for the tags and run.json."""
        hashes = content_hashes(outputs)
        self._tags({f"output:{path}": value for path, value in hashes.items()})
        self._record = replace(self._record, outputs={**self._record.outputs, **hashes})

    def _tags(self, tags: Mapping[str, str]) -> None:
        self._remember(tags=tags)
        self._tell("set tags", entries.tags(dict(tags)))

    def _params(self, params: Mapping[str, object]) -> None:
        flat = flatten(params)
        self._record = replace(self._record, params=flat)
        self._tell("log parameters", entries.params(flat))

    def _remember(self, metrics: Mapping[str, float] | None = None, tags: Mapping[str, str] | None = None) -> None:
        """Keep last values for run.json, from which a run can be brought back."""
        self._record = replace(
            self._record,
            metrics={**self._record.metrics, **_finite(metrics or {})},
            tags={**self._record.tags, **(tags or {})},
        )

    def _tell(self, action: str, entry: Entry) -> None:
        """Send an entry; from the first that its server is not there to take, keep them all."""
        if not len(self._unsent):
            try:
                with client.told(action, self._uri):
                    entries.send(self._mlflow, self.id, entry)
                return
            except ServerGoneError as error:
                self._warn(error)
        self._unsent.add(entry)

    def _warn(self, error: ServerGoneError) -> None:
        logging.getLogger(__name__).warning(
            "%s\nThe work goes on. What this run tells is kept in %s; when the server is back: hairline sync",
            error, self._unsent.folder,
        )  # fmt: skip

    def _end(self, status: str) -> None:
        """End the run, and its thread that logs system metrics."""
        gone = bool(len(self._unsent))
        try:
            with client.told("end the run", self._uri):
                self._mlflow.end_run(status)
        except ServerGoneError as error:
            if not gone:
                self._warn(error)
            gone = True
        if gone:
            self._unsent.add(entries.end(status, _now_ms()))

    def _succeed(self, path: Path) -> None:
        done = replace(self._record, ended=_now(), peak_memory_mb=costs.peak_memory_mb())
        spent = {"cost/seconds": costs.seconds(done), "cost/peak_memory_mb": done.peak_memory_mb}
        self.metrics({name: value for name, value in spent.items() if value is not None})
        self._tell("describe the run", entries.tags(descriptions.tag(self._record, self._pictures)))
        self._end("FINISHED")
        write_record(path, replace(self._record, ended=done.ended, peak_memory_mb=done.peak_memory_mb))

    def _fail(self, error: BaseException) -> None:
        try:
            self._tags({"error": f"{type(error).__name__}: {error}"})
            self._end("FAILED")
        except HairlineError as second:  # the stage's own error is the one to raise
            logging.getLogger(__name__).warning("%s", second)


@contextmanager
def run(
    stage: str,
    name: str,
    experiment: str,
    params: Mapping[str, object],
    inputs: Sequence[Path],
    tags: Mapping[str, str],
    upstream: Sequence[Path],
    record: Path,
) -> Iterator[Run]:
    """Open an MLflow run for the block; ended FINISHED with a run.json, or FAILED without one where the block raises.

    Args:
        stage: Kind of work, e.g. ``train``.
        name: Name of the run within its kind.
        experiment: MLflow experiment; made where it does not exist.
        params: Nested parameters, logged flat (``a.b.c``).
        inputs: Files and folders the stage reads; their content hashes become tags.
        tags: Further tags.
        upstream: The run.json files of the stages that made the inputs; those that do not exist are passed over.
        record: Where to write this run's run.json; an older file there is removed first.

    Raises:
        HairlineError: If an input is missing or the tracking store cannot be used. A server that is gone later on is
            none: what the run tells is kept, with a warning, until ``hairline sync``.
    """
    record.unlink(missing_ok=True)
    root, git, hashes = workspace_root(Path.cwd()), git_facts(Path.cwd()), content_hashes(inputs)
    parents = [parent.run_id for parent in map(read_record, upstream) if parent is not None]
    uri, mlflow = run_store.store_uri(root), client.imported()
    run_id = _open(mlflow, uri, root, experiment, name)
    place = run_store.public_uri(uri)
    facts = RunRecord(run_id, experiment, stage, name, git.commit, git.dirty, hashes, {}, parents, _now(), "", place)
    opened = Run(mlflow, facts, uri, Unsent(root / FOLDER / run_id))
    try:
        found = origin.versions(inputs, origin.locked(Path.cwd()), "input")
        opened._tags(_facts(facts) | origin.facts(params) | found | dict(tags))
        opened._params(params)
        if git.dirty and (diff := origin.code_diff(Path.cwd())):
            opened.text("code.diff", diff)
        yield opened
    except BaseException as error:
        opened._fail(error)
        raise
    opened._succeed(record)


def _open(mlflow: ModuleType, uri: str, root: Path, experiment: str, name: str) -> str:
    """Open a run at the store; its id."""
    with client.told("open a run", uri):
        experiment_id = client.experiment_id(mlflow, uri, experiment)
        opened = mlflow.start_run(experiment_id=experiment_id, run_name=name, log_system_metrics=True)
    return str(opened.info.run_id)


def _facts(record: RunRecord) -> dict[str, str]:
    return {
        "stage": record.stage,
        "git_commit": record.git_commit,
        "git_dirty": str(record.dirty).lower(),
        **({"upstream": ",".join(record.upstream)} if record.upstream else {}),
        **{f"input:{path}": value for path, value in record.inputs.items()},
    }


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    """Those that JSON can hold."""
    return {name: value for name, value in values.items() if math.isfinite(value)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _now_ms() -> int:
    return int(time.time() * 1000)
