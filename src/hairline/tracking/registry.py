"""The model registry: every trained network is a version; one carries the alias of the best, by a stated rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from hairline.errors import HairlineError
from hairline.imaging.narrowing import narrowed
from hairline.tracking import client, descriptions
from hairline.tracking import store as run_store
from hairline.tracking.records import RunRecord
from hairline.tracking.syncing import resolve

ALIAS = "champion"
RULE = "hairline.rule"
"""Tag of the version that carries the alias: why it does."""
LONGEST = 5000
"""Letters of a description that a registry takes."""
CARD, TEXT, PICTURE, CARD_WIDTH_PX = "card", "card.md", "predictions.png", 900
"""Where the picture of a model card lies among the artifacts of the run that trained the network."""


@dataclass(frozen=True)
class Card:
    """What a model card is made of.

    Attributes:
        run: The run that trained the network.
        text: The card in Markdown, from its heading on.
        picture: What the network says to a few test images, PNG; None where no predictions were kept.
    """

    run: RunRecord
    text: str
    picture: bytes | None = None


def name(experiment: str, kind: str) -> str:
    """Name of the registered model of an experiment; ``kind`` is ``segmenter`` or ``classifier``."""
    return f"{experiment}-{kind}"


def promote(uri: str, model: str, best: RunRecord, rule: str, cards: Sequence[Card]) -> str:
    """Set the alias of the best version of a model, and write the model cards of all.

    Args:
        uri: The store.
        model: Name of the registered model.
        best: Run that trained the best.
        rule: Why it is the best, in words.
        cards: Model cards, of all networks that were scored.

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
        described = {card.run.run_id: _describe(mlflow, model, card) for card in cards}
        chosen = _version(mlflow, model, best)
        if chosen is None:
            raise HairlineError(
                f"{run_store.public_uri(uri)}: no version of '{model}' is of run {best.run_id} ({best.name}); a run "
                "that was restored has no model: train it again with 'dvc repro -s -f STAGE', then promote"
            )
        store.set_registered_model_alias(model, ALIAS, chosen)
        store.set_model_version_tag(model, chosen, RULE, rule)
        about = [f"`{ALIAS}` is version {chosen}: {rule}", described.get(best.run_id, "")]
        store.update_registered_model(model, "\n\n".join(part for part in about if part))
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


def _describe(mlflow: ModuleType, model: str, card: Card) -> str:
    """Make a card the description of its version, the picture below its heading; the picture in Markdown.

    MLflow shows no picture that stands in the text itself, but those among the artifacts of a run.
    """
    version, run_id = _version(mlflow, model, card.run), resolve(mlflow, card.run)
    if version is None or run_id is None:
        return ""
    shown = _logged(mlflow, run_id, card.picture) if card.picture is not None else ""
    heading, _, rest = card.text.partition("\n\n")
    whole = "\n\n".join(part for part in (heading, shown, rest) if part)
    if len(whole) > LONGEST:
        mlflow.MlflowClient().log_text(run_id, whole, f"{CARD}/{TEXT}")
    mlflow.MlflowClient().update_model_version(model, version, _fitting(whole))
    return shown


def _fitting(text: str) -> str:
    """A description that a registry takes: of a longer one its first paragraphs and lines, and where all of it is."""
    if len(text) <= LONGEST:
        return text
    note = f"\n\n… The whole card is `{CARD}/{TEXT}` among the artifacts of the run."
    return text[: LONGEST - len(note)].rpartition("\n")[0].rstrip() + note


def _logged(mlflow: ModuleType, run_id: str, png: bytes) -> str:
    """Log the picture of a card; the line of Markdown that shows it."""
    with TemporaryDirectory() as folder:
        path = Path(folder, PICTURE)
        path.write_bytes(narrowed(png, CARD_WIDTH_PX) or png)
        mlflow.MlflowClient().log_artifact(run_id, str(path), CARD)
    return descriptions.picture(f"{CARD}/{PICTURE}", run_id)


def _version(mlflow: ModuleType, model: str, record: RunRecord) -> str | None:
    """The latest version of a model that a run made."""
    run_id = resolve(mlflow, record)
    found: list[Any] = mlflow.MlflowClient().search_model_versions(f"name = '{model}'")
    versions = [int(each.version) for each in found if each.run_id == run_id]
    return str(max(versions)) if versions else None
