"""Read a data set in its published layout and write it in the canonical form."""

from collections.abc import Sequence
from functools import partial

from hairline import variants
from hairline.files import readable
from hairline.outputs import whole_folder
from hairline.params import Params
from hairline.samples import ingest
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Read ``--dataset`` at ``--raw`` by its layout; write images, masks and samples.parquet to ``--out``."""
    args = entry.arguments(__doc__, argv, paths=["raw", "out"], names=["dataset"])
    dataset = Params(args.params).dataset(args.dataset)
    with readable():
        samples = variants.resolve("hairline.datasets", dataset.layout).read(args.raw, dataset.options)
    with whole_folder(args.out) as folder:
        ingest(samples, folder, partial(entry.in_threads, doing=f"ingest {args.dataset}"))


if __name__ == "__main__":
    entry.run(main)
