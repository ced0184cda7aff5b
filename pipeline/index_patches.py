"""Index the patches of a data set: where each lies and whether it shows a crack."""

from collections.abc import Sequence

from hairline.config.params import Params
from hairline.data.patch_index import Options, index
from hairline.data.samples import read_samples
from hairline.io.atomic import whole_file
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the patch index of the data set at ``--set`` to ``--out`` (Parquet)."""
    args = stage.arguments(__doc__, argv, paths=["set", "out"])
    options = Params(args.params).get("patches", Options)
    table = index(read_samples(args.set), args.set, options)
    with whole_file(args.out) as partial:
        table.to_parquet(partial, index=False)


if __name__ == "__main__":
    stage.run(main)
