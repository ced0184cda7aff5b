"""Draw what label sets are: sheets of their labels, and every step to some of them."""

from collections.abc import Sequence

from hairline.io.atomic import whole_folder
from hairline.reporting import label_pictures
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write the pictures of all label sets, from the files that their stages have written."""
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    with whole_folder(paths.all_sheets) as folder:
        for name in params.labelled():
            png = label_pictures.sheet(paths.sets, paths.label_set(name), params.matrix.localized)
            (folder / paths.labels_sheet(name).name).write_bytes(png)
    with whole_folder(paths.all_strips) as folder:
        for name in params.labelled():
            (folder / name).mkdir()
            for file, png in label_pictures.strips(paths.label_set(name), name):
                (folder / name / file).write_bytes(png)


if __name__ == "__main__":
    stage.run(main)
