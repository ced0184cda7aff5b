"""Open a run at the edge of a stage, and end it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from hairline.io.hashing import content_hashes, workspace_root
from hairline.tracking import client, git, origin, store
from hairline.tracking.code_diff import code_diff
from hairline.tracking.records import RunRecord, read_record
from hairline.tracking.runs import Run, now
from hairline.tracking.unsent import FOLDER, Unsent


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
    root, code, hashes = workspace_root(Path.cwd()), git.facts(Path.cwd()), content_hashes(inputs)
    parents = [parent.run_id for parent in map(read_record, upstream) if parent is not None]
    uri, mlflow = store.store_uri(root), client.imported()
    run_id = _open(mlflow, uri, root, experiment, name)
    place = store.public_uri(uri)
    facts = RunRecord(run_id, experiment, stage, name, code.commit, code.dirty, hashes, {}, parents, now(), "", place)
    opened = Run(mlflow, facts, uri, Unsent(root / FOLDER / run_id, place))
    try:
        found = origin.versions(inputs, origin.locked(Path.cwd()), "input")
        opened.tags(_facts(facts) | origin.facts(params) | found | dict(tags))
        opened.params(params)
        if code.dirty and (diff := code_diff(Path.cwd())):
            opened.text("code.diff", diff)
        yield opened
    except BaseException as error:
        opened.fail(error)
        raise
    opened.succeed(record)


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
        "git_dirty": git.UNKNOWN if record.dirty is None else str(record.dirty).lower(),
        **({"upstream": ",".join(record.upstream)} if record.upstream else {}),
        **{f"input:{path}": value for path, value in record.inputs.items()},
    }
