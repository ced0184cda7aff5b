"""The images of a study: kept decoded, labelled again and again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.samples import load_ignored, load_image, load_mask
from hairline.imaging.images import quantise
from hairline.labelling.localization import Evidence
from hairline.metrics import thresholds
from hairline.tuning import maskless
from hairline.tuning.draws import drawn as drawn
from hairline.tuning.draws import drawn_for as drawn_for
from hairline.tuning.objectives import Judged
from hairline.tuning.search_space import Value

Label = Callable[[NDArray[np.uint8], Evidence], NDArray[np.float32]]
"""Image RGB uint8 [height, width, 3] and its evidence → label float32 [height, width] in [0, 1]."""

Labeller = Callable[[Mapping[str, Value]], Label]
"""Changes of a label set's options, by their path → what labels with them."""


@dataclass(frozen=True, eq=False)
class Case:
    """One image to label.

    Attributes:
        id: Name in its data set.
        group: Its parent photo.
        image: RGB uint8 [height, width, 3].
        evidence: What the classifier says about it.
        mask: bool [height, width]; None where there is none.
        copy: The image a little darker, with noise, where labels are judged without masks; else None.
        ignored: Pixels that its mask says nothing of, bool [height, width]; None where there are none.
    """

    id: str
    group: str
    image: NDArray[np.uint8]
    evidence: Evidence
    mask: NDArray[np.bool_] | None
    copy: NDArray[np.uint8] | None
    ignored: NDArray[np.bool_] | None = None


def load(rows: pd.DataFrame, dataset: Path, evidence: Path, copies: bool) -> list[Case]:
    """Decode images, masks and evidence of some samples, in their order.

    Args:
        rows: Rows of the samples table.
        dataset: Folder of the canonical data set.
        evidence: Folder of its evidence, an archive an image.
        copies: Whether to make the copies that labels are judged with where no mask is needed.
    """
    ignored_of = load_ignored(dataset, rows)
    return [
        _loaded(row, dataset, evidence, number if copies else None, ignored_of(str(row.id)))
        for number, row in enumerate(rows.itertuples())
    ]


def _loaded(row: Any, dataset: Path, evidence: Path, seed: int | None, ignored: NDArray[np.bool_] | None) -> Case:
    image = load_image(dataset, row.id)
    return Case(
        row.id,
        str(row.group),
        image,
        Evidence.load(evidence / f"{row.id}.npz"),
        load_mask(dataset, row.id) if row.has_mask else None,
        None if seed is None else maskless.perturbed(image, seed),
        ignored,
    )


Told = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Histograms of crack and background [thresholds.BINS], 0 without a mask; measures [3], NaN without a copy."""


def judged(label: Label, case: Case) -> Told:
    """What the label of one image is judged by: histograms as its file would hold it, on 256 levels, and measures."""
    scores = label(case.image, case.evidence)
    nothing = np.zeros(thresholds.BINS, np.int64)
    crack, background = nothing, nothing
    if case.mask is not None:
        crack, background = thresholds.histograms(quantise(scores), case.mask, ignored=case.ignored)
    measures = np.full(len(maskless.MEASURES), np.nan)
    if case.copy is not None:
        measures = maskless.measures(case.image, case.evidence, scores, label(case.copy, case.evidence))
    return crack, background, measures


def together(cases: Sequence[Case], told: Iterable[Told]) -> Judged:
    """What :func:`judged` gave for some images, in their order, as one."""
    crack, background, measures = (np.stack(parts) for parts in zip(*told, strict=True))
    masked = np.array([case.mask is not None for case in cases])
    return Judged(masked, crack, background, None if cases[0].copy is None else measures)


def named(cases: Sequence[Case]) -> Mapping[str, object]:
    """Name → image, copy or evidence: what a :class:`hairline.labelling.cache.Cache` is to know these arrays by."""
    things = {f"image {number}": case.image for number, case in enumerate(cases)}
    things |= {f"copy {number}": case.copy for number, case in enumerate(cases) if case.copy is not None}
    return things | {f"evidence {number}": case.evidence for number, case in enumerate(cases)}
