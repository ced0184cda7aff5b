"""The scores of other libraries where these define the same as a convention of ours."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torchmetrics.functional.classification import (
    binary_average_precision,
    binary_f1_score,
    binary_jaccard_index,
    multiclass_jaccard_index,
)
from torchmetrics.functional.segmentation.utils import mask_edges, surface_distance

Maps = Sequence[NDArray[np.generic]]


def _at(levels: NDArray[np.generic], percent: int) -> torch.Tensor:
    """Pixels of 8-bit levels that reach a threshold, in whole numbers."""
    return torch.from_numpy((levels.astype(np.int64) * 100 >= 255 * percent).astype(np.int64))


def _truth(mask: NDArray[np.generic]) -> torch.Tensor:
    return torch.from_numpy(mask.astype(np.int64))


def f1(levels: Maps, masks: Maps, percents: Sequence[int]) -> NDArray[np.float64]:
    """F1 of torchmetrics, [images, thresholds]; of maps of any size, 8 bits."""
    return np.array([[float(binary_f1_score(_at(one, percent).flatten(), _truth(mask).flatten(), zero_division=1))
                      for percent in percents] for one, mask in zip(levels, masks, strict=True)])  # fmt: skip


def iou(levels: Maps, masks: Maps, percents: Sequence[int]) -> NDArray[np.float64]:
    """Jaccard index of torchmetrics, [images, thresholds]."""
    return np.array([[float(binary_jaccard_index(_at(one, percent).flatten(), _truth(mask).flatten(), zero_division=1))
                      for percent in percents] for one, mask in zip(levels, masks, strict=True)])  # fmt: skip


def pooled(levels: Maps, masks: Maps, percent: int) -> dict[str, float]:
    """F1, crack IoU and mIoU of torchmetrics on all pixels together."""
    predicted = torch.cat([_at(one, percent).flatten() for one in levels])
    truth = torch.cat([_truth(mask).flatten() for mask in masks])
    return {
        "F1 on pooled counts": float(binary_f1_score(predicted, truth)),
        "crack IoU on pooled counts": float(binary_jaccard_index(predicted, truth)),
        "mIoU on pooled counts": float(multiclass_jaccard_index(predicted, truth, num_classes=2)),
    }


def average_precision(levels: Maps, masks: Maps) -> float:
    """Average precision of torchmetrics on all pixels together, at the thresholds 0.01 … 0.99."""
    scores = torch.cat([torch.from_numpy(one.astype(np.float64).ravel()) for one in levels]) / 255
    truth = torch.cat([_truth(mask).flatten() for mask in masks])
    edges = torch.arange(1, 100, dtype=torch.float64) / 100
    return float(binary_average_precision(scores, truth, thresholds=edges))


def hausdorff95(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """The larger of both 95th percentiles of the distances between torchmetrics' edges of two small sets, none empty.

    It takes all pairs of pixels, and pictures that are square alone (its 1.9 counts rows by the height).
    """
    rows, columns = mask.shape
    square = [(0, max(0, columns - rows)), (0, max(0, rows - columns))]
    sets = (torch.from_numpy(np.pad(each, square)) for each in (predicted, mask))
    one, other = (edges.bool() for edges in mask_edges(*sets))
    return max(float(np.percentile(surface_distance(*pair).numpy(), 95)) for pair in ((one, other), (other, one)))
