"""Draw how a study went: a figure each, and one page to explore them."""

from collections.abc import Sequence

from hairline.io.atomic import whole_folder
from hairline.tuning import figures, trials_file
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the figures of ``--study``, from the trials that its stage has written."""
    args = stage.arguments(__doc__, argv, "study")
    params, paths = stage.opened(args.params)
    study = trials_file.read(paths.study_kept(args.study))
    with whole_folder(paths.study_figures(args.study)) as folder:
        figures.draw(folder, args.study, params.study(args.study).objective, study)


if __name__ == "__main__":
    stage.run(main)
