"""The images of a study: drawn so that no parent photo is on both sides, kept decoded, labelled again and again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import scoring
from hairline.errors import HairlineError
from hairline.images import quantise
from hairline.localization import Evidence
from hairline.samples import load_image, load_mask

Label = Callable[[NDArray[np.uint8], Evidence], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Case:
    """One image to label.

    Attributes:
        id: Name in its data set.
        group: Its parent photo.
        image: RGB uint8 [height, width, 3].
        evidence: What the classifier says about it.
        mask: bool [height, width].
    """

    id: str
    group: str
    image: NDArray[np.uint8]
    evidence: Evidence
    mask: NDArray[np.bool_]


def drawn(
    samples: pd.DataFrame, tuning: tuple[str, int], held_out: tuple[str, int], seed: int, where: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the images options are chosen on and those the choice is reported on, in random order.

    Within one split, whole groups go to one side or the other, in proportion to the two counts; then each side is drawn
    from what it has, all of it where that is less than its count.

    Args:
        samples: The samples table of a data set; images without masks are passed over.
        tuning: Split and number of images to choose on.
        held_out: Split and number of images to report on.
        seed: Of the draw.
        where: What to call the data set in a message.

    Returns:
        Rows of the samples table, tuning and held out; no group is in both.

    Raises:
        HairlineError: If a side has no image.
    """
    masked = samples[samples["has_mask"]]
    generator = np.random.default_rng(seed)
    parts = [masked[masked["split"] == split] for split, _ in (tuning, held_out)]
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
                f"{where}: no image with a mask is left in split '{split}' for {name}; choose another split, or a set "
                "with at least two parent photos"
            )
        chosen.append(part.iloc[generator.permutation(len(part))[:count]].reset_index(drop=True))
    return chosen[0], chosen[1]


def load(rows: pd.DataFrame, dataset: Path, evidence: Path) -> list[Case]:
    """Decode images, masks and evidence of some samples, in their order.

    Args:
        rows: Rows of the samples table.
        dataset: Folder of the canonical data set.
        evidence: Folder of its evidence, an archive an image.
    """
    return [
        Case(
            sample_id,
            str(group),
            load_image(dataset, sample_id),
            Evidence.load(evidence / f"{sample_id}.npz"),
            load_mask(dataset, sample_id),
        )
        for sample_id, group in zip(rows["id"], rows["group"], strict=True)
    ]


def histograms(label: Label, case: Case) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Score histograms of a label as its file would hold it, on 256 levels: crack and background, [scoring.BINS]."""
    return scoring.histograms(quantise(label(case.image, case.evidence)), case.mask)


def scored(label: Label, cases: list[Case]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Histograms of the images so far, after each image: crack and background, int64 [images so far, scoring.BINS]."""
    crack = np.empty((len(cases), scoring.BINS), np.int64)
    background = np.empty_like(crack)
    for number, case in enumerate(cases):
        crack[number], background[number] = histograms(label, case)
        yield crack[: number + 1], background[: number + 1]


def named(cases: list[Case]) -> Mapping[str, object]:
    """Name → image or evidence: what a :class:`hairline.memo.Memo` is to know these arrays by."""
    images = {f"image {number}": case.image for number, case in enumerate(cases)}
    return images | {f"evidence {number}": case.evidence for number, case in enumerate(cases)}
