"""Read a data set in its published layout and write it in the canonical form."""

from collections.abc import Sequence
from functools import partial

from hairline.data.parents import with_parents
from hairline.data.samples import ingest
from hairline.io import plugins
from hairline.io.atomic import whole_folder
from hairline.io.reading import readable
from hairline.io.threads import in_threads
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Read ``--dataset`` at its root by its layout; write its images, masks and samples.parquet."""
    args = stage.arguments(__doc__, argv, "dataset")
    params, paths = stage.opened(args.params)
    dataset = params.dataset(args.dataset)
    with readable():
        found = plugins.resolve("hairline.data.layouts", dataset.layout).read(dataset.root, dataset.options)
    samples = with_parents(found, dataset.parent)
    with whole_folder(paths.dataset(args.dataset)) as folder:
        ingest(samples, folder, partial(in_threads, doing=f"ingest {args.dataset}"))


if __name__ == "__main__":
    stage.run(main)
