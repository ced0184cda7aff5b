"""The gate of the samples: judge a canonical data set and stop the DAG where a rule that counts as error fails."""

from collections.abc import Sequence
from functools import partial

from hairline.data import passed_over
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.engine.choice import opened
from hairline.gates import conclude, drift, facts
from hairline.gates import samples_gate as gate
from hairline.gates.engine import check
from hairline.gates.image_facts import computed, with_faint
from hairline.reporting.gate_page import contents_of_set, page, thumbnails
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Judge ``--dataset``; write the page of its gate and, where it passes, the verdict."""
    args = stage.arguments(__doc__, argv, "dataset")
    params, paths = stage.opened(args.params)
    options, dataset = params.samples_gate(args.dataset), paths.dataset(args.dataset)
    table = read_samples(dataset)
    with opened(params.engine) as engine:
        look = stage.Each(engine, f"validate {args.dataset}")
        seen = computed(table, dataset, gate.for_lookalikes(options), look, gate.for_overlaps(options))
    columns = with_faint(seen, options.min_brightness, options.min_spread)
    accepted = drift.read(drift.path(paths.baselines, params.experiment, args.dataset))
    found = passed_over.read(paths.passed_over(args.dataset))
    frames = {
        "samples": columns,
        "splits": facts.splits(table, options.min_split_share),
        "drift": drift.shifts(columns, accepted),
        "passed_over": facts.passed_over(found),
    }
    waivers = params.waivers("samples", args.dataset)
    verdict = check("samples", args.dataset, gate.RULES, frames, options, waivers)
    pictures = thumbnails(verdict, partial(load_image, dataset), partial(load_mask, dataset), conclude.THUMBNAIL_PX)
    origins = dict(zip(table["id"], table["split"] + ", " + table["source"], strict=True))
    contents = contents_of_set(table) + (f"; {passed_over.told(found)}" if found else "")
    written = page(verdict, contents, origins, pictures)
    conclude.conclude(
        verdict, written, paths.samples_gate(args.dataset), paths.samples_verdict(args.dataset),
        paths.findings_of(paths.samples_verdict(args.dataset)),
    )  # fmt: skip


if __name__ == "__main__":
    stage.run(main)
