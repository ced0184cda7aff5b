"""The gate of the samples: judge a canonical data set and stop the DAG where a rule that counts as error fails."""

from collections.abc import Sequence
from functools import partial

from hairline import drift, gate_tables
from hairline.expectations import check
from hairline.gate_columns import computed
from hairline.gate_page import contents_of_set, page, thumbnails
from hairline.gates import samples as gate
from hairline.io.progress import in_threads
from hairline.samples import load_image, load_mask, read_samples
from pipeline import entry, gating


def main(argv: Sequence[str] | None = None) -> None:
    """Judge ``--dataset``; write the page of its gate and, where it passes, the verdict."""
    args = entry.arguments(__doc__, argv, "dataset")
    params, paths = entry.opened(args.params)
    options, dataset = params.samples_gate(args.dataset), paths.dataset(args.dataset)
    table = read_samples(dataset)
    look = partial(in_threads, doing=f"validate {args.dataset}")
    columns = computed(table, dataset, gate.for_lookalikes(options), look)
    accepted = drift.read(drift.path(paths.baselines, params.experiment, args.dataset))
    frames = {
        "samples": columns,
        "splits": gate_tables.splits(table, options.min_split_share),
        "drift": drift.shifts(columns, accepted),
    }
    waivers = params.waivers("samples", args.dataset)
    verdict = check("samples", args.dataset, gate.RULES, frames, options, waivers)
    pictures = thumbnails(verdict, partial(load_image, dataset), partial(load_mask, dataset), gating.THUMBNAIL_PX)
    origins = dict(zip(table["id"], table["split"] + ", " + table["source"], strict=True))
    written = page(verdict, contents_of_set(table), origins, pictures)
    gating.conclude(verdict, written, paths.samples_gate(args.dataset), paths.samples_verdict(args.dataset))


if __name__ == "__main__":
    entry.run(main)
