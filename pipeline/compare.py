"""Put labels and segmenters side by side: one table FSV / pseudo-labels a test set, curves, pictures, a page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hairline import comparison, crosschecks, findings, paper_tables, plotting, replicates, report, table_text, tracking
from hairline.gate import waived
from hairline.outputs import whole_folder, write_json
from pipeline import cells, entry, gallery, page


def main(argv: Sequence[str] | None = None) -> None:
    """Write the tables, the figures and the page of the comparison."""
    params, paths = entry.opened(entry.arguments(__doc__, argv).params)
    logged = params.some("comparison", "matrix", "training_sets", "pooled_test_sets")
    inputs = [paths.all_scores, paths.all_labels]
    with tracking.run("compare", "comparison", params.experiment, logged, inputs, {}, page.records(params, paths),
                      paths.comparison_record) as run:  # fmt: skip
        compared, bootstrap = list(cells.compared(params, paths)), params.comparison
        summary = comparison.summarise(compared, bootstrap)
        classifiers, drawn = list(cells.classifiers(params, paths)), gallery.panels(compared)
        found = page.Compared(
            cells=compared,
            summary=summary,
            pairs=crosschecks.every_pair(compared, bootstrap),
            beside=paper_tables.beside(summary, classifiers),
            taught=paper_tables.classifiers(classifiers),
            grids=list(gallery.grids(params, paths)),
            curves=(gallery.curves(drawn, gallery.SEGMENTERS), gallery.curves(drawn, gallery.LABELS)),
            browser=gallery.browser(params, paths, compared),
            steps=list(gallery.steps(params, paths)),
        )
        with whole_folder(paths.comparison) as folder:
            _tables(folder, found)
            plotting.save_png(plotting.pr_curves(drawn), folder / "pr_curves.png")
            for name, _, png in found.grids:
                (folder / f"{name}.png").write_bytes(png)
            report.write(folder / "index.html", page.page(params, paths, found))
        metrics = _metrics(summary)
        write_json(paths.comparison_metrics, metrics)
        run.metrics({f"{row}/{key}": value for row, scores in metrics.items() for key, value in scores.items()})
        run.artifact(paths.comparison)
        run.tag("waivers", waived(page.verdicts(params, paths)))
        run.finish([paths.comparison, paths.comparison_metrics])


def _tables(folder: Path, found: page.Compared) -> None:
    """Write every table as text."""
    tables = {
        "comparison": found.summary,
        "conventions": crosschecks.every_convention(found.cells),
        "differences": found.pairs,
        "seeds": replicates.over_seeds(found.cells),
        "paper": found.beside,
    }
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(table_text.csv(table))
    (folder / "comparison.md").write_text(findings.markdown(found.summary))
    (folder / "ablations.csv").write_text(findings.ablations_csv(found.summary))
    (folder / "paper.md").write_text(paper_tables.markdown(found.beside))
    (folder / "paper.tex").write_text(paper_tables.latex(found.beside))
    found.taught.to_csv(folder / "classifiers.csv", index=False)


def _metrics(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    scored = summary[summary["status"] == "scored"]
    names = ("ods", "ods_low", "ods_high", "ois", "ap", "images_per_second")
    return {
        "-".join(str(row[part]) for part in ("kind", "labels", "model", "training_set", "test_set") if row[part]):
            {name: float(row[name]) for name in names if not pd.isna(row[name])}
        for row in scored.to_dict("records")
    }  # fmt: skip


if __name__ == "__main__":
    entry.run(main)
