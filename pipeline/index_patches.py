"""Index the patches of a data set: where each lies and whether it shows a crack."""

from collections.abc import Sequence

from hairline.data.patch_index import index
from hairline.data.samples import read_samples
from hairline.io.atomic import whole_file
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the patch index of ``--dataset`` (Parquet)."""
    args = stage.arguments(__doc__, argv, "dataset")
    params, paths = stage.opened(args.params)
    dataset = paths.dataset(args.dataset)
    table = index(read_samples(dataset), dataset, params.patches)
    with whole_file(paths.patch_index(args.dataset)) as partial:
        table.to_parquet(partial, index=False)


if __name__ == "__main__":
    stage.run(main)
