"""Generate a synthetic crack data set from its seed."""

from collections.abc import Sequence

from hairline.config.params import Params
from hairline.data import synthetic
from hairline.io.atomic import whole_folder
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the data set ``--name`` of ``synthetic_sets`` to ``--out``."""
    args = stage.arguments(__doc__, argv, paths=["out"], names=["name"])
    options = Params(args.params).entry("synthetic_sets", args.name, synthetic.Options)
    with whole_folder(args.out) as folder:
        synthetic.write(folder, options)


if __name__ == "__main__":
    stage.run(main)
