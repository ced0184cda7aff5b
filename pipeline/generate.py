"""Generate a synthetic crack data set from its seed."""

from collections.abc import Sequence

from hairline import synthesis
from hairline.outputs import whole_folder
from hairline.params import Params
from pipeline import entry


def main(argv: Sequence[str] | None = None) -> None:
    """Write the data set ``--name`` of ``synthetic_sets`` to ``--out``."""
    args = entry.arguments(__doc__, argv, paths=["out"], names=["name"])
    options = Params(args.params).synthetic_set(args.name)
    with whole_folder(args.out) as folder:
        synthesis.write(folder, options)


if __name__ == "__main__":
    entry.run(main)
