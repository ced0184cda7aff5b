"""What a run is part of: the run of the pipeline, the DVC experiment, the hashes in dvc.lock."""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hairline.io.atomic import HOST
from hairline.tracking import dvc_lock
from hairline.tracking.records import RunRecord

DVC_FACTS = ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "DVC_STAGE")
NAMES = ("label_set", "architecture", "training_set", "test_set", "classifier", "dataset", "study")
"""Parameters that say what a run is about, which are tags as well, so that lists of runs can be grouped by them."""
INHERITED = ("method", "seed")
"""Tags that a run takes over from those that made its inputs, where these agree."""


def facts(params: Mapping[str, object]) -> dict[str, str]:
    """Tags about where a run belongs."""
    named = {name: str(params[name]) for name in NAMES if isinstance(params.get(name), str)}
    return {
        "pipeline": pipeline_id(),
        **named,
        **{name: os.environ[name] for name in DVC_FACTS if os.environ.get(name)},
    }


def inherited(upstream: Sequence[RunRecord]) -> dict[str, str]:
    """Tags that a run takes over from those that made its inputs."""
    told = {name: {record.tags[name] for record in upstream if name in record.tags} for name in INHERITED}
    return {name: values.pop() for name, values in told.items() if len(values) == 1}


def pipeline_id() -> str:
    """The run of the pipeline that this process is a stage of, as ``20261125-191244-4711-c0ffee``.

    That is its start, its process and a hash of the machine's name: containers have the same few process ids.
    All stages of one ``dvc repro`` or ``dvc exp run`` have the same; a stage run by hand has its own.
    """
    import psutil

    own = psutil.Process()
    above = [process for process in own.parents() if _is_dvc(process)]
    origin = above[-1] if above else own
    started = datetime.fromtimestamp(origin.create_time(), UTC)
    return f"{started:%Y%m%d-%H%M%S}-{origin.pid}-{HOST}"


def _is_dvc(process: Any) -> bool:
    import psutil

    try:
        words = process.cmdline()
    except psutil.Error:  # gone, or another user's
        return False
    names = [Path(word).name for word in words[:3]]
    return "dvc" in names and bool({"repro", "exp"} & set(words))


def locked(root: Path) -> dict[str, str]:
    """Output of a stage → its hash in dvc.lock; nothing where there is none yet."""
    return dvc_lock.outs(root / "dvc.lock")


def versions(paths: Iterable[Path], known: Mapping[str, str], kind: str) -> dict[str, str]:
    """Tags ``dvc:KIND:PATH`` with the hash in dvc.lock of each path that is a stage's output, or lies inside one."""
    found = {}
    for path in paths:
        within = [each.as_posix() for each in (path, *path.parents)]
        out = next((each for each in within if each in known), None)
        if out is not None:
            found[f"dvc:{kind}:{out}"] = known[out]
    return found
