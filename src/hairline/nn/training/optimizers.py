"""Optimisers and learning rates of a recipe."""

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from hairline.nn.runtime.recipes import Recipe


def optimizer(parameters: Iterable[nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    """The optimiser of a recipe."""
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    return torch.optim.SGD(
        parameters, lr=recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )


def schedule(optimiser: torch.optim.Optimizer, recipe: Recipe, batches_per_epoch: int) -> LRScheduler:
    """The learning rate of a recipe, to be stepped after every step; ``one_cycle`` leaves the momentum alone."""
    steps_per_epoch = math.ceil(batches_per_epoch / recipe.accumulate)
    steps = recipe.epochs * steps_per_epoch
    if recipe.schedule == "one_cycle":
        return OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps, cycle_momentum=False)
    if recipe.schedule == "step":
        period = recipe.step_epochs * steps_per_epoch
        return LambdaLR(optimiser, lambda step: recipe.step_divisor ** -(step // period))
    if recipe.schedule == "cosine":
        return LambdaLR(optimiser, lambda step: (1 + math.cos(math.pi * min(step / steps, 1))) / 2)
    return LambdaLR(optimiser, lambda step: 1.0)
