"""Segmenters that say the same everywhere: how often images with a crack are called black, and any white all over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

ALARM = 0.95
CRACK_LEVEL = 128  # of targets in 256 levels


def extremes(logits: Tensor, crack: Tensor) -> Tensor:
    """Count images with a crack, those of them with no pixel called crack, all images, those called crack all over.

    Args:
        logits: [N, H, W]; from 0 up, a score of 0.5, a pixel counts as crack.
        crack: bool [N, H, W], the targets.

    Returns:
        float32 [4].
    """
    called, shows = logits.flatten(1) >= 0, crack.flatten(1).any(1)
    black = shows & ~called.any(1)
    return torch.stack(
        [shows.sum(), black.sum(), shows.new_tensor(len(shows), dtype=torch.long), called.all(1).sum()]
    ).float()


@dataclass(frozen=True)
class Extremes:
    """Watches the final output during training.

    Attributes:
        part: What the rates are of, the beginning of their names.
    """

    part: str = "train"

    def count(self, answer: Sequence[Tensor], targets: Tensor) -> Tensor:
        """Counts of a batch: outputs [N, 1, H, W], of which the first counts, and targets uint8 [N, H, W]."""
        return extremes(answer[0][:, 0], targets >= CRACK_LEVEL)

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
