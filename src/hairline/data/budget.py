"""A budget of corrected labels: which images of a training set are learned with their masks instead of their labels.

The masks of the set stand in for an annotator who corrects so many labels, in the order of a ranking or at random.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from annotated_types import Ge, Gt, Le
from numpy.typing import NDArray

from hairline.data.names import MASKS, DistinctNames
from hairline.errors import HairlineError
from hairline.imaging.images import read_scores
from hairline.io import bounds
from hairline.io.options import checked_dataclass
from hairline.metrics import ranking

RANDOM = "random"
COMPARING = ("disagreement", "area")
"""Measures that say nothing of one map alone."""


@checked_dataclass
class Budget:
    """How many labels are corrected, and which.

    Attributes:
        images: How many.
        order: ``random``, or the measure of :mod:`hairline.metrics.ranking` whose largest values come first.
        beside: Further label sets whose maps the measure looks at, beside the labels themselves; none that is masks,
            which nobody has before labels are corrected.
        in_turn: Whether the groups of a set, such as the photos that crops are of, take turns in a ranking.
        seed: Of the random order.
        minutes: What correcting one is taken to cost a person, for the cost curve alone.
    """

    images: Annotated[int, Ge(0), Le(bounds.IMAGES)]
    order: Literal["random", "disagreement", "expected", "area"]
    beside: DistinctNames = ()
    in_turn: bool = False
    seed: Annotated[int, Ge(0), Le(bounds.SEED)] = 1
    minutes: Annotated[float, Gt(0), Le(bounds.SECONDS)] = 3.0

    def __post_init__(self) -> None:
        masks = [name for name in self.beside if name in MASKS]
        if masks:
            raise ValueError(
                f"beside names '{masks[0]}', and a ranking by masks is none that anybody has before labels are "
                "corrected; name label sets of pseudo-labels"
            )
        if self.order in COMPARING and not self.beside:
            raise ValueError(
                f"order is '{self.order}', which compares label sets, and beside names none; expected one at least to "
                "compare with; name it, or take the order 'expected'"
            )


def spent(
    rows: pd.DataFrame, masks: pd.DataFrame, beside: Sequence[pd.DataFrame], budget: Budget, data: Path
) -> pd.DataFrame:
    """Images with their labels, the first of an order with their masks, which then come first.

    Images that have a corrected mask keep it: the budget goes to others, and no ranking reads it.

    Args:
        rows: Of one part of a training set, as :func:`hairline.data.training_table.table` has them.
        masks: The same images with the labels ``manual``, in the same order.
        beside: The same images with the labels of each set of ``budget.beside``.
        budget: How many, and in which order.
        data: The folder that labels are below.

    Raises:
        HairlineError: If there are fewer images with a mask than are to be corrected, or a label to rank by is missing.
    """
    done = rows["label_set"].isin(MASKS).to_numpy()
    able = [position for position, label in enumerate(masks["label"]) if label and not done[position]]
    if budget.images > len(able):
        raise HairlineError(
            f"a budget of {budget.images} images, and {len(able)} training images of "
            f"'{rows['dataset'].iloc[0]}' have a mask{' and no corrected one' if done.any() else ''}; lower "
            "budget.images, or take images in that have masks"
        )
    order = [able[place] for place in _order(rows.iloc[able], [each.iloc[able] for each in beside], budget, data)]
    chosen = sorted(order[: budget.images])
    rest = [position for position in range(len(rows)) if position not in set(chosen)]
    corrected = masks.iloc[chosen].assign(share=rows.iloc[chosen]["share"].to_numpy())
    return pd.concat([corrected, rows.iloc[rest]], ignore_index=True)


def _order(rows: pd.DataFrame, beside: Sequence[pd.DataFrame], budget: Budget, data: Path) -> list[int]:
    if budget.order == RANDOM:
        return [int(place) for place in np.random.default_rng(budget.seed).permutation(len(rows))]
    tables = [rows, *beside]
    for table in tables:
        if not (table["label"] != "").all():
            absent = table.loc[table["label"] == "", "id"].iloc[0]
            raise HairlineError(
                f"no label of '{table['label_set'].iloc[0]}' for '{absent}', by which a budget ranks; "
                "name label sets that are made for these images in budget.beside"
            )
    paths = zip(*(table["label"] for table in tables), strict=True)
    hashes = zip(*(table["label_sha256"] for table in tables), strict=True)
    values = [_value(budget.order, data, path, found) for path, found in zip(paths, hashes, strict=True)]
    if not any(values):
        raise HairlineError(
            f"the measure '{budget.order}' is 0 for all {len(values)} images of "
            f"'{rows['dataset'].iloc[0]}' by which a budget ranks, for their label sets agree and are sure everywhere; "
            "expected labels that differ; name others in budget.beside, or take the order 'random'"
        )
    order = ranking.descending(values)
    return ranking.in_turn(order, rows["group"].to_list()) if budget.in_turn else order


@cache
def _value(measure: str, data: Path, paths: tuple[str, ...], hashes: tuple[str, ...]) -> float:
    """The measure of some label files; ``hashes`` are of their contents, so that a changed file is read anew."""
    return ranking.MEASURES[measure]([_map(data / path) for path in paths])


def _map(path: Path) -> NDArray[np.float32]:
    return read_scores(path).astype(np.float32) / np.float32(255)


def takes_masks(budget: Budget | None, labels: str | None) -> bool:
    """Whether a budget corrects labels of a part that always has those of a label set; None: those asked for."""
    return budget is not None and budget.images > 0 and labels not in MASKS
