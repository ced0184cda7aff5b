"""Index the patches of a data set: where each lies and whether it shows a crack."""

from collections.abc import Sequence

from hairline.outputs import whole_file
from hairline.params import Params
from hairline.patches import index
from hairline.samples import read_samples
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the patch index of the data set at ``--set`` to ``--out`` (Parquet)."""
    args = entry.arguments(__doc__, argv, paths=["set", "out"])
    options = Params(args.params).patches
    table = index(read_samples(args.set), args.set, options)
    with whole_file(args.out) as partial:
        table.to_parquet(partial, index=False)


if __name__ == "__main__":
    entry.run(main)
