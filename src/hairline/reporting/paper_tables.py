"""The paper's nine tables, every printed cell beside what was run here, and how those runs differ from the paper's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hairline.data.names import FSV, MANUAL
from hairline.data.seen import Seen
from hairline.metrics import published
from hairline.reporting import formatting, seen_signs
from hairline.reporting.comparison import Training
from hairline.reporting.formatting import ABSENT, bracketed

TITLES = {
    "I": "classifiers on test patches", "II": "pseudo-labels of the training images", "III": "tested on CRACK500",
    "IV": "tested on CFD", "V": "tested on AEL", "VI": "tested on DeepCrack", "VII": "ablations of the pseudo-labels",
    "VIII": "semi-supervised training", "IX": "trained on several data sets",
}  # fmt: skip
COLUMNS = (
    "table", "labels", "model", "trained_on", "tested_on", "metric", "paper", "run", "ours", "ours_low", "ours_high",
    "difference", "difference_low", "difference_high", "status", "differs", "seen",
)  # fmt: skip
HEADINGS = {"images_per_second": "images/s", "precision": "precision", "recall": "recall", "f1": "F1"}
NOT_RUN, SCORED = "not run", "scored"


@dataclass(frozen=True)
class ClassifierResult:
    """A patch classifier on one split.

    Attributes:
        name: Its name in params.yaml.
        backbone: Its network.
        trained_on: The paper's name of what it learned from; empty where the paper has no such training.
        scored: Data set and split, as ``crack500-test``.
        scores: As :func:`hairline.metrics.classification.scores` gives them.
        images: Number of images that the patches are cut from.
        training: How it was trained; None where nothing is known.
        seen: What it has seen of the images that the patches are cut from, by the ledger.
    """

    name: str
    backbone: str
    trained_on: str
    scored: str
    scores: Mapping[str, float]
    images: int
    training: Training | None
    seen: Seen | None = None


@dataclass(frozen=True)
class _Run:
    """What was run for a cell of the paper: name, values, status, what is not as in the paper, what it has seen."""

    cell: str
    name: str
    values: Mapping[str, Any]
    status: str
    differs: str
    seen: Any


def beside(summary: pd.DataFrame, taught: Sequence[ClassifierResult]) -> pd.DataFrame:
    """Every value the paper prints, in its order, with :data:`COLUMNS`.

    A row a printed value and run that stands for its cell; ``status`` is ``not run`` where there is none. Differences
    are ours minus the paper's; their intervals are ours around the printed value, which is taken as exact.

    Args:
        summary: As :func:`hairline.reporting.comparison.summarise` gives it.
        taught: Classifiers on the splits they did not learn from.
    """
    runs: dict[str, list[_Run]] = {}
    for run in [*_of_classifiers(taught), *_of_summary(summary)]:
        runs.setdefault(run.cell, []).append(run)
    rows = [
        _row(printed, run)
        for printed in published.cells().to_dict("records")
        for run in runs.get(printed["cell"], [None])
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_classifiers(results: Sequence[ClassifierResult]) -> Iterator[_Run]:
    for result in results:
        name = published.classifier(result.trained_on, result.backbone, result.scored)
        differs = _differs(
            "classifier", result.training, result.trained_on, result.images, result.scored, result.backbone, name
        )
        word = None if result.seen is None else result.seen.word
        yield _Run(name, f"{result.name} ({result.backbone})", result.scores, SCORED, differs, word)


def _of_summary(summary: pd.DataFrame) -> Iterator[_Run]:
    for row in summary[summary["paper_cell"].notna() & (summary["status"] != NOT_RUN)].to_dict("records"):
        trained_on, _, _, tested_on = row["paper_cell"].split(" · ")
        known = not pd.isna(row["start"])
        training = Training(int(row["trained_images"]), int(row["epochs"]), str(row["start"])) if known else None
        kind = "segmenter" if row["kind"] == "segmenter" else "classifier"
        told = (kind, training, trained_on, row["images"], tested_on, row["model"], row["paper_cell"])
        name = f"{FSV if row['labels'] == MANUAL else row['labels']}, {row['model']}"
        name += f", {row['training_set']}" if row["training_set"] else ""
        yield _Run(row["paper_cell"], name, {str(key): value for key, value in row.items()}, row["status"],
                   _differs(*told), row["seen"])  # fmt: skip


def _differs(
    kind: str, training: Training | None, trained_on: str, images: Any, tested_on: str, model: str, cell: str
) -> str:
    """What is not as in the paper, in words, what the paper has in brackets."""
    told = []
    if kind == "classifier" and model != cell.split(" · ")[2]:
        told.append(f"{model} ({cell.split(' · ')[2]})")
    if training is not None:
        epochs = published.EPOCHS[kind]
        wanted = published.IMAGES.get(trained_on, training.images)
        told += [f"{training.images:,} training images ({wanted:,})"] if wanted != training.images else []
        told += _start(training.start, cell.split(" · ")[2])
        told += [f"{training.epochs} epochs ({epochs})"] if training.epochs != epochs else []
    told += ["soft labels (binary)"] if published.binary_labels(cell) else []
    scored = published.IMAGES.get(tested_on)
    if not pd.isna(images) and scored is not None and images != scored:
        told.append(f"{images:,} scored images ({scored:,})")
    return "; ".join(told)


def _start(start: str, network: str) -> list[str]:
    """What a network started from, where the paper says that its own was pretrained, or says nothing of it."""
    if network not in published.PRETRAINED:
        return [f"start {start} (not said)"]
    return [] if "imagenet" in start else [f"start {start} (pretrained)"]


def _row(printed: Mapping[Any, Any], run: _Run | None) -> dict[str, Any]:
    metric, paper = printed["metric"], float(printed["value"])
    row = {name: printed[name] for name in ("table", "labels", "model", "trained_on", "tested_on", "metric")}
    if run is None:
        return row | {"paper": paper, "status": NOT_RUN}
    ours = {f"ours{end}": float(run.values.get(f"{metric}{end}", float("nan"))) for end in ("", "_low", "_high")}
    less = {name.replace("ours", "difference"): value - paper for name, value in ours.items()}
    told = {"run": run.name, "status": run.status, "differs": run.differs, "seen": run.seen}
    return row | {"paper": paper} | told | ours | less


def classifiers(results: Sequence[ClassifierResult]) -> pd.DataFrame:
    """What table I is about, of every classifier and split here, as cells of text."""
    return pd.DataFrame([_classifier(result) for result in results])


def classifier_notes(results: Sequence[ClassifierResult]) -> list[str]:
    """A remark for each split that is too small for intervals, of the same patches once."""
    few = [result for result in results if "f1_low" not in result.scores]
    return list(dict.fromkeys(map(_few, few)))


def _few(result: ClassifierResult) -> str:
    patches, images = result.scores["patches"], f"{result.images} image{'' if result.images == 1 else 's'}"
    cracks = round(result.scores["crack_share"] * patches)
    moves = f", so that one of these called otherwise moves recall by {1 / cracks:.2f}" if cracks else ""
    return (
        f"{result.scored} has too few photos for intervals: {patches:,.0f} patches of {images}, {cracks} "
        f"with crack{moves}; hold out more photos for scores that tell more."
    )


def _classifier(result: ClassifierResult) -> dict[str, str]:
    scores = {
        f"{name}{end}": result.scores.get(f"{name}{end}", float("nan"))
        for name in (*HEADINGS, "roc_auc", "average_precision", "calibration_error")
        for end in ("", "_low", "_high")
    }
    shown = {"precision": "Precision", "recall": "Recall", "f1": "F1", "roc_auc": "ROC AUC", "average_precision": "AP",
             "calibration_error": "Calibration error"}  # fmt: skip
    return {
        "Classifier": result.name,
        "Backbone": result.backbone,
        "Patches of": result.scored,
        "Patches": f"{result.scores['patches']:,.0f}",
        "with crack": f"{result.scores['crack_share']:.0%}",
        "Seen": seen_signs.of(result.seen),
        **{title: _bracketed(scores, name) for name, title in shown.items()},
    }


def _bracketed(values: Mapping[str, float], name: str) -> str:
    return bracketed(values[name], values[f"{name}_low"], values[f"{name}_high"], ".3f")


def tables(found: pd.DataFrame, run: bool = False) -> dict[str, pd.DataFrame]:
    """Readable tables, title to cells of text: a line a cell and run, a column a metric: paper / ours / difference.

    Args:
        found: As :func:`beside` gives it.
        run: Leave out tables of which nothing was run, and cells that were not run.
    """
    shown = found[found["run"].notna()] if run else found
    return {
        f"Table {number}: {title}": pd.DataFrame([_line(rows) for _, rows in _grouped(shown, number)])
        for number, title in TITLES.items()
        if (shown["table"] == number).any()
    }


def _grouped(found: pd.DataFrame, table: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    rows = found[found["table"] == table]
    names = ["labels", "model", "trained_on", "tested_on", "run"]
    yield from rows.groupby(names, sort=False, dropna=False)


def _line(rows: pd.DataFrame) -> dict[str, str]:
    first = rows.iloc[0]
    line = {
        "Labels": FSV if first["labels"] == MANUAL else first["labels"],
        "Model": first["model"],
        "Trained on": first["trained_on"],
        "Tested on": first["tested_on"],
        "Run here": NOT_RUN if pd.isna(first["run"]) else first["run"],
    }
    for row in rows.to_dict("records"):
        heading = HEADINGS.get(row["metric"], row["metric"].upper())
        line[f"{heading}: paper / ours / difference"] = _three({str(key): value for key, value in row.items()})
    return line | {"Not as in the paper": ABSENT if pd.isna(first["differs"]) else first["differs"] or "nothing known"}


def _three(row: Mapping[str, Any]) -> str:
    paper = f"{row['paper']:.3f}"
    if pd.isna(row["ours"]):
        return f"{paper} / {ABSENT}" if row["status"] in (NOT_RUN, SCORED) else f"{paper} / {row['status']}"
    return f"{paper} / {_bracketed(row, 'ours')} / {row['difference']:+.3f} {seen_signs.of_row(row)}"


NOTE = (
    "The paper's crf labels are binary: in table II their ODS is their OIS. Ours are soft, and scored at every "
    "threshold, so that numbers of crf here and there are not of quite the same thing. What its networks start from, "
    "the paper says of OED alone, which it calls pretrained."
)


def notes(found: pd.DataFrame) -> list[str]:
    """How to read the tables; nothing where none of the paper's cells was run."""
    return [NOTE] if found["run"].notna().any() else []


def markdown(found: pd.DataFrame) -> str:
    """All nine tables as Markdown text."""
    parts = ["# The paper's tables, beside the runs here", NOTE]
    for title, table in tables(found).items():
        parts += [f"## {title}", formatting.markdown(table)]
    return "\n\n".join(parts) + "\n"


def latex(found: pd.DataFrame) -> str:
    """All nine tables as LaTeX, for a document with the package booktabs."""
    return "\n\n".join(_tabular(title, table) for title, table in tables(found).items()) + "\n"


def _tabular(title: str, table: pd.DataFrame) -> str:
    shown = table.style.hide(axis="index").format(escape="latex").format_index(escape="latex", axis="columns")
    text = shown.to_latex(caption=title, column_format="l" * len(table.columns), hrules=True)
    for word, sign in seen_signs.ALL.items():  # LaTeX has no such signs
        text = text.replace(f"{sign} {word}", f"({word})")
    return text.replace("–", "--").replace("−", "$-$").rstrip()
