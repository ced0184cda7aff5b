"""Put labels and segmenters side by side: one table FSV / pseudo-labels a test set, curves, pictures, a page."""

import json
import platform
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hairline import comparison, crosschecks, findings, report, speed, tracking
from hairline.bootstrap import BootstrapOptions
from hairline.comparison import Cell, Status
from hairline.gate import waived
from hairline.lineage import git_facts
from hairline.nn.recipes import ClassifierOptions
from hairline.outputs import whole_folder, write_json
from hairline.params import Dataset, Params
from pipeline import entry, gallery


def main(argv: Sequence[str] | None = None) -> None:
    """Write tables, figures and the page to ``--out``."""
    args = entry.arguments(
        __doc__, argv,
        paths=["sets", "gates", "evidence", "labels", "scores", "timings", "strips", "runs", "out", "metrics",
               "record"],
    )  # fmt: skip
    params = Params(args.params)
    logged = params.some("comparison", "matrix")
    with tracking.run("compare", "comparison", params.experiment(), logged, [args.scores, args.labels], {},
                      _upstream(args.runs, params), args.record) as run:  # fmt: skip
        cells = [*_segmenters(args, params), *_labels(args, params)]
        summary = comparison.summarise(cells, params.get("comparison", BootstrapOptions))
        pairs = crosschecks.every_pair(cells, params.get("comparison", BootstrapOptions))
        curves, grids = gallery.curves(cells), dict(gallery.grids(args, params))
        with whole_folder(args.out) as folder:
            (folder / "comparison.csv").write_text(comparison.csv(summary))
            (folder / "comparison.md").write_text(findings.markdown(summary))
            (folder / "conventions.csv").write_text(crosschecks.csv(crosschecks.every_convention(cells)))
            (folder / "differences.csv").write_text(crosschecks.csv(pairs))
            (folder / "ablations.csv").write_text(findings.ablations_csv(summary))
            (folder / "pr_curves.png").write_bytes(curves)
            for test_set, grid in grids.items():
                (folder / f"grid_{test_set}.png").write_bytes(grid)
            tables = findings.tables(summary) | crosschecks.tables(cells, pairs)
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
    trained = [f"{name}-{architecture}" for name in matrix.label_sets for architecture in matrix.architectures]
    names = [f"classifier-{name}" for name in matrix.classifiers]
    names += [f"labels-{name}" for name in params.labelled()]
    names += [f"segmenter-{name}" for name in trained]
    names += [f"evaluation-{name}-{test_set}" for name in trained for test_set in matrix.test_sets]
    return [runs / f"{name}.json" for name in names]


def _segmenters(args: Namespace, params: Params) -> Iterator[Cell]:
    matrix, trained_on = params.matrix(), _layout(params, params.raw("segmenter")["dataset"])
    for test_set in matrix.test_sets:
        for label_set in matrix.label_sets:
            for architecture in matrix.architectures:
                folder = args.scores / "segmenters" / label_set / architecture / test_set
                told = json.loads((folder / "status.json").read_text())
                scored = told["status"] == "scored"
                table = pd.read_parquet(folder / "scores.parquet") if scored else None
                yield Cell("segmenter", label_set, architecture, trained_on, test_set, told["status"], told["reason"],
                           table)  # fmt: skip


def _labels(args: Namespace, params: Params) -> Iterator[Cell]:
    """Label scores on the images that segmenters train on (table II) and on every test split."""
    parts = [(params.raw("segmenter")["dataset"], "train"), *((name, "test") for name in params.matrix().test_sets)]
    for dataset, split in parts:
        for label_set, base in params.labelled().items():
            asked = params.label_set(base).classifier
            classifier = params.entry("classifiers", asked, ClassifierOptions)
            evidence, own = _timing(args, f"evidence-{asked}-{dataset}"), _timing(args, f"labels-{label_set}")
            timing = speed.measured(evidence, own, dataset)
            path = args.scores / "labels" / label_set / f"{dataset}-{split}.parquet"
            table = pd.read_parquet(path) if path.is_file() else None
            status: Status = "no masks" if table is None else "scored"
            reason = f"no {split} image has a mask" if table is None else ""
            yield Cell("label", label_set, classifier.backbone, _layout(params, classifier.dataset),
                       f"{dataset}-{split}", status, reason, table, timing)  # fmt: skip


def _timing(args: Namespace, name: str) -> Any:
    return json.loads((args.timings / f"{name}.json").read_text())


def _layout(params: Params, dataset: str) -> str:
    return params.entry("datasets", dataset, Dataset).layout


def _metrics(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    scored = summary[summary["status"] == "scored"]
    names = ("ods", "ods_low", "ods_high", "ois", "ap", "images_per_second")
    return {
        f"{row['kind']}-{row['labels']}-{row['model']}-{row['test_set']}":
            {name: float(row[name]) for name in names if not pd.isna(row[name])}
        for row in scored.to_dict("records")
    }  # fmt: skip


def _page(
    args: Namespace, params: Params, summary: pd.DataFrame, tables: Mapping[str, pd.DataFrame], curves: bytes,
    grids: Mapping[str, bytes],
) -> report.Page:  # fmt: skip
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
        [_gate(path) for path in _verdicts(args, params)],
        _facts(args, params),
    )


def _verdicts(args: Namespace, params: Params) -> list[Path]:
    matrix = params.matrix()
    subjects = {"samples": matrix.datasets, "patches": matrix.classifiers, "labels": matrix.label_sets}
    return [args.gates / gate / name / "verdict.json" for gate, names in subjects.items() for name in names]


def _gate(path: Path) -> report.Gate:
    told = json.loads(path.read_text())
    lines = {kind: [f"{found['rule']}: {found['measured']}" for found in told[kind]] for kind in ("errors", "warnings")}
    waivers = [f"{waiver['rule']} {waiver['sample']}: {waiver['reason']}" for waiver in told["waivers"]]
    return report.Gate(
        f"{told['gate']} of {told['subject']}", told["passed"], lines["errors"], lines["warnings"], waivers
    )


def _facts(args: Namespace, params: Params) -> dict[str, str]:
    git = git_facts(Path.cwd())
    trained = f"trained on the training split of {params.raw('segmenter')['dataset']}"
    return {
        "experiment": params.experiment(),
        "commit": git.commit + (" with changes" if git.dirty else ""),
        "seed": str(params.raw("runtime")["seed"]),
        "segmenters": trained if params.matrix().label_sets else "none trained",
        "Python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


if __name__ == "__main__":
    entry.run(main)
