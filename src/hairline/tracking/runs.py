"""An open run: what a stage tells goes to the store at once, or is kept on disk where a server is gone."""

import csv
import io
import logging
import math
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging.narrowing import narrowed
from hairline.io.hashing import content_hashes
from hairline.tracking import charts, client, costs, descriptions, entries, names, origin, store
from hairline.tracking.client import DeletedError, ServerGoneError
from hairline.tracking.entries import Entry
from hairline.tracking.open_runs import OpenRun
from hairline.tracking.patience import Patience
from hairline.tracking.records import RunRecord, flatten, now, write_record
from hairline.tracking.unsent import Unsent

NARROW = "narrow"
"""Where pictures of the description lie among the artifacts."""
CHILD = "trial"
"""The tag ``stage`` of a run inside another."""
PASSED_ON = ("experiment", "pipeline", *origin.NAMES, *origin.INHERITED)
"""Tags that a run inside another has of it."""


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

    def __init__(
        self, mlflow: ModuleType, record: RunRecord, uri: str, unsent: Unsent, patience: Patience, opened: OpenRun,
        above: str = "",
    ) -> None:  # fmt: skip
        """Wrap a run that the imported mlflow module has made.

        Args:
            mlflow: The module.
            record: What is known of the run so far.
            uri: Its store.
            unsent: Takes what a server is not there to take.
            patience: How long a server is waited for.
            opened: Tells others that this process lives.
            above: Id of the run above it; empty for none.
        """
        self._mlflow, self._record, self._uri, self._unsent = mlflow, record, uri, unsent
        self._patience, self._opened, self._above = patience, opened, above
        self._deleted = False
        self._pictures: list[tuple[str, bytes | None]] = []  # paths among the artifacts; narrow, where they are wide
        self._system = client.system_metrics(mlflow, record.run_id)

    @property
    def id(self) -> str:
        """MLflow's id of the run."""
        return self._record.run_id

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers, at a step of a curve where one is given, named as :mod:`hairline.tracking.charts` has it."""
        named, now = {charts.named(name): float(value) for name, value in values.items()}, _now_ms()
        self._remember(metrics=named)
        self._tell("log metrics", entries.metrics([(name, value, now, step or 0) for name, value in named.items()]))

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Log points of curves, numbers by name at a step each, in as few calls as the store takes."""
        now = _now_ms()
        found = [
            (charts.named(name), float(value), now, step) for step, values in points for name, value in values.items()
        ]
        if found:
            self._remember(metrics={name: value for name, value, _, _ in found})
            self._tell("log curves", entries.metrics(found))

    def headline(self, values: Mapping[str, float]) -> None:
        """Log the few numbers that an experiment is judged by, for the run above this one too."""
        self.metrics(values)
        if self._above:
            points = [(charts.named(name), float(value), _now_ms(), 0) for name, value in values.items()]
            self._tell("log metrics of the run above", entries.metrics(points, self._above))

    def table(self, name: str, values: Mapping[str, float]) -> None:
        """Log numbers as a table, which are no curves and too many for a chart each: ``NAME.csv``."""
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows([("name", "value"), *values.items()])
        self.text(f"{name}.csv", lines.getvalue())

    def figure(self, path: Path) -> None:
        """Log an image file among the run's figures."""
        self.artifact(path, "figures")
        small = narrowed(path.read_bytes(), descriptions.WIDTH_PX)
        new = (f"figures/{names.carried(path.name)}", small)
        self._pictures = [*self._pictures, new][-descriptions.PICTURES :]

    def drawing(self, name: str, png: bytes) -> None:
        """Log a picture that lies in no file, as the bytes of a PNG file, among the run's figures."""
        self._file(name, png, self.figure)

    def text(self, name: str, content: str) -> None:
        """Log a text that lies in no file; surrogates become the bytes that they stand for."""
        self._file(name, content.encode("utf-8", "surrogateescape"), self.artifact)

    def _file(self, name: str, content: bytes, log: Callable[[Path], None]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            log(path)

    def artifact(self, path: Path, folder: str = "") -> None:
        """Log a file, or a folder under its own name, inside a folder of the run's artifacts (empty: at the top)."""
        self._tell(f"log {path.name}", entries.artifact(path, folder))

    def tag(self, key: str, value: object) -> None:
        """Set a tag; long values are cut."""
        self.tags({key: str(value)})

    def model(
        self,
        folder: Path,
        name: str,
        loader: str,
        example: NDArray[np.uint8],
        answer: NDArray[np.float32],
        pip_requirements: Sequence[str],
        registered: str = "",
        params: Mapping[str, bool | float] = MappingProxyType({}),
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
            params: What may be asked besides the images, with what it is where nobody does.

        Raises:
            HairlineError: If the example has one image only, or the store does not take it.
        """
        if example.ndim != 4 or example.shape[0] < 2:
            raise HairlineError(f"model {name}: example of shape {example.shape}; expected [N, H, W, 3] with N > 1")
        tags = {name: self._record.tags[name] for name in origin.NAMES if name in self._record.tags}
        told = entries.model(folder, name, loader, example, answer, pip_requirements, registered, tags, params)
        self._tell(f"log model {name}", told)

    def children(self, children: Sequence[Child]) -> None:
        """Log runs inside this one, each in one batch."""
        now, known = _now_ms(), {tag: self._record.tags[tag] for tag in PASSED_ON if tag in self._record.tags}
        for each in children:
            tags = {"stage": CHILD, **known, **each.tags}
            values = {"params": dict(each.params), "metrics": dict(each.metrics), "tags": tags}
            self._tell("log the runs inside this one", entries.child(uuid.uuid4().hex, each.name, now, values))

    def finish(self, outputs: Sequence[Path]) -> None:
        """Take the content hashes of the stage's outputs, once they are in place, for the tags and run.json."""
        hashes = content_hashes(outputs)
        self.tags({f"output:{path}": value for path, value in hashes.items()})
        self._record = replace(self._record, outputs={**self._record.outputs, **hashes})

    def tags(self, tags: Mapping[str, str]) -> None:
        """Set several tags; long values are cut."""
        self._remember(tags=tags)
        self._tell("set tags", entries.tags(dict(tags)))

    def params(self, params: Mapping[str, object]) -> None:
        """Log nested parameters flat (``a.b.c``)."""
        flat = flatten(params)
        self._record = replace(self._record, params=flat)
        self._tell("log parameters", entries.params(flat))

    def datasets(self, hashes: Mapping[str, str]) -> None:
        """Log what the stage reads, path → hash of its content, as the run's data sets."""
        self._tell("log data sets", entries.datasets(hashes, self._record.stage))

    def _remember(self, metrics: Mapping[str, float] | None = None, tags: Mapping[str, str] | None = None) -> None:
        """Keep last values for run.json, from which a run can be brought back."""
        self._record = replace(
            self._record,
            metrics={**self._record.metrics, **_finite(metrics or {})},
            tags={**self._record.tags, **(tags or {})},
        )

    def _tell(self, action: str, entry: Entry) -> None:
        """Send an entry; from the first that its server is not there to take, keep them all.

        A run that somebody deletes in MLflow meanwhile is told nothing more: no work is lost for that.
        """
        if self._deleted:
            return
        if not len(self._unsent):
            if entry.path is not None and not entry.path.exists():
                raise HairlineError(f"{entry.path}: not found; expected a file or folder to {action}")
            if self._sent(action, lambda: entries.send(self._mlflow, self.id, entry)):
                return
        self._unsent.add(entry)

    def _sent(self, action: str, send: Callable[[], None]) -> bool:
        """Whether the store took something; where its server is gone, that is told."""
        try:
            with client.told(action, self._uri):
                self._patience.within(send) if store.remote(self._uri) else send()
        except ServerGoneError as error:
            logging.getLogger(__name__).warning(
                "%s. The work goes on: what this run tells is kept in %s, and 'hairline sync' sends it once the server "
                "answers", error, self._unsent.folder,
            )  # fmt: skip
            return False
        except DeletedError as error:
            self._deleted = True
            logging.getLogger(__name__).warning(
                "%s. The work goes on, and MLflow is told nothing more of this run, which was deleted there", error
            )
        return True

    def _end(self, status: str) -> None:
        """End the run, and its thread that logs system metrics."""
        ended = entries.end(status, _now_ms(), self._above)

        def end() -> None:
            self._system.finish()
            entries.send(self._mlflow, self.id, ended)

        if len(self._unsent) or not self._sent("end the run", end):
            self._unsent.add(ended)

    def succeed(self, path: Path) -> None:
        """End the run well: its costs, its description, its run.json at a path."""
        done = replace(self._record, ended=now(), peak_memory_mb=costs.peak_memory_mb())
        spent = {"cost/seconds": costs.seconds(done), "cost/peak_memory_mb": done.peak_memory_mb}
        self.metrics({name: value for name, value in spent.items() if value is not None})
        self._tell("describe the run", entries.tags(descriptions.tag(self._record, self._narrow())))
        self._end("FINISHED")
        self._opened.close(ended=True)
        write_record(path, replace(self._record, ended=done.ended, peak_memory_mb=done.peak_memory_mb))

    def _narrow(self) -> list[str]:
        """Paths of pictures for the description, which shows them as wide as they are: wide ones, made narrow."""
        for path, small in self._pictures:
            if small is not None:
                self._file(Path(path).name, small, lambda file: self.artifact(file, NARROW))
        return [path if small is None else f"{NARROW}/{Path(path).name}" for path, small in self._pictures]

    def fail(self, error: BaseException) -> None:
        """End the run as failed, with what was raised as a tag."""
        ended = False
        try:
            self.tags({"error": f"{type(error).__name__}: {error}"})
            self._end("FAILED")
            ended = True
        except (HairlineError, OSError) as second:  # the stage's own error is the one to raise
            if not isinstance(error, HairlineError | OSError):
                logging.getLogger(__name__).warning("%s", second)
        finally:
            if not store.remote(self._uri):
                self._system.finish()
            self._opened.close(ended)


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    """Those that JSON can hold."""
    return {name: value for name, value in values.items() if math.isfinite(value)}


def _now_ms() -> int:
    return int(time.time() * 1000)
