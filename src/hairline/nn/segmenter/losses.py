"""Losses of segmenters: logits against targets that may be soft, as pseudo-labels are.

With p the score (the sigmoid of the logit), t the target and w the weight of crack:

``bce``       −w·t·ln p − (1 − t)·ln(1 − p), that of König et al. 2021, section IV-E
``bce_dice``  bce + 1 − (2 Σpt + 1) / (Σp² + Σt² + 1), over the batch: with squares (Milletari et al. 2016, V-Net) it is
              least where p = t, for soft targets as well; the ones keep a batch without crack at 0
``focal``     |t − p|^γ · bce (Lin et al. 2017; in this form, for soft targets, Li et al. 2020)
``gce``       w·t·(1 − p^q) / q + (1 − t)·(1 − (1 − p)^q) / q (Zhang and Sabuncu 2018): where a network is sure that a
              label is wrong it is pulled less than by bce, so that wrong labels are learned less
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from hairline.nn.runtime.recipes import Loss

PixelLoss = Callable[[Tensor, Tensor], Tensor]


def bce(logits: Tensor, targets: Tensor, weight: float = 1.0) -> Tensor:
    """Mean weighted binary cross-entropy of logits against targets in [0, 1] of the same shape."""
    return F.binary_cross_entropy_with_logits(logits.float(), targets, pos_weight=_weight(targets, weight))


def bce_dice(logits: Tensor, targets: Tensor, weight: float = 1.0) -> Tensor:
    """Weighted binary cross-entropy plus soft Dice over the batch."""
    scores = logits.float().sigmoid()
    overlap = (2 * (scores * targets).sum() + 1) / (scores.square().sum() + targets.square().sum() + 1)
    return bce(logits, targets, weight) + 1 - overlap


def focal(logits: Tensor, targets: Tensor, weight: float = 1.0, gamma: float = 2.0) -> Tensor:
    """Mean binary cross-entropy of each pixel, times how far its score is off to the power of gamma."""
    exact = logits.float()
    each = F.binary_cross_entropy_with_logits(
        exact, targets, pos_weight=_weight(targets, weight), reduction="none"
    )  # fmt: skip
    return ((targets - exact.sigmoid()).abs().pow(gamma) * each).mean()


def gce(logits: Tensor, targets: Tensor, weight: float = 1.0, q: float = 0.7) -> Tensor:
    """Mean generalised cross-entropy, by logarithms of the scores so that no power of 0 is taken."""
    exact = logits.float()
    crack = -torch.expm1(q * F.logsigmoid(exact)) / q
    background = -torch.expm1(q * F.logsigmoid(-exact)) / q
    return (weight * targets * crack + (1 - targets) * background).mean()


def by_options(options: Loss) -> PixelLoss:
    """The loss of some options: (logits, targets in [0, 1] of the same shape) → scalar."""
    weight = options.positive_weight
    return {
        "bce": partial(bce, weight=weight),
        "bce_dice": partial(bce_dice, weight=weight),
        "focal": partial(focal, weight=weight, gamma=options.gamma),
        "gce": partial(gce, weight=weight, q=options.q),
    }[options.name]


def _weight(like: Tensor, weight: float) -> Tensor | None:
    return None if weight == 1 else like.new_tensor(weight)
