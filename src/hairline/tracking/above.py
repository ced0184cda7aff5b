"""The run above the runs of one `dvc repro` or `dvc exp run`: made by the first stage that runs, ended by the last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any
from urllib.parse import quote

from hairline.tracking.open_runs import KEY

PARENT, ABOVE = "mlflow.parentRunId", "hairline.above"
"""Tags: of a run inside another, that other's id; of a run above others, what it is known by."""
STAGE = "repro"
"""The tag ``stage`` of a run above others."""
BY_DVC, EXPERIMENT, PIPELINE = "DVC_STAGE", "DVC_EXP_NAME", "pipeline"
"""Tags: what DVC calls the stage that it runs; its experiment; the run of the pipeline."""
FIRST_ERROR = "error"
COLOUR = {"mlflow.runColor": "#8a8f98"}
"""MLflow's tag for the colour of a run in charts: grey, so that it is none of those below."""


@dataclass(frozen=True)
class Above:
    """What is known of a run above others.

    Attributes:
        key: What finds it again.
        name: Its name.
        tags: Its tags.
        by: What DVC calls the stage that knows of it.
    """

    key: str
    name: str
    tags: Mapping[str, str]
    by: str


def of(tags: Mapping[str, str]) -> Above | None:
    """The run above a run, by the tags of that, of older versions too; None for one that DVC has not started.

    >>> of({"pipeline": "20261125-191244-4711-c0ffee", "DVC_STAGE": "label@konig"}).name
    'repro 11-25 19:12'
    >>> of({"pipeline": "20261125-191244-4711", "DVC_STAGE": "label", "DVC_EXP_NAME": "tidy-newt"}).name
    'exp tidy-newt'
    >>> of({"pipeline": "20261125-191244-4711"})
    """
    if BY_DVC not in tags:
        return None
    pipeline, experiment = tags[PIPELINE], tags.get(EXPERIMENT, "")
    started = datetime.strptime("-".join(pipeline.split("-")[:2]), "%Y%m%d-%H%M%S")
    name = f"exp {experiment}" if experiment else f"repro {started:%m-%d %H:%M}"
    kept = {tag: tags[tag] for tag in (PIPELINE, EXPERIMENT, "experiment", "git_commit", "git_dirty") if tag in tags}
    key = f"{pipeline} {quote(experiment)}".strip()  # the experiment's name may hold a '
    return Above(key, name, {**kept, "stage": STAGE}, tags[BY_DVC])


def opened(mlflow: ModuleType, experiment_id: str, above: Above, process: str) -> str:
    """Make the run above, or take it up again; a process that is killed leaves it to whoever closes its runs.

    Args:
        mlflow: The module.
        experiment_id: MLflow's id of the experiment.
        above: The run.
        process: Key of the process that opens a run below it.

    Returns:
        Its id.
    """
    client = mlflow.MlflowClient()
    run_id = _found(client, [experiment_id], above.key)
    if run_id is None:
        return _made(mlflow, experiment_id, above, {KEY: process})
    client.set_tag(run_id, KEY, process)
    client.update_run(run_id, status="RUNNING")
    return run_id


def restored(mlflow: ModuleType, experiment_id: str, above: Above, started: int, ended: int) -> str:
    """The run above a restored one, made where there is none, which spans those below it; times in milliseconds."""
    client = mlflow.MlflowClient()
    run_id = _found(client, [experiment_id], above.key)
    if run_id is None:
        run_id = _made(mlflow, experiment_id, above, {}, started)
        client.set_terminated(run_id, "FINISHED", ended)
    elif KEY not in client.get_run(run_id).data.tags:  # it was restored too
        client.set_terminated(run_id, "FINISHED", max(ended, client.get_run(run_id).info.end_time or 0))
    return run_id


def close(mlflow: ModuleType, run_id: str, below: Any, status: str, time: int) -> None:
    """End the run above one that ends, unless another process works below it by now; it fails where one below did.

    Where the one that works below it by now ended before this one, its end moves on. A run that somebody deleted in
    MLflow meanwhile is left alone.

    Args:
        mlflow: The module.
        run_id: The run above.
        below: The run that ends.
        status: How that ends.
        time: When, in milliseconds.
    """
    client = mlflow.MlflowClient()
    run = client.get_run(run_id)
    if not there(run):
        return
    failed = status != "FINISHED" or FIRST_ERROR in run.data.tags
    if status != "FINISHED" and FIRST_ERROR not in run.data.tags:
        client.set_tag(run_id, FIRST_ERROR, f"{below.info.run_name}: {below.data.tags.get(FIRST_ERROR, status)}")
    last = run.data.tags.get(KEY) == below.data.tags.get(KEY)
    if last or run.info.status in ("FINISHED", "FAILED"):
        client.set_terminated(run_id, "FAILED" if failed else "FINISHED", max(time, run.info.end_time or 0))


def fail(mlflow: ModuleType, above: Above, error: str) -> None:
    """Fail the run above, in whatever experiment it is, where there is one that has not failed yet.

    Args:
        mlflow: The module.
        above: The run.
        error: Why, and by which stage.
    """
    client = mlflow.MlflowClient()
    experiments = [each.experiment_id for each in client.search_experiments()]
    run_id = _found(client, experiments, above.key)
    if run_id is not None and FIRST_ERROR not in client.get_run(run_id).data.tags:
        client.set_tag(run_id, FIRST_ERROR, error)
        client.set_terminated(run_id, "FAILED")


def there(run: Any) -> bool:
    """Whether nobody has deleted a run in MLflow."""
    return bool(run.info.lifecycle_stage != "deleted")


def _found(client: Any, experiment_ids: Sequence[str], key: str) -> str | None:
    found = client.search_runs(experiment_ids, f"tags.`{ABOVE}` = '{key}'", max_results=1)
    return str(found[0].info.run_id) if found else None


def _made(
    mlflow: ModuleType, experiment_id: str, above: Above, tags: Mapping[str, str], started: int | None = None
) -> str:  # fmt: skip
    from mlflow.tracking.context.registry import resolve_tags

    known = resolve_tags({**above.tags, **COLOUR, **tags, ABOVE: above.key, "mlflow.source.name": "dvc"})
    made = mlflow.MlflowClient().create_run(experiment_id, started, known, run_name=above.name)
    if not made.info.run_id:
        raise OSError("it answers, but not as MLflow's server does")
    return str(made.info.run_id)
