"""Give the masks that people corrected the form of a label set, so that training sets take them where there are any.

Every mask is trained on, as of :mod:`pipeline.label_manual`, but for those that say nothing of any pixel.
"""

from collections.abc import Sequence

import pandas as pd

from hairline.data import corrected
from hairline.data.names import CORRECTED
from hairline.data.samples import IGNORED_PIXELS, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import IGNORED, write_image
from hairline.io.atomic import whole_folder
from pipeline import stage

NAMED = 8


def main(argv: Sequence[str] | None = None) -> None:
    """Check the corrected masks of ``--dataset`` and write them, with a table of what they hold.

    Raises:
        HairlineError: If they are not those of its images; a line for each of the first masks with a fault.
    """
    args = stage.arguments(__doc__, argv, "dataset")
    params, paths = stage.opened(args.params)
    samples = read_samples(paths.dataset(args.dataset)).set_index("id")
    sizes = {str(name): (int(h), int(w)) for name, h, w in samples[["height", "width"]].itertuples()}
    found = corrected.files(params.corrected_root(args.dataset), sizes, args.dataset)
    rows, faults = [], list[str]()
    with whole_folder(paths.labels(CORRECTED, args.dataset)) as folder:
        for name, path in found.items():
            try:
                levels = corrected.read(path, sizes[name])
            except HairlineError as error:
                faults.append(str(error))
                continue
            write_image(folder / f"{name}.png", levels)
            ignored = int((levels == IGNORED).sum())
            crack = int((levels > IGNORED).sum())
            rows.append((name, samples.loc[name, "split"], crack, ignored < levels.size, ignored))
        if faults:
            more = f"\n… and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
            raise HairlineError("\n".join(faults[:NAMED]) + more)
        table = pd.DataFrame(rows, columns=["id", "split", "crack_pixels", "trainable", IGNORED_PIXELS])
        table.to_parquet(folder / "labels.parquet", index=False)


if __name__ == "__main__":
    stage.run(main)
