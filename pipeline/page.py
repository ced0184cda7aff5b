"""The report of a comparison, section by section."""

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hairline import (
    crosschecks,
    findings,
    glance,
    image_browser,
    paper_tables,
    replicates,
    report,
    run_tables,
    training_sets,
)
from hairline.comparison import Cell
from hairline.lineage import RunRecord, content_hash, git_facts, read_record
from hairline.params import Params
from hairline.report import Facts, Notes, Part, Picture, Section, Table
from hairline.samples import read_samples
from hairline.training_sets import TrainingSet
from pipeline import gallery


@dataclass(frozen=True)
class Compared:
    """What a report is about.

    Attributes:
        cells: Everything that was compared.
        summary: A row a cell, of :func:`hairline.comparison.summarise`.
        pairs: Of :func:`hairline.crosschecks.every_pair`.
        beside: Of :func:`hairline.paper_tables.beside`.
        taught: Table of the classifiers, cells of text.
        grids: Name, title and PNG of every gallery.
    """

    cells: Sequence[Cell]
    summary: pd.DataFrame
    pairs: pd.DataFrame
    beside: pd.DataFrame
    taught: pd.DataFrame
    grids: Sequence[tuple[str, str, bytes]]


def page(args: Namespace, params: Params, found: Compared) -> report.Page:
    """The whole report."""
    tables, drawn = findings.tables(found.summary), gallery.panels(found.cells)
    trained = {title: table for title, table in tables.items() if title.startswith(findings.SEGMENTERS)}
    labels = {title: table for title, table in tables.items() if title not in trained}
    crossed = crosschecks.tables(found.cells, found.pairs)
    return report.Page(
        f"hairline: {params.experiment}",
        findings.headline(found.summary),
        [*_glance(found), Notes([*findings.notes(found.summary), *_tuned(params)])],
        [
            Section("Segmenters", [*_tables(trained), *_seeds(found), *_curves(drawn, gallery.SEGMENTERS)]),
            Section("Images", [*_browser(args, params, found), *_pictures(found)]),
            Section("Pseudo-labels", [*_tables(labels), *_curves(drawn, gallery.LABELS),
                                      *gallery.steps(args.strips, params)]),
            Section("Beside the paper", _tables(paper_tables.tables(found.beside, run=True))),
            Section("Conventions and differences", _tables(crossed, folded=True)),
            Section("Classifiers", _tables({"On patches they did not learn from": found.taught})),
            Section("Studies", _tables({"Best options found, on images held out": _studies(args, params)})),
            Section("Data gates", _gates(args, params)),
            Section("Lineage and costs", _lineage(args, params)),
            Section("Environment", [Facts(_facts(params))]),
        ],
    )  # fmt: skip


def _glance(found: Compared) -> list[Part]:
    """Every label set against FSV, and against the comparator of the paper where segmenters learned from it."""
    parts: list[Part] = _tables({"Against FSV": glance.table(found.summary, found.pairs)})
    learned = set(found.summary.loc[found.summary["kind"] == "segmenter", "labels"])
    for other in (name for name in (glance.OTHER, f"{glance.OTHER}_tuned") if name in learned):
        parts += _tables({f"Against {other}": glance.table(found.summary, found.pairs, other)})
    return [*parts, Notes([glance.LEGEND, *glance.too_few(found.summary, found.pairs)])] if parts else []


def _tuned(params: Params) -> list[str]:
    """Which label sets owe their options to masks, which no pseudo-label should be credited for."""
    return [
        f"{name}: its options were chosen on masks of {dataset} {split} images, so it is not free of masks."
        for name, (dataset, split) in params.tuned_on().items()
    ]


def _tables(tables: Mapping[str, pd.DataFrame], folded: bool = False) -> list[Part]:
    return [Table(title, table, folded) for title, table in tables.items() if len(table)]


def _seeds(found: Compared) -> list[Part]:
    title = "Trainings that differ in the seed alone: mean ± standard deviation"
    return _tables({title: replicates.readable(replicates.over_seeds(found.cells))})


def _curves(drawn: gallery.Panels, kind: str) -> list[Part]:
    curves = gallery.curves(drawn, kind)
    return [curves] if curves.drawings else []


def _browser(args: Namespace, params: Params, found: Compared) -> list[Part]:
    browser = gallery.browser(args, params, found.cells)
    return [browser] if browser.images else []


def _pictures(found: Compared) -> list[Part]:
    return [Picture(title, title, image_browser.webp(png), "webp") for _, title, png in found.grids]


def _studies(args: Namespace, params: Params) -> pd.DataFrame:
    folders = (args.scores / "labels" / params.tuned(name) for name in params.names("studies"))
    return run_tables.studies(json.loads((folder / "study.json").read_text()) for folder in folders)


def verdicts(args: Namespace, params: Params) -> list[Path]:
    """The verdicts of all gates."""
    matrix = params.matrix
    subjects = {"samples": matrix.datasets, "patches": matrix.classifiers}
    labels = [args.gates / "labels" / one / other for one in matrix.training_sets for other in matrix.label_sets]
    return [
        *(args.gates / gate / name / "verdict.json" for gate, names in subjects.items() for name in names),
        *(path for folder in labels for path in sorted(folder.iterdir())),
    ]


def _gates(args: Namespace, params: Params) -> list[Part]:
    found = [_gate(path, args.gates) for path in verdicts(args, params)]
    return [report.Gates(found)] if found else []


def _gate(path: Path, gates: Path) -> report.Gate:
    told = json.loads(path.read_text())
    lines = {kind: [f"{found['rule']}: {found['measured']}" for found in told[kind]] for kind in ("errors", "warnings")}
    waivers = [f"{waiver['rule']} {waiver['sample']}: {waiver['reason']}" for waiver in told["waivers"]]
    gate, *within = path.relative_to(gates).parts
    learned = f" on {path.stem} (for {within[1]} · {within[0]})" if gate == "labels" else ""
    subject = f"{gate} of {told['subject']}{learned}"
    return report.Gate(subject, told["passed"], lines["errors"], lines["warnings"], waivers)


def records(runs: Path, params: Params) -> list[Path]:
    """The run.json files behind what is compared, some of which may not exist; not those of names no longer used."""
    matrix = params.matrix
    trained = [
        f"{name}-{architecture}-{training_set}"
        for name in matrix.label_sets
        for architecture in matrix.architectures
        for training_set in matrix.training_sets
    ]
    names = [f"{kind}-{name}" for name in matrix.classifiers for kind in ("classifier", "evaluation-classifier")]
    names += [f"study-{name}" for name in params.names("studies")]
    names += [f"labels-{name}" for name in params.labelled()]
    names += [f"segmenter-{name}" for name in trained]
    names += [f"evaluation-{name}-{test_set}" for name in trained for test_set in matrix.test_sets]
    return [runs / f"{name}.json" for name in names]


def _lineage(args: Namespace, params: Params) -> list[Part]:
    found: list[RunRecord] = [
        record for record in map(read_record, records(args.runs, params)) if record is not None
    ]  # fmt: skip
    data = pd.DataFrame(_data(args, params))
    told = [run_tables.spent(found)] if found else []
    return [*_tables({"Data": data, "Runs": run_tables.runs(found)}), Notes(told)]


def _data(args: Namespace, params: Params) -> Iterator[dict[str, str]]:
    """Every data set by the hash of its table of samples, which holds the hash of every image and mask."""
    for name in params.matrix.datasets:
        samples = read_samples(args.sets / name)
        splits = samples["split"].value_counts(sort=False).items()
        yield {
            "Data set": name,
            "Images": str(len(samples)),
            "Splits": ", ".join(f"{split} {count}" for split, count in splits),
            "Masks": str(int(samples["has_mask"].sum())),
            "Hash": content_hash(args.sets / name / "samples.parquet"),
        }


def _facts(params: Params) -> dict[str, str]:
    git = git_facts(Path.cwd())
    trained = [f"{name}: {_told(each)}" for name, each in training_sets.chosen(params).items()]
    return {
        "experiment": params.experiment,
        "commit": git.commit + (" with changes" if git.dirty else ""),
        "seed": str(params.raw("runtime")["seed"]),
        "segmenters": "trained on " + "; ".join(trained) if params.matrix.label_sets else "none trained",
        **run_tables.environment(),
    }


def _told(training_set: TrainingSet) -> str:
    """A training set in words: its parts, and the labels of those that always have the same."""
    parts = training_set.parts
    return " + ".join(f"{p.dataset} {p.split}" + (f" (labels of {p.labels})" if p.labels else "") for p in parts)
