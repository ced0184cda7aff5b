"""From a number or a file back to raw data, by dvc.lock: stages, hashes, runs, parameters, and what changed since."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.errors import HairlineError
from hairline.tracking import dvc_lock
from hairline.tracking.lineage_target import same_place
from hairline.tracking.records import RunRecord, flatten, read_record

CODE = ("src/", "pipeline/")
"""Source files, which stages of earlier versions listed one by one."""
CODE_STAGE = "code"
"""The stage that writes down which modules the others consist of."""
EARLIER = "an earlier version made it, by a stage that dvc.yaml no longer has; 'dvc repro' makes it anew"
RUNS = ("/runs/", "-run.json")
TABLE = ".parquet"


@dataclass(frozen=True)
class Stage:
    """A stage as dvc.lock has it.

    Attributes:
        name: Its name.
        deps: Path → hash of what it read.
        outs: Path → hash of what it made.
        params: Its values of the parameter files, flat.
    """

    name: str
    deps: Mapping[str, str]
    outs: Mapping[str, str]
    params: Mapping[str, str]


@dataclass(frozen=True)
class Link:
    """A stage on the way to raw data.

    Attributes:
        stage: The stage.
        made: Path → hash of its outputs that count here.
        run: Its tracked run; None where it has none.
        differing: Parameter → its value and the default, where they differ.
        raw: Path → hash of data that no stage made.
        code: Number of source files it read.
        upstream: The stages whose outputs it read; empty for a stage that is told above already.
        seen: Whether it is told above.
    """

    stage: Stage
    made: Mapping[str, str]
    run: RunRecord | None
    differing: Mapping[str, tuple[str, str]]
    raw: Mapping[str, str] = field(default_factory=dict)
    code: int = 0
    upstream: Sequence["Link"] = ()
    seen: bool = False


def locked(path: Path) -> dict[str, Stage]:
    """Stages of a dvc.lock by name.

    Raises:
        HairlineError: If there is no such file.
    """
    if not path.is_file():
        raise HairlineError(
            f"{path}: not found; nothing has run here: 'dvc repro', or 'dvc pull' for results of others"
        )
    return {name: _stage(name, entry) for name, entry in dvc_lock.stages(path).items()}


def _stage(name: str, entry: dict[str, Any]) -> Stage:
    values = flatten(dvc_lock.params(entry))
    return Stage(name, dvc_lock.hashes(entry, "deps"), dvc_lock.hashes(entry, "outs"), values)


def chain(root: Path, stages: Mapping[str, Stage], path: str, default: Mapping[str, str]) -> list[Link]:
    """The stages that made a file, each with those before it.

    Args:
        root: The workspace.
        stages: Of :func:`locked`.
        path: A file or folder, relative to it.
        default: Parameters that others are compared with, flat; empty: nothing to compare with.

    Raises:
        HairlineError: If no stage made it.
    """
    found = list(_makers(stages, path))
    if not found:
        raise HairlineError(f"{path}: no stage in dvc.lock made it; {_instead(stages, path)}")
    seen: set[str] = set()
    return [_link(root, stages, stage, made, default, seen, _narrowed(root, path)) for stage, made in found]


def _instead(stages: Mapping[str, Stage], path: str) -> str:
    """What to look at where no stage made a path."""
    readers = [stage.name for stage in stages.values() if any(same_place(dep, path) for dep in stage.deps)]
    if readers:
        return f"it is raw data or code, which {', '.join(readers[:3])} read{'s' if len(readers) == 1 else ''}"
    near = get_close_matches(path, [out for stage in stages.values() for out in stage.outs], 3, 0.3)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{meant}'dvc stage list' and dvc.lock name all there are"


def _makers(stages: Mapping[str, Stage], path: str) -> Iterator[tuple[Stage, dict[str, str]]]:
    """Stages that made a path, what it lies in, or what lies in it; each with those outputs."""
    for stage in stages.values():
        made = {out: digest for out, digest in stage.outs.items() if same_place(out, path)}
        if made:
            yield stage, made


def _narrowed(root: Path, path: str) -> frozenset[str] | None:
    """Label sets and data sets that a table of training images is about; None where everything counts."""
    if not path.endswith(TABLE) or "/training/" not in path or not (root / path).is_file():
        return None
    table = pd.read_parquet(root / path, columns=["dataset", "label_set"])
    return frozenset(table["dataset"]) | frozenset(table["label_set"])


def _link(
    root: Path, stages: Mapping[str, Stage], stage: Stage, made: Mapping[str, str], default: Mapping[str, str],
    seen: set[str], only: frozenset[str] | None,
) -> Link:  # fmt: skip
    differing = {
        name: (value, default.get(name, "absent"))
        for name, value in (stage.params.items() if default else ())  # where there is no default, nothing differs
        if default.get(name) != value
    }
    run = _run(root, stage)
    if stage.name in seen:
        return Link(stage, made, run, differing, seen=True)
    seen.add(stage.name)
    raw, upstream, modules = {}, [], {dep for dep in stage.deps if dep.startswith(CODE)}
    for dep, digest in stage.deps.items():
        makers = [(each, outs) for each, outs in _makers(stages, dep) if each is not stage]
        if any(each.name == CODE_STAGE for each, _ in makers):
            modules |= _modules(root / dep)
            continue
        makers = [(each, outs) for each, outs in makers if only is None or any(Path(out).name in only for out in outs)]
        upstream += [
            _link(root, stages, each, outs, default, seen, _narrowed(root, dep)) for each, outs in makers
        ]  # fmt: skip
        if not makers and only is None and not dep.startswith(CODE):
            raw[dep] = digest
    return Link(stage, made, run, differing, raw, len(modules), upstream)


def _modules(path: Path) -> set[str]:
    """Names of the modules that a file of the stage ``code`` tells of; none where it is not here."""
    return set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()


def _run(root: Path, stage: Stage) -> RunRecord | None:
    found = [out for out in stage.outs if out.endswith(".json") and any(part in out for part in RUNS)]
    return read_record(root / found[0]) if found else None


def walk(links: Sequence[Link]) -> Iterator[Link]:
    """All links of chains, nearest first."""
    for link in links:
        yield link
        yield from walk(link.upstream)


def changed(root: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Stage → what of it is no longer as dvc.lock has it, as DVC says: paths and parameters.

    Raises:
        HairlineError: If DVC cannot tell.
    """
    known = set(_asked(root, "stage", "list", "--name-only").split())
    earlier = {name: [EARLIER] for name in names if name not in known}
    current = [name for name in names if name in known]
    told = _json(_asked(root, "status", "--json", *current)) if current else {}
    return earlier | {name: sorted(set(_paths(entries))) for name, entries in told.items() if name in current}


def _asked(root: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(["dvc", *words], cwd=root, capture_output=True, encoding="utf-8", env=environment)
    except FileNotFoundError:
        raise HairlineError("dvc is not installed here, so nobody can say what changed; 'hairline doctor'") from None
    if done.returncode:
        told = " ".join(done.stderr.removeprefix("ERROR: ").partition("Having any troubles?")[0].split())
        raise HairlineError(f"dvc {words[0]} cannot say what changed: {told}; see 'hairline doctor'")
    return done.stdout


def _json(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text or "{}"))
    except ValueError:
        raise HairlineError(
            f"dvc status cannot say what changed: {text.strip()[:200]}; see 'hairline doctor'"
        ) from None


def _paths(entries: Any) -> Iterator[str]:
    for entry in entries:
        if not isinstance(entry, Mapping):  # "changed command"
            yield str(entry)
            continue
        for kind, found in entry.items():
            for path, state in found.items() if isinstance(found, Mapping) else ():
                told = ", ".join(map(str, state)) if isinstance(state, Mapping) else str(state)
                yield f"{path} ({told or kind})"
