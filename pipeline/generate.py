"""Generate a synthetic crack data set from its seed."""

import os
from collections.abc import Sequence

from hairline.data import synthetic
from hairline.io.atomic import whole_folder
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the data set ``--synthetic-set`` in its published layout, below data/raw/."""
    args = stage.arguments(__doc__, argv, "synthetic-set")
    params, paths = stage.opened(args.params)
    with whole_folder(paths.synthetic_set(args.synthetic_set)) as folder:
        synthetic.write(folder, params.synthetic_set(args.synthetic_set), len(os.sched_getaffinity(0)))


if __name__ == "__main__":
    stage.run(main)
