"""Put labels and segmenters side by side: one table FSV / pseudo-labels a test set, curves, pictures, a page."""

from collections.abc import Sequence
from pathlib import Path

from hairline import comparison, crosschecks, findings, paper_tables, plotting, replicates, report, table_text, tracking
from hairline.bootstrap import BootstrapOptions
from hairline.gate import waived
from hairline.outputs import whole_folder, write_json
from hairline.params import Params
from pipeline import cells, entry, gallery, page


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
                      page.records(args.runs, params), args.record) as run:  # fmt: skip
        compared, bootstrap = list(cells.compared(args, params)), params.get("comparison", BootstrapOptions)
        summary = comparison.summarise(compared, bootstrap)
        classifiers = list(cells.classifiers(args, params))
        found = page.Compared(
            compared, summary, crosschecks.every_pair(compared, bootstrap), paper_tables.beside(summary, classifiers),
            paper_tables.classifiers(classifiers), list(gallery.grids(args, params)),
        )  # fmt: skip
        with whole_folder(args.out) as folder:
            _tables(folder, found)
            _pictures(folder, found)
            report.write(folder / "index.html", page.page(args, params, found))
        metrics = comparison.metrics(summary)
        write_json(args.metrics, metrics)
        run.metrics({f"{row}/{key}": value for row, scores in metrics.items() for key, value in scores.items()})
        run.artifact(args.out)
        run.tag("waivers", waived(page.verdicts(args, params)))
        run.finish([args.out, args.metrics])


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


def _pictures(folder: Path, found: page.Compared) -> None:
    """Write the curves and the galleries as PNG."""
    plotting.save_png(plotting.pr_curves(gallery.panels(found.cells)), folder / "pr_curves.png")
    for name, _, png in found.grids:
        (folder / f"{name}.png").write_bytes(png)


if __name__ == "__main__":
    entry.run(main)
