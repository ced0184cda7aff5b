"""Where things come from: git facts, flat parameters, and the run.json of a stage's tracked run."""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from hairline.io.artefacts import read_json, repro
from hairline.io.atomic import write_json
from hairline.io.reading import there

NO_COMMIT = "none"


@dataclass(frozen=True)
class GitFacts:
    """State of the code at one moment.

    Attributes:
        commit: Full hash of HEAD; ``none`` outside git or before the first commit.
        dirty: Whether anything differs from HEAD, untracked files included and dvc.lock files left out (DVC rewrites
            them between the stages of one pipeline run).
    """

    commit: str
    dirty: bool


@dataclass(frozen=True)
class RunRecord:
    """What run.json says about the tracked run that made a stage's outputs.

    Attributes:
        run_id: MLflow's id of the run.
        experiment: Name of the MLflow experiment.
        stage: Kind of work, e.g. ``train``.
        name: Name of the run within its kind.
        git_commit: See :class:`GitFacts`.
        dirty: See :class:`GitFacts`.
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
    dirty: bool
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


def git_facts(folder: Path) -> GitFacts:
    """Commit and dirtiness of the git repository around a folder; commit ``none`` where there is none."""
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD") or NO_COMMIT
    changes = _git(folder, "status", "--porcelain", "--", ":/", ":(top,exclude,glob)**/dvc.lock")
    return GitFacts(commit, bool(changes))


def _git(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}  # status must not hold git's index: stages run side by side
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, env=environment)
    except FileNotFoundError:  # no git on this machine
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


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
    return RunRecord(**{each.name: content[each.name] for each in fields(RunRecord) if each.name in content})


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
