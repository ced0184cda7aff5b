"""Segmenters that say the same everywhere: how often images with a crack are called black, and any white all over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

ALARM = 0.95
CRACK_LEVEL = 128  # of targets in 256 levels


def extremes(logits: Tensor, crack: Tensor, ignored: Tensor | None = None) -> Tensor:
    """Count images with a crack, those of them with no pixel called crack, all images, those called crack all over.

    Args:
        logits: [N, H, W]; from 0 up, a score of 0.5, a pixel counts as crack.
        crack: bool [N, H, W], the targets.
        ignored: bool [N, H, W], pixels that do not count, none of which is crack; None where all do. An image without
            any that counts is none.

    Returns:
        float32 [4].
    """
    out = (torch.zeros_like(crack) if ignored is None else ignored).flatten(1)
    called, shows = (logits.flatten(1) >= 0) & ~out, crack.flatten(1).any(1)
    black, there = shows & ~called.any(1), ~out.all(1)
    return torch.stack([shows.sum(), black.sum(), there.sum(), ((called | out).all(1) & there).sum()]).float()


@dataclass(frozen=True)
class Extremes:
    """Watches the final output during training.

    Attributes:
        part: What the rates are of, the beginning of their names.
    """

    part: str = "train"

    def count(self, answer: Sequence[Tensor], targets: Tensor) -> Tensor:
        """Counts of a batch: outputs [N, 1, H, W], of which the first counts, and targets uint8 or int16 [N, H, W]."""
        ignored = targets < 0 if targets.is_signed() else None
        return extremes(answer[0][:, 0], targets >= CRACK_LEVEL, ignored)

    def rates(self, sums: Sequence[float]) -> dict[str, float]:
        """Shares of images with a crack called all black, and of all images called all white."""
        shows, black, images, white = sums
        return {f"{self.part}/all_black": black / max(shows, 1), f"{self.part}/all_white": white / max(images, 1)}

    def warnings(self, scores: Mapping[str, float]) -> list[str]:
        """A line for each rate that is nearly 1."""
        told = {
            "all_black": "of the images that show a crack get none: the network may have learned to say nothing; try "
            "loss.positive_weight, loss.name 'bce_dice' or another learning rate",
            "all_white": "of the images are called crack all over; lower the learning rate or loss.positive_weight",
        }
        return [
            f"{scores[f'{self.part}/{name}']:.0%} {text}"
            for name, text in told.items()
            if scores[f"{self.part}/{name}"] >= ALARM
        ]
