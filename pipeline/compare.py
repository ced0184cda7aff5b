"""Put labels and segmenters side by side: one table FSV / pseudo-labels a test set, curves, pictures, a page."""

from collections.abc import Sequence
from pathlib import Path

from hairline import tracking
from hairline.config import training_sets
from hairline.data.budget import RANDOM
from hairline.io.atomic import whole_folder, write_json
from hairline.reporting import (
    comparison,
    cost_curve,
    difference_tables,
    formatting,
    gallery,
    html,
    page,
    paper_tables,
    results,
    seed_table,
    seen_signs,
    summary_tables,
    typical,
)
from hairline.reporting.figures import canvas, curves, image_browser
from hairline.tracking.waivers import waived
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the tables, the figures and the page of the comparison."""
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    logged = params.some("comparison", "matrix", "training_sets", "pooled_test_sets")
    inputs = [paths.all_scores, paths.all_labels]
    with tracking.run("compare", "comparison", params.experiment, logged, inputs, {}, page.records(params, paths),
                      paths.comparison_record, params.tracking_wait_s) as run:  # fmt: skip
        compared, bootstrap = list(results.compared(params, paths)), params.comparison
        summary = comparison.summarise(compared, bootstrap)
        classifiers, drawn = list(results.classifiers(params, paths)), gallery.panels(compared)
        found = page.Compared(
            results=compared,
            summary=summary,
            pairs=difference_tables.every_pair(compared, bootstrap),
            beside=paper_tables.beside(summary, classifiers),
            taught=paper_tables.classifiers(classifiers),
            few=paper_tables.classifier_notes(classifiers),
            grids=list(gallery.grids(params, paths)),
            curves=(gallery.curves(drawn, gallery.SEGMENTERS), gallery.curves(drawn, gallery.LABELS)),
            steps=list(gallery.steps(params, paths)),
            studied=results.studied(params, paths),
            typical=typical.stage(params, paths, compared, summary),
            cost=cost_curve.points(compared, training_sets.chosen(params)),
        )
        with whole_folder(paths.comparison) as folder:
            _tables(folder, found)
            canvas.save_png(curves.pr_curves(drawn), folder / "pr_curves.png")
            for name, _, png in found.grids:
                (folder / f"{name}.png").write_bytes(png)
            browser = image_browser.browser(gallery.images(params, paths, compared), folder)
            html.write(folder / "index.html", page.page(params, paths, found, browser))
        metrics, headline = comparison.metrics(summary), comparison.headline(summary)
        write_json(paths.comparison_metrics, metrics)
        write_json(paths.headline, headline)
        run.headline({f"ods/{name}": value for name, value in headline["ods"].items()})
        run.curves(cost_curve.points_by_images(found.cost))
        run.artifact(paths.comparison)
        run.tag("seen", seen_signs.counts(summary))
        run.tag("waivers", waived(page.verdicts(params, paths)))
        run.finish([paths.comparison, paths.comparison_metrics, paths.headline])


def _tables(folder: Path, found: page.Compared) -> None:
    """Write every table as text."""
    tables = {
        "comparison": found.summary,
        "conventions": difference_tables.every_convention(found.results),
        "differences": found.pairs,
        "seeds": seed_table.over_seeds(found.results),
        "paper": found.beside,
    }
    if len(found.cost):
        tables |= {"cost_points": found.cost, "cost_curve": cost_curve.curve(found.cost)}
        tables["cost_gains"] = cost_curve.gains(found.cost, RANDOM)
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(formatting.csv(table), encoding="utf-8")
    (folder / "comparison.md").write_text(summary_tables.markdown(found.summary, found.pairs), encoding="utf-8")
    (folder / "ablations.csv").write_text(summary_tables.ablations_csv(found.summary), encoding="utf-8")
    (folder / "paper.md").write_text(paper_tables.markdown(found.beside), encoding="utf-8")
    (folder / "paper.tex").write_text(paper_tables.latex(found.beside), encoding="utf-8")
    found.taught.to_csv(folder / "classifiers.csv", index=False)


if __name__ == "__main__":
    stage.run(main)
