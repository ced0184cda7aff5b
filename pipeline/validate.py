"""The gate of the samples: judge a canonical data set and stop the DAG where a rule that counts as error fails."""

from collections.abc import Sequence
from functools import partial

from hairline import drift, gate_tables
from hairline.expectations import check
from hairline.gate_columns import computed
from hairline.gate_page import contents_of_set, page, thumbnails
from hairline.gates import samples as gate
from hairline.params import Params
from hairline.samples import load_image, load_mask, read_samples
from pipeline import entry, gating


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the data set at ``--set``; write its page to ``--page`` and, where it passes, ``--verdict``."""
    args = entry.arguments(__doc__, argv, paths=["set", "baselines", "verdict", "page"], names=["dataset"])
    params = Params(args.params)
    options = params.samples_gate(args.dataset)
    table = read_samples(args.set)
    look = partial(entry.in_threads, doing=f"validate {args.dataset}")
    columns = computed(table, args.set, gate.for_lookalikes(options), look)
    accepted = drift.read(drift.path(args.baselines, params.experiment, args.dataset))
    frames = {
        "samples": columns,
        "splits": gate_tables.splits(table, options.min_split_share),
        "drift": drift.shifts(columns, accepted),
    }
    waivers = params.waivers("samples", args.dataset)
    verdict = check("samples", args.dataset, gate.RULES, frames, options, waivers)
    pictures = thumbnails(verdict, partial(load_image, args.set), partial(load_mask, args.set), gating.THUMBNAIL_PX)
    origins = dict(zip(table["id"], table["split"] + ", " + table["source"], strict=True))
    gating.conclude(verdict, page(verdict, contents_of_set(table), origins, pictures), args)


if __name__ == "__main__":
    entry.run(main)
