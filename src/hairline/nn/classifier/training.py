"""Training and asking a patch classifier (docs/method.md §1)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from hairline.errors import HairlineError
from hairline.metrics.patch_scores import patch_scores
from hairline.nn.classifier import heads
from hairline.nn.classifier.backbones import CRACK, Classifier, build, refuse_batches
from hairline.nn.runtime.device import Placement, autocast, resolve, seed_everything
from hairline.nn.runtime.recipes import ClassifierOptions, Runtime
from hairline.nn.training.datasets import LoadImage, PatchDataset, in_order, patch_images, smallest_batch
from hairline.nn.training.gathering import everywhere, rank, ranks
from hairline.nn.training.module import Log
from hairline.nn.training.task import Task, Trained
from hairline.nn.training.trainer import fit


def train(
    patches: pd.DataFrame,
    load_image: LoadImage,
    window_px: int,
    options: ClassifierOptions,
    runtime: Runtime,
    log: Log,
    checkpoint_dir: Path,
) -> Trained[Classifier]:
    """Train a classifier on the rows of split ``train``, judged after every epoch on those of split ``val``.

    Args:
        patches: Rows of :mod:`hairline.data.patch_index`; other splits are left out, ``val`` may be missing.
        load_image: Sample id → RGB uint8 [height, width, 3]; called once a sample.
        window_px: Side of the patches.
        options: Backbone, initial weights, augmentation and recipe.
        runtime: Device, precision, workers and seed.
        log: Told ``train/loss``, ``learning_rate``, ``val/precision``, ``val/recall``, ``val/f1`` and the number of the
            epoch, counted from 1; the loss and the rate of every tenth step.
        checkpoint_dir: Where an interrupted training is resumed from, see :func:`hairline.nn.training.trainer.fit`.

    Raises:
        HairlineError: If the training rows are not of both classes, the backbone or the weights cannot be had, the
            backbone cannot learn from batches as small as there are or has no linear last layer for ``head_only``, or
            the loss is no finite number.
    """
    training, validation = (patches[patches["split"] == split] for split in ("train", "val"))
    _check_classes(training, len(patches) - len(training))
    seed_everything(runtime.seed)
    if options.head_only:
        return _head(training, validation, load_image, window_px, options, runtime, log)
    model, initial = build(options.backbone, options.weights)
    images = patch_images(pd.concat([training, validation]), load_image)
    items = PatchDataset(training, images, window_px, options.augmentation, runtime.seed)
    _refuse_batches(model, len(items), window_px, options)
    ask = partial(predict, model, validation, images.__getitem__, window_px, options.recipe.batch, resolve(runtime))
    evaluate = partial(_validate, partial(_asked_by_all, ask), validation["crack"].to_numpy(bool))
    task = Task(model, initial, items, _loss, evaluate, options.sides_px)
    return fit(task, options.recipe, runtime, log, checkpoint_dir)


def _head(
    training: pd.DataFrame, validation: pd.DataFrame, load_image: LoadImage, window_px: int,
    options: ClassifierOptions, runtime: Runtime, log: Log,
) -> Trained[Classifier]:  # fmt: skip
    """A training in one step, told as an epoch."""
    trained = heads.train(training, load_image, window_px, options, runtime)
    ask = partial(predict, trained.model, validation, load_image, window_px, options.recipe.batch, resolve(runtime))
    scores = {**trained.history[0], **_validate(ask, validation["crack"].to_numpy(bool))}
    log.metrics(scores, 1)
    return replace(trained, history=[scores])


def predict(
    model: Classifier,
    patches: pd.DataFrame,
    load_image: LoadImage,
    window_px: int,
    batch: int,
    placement: Placement,
    turns: tuple[int, int] = (0, 1),
) -> NDArray[np.float32]:
    """Probability of crack of every patch.

    Args:
        model: The classifier; it is moved to the placement's device and set to evaluation mode.
        patches: Rows of :mod:`hairline.data.patch_index` in any order; ``sample``, ``y``, ``x`` and ``side`` are used.
        load_image: Sample id → RGB uint8 [height, width, 3]; called once a sample, one image at a time.
        window_px: Side of the patches.
        batch: Patches a forward pass.
        placement: Device and precision.
        turns: The first batch that is asked about, and after how many the next is; the others stay NaN.

    Returns:
        float32 [rows] in [0, 1], in the order of the rows.
    """
    if model.amid:
        return heads.asked(model, patches, load_image, window_px, batch, placement)
    model.eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    probabilities = np.full(len(patches), np.nan, np.float32)
    batches = in_order(patches, load_image, window_px, batch)
    for positions, pixels in islice(batches, turns[0], None, turns[1]):
        images = torch.from_numpy(pixels).to(placement.device).permute(0, 3, 1, 2)
        probabilities[positions] = asked(model, images, placement)
    return probabilities


def _asked_by_all(ask: Callable[..., NDArray[np.float32]]) -> NDArray[np.float32]:
    """What :func:`predict` says, the batches shared out to the processes of a training."""
    answers: NDArray[np.float32] = np.fmax.reduce(everywhere(ask(turns=(rank(), ranks()))))
    return answers


def asked(model: Classifier, images: Tensor, placement: Placement) -> NDArray[np.float32]:
    """Probability of crack float32 [N] of patches uint8 [N, 3, height, width], all on the placement's device."""
    with torch.inference_mode(), autocast(placement):
        logits: Tensor = model(images)
    return np.asarray(logits.float().softmax(1)[:, CRACK].cpu().numpy(), dtype=np.float32)


def _validate(ask: Callable[[], NDArray[np.float32]], crack: NDArray[np.bool_]) -> dict[str, float]:
    return {f"val/{name}": value for name, value in patch_scores(ask(), crack).items()} if len(crack) else {}


def _loss(logits: Tensor, crack: Tensor) -> Tensor:
    return F.cross_entropy(logits.float(), crack)


def _refuse_batches(model: Classifier, items: int, window_px: int, options: ClassifierOptions) -> None:
    """Refuse what no batch normalisation can learn from, now that the number of patches is known."""
    smallest = smallest_batch(items, options.recipe.batch)
    more = (
        "set recipe.batch to 2" if options.recipe.batch < 2 else "give it more images, or patches with a smaller stride"
    )
    where = "sides_px" if options.sides_px else "patches.window_px"
    for side in options.sides_px or (window_px,):
        refuse_batches(model, smallest, side, where, more)


def _check_classes(training: pd.DataFrame, others: int) -> None:
    cracks = int(training["crack"].sum())
    if cracks in (0, len(training)):
        beside = f" ({others} patches of other splits are not learned from)" if others else ""
        raise HairlineError(
            f"the training patches are {cracks} with and {len(training) - cracks} without crack{beside}, and a "
            "classifier needs both; of clicks, say of more patches which they are; else check the masks and the splits "
            "of its data set, or make the patches smaller"
        )
