"""A training set: parts of data sets that a segmenter learns from, each with its labels."""

from math import fsum
from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt

from hairline.data.budget import Budget
from hairline.data.names import MASKS, Name
from hairline.data.splits import Split
from hairline.io import bounds
from hairline.io.options import checked_dataclass

ROUNDING = 1e-6
"""By which the sum of shares may differ from 1."""


@checked_dataclass
class Part:
    """A split of a data set.

    Attributes:
        dataset: The data set, a key of ``datasets``.
        split: Which of its images.
        labels: The label set they always have; None stands for the one that a segmenter is trained on.
        share: Share of them in what is learned, whatever their number; None in all parts learns from each image alike.
        corrected: Whether masks that people corrected take the place of pseudo-labels, for the images that have one.
    """

    dataset: Name
    split: Split
    labels: Name | None = None
    share: Annotated[float, Gt(0), Le(1)] | None = None
    corrected: bool = False


Weight = Annotated[float, Gt(0), Le(bounds.FACTOR)]


@checked_dataclass
class Weights:
    """How often an image is learned from beside others of its part, by what its label is.

    Attributes:
        manual: A mask of the data set.
        corrected: A mask that people corrected.
        pseudo: A pseudo-label.
    """

    manual: Weight = 1.0
    corrected: Weight = 1.0
    pseudo: Weight = 1.0

    def of(self, label_set: str) -> float:
        """The weight of labels of a label set."""
        return float(getattr(self, label_set)) if label_set in MASKS else self.pseudo


EQUAL = Weights()
"""Each image alike."""


@checked_dataclass
class TrainingSet:
    """What a segmenter learns from.

    Attributes:
        parts: The images and whose labels they have; no split of a data set twice.
        paper: What the paper calls such a set (:data:`hairline.metrics.published.TRAINED_ON`), so that its numbers
            stand beside ours; None where it has no such set.
        weights: How often an image is learned from by what its label is; among all images where parts have no share.
        budget: Labels that are corrected, in each part whose labels are no masks; None corrects none.
        seed: Of trainings on it, where the architecture has none of its own; None takes ``runtime.seed``.
    """

    parts: tuple[Part, ...]
    paper: str | None = None
    weights: Weights = EQUAL
    budget: Budget | None = None
    seed: Annotated[int, Ge(0), Lt(2**32)] | None = None

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("parts is empty; name at least one split of a data set")
        places = [(part.dataset, part.split) for part in self.parts]
        for dataset, split in places:
            if places.count((dataset, split)) > 1:
                raise ValueError(f"the {split} images of '{dataset}' are in two parts; name them once")
        if self.budget and self.budget.images and all(part.labels in MASKS for part in self.parts):
            raise ValueError(
                f"a budget of {self.budget.images} images, and every part learns from masks already; expected a part "
                "with pseudo-labels; take the budget out, or labels out of a part"
            )
        shares = [part.share for part in self.parts if part.share is not None]
        if shares and len(shares) < len(self.parts):
            raise ValueError(f"{len(shares)} of its {len(self.parts)} parts with a share; give one to all, or to none")
        if shares and abs(fsum(shares) - 1) > ROUNDING:
            raise ValueError(f"the shares of its parts come to {fsum(shares):g}; they must come to 1")
