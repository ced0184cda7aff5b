"""Index the patches of a data set: where each lies and whether it shows a crack."""

from collections.abc import Sequence

from hairline.outputs import whole_file
from hairline.patches import index
from hairline.samples import read_samples
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the patch index of ``--dataset`` (Parquet)."""
    args = entry.arguments(__doc__, argv, "dataset")
    params, paths = entry.opened(args.params)
    dataset = paths.dataset(args.dataset)
    table = index(read_samples(dataset), dataset, params.patches)
    with whole_file(paths.patch_index(args.dataset)) as partial:
        table.to_parquet(partial, index=False)


if __name__ == "__main__":
    entry.run(main)
