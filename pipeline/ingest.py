"""Read a data set in its published layout and write it in the canonical form."""

import logging
from collections.abc import Sequence
from functools import partial

from hairline.data import passed_over
from hairline.data.grouping import arranged
from hairline.data.root_survey import survey
from hairline.data.samples import ingest
from hairline.io import plugins
from hairline.io.atomic import whole_folder
from hairline.io.reading import readable
from hairline.io.threads import in_threads
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
    with whole_folder(paths.dataset(args.dataset)) as folder:
        ingest(samples, folder, partial(in_threads, doing=f"ingest {args.dataset}"), dataset.pixels)
    passed_over.write(paths.passed_over(args.dataset), found)
    _log.info("ingest %s: images read: %d; %s", args.dataset, len(samples), passed_over.told(found))


if __name__ == "__main__":
    stage.run(main)
