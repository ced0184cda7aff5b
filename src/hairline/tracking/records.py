"""Where things come from: flat parameters, and the run.json of a stage's tracked run."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from hairline.io.artefacts import read_json, repro, spoilt
from hairline.io.atomic import write_json
from hairline.io.options import shown
from hairline.io.reading import there


@dataclass(frozen=True)
class RunRecord:
    """What run.json says about the tracked run that made a stage's outputs.

    Attributes:
        run_id: MLflow's id of the run.
        experiment: Name of the MLflow experiment.
        stage: Kind of work, e.g. ``train``.
        name: Name of the run within its kind.
        git_commit: See :class:`hairline.tracking.git.GitFacts`.
        dirty: See there.
        inputs: Path as the stage was given it → content hash.
        outputs: Path as the stage was given it → content hash.
        upstream: Ids of the runs that made the inputs.
        started: UTC time, ISO 8601.
        ended: UTC time, ISO 8601.
        mlflow_uri: Tracking store that knows the run.
        peak_memory_mb: Most memory that one process of the stage held, in MiB; None where that is not known.
        params: Its parameters, flat.
        metrics: The last value of each of its numbers.
        tags: Its tags.
    """

    run_id: str
    experiment: str
    stage: str
    name: str
    git_commit: str
    dirty: bool | None
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    upstream: Sequence[str]
    started: str
    ended: str
    mlflow_uri: str
    peak_memory_mb: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def flatten(params: Mapping[str, object]) -> dict[str, str]:
    """Nested parameters as flat text: ``{"a": {"b": 1}}`` → ``{"a.b": "1"}``.

    Lists of plain values stay one entry, lists that hold mappings get one entry an index; numbers, booleans and None
    read as in JSON.
    """
    return dict(_leaves("", params))


def _leaves(prefix: str, value: object) -> Iterator[tuple[str, str]]:
    branches: Iterable[tuple[object, object]] = ()
    if isinstance(value, Mapping):
        branches = value.items()
    elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        branches = enumerate(value)
    empty = True
    for key, item in branches:
        empty = False
        yield from _leaves(f"{prefix}.{key}" if prefix else str(key), item)
    if empty and prefix:
        yield prefix, value if isinstance(value, str) else json.dumps(value, default=str)


def now() -> str:
    """The time, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def write_record(path: Path, record: RunRecord) -> None:
    """Write a run.json, whole or not at all."""
    write_json(path, asdict(record))


def read_record(path: Path) -> RunRecord | None:
    """Read what :func:`write_record` wrote; None where there is no such file.

    Raises:
        HairlineError: If the file is something else.
    """
    if not there(path):
        return None
    content = read_json(path, RunRecord, repro(_stage(path.stem)), "a run.json")
    record = RunRecord(**{each.name: content[each.name] for each in fields(RunRecord) if each.name in content})
    if (odd := _odd(record)) is not None:
        raise spoilt(path, f"holds {odd}", "a run.json", repro(_stage(path.stem)))
    return record


def _odd(record: RunRecord) -> str | None:
    """What no stage has written into a run.json; None where all is well."""
    if not re.fullmatch(r"[a-zA-Z0-9][\w\-]{0,255}", record.run_id):
        return f"a run_id that MLflow has not, {shown(record.run_id)}"
    if not record.experiment:
        return "no name of an experiment"
    for moment in (record.started, record.ended):
        try:
            datetime.fromisoformat(moment)
        except ValueError:
            return f"{shown(moment)} as a time"
    return None


def _stage(name: str) -> str:
    """The stage of dvc.yaml that writes a run.json, by the name of its file."""
    stages = {
        "evaluation-classifier-": "evaluate_classifier", "evaluation-": "evaluate_segmenter", "study-": "tune",
        "classifier-": "train_classifier", "segmenter-": "train_segmenter", "labels-": "label",
    }  # fmt: skip
    found = [(stage, name.removeprefix(start)) for start, stage in stages.items() if name.startswith(start)]
    return "@".join(found[0]) if found else "compare"


def records(root: Path) -> list[RunRecord]:
    """What the run.json files in the reports of a workspace say, of every experiment, by the time they started.

    Raises:
        HairlineError: If one of them is something else.
    """
    paths = [*root.glob("reports/*/runs/*.json"), *root.glob("reports/*/*-run.json")]
    found = [record for record in map(read_record, sorted(paths)) if record is not None]
    return sorted(found, key=lambda record: record.started)
