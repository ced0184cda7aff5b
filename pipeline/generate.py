"""Generate a synthetic crack data set from its seed."""

from collections.abc import Sequence

from hairline import synthesis
from hairline.outputs import whole_folder
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the data set ``--synthetic-set`` in its published layout, below data/raw/."""
    args = entry.arguments(__doc__, argv, "synthetic-set")
    params, paths = entry.opened(args.params)
    with whole_folder(paths.synthetic_set(args.synthetic_set)) as folder:
        synthesis.write(folder, params.synthetic_set(args.synthetic_set))


if __name__ == "__main__":
    entry.run(main)
