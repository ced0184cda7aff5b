"""What a run says of itself in MLflow: a description in Markdown with its key figures and pictures."""

from collections.abc import Sequence
from urllib.parse import urlencode

from hairline.tracking import git
from hairline.tracking.records import RunRecord

NOTE = "mlflow.note.content"
"""MLflow's tag for the description of a run."""
NUMBERS, PICTURES, WIDTH_PX = 12, 3, 720
LEFT_OUT = ("cost/", "loss/batch", "system/", "learning_rate", "watch/")


def tag(record: RunRecord, pictures: Sequence[str]) -> dict[str, str]:
    """The description as MLflow keeps it."""
    return {NOTE: markdown(record, pictures)}


def markdown(record: RunRecord, pictures: Sequence[str]) -> str:
    """What was done, from what, with its first numbers as a table and its last pictures.

    Args:
        record: The run so far.
        pictures: Paths of its pictures among its artifacts.
    """
    changes = git.changes(record.git_commit, record.dirty) + (" (`code.diff`)" if record.dirty else "")
    sources = "".join(f"\n- `{path}` `{digest[:12]}`" for path, digest in record.inputs.items())
    numbers = [f"| {name} | {value:.4g} |" for name, value in record.metrics.items() if not name.startswith(LEFT_OUT)][
        :NUMBERS
    ]
    parts = [
        f"Stage **{record.stage}**, commit `{record.git_commit[:12]}`{changes}.",
        "\n".join(["| number | value |", "| --- | --- |", *numbers]) if numbers else "",
        *(picture(path, record.run_id) for path in pictures[-PICTURES:]),
        f"From:{sources}" if sources else "",
    ]
    return "\n\n".join(part for part in parts if part)


def picture(path: str, run_id: str) -> str:
    """An image of the run's artifacts, where MLflow's server gives it out."""
    return f"![{path}](get-artifact?{urlencode({'path': path, 'run_uuid': run_id})})"
