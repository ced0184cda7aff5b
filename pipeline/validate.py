"""The gate of the samples: judge a canonical data set and stop the DAG where a rule that counts as error fails."""

from collections.abc import Sequence
from functools import partial

from hairline.config.params import Params
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.gates import conclude, drift, facts
from hairline.gates import samples_gate as gate
from hairline.gates.engine import check
from hairline.gates.image_facts import computed
from hairline.reporting.gate_page import contents_of_set, page, thumbnails
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the data set at ``--set``; write its page to ``--page`` and, where it passes, ``--verdict``."""
    args = stage.arguments(__doc__, argv, paths=["set", "baselines", "verdict", "page"], names=["dataset"])
    params = Params(args.params)
    options = params.gate("samples", args.dataset, gate.Options)
    table = read_samples(args.set)
    look = partial(stage.in_threads, doing=f"validate {args.dataset}")
    columns = computed(table, args.set, gate.for_lookalikes(options), look)
    accepted = drift.read(drift.path(args.baselines, params.experiment(), args.dataset))
    frames = {
        "samples": columns,
        "splits": facts.splits(table, options.min_split_share),
        "drift": drift.shifts(columns, accepted),
    }
    waivers = params.waivers("samples", args.dataset)
    verdict = check("samples", args.dataset, gate.RULES, frames, options, waivers)
    pictures = thumbnails(verdict, partial(load_image, args.set), partial(load_mask, args.set), conclude.THUMBNAIL_PX)
    origins = dict(zip(table["id"], table["split"] + ", " + table["source"], strict=True))
    conclude.conclude(verdict, page(verdict, contents_of_set(table), origins, pictures), args)


if __name__ == "__main__":
    stage.run(main)
