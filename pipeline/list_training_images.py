"""List the images that segmenters learn from, a table for every training set and label set, without any network."""

from collections.abc import Sequence

from hairline.config import training_sets
from hairline.data import training_table
from hairline.errors import HairlineError
from hairline.io.atomic import whole_folder
from pipeline import stage


def main(argv: Sequence[str] | None = None) -> None:
    """Write TRAINING_SET/LABEL_SET.parquet for all that segmenters are trained on.

    Raises:
        HairlineError: If a segmenter would learn of the masks that it is scored against, or a training set cannot be
            had of the images and labels there are.
    """
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    found = [f"{params.file(line)}: {line}" for line in training_sets.leaks(params)]
    if found:
        raise HairlineError("\n".join(found))
    sizes = {dataset: params.mm_per_px(dataset) for dataset, _ in training_sets.used(params)}
    wide = training_sets.wide(params)
    with whole_folder(paths.training_tables) as folder:
        for name, training_set in training_sets.chosen(params).items():
            (folder / name).mkdir()
            for label_set in params.matrix.label_sets:
                try:
                    table = training_table.table(training_set, label_set, paths.data, sizes, wide)
                except HairlineError as error:
                    raise HairlineError(f"training_sets.{name} with '{label_set}': {error}") from None
                table.to_parquet(folder / name / f"{label_set}.parquet", index=False)


if __name__ == "__main__":
    stage.run(main)
