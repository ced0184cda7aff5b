"""The model registry: every trained network is a version; one carries the alias of the best, by a stated rule."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from hairline.errors import HairlineError
from hairline.tracking import client
from hairline.tracking import store as run_store
from hairline.tracking.records import RunRecord
from hairline.tracking.syncing import resolve

ALIAS = "champion"
RULE = "hairline.rule"
"""Tag of the version that carries the alias: why it does."""


def name(experiment: str, kind: str) -> str:
    """Name of the registered model of an experiment; ``kind`` is ``segmenter`` or ``classifier``."""
    return f"{experiment}-{kind}"


def promote(uri: str, model: str, best: RunRecord, rule: str, cards: Sequence[tuple[RunRecord, str]]) -> str:
    """Set the alias of the best version of a model, and write the model cards of all.

    Args:
        uri: The store.
        model: Name of the registered model.
        best: Run that trained the best.
        rule: Why it is the best, in words.
        cards: Runs that trained networks, each with the model card of its network in Markdown.

    Returns:
        The version that carries the alias now.

    Raises:
        HairlineError: If the store does not know the best one.
    """
    mlflow = client.imported()
    with client.told("promote a model", uri):
        with client.connected(mlflow, uri):
            pass
        store = mlflow.MlflowClient()
        for record, card in cards:
            version = _version(mlflow, model, record)
            if version is not None:
                store.update_model_version(model, version, card)
        chosen = _version(mlflow, model, best)
        if chosen is None:
            raise HairlineError(
                f"{run_store.public_uri(uri)}: no version of '{model}' is of run {best.run_id} ({best.name}); a run "
                "that was restored has no model: train it again with 'dvc repro -s -f STAGE', then promote"
            )
        store.set_registered_model_alias(model, ALIAS, chosen)
        store.set_model_version_tag(model, chosen, RULE, rule)
        store.update_registered_model(model, f"`{ALIAS}` is version {chosen}: {rule}")
    return chosen


def fetch(uri: str, source: str, target: Path) -> Path:
    """Bring what was registered of a model to this machine.

    Args:
        uri: The store.
        source: ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``.
        target: An empty folder to write to.

    Returns:
        The folder in it that holds the model.

    Raises:
        HairlineError: If there is no such store or model.
    """
    database = run_store.database(uri)
    if database is not None and not database.is_file():
        raise HairlineError(
            f"{source}: found no store of MLflow at {database}; expected the one that has this model; go to its "
            f"workspace, or set {run_store.CHOICE}"
        )
    mlflow = client.imported()
    with client.told(f"fetch {source}", uri):
        with client.connected(mlflow, uri):
            pass
        return Path(mlflow.artifacts.download_artifacts(artifact_uri=source, dst_path=str(target)))


def _version(mlflow: ModuleType, model: str, record: RunRecord) -> str | None:
    """The latest version of a model that a run made."""
    run_id = resolve(mlflow, record)
    found: list[Any] = mlflow.MlflowClient().search_model_versions(f"name = '{model}'")
    versions = [int(each.version) for each in found if each.run_id == run_id]
    return str(max(versions)) if versions else None
