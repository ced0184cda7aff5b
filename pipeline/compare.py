"""Put labels and segmenters side by side: one table FSV / pseudo-labels a test set, curves, pictures, a page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hairline import tracking
from hairline.config.params import Params
from hairline.gates.rules import waived
from hairline.io.atomic import whole_folder, write_json
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.reporting import (
    comparison,
    difference_tables,
    formatting,
    gallery,
    html,
    metric_columns,
    page,
    paper_tables,
    results,
    seed_table,
    summary_tables,
)
from hairline.reporting.figures import curves
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write tables, figures and the page to ``--out``."""
    args = stage.arguments(
        __doc__, argv,
        paths=["sets", "gates", "evidence", "labels", "scores", "timings", "strips", "runs", "out", "metrics",
               "record"],
    )  # fmt: skip
    params = Params(args.params)
    logged = params.some("comparison", "matrix", "training_sets", "pooled_test_sets")
    with tracking.run("compare", "comparison", params.experiment(), logged, [args.scores, args.labels], {},
                      page.records(args.runs, params), args.record) as run:  # fmt: skip
        compared, bootstrap = list(results.compared(args, params)), params.get("comparison", BootstrapOptions)
        summary = comparison.summarise(compared, bootstrap)
        classifiers = list(results.classifiers(args, params))
        found = page.Compared(
            compared, summary, difference_tables.every_pair(compared, bootstrap),
            paper_tables.beside(summary, classifiers), paper_tables.classifiers(classifiers),
            list(gallery.grids(args, params)),
        )  # fmt: skip
        with whole_folder(args.out) as folder:
            _tables(folder, found)
            _pictures(folder, found)
            html.write(folder / "index.html", page.page(args, params, found))
        metrics = _metrics(summary)
        write_json(args.metrics, metrics)
        run.metrics({f"{row}/{key}": value for row, scores in metrics.items() for key, value in scores.items()})
        run.artifact(args.out)
        run.tag("waivers", waived(page.verdicts(args, params)))
        run.finish([args.out, args.metrics])


def _tables(folder: Path, found: page.Compared) -> None:
    """Write every table as text."""
    tables = {
        "comparison": found.summary,
        "conventions": difference_tables.every_convention(found.cells),
        "differences": found.pairs,
        "seeds": seed_table.over_seeds(found.cells),
        "paper": found.beside,
    }
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(formatting.csv(table))
    (folder / "comparison.md").write_text(summary_tables.markdown(found.summary))
    (folder / "ablations.csv").write_text(summary_tables.ablations_csv(found.summary))
    (folder / "paper.md").write_text(paper_tables.markdown(found.beside))
    (folder / "paper.tex").write_text(paper_tables.latex(found.beside))
    found.taught.to_csv(folder / "classifiers.csv", index=False)


def _pictures(folder: Path, found: page.Compared) -> None:
    """Write the curves and the galleries as PNG."""
    curves.save_png(curves.pr_curves(gallery.panels(found.cells)), folder / "pr_curves.png")
    for name, _, png in found.grids:
        (folder / f"{name}.png").write_bytes(png)


def _metrics(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    scored = summary[summary["status"] == "scored"]
    names = (*metric_columns.RECORDED, "images_per_second")
    return {
        "-".join(str(row[part]) for part in ("kind", "labels", "model", "training_set", "test_set") if row[part]):
            {name: float(row[name]) for name in names if not pd.isna(row[name])}
        for row in scored.to_dict("records")
    }  # fmt: skip


if __name__ == "__main__":
    stage.run(main)
