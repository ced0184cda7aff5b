"""Which images a study searches on and reports on: drawn so that no parent photo is on both sides."""

from pathlib import Path

import numpy as np
import pandas as pd

from hairline.data.samples import NO_CRACK, read_samples
from hairline.errors import HairlineError
from hairline.tuning import maskless
from hairline.tuning.study import Study


def drawn(
    samples: pd.DataFrame, tuning: tuple[str, int], held_out: tuple[str, int], seed: int, where: str, masks: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the images options are chosen on and those the choice is reported on, in random order.

    Within one split, whole groups go to one side or the other, in proportion to the two counts; then each side is drawn
    from what it has, all of it where that is less than its count.

    Args:
        samples: The samples table of a data set.
        tuning: Split and number of images to choose on.
        held_out: Split and number of images to report on.
        seed: Of the draw.
        where: What to call the data set in a message.
        masks: Whether images without masks are passed over; those called crack-free as a whole always are.

    Returns:
        Rows of the samples table, tuning and held out; no group is in both.

    Raises:
        HairlineError: If a side has no image.
    """
    usable = samples[samples["has_mask"] | ((samples["image_label"] != NO_CRACK) & (not masks))]
    generator = np.random.default_rng(seed)
    parts = [usable[usable["split"] == split] for split, _ in (tuning, held_out)]
    if tuning[0] == held_out[0]:
        groups = generator.permutation(np.array(sorted(set(parts[0]["group"])), dtype=object))
        first = set(groups[: max(round(len(groups) * tuning[1] / (tuning[1] + held_out[1])), 1)])
        parts = [part[part["group"].isin(first) == side] for part, side in zip(parts, (True, False), strict=True)]
    else:
        parts[1] = parts[1][~parts[1]["group"].isin(set(parts[0]["group"]))]
    chosen = []
    for part, (split, count), name in zip(parts, (tuning, held_out), ("tuning", "held_out"), strict=True):
        if part.empty:
            raise HairlineError(
                f"{where}: no image {'with a mask ' if masks else ''}is left in split '{split}' for {name}; choose "
                "another split, or a set with at least two parent photos"
                + (f", or the objective [{maskless.NAME}] alone, which needs no masks" if masks else "")
            )
        chosen.append(part.iloc[generator.permutation(len(part))[:count]].reset_index(drop=True))
    return chosen[0], chosen[1]


def drawn_for(study: Study, dataset: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The images of a study, as :func:`drawn` draws them.

    Args:
        study: How many of which split, and the seed.
        dataset: Folder of its data set in canonical form.
    """
    tuning, held_out = ((images.split, images.count) for images in (study.tuning, study.held_out))
    return drawn(read_samples(dataset), tuning, held_out, study.seed, str(dataset), study.needs_masks)
