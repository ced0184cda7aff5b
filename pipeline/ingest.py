"""Read a data set in its published layout and write it in the canonical form."""

from collections.abc import Sequence
from functools import partial

from hairline.config.params import Params
from hairline.data.samples import ingest
from hairline.io import plugins
from hairline.io.atomic import whole_folder
from hairline.io.reading import readable
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Read ``--dataset`` at ``--raw`` by its layout; write images, masks and samples.parquet to ``--out``."""
    args = stage.arguments(__doc__, argv, paths=["raw", "out"], names=["dataset"])
    dataset = Params(args.params).dataset(args.dataset)
    with readable():
        samples = plugins.resolve("hairline.data.layouts", dataset.layout).read(args.raw, dataset.options)
    with whole_folder(args.out) as folder:
        ingest(samples, folder, partial(stage.in_threads, doing=f"ingest {args.dataset}"))


if __name__ == "__main__":
    stage.run(main)
