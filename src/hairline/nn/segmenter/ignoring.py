"""Pixels that the loss leaves out: the unsure ones of pseudo-labels, and those that a mask says nothing of.

A mask goes through cutting and resizing in two channels, its levels and whether they count: so a pixel of a resized
crop counts where half of what it shows counts, and its level is the mean over that.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from hairline.nn.segmenter.losses import PixelLoss
from hairline.nn.training.datasets import CropDataset, Key, Pixels

HALF = 255 / 2
LEFT_OUT = -1
"""Level of a pixel that is left out, beside those of targets in 0 … 255."""

Levels = NDArray[np.int16]


def without_band(levels: Pixels, band: tuple[float, float], binary_score: float | None) -> Levels:
    """A target without its unsure pixels.

    Args:
        levels: uint8, 255 being a confidence of 1.
        band: Two confidences in [0, 1]; what lies strictly between them is left out.
        binary_score: Confidence from which on what is left counts as crack, all or nothing; None keeps it as it is.

    Returns:
        int16 of the same shape, :data:`LEFT_OUT` where it is left out.

    >>> without_band(np.array([0, 51, 52, 128, 203, 204], np.uint8), (0.2, 0.8), None).tolist()
    [0, 51, -1, -1, -1, 204]
    """
    confidence = levels / np.float64(255)  # the nearest number to each level, as that of 0.2 is to 51
    kept = levels if binary_score is None else 255 * (confidence >= binary_score)
    answer: Levels = kept.astype(np.int16)
    answer[(confidence > band[0]) & (confidence < band[1])] = LEFT_OUT
    return answer


def with_counted(levels: Pixels, ignored: NDArray[np.bool_] | None) -> Pixels:
    """A target with a second channel, 255 where it counts, uint8 [height, width, 2]; as it is where all of it does.

    Args:
        levels: uint8 [height, width].
        ignored: True where it does not count, bool [height, width]; None where all does.
    """
    if ignored is None:
        return levels
    return np.stack([np.where(ignored, np.uint8(0), levels), np.where(ignored, np.uint8(0), np.uint8(255))], axis=2)


def without_ignored(levels: NDArray[Any]) -> Levels:
    """A target of :func:`with_counted` as one channel, :data:`LEFT_OUT` where less than half of a pixel counts.

    Args:
        levels: [height, width] or [height, width, 2], as a mask is cut, in float32 where it was resized.
    """
    if levels.ndim == 2:
        return np.asarray(levels, np.int16)
    mean, counted = levels[..., 0].astype(np.float64), levels[..., 1].astype(np.float64)
    shown = np.rint(np.divide(255 * mean, counted, out=np.zeros_like(mean), where=counted > 0))
    return np.where(counted >= HALF, shown, LEFT_OUT).astype(np.int16)


class Ignoring(Dataset[tuple[Pixels, Levels]]):
    """Items whose targets are without the unsure pixels of pseudo-labels and without what masks ignore."""

    def __init__(
        self, items: CropDataset, count: int, pseudo: Sequence[bool],
        band: tuple[float, float], binary_score: float | None,
    ) -> None:  # fmt: skip
        """Keep what is needed to look at each item.

        Args:
            items: Images and targets, uint8 or of :func:`with_counted`, by (epoch, index).
            count: How many there are.
            pseudo: Of each image whether its target is a pseudo-label to be cut by the band; the same number of items
                is made of each.
            band: As for :func:`without_band`.
            binary_score: As there.
        """
        self._items, self._count, self._pseudo = items, count, pseudo
        self._band, self._binary_score = band, binary_score

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, key: Key) -> tuple[Pixels, Levels]:
        image, target = self._items[key]
        if self._pseudo[key[1] * len(self._pseudo) // self._count]:
            return image, without_band(target, self._band, self._binary_score)
        return image, without_ignored(target)

    def size(self, key: Key) -> tuple[int, int]:
        """As :meth:`hairline.nn.training.datasets.CropDataset.size`."""
        return self._items.size(key)


def over_counted(loss: PixelLoss, logits: Tensor, levels: Tensor) -> Tensor:
    """A loss over the pixels that count; 0, with gradients of 0, where none does.

    Args:
        loss: Of logits against targets in [0, 1].
        logits: Any shape.
        levels: Of the same shape, 0 … 255 or :data:`LEFT_OUT`; uint8 leaves out none.
    """
    if not levels.is_signed():
        return loss(logits, levels.float() / 255)
    counts = levels != LEFT_OUT
    if not counts.any():
        return logits.float().flatten()[:0].sum()
    return loss(logits[counts], levels[counts].float() / 255)
