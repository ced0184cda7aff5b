"""Read a data set in its published layout and write it in the canonical form."""

from collections.abc import Sequence
from functools import partial

from hairline import variants
from hairline.files import readable
from hairline.io.progress import in_threads
from hairline.outputs import whole_folder
from hairline.samples import ingest
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Read ``--dataset`` at its root by its layout; write its images, masks and samples.parquet."""
    args = entry.arguments(__doc__, argv, "dataset")
    params, paths = entry.opened(args.params)
    dataset = params.dataset(args.dataset)
    with readable():
        samples = variants.resolve("hairline.datasets", dataset.layout).read(dataset.root, dataset.options)
    with whole_folder(paths.dataset(args.dataset)) as folder:
        ingest(samples, folder, partial(in_threads, doing=f"ingest {args.dataset}"))


if __name__ == "__main__":
    entry.run(main)
