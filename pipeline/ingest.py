"""Read a data set in its published layout and write it in the canonical form."""

import logging
from collections.abc import Sequence
from typing import Any

from hairline.data import passed_over, split_counts
from hairline.data.grouping import arranged
from hairline.data.root_survey import survey
from hairline.data.samples import ingest
from hairline.engine.choice import opened
from hairline.io import plugins
from hairline.io.reading import readable
from pipeline import stage

_log = logging.getLogger("hairline.ingest")


def main(argv: Sequence[str] | None = None) -> None:
    """Read ``--dataset`` at its root by its layout; write its images, masks and samples.parquet, and what was not read.

    The last line tells how many files were passed over, by reason.
    """
    args = stage.arguments(__doc__, argv, "dataset")
    params, paths = stage.opened(args.params)
    dataset = params.dataset(args.dataset)
    layout = plugins.resolve("hairline.data.layouts", dataset.layout)
    with readable():
        read = layout.read(dataset.root, dataset.options)
        found = survey(dataset.root, layout, dataset.options, read)
        samples = arranged(
            read, layout, dataset.root, dataset.options, dataset.parent, dataset.capture_s, dataset.split
        )
    made_by = ("pipeline.ingest", f"hairline.data.layouts.{dataset.layout}")
    with (
        opened(params.engine) as engine,
        stage.grown(engine, paths.dataset(args.dataset), "ingest", params.raw("datasets")[args.dataset],
                    [dataset.root], *made_by) as (folder, kept),
    ):  # fmt: skip
        ingest(samples, folder, stage.Each(engine, f"ingest {args.dataset}", _id, kept), dataset.pixels)
    passed_over.write(paths.passed_over(args.dataset), found)
    _log.info("ingest %s: %s", args.dataset, split_counts.told(samples))
    _log.info("ingest %s: images read: %d; %s", args.dataset, len(samples), passed_over.told(found))


def _id(item: Any) -> str:
    """Of a sample, or of one with what was seen of it."""
    sample = item[0] if isinstance(item, tuple) else item
    return str(sample.id)


if __name__ == "__main__":
    stage.run(main)
