"""The report of a comparison, section by section."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data.samples import read_samples
from hairline.data.seen import Seen
from hairline.data.training_set import TrainingSet
from hairline.gates.rules import read_findings, read_verdict
from hairline.io.hashing import content_hash
from hairline.reporting import (
    best_cells,
    cost_curve,
    difference_tables,
    headlines,
    html,
    notes,
    overview_table,
    paper_tables,
    run_tables,
    seed_table,
    seen_signs,
    summary_tables,
)
from hairline.reporting.comparison import Result
from hairline.reporting.figures import image_browser
from hairline.reporting.html import Drawings, Facts, Notes, Part, Picture, Section, Signs, Stage, Table
from hairline.reporting.metric_columns import ODS
from hairline.tracking import git
from hairline.tracking.records import RunRecord, read_record
from hairline.tracking.waivers import maker
from hairline.tuning import best_file


@dataclass(frozen=True)
class Compared:
    """What a report is about.

    Attributes:
        results: Everything that was compared.
        summary: A row a result, of :func:`hairline.reporting.comparison.summarise`.
        pairs: Of :func:`hairline.reporting.difference_tables.every_pair`.
        beside: Of :func:`hairline.reporting.paper_tables.beside`.
        taught: Table of the classifiers, cells of text.
        grids: Name, title and PNG of every gallery.
        curves: Precision-recall curves of the segmenters, and of the labels.
        steps: Every step to a label, an image for each label set.
        typical: The picture that the page opens with; None where there is nothing to show.
        studied: What the best labels of each study have seen of its images held out, by the study's name.
        few: Remarks on classifiers that were scored on too few photos.
        cost: Of :func:`hairline.reporting.cost_curve.points`; empty where no training set has a budget.
    """

    results: Sequence[Result]
    summary: pd.DataFrame
    pairs: pd.DataFrame
    beside: pd.DataFrame
    taught: pd.DataFrame
    grids: Sequence[tuple[str, str, bytes]]
    curves: tuple[Drawings, Drawings]
    steps: Sequence[Picture]
    typical: Stage | None = None
    studied: Mapping[str, Seen] = field(default_factory=dict)
    few: Sequence[str] = ()
    cost: pd.DataFrame = field(default_factory=pd.DataFrame)


def page(params: Params, paths: Paths, found: Compared, browser: image_browser.Browser) -> html.Page:
    """The whole report: the result in a picture and in words, then tables, each with the notes that belong to it."""
    summary = found.summary
    tables = summary_tables.tables(summary)
    trained = {title: table for title, table in tables.items() if title.startswith(summary_tables.SEGMENTERS)}
    labels = {title: table for title, table in tables.items() if title not in trained}
    return html.Page(
        f"hairline: {params.experiment}",
        headlines.headline(summary, found.pairs),
        [*_seen(summary), *_overview(found)],
        [
            Section("Segmenters", [*_scored(trained, summary, "segmenter"), *_seeds(found), *_curves(found.curves[0])]),
            Section("What corrected labels buy", _cost(found.cost)),
            Section("Images", [*_browser(browser), *_pictures(found)]),
            Section("Pseudo-labels", [*_scored(labels, summary, "label"), *_curves(found.curves[1]), *found.steps]),
            Section("Beside the paper", [*_tables(paper_tables.tables(found.beside, run=True)),
                                         *_notes(paper_tables.notes(found.beside))]),
            Section("Conventions and differences",
                    _tables(difference_tables.tables(found.results, found.pairs), folded=True)),
            Section("Classifiers", [*_tables({"On patches of other splits than those they learn from": found.taught}),
                                    *_notes(found.few)]),
            Section("Studies", _tables({"Best options found, and what they gain": _studies(params, paths, found)})),
            Section("Data gates", _gates(params, paths)),
            Section("Lineage and costs", _lineage(params, paths)),
            Section("Environment", [Facts(_facts(params))]),
        ],
        found.typical,
    )  # fmt: skip


def _seen(summary: pd.DataFrame) -> list[Part]:
    """What the signs mean, in a line; folded below it, why each result has the one that it has."""
    why = _tables({"Why each result has its sign": seen_signs.reasons(summary)}, folded=True)
    return [Signs(seen_signs.line(summary)), *why] if why else []


def _overview(found: Compared) -> list[Part]:
    """Every label set against FSV, and against the comparator of the paper where segmenters learned from it."""
    summary = found.summary
    learned = set(summary.loc[summary["kind"] == "segmenter", "labels"])
    others = [name for name in (overview_table.OTHER, f"{overview_table.OTHER}_tuned") if name in learned]
    tables = {"Against FSV": overview_table.table(summary, found.pairs)}
    tables |= {f"Against {other}": overview_table.table(summary, found.pairs, other) for other in others}
    parts: list[Part] = [
        Table(title, table, best=best_cells.of_rows(table, learned, len(overview_table.PLACE)), stacked=True)
        for title, table in tables.items()
        if len(table)
    ]
    if summary.empty:
        return _notes(notes.notes(summary))
    legend = [overview_table.LEGEND, best_cells.MARKED]
    told = [*legend, *overview_table.too_few(found.pairs)] if parts else []
    before = _notes([*filter(None, [notes.overview_note(summary)])]) if parts else []
    return [*before, *parts, *_notes([*told, *seen_signs.made_with(summary)])]


def _scored(tables: Mapping[str, pd.DataFrame], summary: pd.DataFrame, kind: str) -> list[Part]:
    """Tables of one kind of results, with how to read them."""
    rows = summary[summary["kind"] == kind]
    told = [*notes.scoring_notes(rows), *notes.paper_notes(rows), *notes.speed_notes(rows)]
    shown = [Table(title, table, best=best_cells.of_column(table, ODS.heading)) for title, table in tables.items()]
    return [*shown, *_notes(told)] if tables else []


def _notes(told: Sequence[str]) -> list[Part]:
    return [Notes(told)] if told else []


def _tables(tables: Mapping[str, pd.DataFrame], folded: bool = False) -> list[Part]:
    return [Table(title, table, folded) for title, table in tables.items() if len(table)]


def _seeds(found: Compared) -> list[Part]:
    title = "Trainings that differ in the seed alone: mean ± standard deviation"
    return _tables({title: seed_table.readable(seed_table.over_seeds(found.results))})


def _cost(found: pd.DataFrame) -> list[Part]:
    """Curves of ODS over corrected images, what they say in words, and the numbers."""
    if found.empty:
        return []
    drawn = Drawings("ODS against corrected images, with intervals over seeds", cost_curve.drawings(found))
    notes_of = [*cost_curve.told(found), cost_curve.HOW]
    return [*_notes(notes_of), drawn, *_tables(cost_curve.readable(found))]


def _curves(curves: Drawings) -> list[Part]:
    return [curves] if curves.drawings else []


def _browser(browser: image_browser.Browser) -> list[Part]:
    return [browser] if browser.images else []


def _pictures(found: Compared) -> list[Part]:
    return [Picture(title, title, image_browser.webp(png), "webp") for _, title, png in found.grids]


def _studies(params: Params, paths: Paths, compared: Compared) -> pd.DataFrame:
    found = ((name, paths.label_scores(params.tuned(name)) / "study.json") for name in params.names("studies"))
    told = (best_file.read(file, f"label_tuned@{name}") for name, file in found)
    return run_tables.studies(told, compared.studied)


def verdicts(params: Params, paths: Paths) -> list[Path]:
    """The verdicts of all gates."""
    matrix = params.matrix
    labels = [paths.labels_verdicts(one, other) for one in matrix.training_sets for other in matrix.label_sets]
    return [
        *map(paths.samples_verdict, matrix.datasets),
        *map(paths.patches_verdict, matrix.classifiers),
        *(path for folder in labels for path in sorted(folder.iterdir())),
    ]


def _gates(params: Params, paths: Paths) -> list[Part]:
    found = [_gate(path, paths) for path in verdicts(params, paths)]
    return [html.Gates(found)] if found else []


def _gate(path: Path, paths: Paths) -> html.Gate:
    within = path.relative_to(paths.verdicts)
    told, findings = read_verdict(path, maker(path)), read_findings(paths.findings_of(path), maker(path))
    lines = {kind: [f"{each['rule']}: {each['measured']}" for each in findings[kind]] for kind in findings}
    waivers = [f"{waiver['rule']} {waiver['sample']}: {waiver['reason']}" for waiver in told["waivers"]]
    gate, *names = within.parts
    learned = f" on {path.stem} (for {names[1]} · {names[0]})" if gate == "labels" else ""
    subject = f"{gate} of {told['subject']}{learned}"
    return html.Gate(subject, told["passed"], lines["errors"], lines["warnings"], waivers)


def records(params: Params, paths: Paths) -> list[Path]:
    """The run.json files behind what is compared, some of which may not exist; not those of names no longer used."""
    matrix = params.matrix
    trained = [
        SegmenterName(label_set, architecture, training_set)
        for label_set in matrix.label_sets
        for architecture in matrix.architectures
        for training_set in matrix.training_sets
    ]
    of_classifiers = (paths.classifier_record, paths.classifier_evaluation_record)
    return [
        *(record(name) for name in matrix.classifiers for record in of_classifiers),
        *map(paths.study_record, params.names("studies")),
        *map(paths.labels_record, params.labelled()),
        *map(paths.segmenter_record, trained),
        *(paths.evaluation_record(name, test_set) for name in trained for test_set in matrix.test_sets),
    ]


def _lineage(params: Params, paths: Paths) -> list[Part]:
    found: list[RunRecord] = [
        record for record in map(read_record, records(params, paths)) if record is not None
    ]  # fmt: skip
    data = pd.DataFrame(_data(params, paths))
    told = [run_tables.spent(found), run_tables.OPENED] if found else []
    runs = Table("Runs", run_tables.runs(found), names=[run_tables.anchor(record) for record in found])
    return [*_tables({"Data": data}), *([runs] if found else []), Notes(told)]


def _data(params: Params, paths: Paths) -> Iterator[dict[str, str]]:
    """Every data set by the hash of its table of samples, which holds the hash of every image and mask."""
    for name in params.matrix.datasets:
        samples = read_samples(paths.dataset(name))
        splits = samples["split"].value_counts(sort=False).items()
        yield {
            "Data set": name,
            "Images": str(len(samples)),
            "Splits": ", ".join(f"{split} {count}" for split, count in splits),
            "Masks": str(int(samples["has_mask"].sum())),
            "Hash": content_hash(paths.samples(name)),
        }


def _facts(params: Params) -> dict[str, str]:
    code = git.facts(Path.cwd())
    trained = [f"{name}: {_told(each)}" for name, each in training_sets.chosen(params).items()]
    return {
        "experiment": params.experiment,
        "commit": git.words(code.commit, code.dirty),
        "seed": str(params.raw("runtime")["seed"]),
        "segmenters": "trained on " + "; ".join(trained) if params.matrix.label_sets else "none trained",
        **run_tables.environment(),
    }


def _told(training_set: TrainingSet) -> str:
    """A training set in words: its parts, and the labels of those that always have the same."""
    parts = training_set.parts
    return " + ".join(f"{p.dataset} {p.split}" + (f" (labels of {p.labels})" if p.labels else "") for p in parts)
