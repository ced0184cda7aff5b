"""Open a run at the edge of a stage, and end it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from hairline.io.hashing import content_hashes, workspace_root
from hairline.tracking import above, client, closing, git, origin, store
from hairline.tracking.code_diff import code_diff
from hairline.tracking.open_runs import KEY, OpenRun
from hairline.tracking.patience import Patience
from hairline.tracking.records import RunRecord, now, read_record
from hairline.tracking.runs import Run
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
    wait_s: float = 20.0,
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
        wait_s: How long a tracking server is waited for, all waits together.

    Raises:
        HairlineError: If an input is missing or the tracking store cannot be used. A server that is gone later on is
            none: what the run tells is kept, with a warning, until ``hairline sync``.
    """
    record.unlink(missing_ok=True)
    root, code, hashes = workspace_root(Path.cwd()), git.facts(Path.cwd()), content_hashes(inputs)
    parents = [parent for parent in map(read_record, upstream) if parent is not None]
    uri, mlflow, patience = store.store_uri(root), client.imported(), Patience(wait_s, "runtime.tracking_wait_s")
    place = store.public_uri(uri)
    facts = RunRecord("", experiment, stage, name, code.commit, code.dirty, hashes, {},
                      [parent.run_id for parent in parents], now(), "", place)  # fmt: skip
    known = _facts(facts) | origin.inherited(parents) | origin.facts(params) | dict(tags)
    run_id, run_above, announced = _open(mlflow, uri, root, facts, above.of(known), patience)
    facts = replace(facts, run_id=run_id)
    opened = Run(mlflow, facts, uri, Unsent(root / FOLDER / run_id, place), patience, announced, run_above)
    try:
        found = origin.versions(inputs, origin.locked(Path.cwd()), "input")
        opened.tags(known | found)
        opened.params(params)
        opened.datasets(hashes)
        if code.dirty and (diff := code_diff(Path.cwd())):
            opened.text("code.diff", diff)
        yield opened
    except BaseException as error:
        opened.fail(error)
        raise
    opened.succeed(record)


def _open(
    mlflow: ModuleType, uri: str, root: Path, facts: RunRecord, group: above.Above | None, patience: Patience
) -> tuple[str, str, OpenRun]:
    """Open a run at the store; its id, that of the run above it, and the file that says that this process works at it.

    MLflow's own ``start_run`` would take over a run that MLFLOW_RUN_ID names, or refuse beside one of a notebook's.
    """

    def make() -> tuple[str, str, OpenRun]:
        from mlflow.tracking.context.registry import resolve_tags

        experiment_id, place = client.experiment_id(mlflow, uri, facts.experiment), store.name_of(root, uri)
        closing.tell(closing.close_gone(mlflow, root, place))
        opened = OpenRun(root, place, facts.experiment, facts.name)
        try:
            key = opened.process.key
            run_above = above.opened(mlflow, experiment_id, group, key) if group else ""
            tags = resolve_tags({KEY: key, **({above.PARENT: run_above} if group else {})})
            made = mlflow.MlflowClient().create_run(experiment_id, tags=tags, run_name=facts.name)
            if not made.info.run_id:
                raise OSError("it answers, but not as MLflow's server does")
        except BaseException:
            opened.close(ended=False)
            raise
        return str(made.info.run_id), run_above, opened

    with client.told("open a run", uri):
        return patience.within(make) if store.remote(uri) else make()


def _facts(record: RunRecord) -> dict[str, str]:
    return {
        "stage": record.stage,
        "experiment": record.experiment,
        "git_commit": record.git_commit,
        "git_dirty": git.UNKNOWN if record.dirty is None else str(record.dirty).lower(),
        **({"upstream": ",".join(record.upstream)} if record.upstream else {}),
        **{f"input:{path}": value for path, value in record.inputs.items()},
    }
