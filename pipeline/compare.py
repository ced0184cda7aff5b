"""Put labels and segmenters side by side: one table FSV / pseudo-labels a test set, curves, pictures, a page."""

import json
import platform
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from hairline import comparison, crosschecks, findings, paper_tables, report, table_text, tracking, training_sets
from hairline.bootstrap import BootstrapOptions
from hairline.gate import waived
from hairline.lineage import git_facts
from hairline.outputs import whole_folder, write_json
from hairline.params import Params
from hairline.training_sets import TrainingSet
from pipeline import cells, entry, gallery

TAUGHT = "Classifiers on patches they did not learn from"


def main(argv: Sequence[str] | None = None) -> None:
    """Write tables, figures and the page to ``--out``."""
    args = entry.arguments(
        __doc__, argv,
        paths=["sets", "gates", "evidence", "labels", "scores", "timings", "strips", "runs", "out", "metrics",
               "record"],
    )  # fmt: skip
    params = Params(args.params)
    logged = params.some("comparison", "matrix", "training_sets", "pooled_test_sets")
    with tracking.run("compare", "comparison", params.experiment(), logged, [args.scores, args.labels], {},
                      _upstream(args.runs, params), args.record) as run:  # fmt: skip
        compared, bootstrap = list(cells.compared(args, params)), params.get("comparison", BootstrapOptions)
        summary, pairs = comparison.summarise(compared, bootstrap), crosschecks.every_pair(compared, bootstrap)
        classifiers = list(cells.classifiers(args, params))
        beside, taught = paper_tables.beside(summary, classifiers), paper_tables.classifiers(classifiers)
        tables = findings.tables(summary) | ({} if taught.empty else {TAUGHT: taught})
        tables |= paper_tables.tables(beside, run=True) | crosschecks.tables(compared, pairs)
        curves, grids = gallery.curves(compared), dict(gallery.grids(args, params))
        with whole_folder(args.out) as folder:
            (folder / "comparison.csv").write_text(table_text.csv(summary))
            (folder / "comparison.md").write_text(findings.markdown(summary))
            (folder / "conventions.csv").write_text(table_text.csv(crosschecks.every_convention(compared)))
            (folder / "differences.csv").write_text(table_text.csv(pairs))
            (folder / "ablations.csv").write_text(findings.ablations_csv(summary))
            taught.to_csv(folder / "classifiers.csv", index=False)
            (folder / "paper.csv").write_text(table_text.csv(beside))
            (folder / "paper.md").write_text(paper_tables.markdown(beside))
            (folder / "paper.tex").write_text(paper_tables.latex(beside))
            (folder / "pr_curves.png").write_bytes(curves)
            for test_set, grid in grids.items():
                (folder / f"grid_{test_set}.png").write_bytes(grid)
            report.write(folder / "index.html", _page(args, params, summary, tables, curves, grids))
        found = _metrics(summary)
        write_json(args.metrics, found)
        run.metrics({f"{row}/{key}": value for row, scores in found.items() for key, value in scores.items()})
        run.artifact(args.out)
        run.tag("waivers", waived(_verdicts(args, params)))
        run.finish([args.out, args.metrics])


def _upstream(runs: Path, params: Params) -> list[Path]:
    """The run.json files behind what is compared, some of which may not exist; not those of names no longer used."""
    matrix = params.matrix()
    trained = [
        f"{name}-{architecture}-{training_set}"
        for name in matrix.label_sets
        for architecture in matrix.architectures
        for training_set in matrix.training_sets
    ]
    names = [f"{kind}-{name}" for name in matrix.classifiers for kind in ("classifier", "evaluation-classifier")]
    names += [f"labels-{name}" for name in params.labelled()]
    names += [f"segmenter-{name}" for name in trained]
    names += [f"evaluation-{name}-{test_set}" for name in trained for test_set in matrix.test_sets]
    return [runs / f"{name}.json" for name in names]


def _metrics(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    scored = summary[summary["status"] == "scored"]
    names = ("ods", "ods_low", "ods_high", "ois", "ap", "images_per_second")
    return {
        "-".join(str(row[part]) for part in ("kind", "labels", "model", "training_set", "test_set") if row[part]):
            {name: float(row[name]) for name in names if not pd.isna(row[name])}
        for row in scored.to_dict("records")
    }  # fmt: skip


def _page(
    args: Namespace,
    params: Params,
    summary: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    curves: bytes,
    grids: Mapping[str, bytes],
) -> report.Page:
    pictures = [report.Picture("Precision and recall, pooled over the images",
                               "Precision-recall curves of every model and label set", curves)]  # fmt: skip
    pictures += [
        report.Picture(f"Test images of {test_set}: image, mask, evidence, pseudo-labels, predictions",
                       f"Grid of images of {test_set} with their masks, labels and predictions", grid)
        for test_set, grid in grids.items()
    ]  # fmt: skip
    return report.Page(
        f"hairline: {params.experiment()}",
        findings.headline(summary),
        findings.notes(summary),
        tables,
        pictures,
        list(gallery.steps(args.strips, params)),
        [_gate(path, args.gates) for path in _verdicts(args, params)],
        _facts(args, params),
    )


def _verdicts(args: Namespace, params: Params) -> list[Path]:
    matrix = params.matrix()
    subjects = {"samples": matrix.datasets, "patches": matrix.classifiers}
    labels = [args.gates / "labels" / one / other for one in matrix.training_sets for other in matrix.label_sets]
    return [
        *(args.gates / gate / name / "verdict.json" for gate, names in subjects.items() for name in names),
        *(path for folder in labels for path in sorted(folder.iterdir())),
    ]


def _gate(path: Path, gates: Path) -> report.Gate:
    told = json.loads(path.read_text())
    lines = {kind: [f"{found['rule']}: {found['measured']}" for found in told[kind]] for kind in ("errors", "warnings")}
    waivers = [f"{waiver['rule']} {waiver['sample']}: {waiver['reason']}" for waiver in told["waivers"]]
    gate, *within = path.relative_to(gates).parts
    learned = f" on {path.stem} (for {within[1]} · {within[0]})" if gate == "labels" else ""
    subject = f"{gate} of {told['subject']}{learned}"
    return report.Gate(subject, told["passed"], lines["errors"], lines["warnings"], waivers)


def _facts(args: Namespace, params: Params) -> dict[str, str]:
    git = git_facts(Path.cwd())
    trained = [f"{name}: {_told(each)}" for name, each in training_sets.chosen(params).items()]
    return {
        "experiment": params.experiment(),
        "commit": git.commit + (" with changes" if git.dirty else ""),
        "seed": str(params.raw("runtime")["seed"]),
        "segmenters": "trained on " + "; ".join(trained) if params.matrix().label_sets else "none trained",
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _told(training_set: TrainingSet) -> str:
    """A training set in words: its parts, and the labels of those that always have the same."""
    parts = training_set.parts
    return " + ".join(f"{p.dataset} {p.split}" + (f" (labels of {p.labels})" if p.labels else "") for p in parts)


if __name__ == "__main__":
    entry.run(main)
