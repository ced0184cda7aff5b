"""Training a segmenter: crops, targets, losses (METHOD §5)."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from hairline.errors import HairlineError
from hairline.images import quantise
from hairline.nn.data import CropDataset, LoadImage
from hairline.nn.fit import Log, Task, Trained, fit
from hairline.nn.recipes import Runtime, SegmenterOptions
from hairline.nn.runtime import Placement, resolve, seed_everything
from hairline.nn.segmenters import Segmenter, logits

LoadTarget = Callable[[str], NDArray[np.float32]]


def bce(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean binary cross-entropy of logits against targets in [0, 1] of the same shape (METHOD §5)."""
    return F.binary_cross_entropy_with_logits(logits.float(), targets)


def bce_dice(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy plus soft Dice over the batch.

    Dice is 1 - (2 Σpt + 1) / (Σp² + Σt² + 1): with squares (Milletari et al. 2016, V-Net) it is least where p = t, for
    soft targets as well; the ones keep a batch without crack at 0.
    """
    scores = logits.float().sigmoid()
    overlap = (2 * (scores * targets).sum() + 1) / (scores.square().sum() + targets.square().sum() + 1)
    return bce(logits, targets) + 1 - overlap


LOSSES = {"bce": bce, "bce_dice": bce_dice}


def train(
    train_ids: Sequence[str],
    val_ids: Sequence[str],
    load_image: LoadImage,
    load_target: LoadTarget,
    build: Callable[[], tuple[Segmenter, str]],
    options: SegmenterOptions,
    runtime: Runtime,
    log: Log,
    checkpoint_dir: Path,
) -> Trained[Segmenter]:
    """Train a segmenter on random crops, judged after every epoch on whole validation images.

    Args:
        train_ids: Images to learn from.
        val_ids: Images to judge on; may be empty.
        load_image: Sample id → RGB uint8 [height, width, 3].
        load_target: Sample id → float [height, width] in [0, 1]; training targets are kept in 256 levels.
        build: Makes the network and says what it starts from, e.g. ``partial(unet.build, unet_options, weights)``;
            called after seeding.
        options: Targets, crops, loss, augmentation and recipe.
        runtime: Device, precision, workers and seed.
        log: Called with ``train/loss``, ``learning_rate``, ``val/loss`` and ``val/f1`` (mean over the images at a
            score of 0.5; 1 where image and target are both empty) and the number of the epoch, counted from 1.
        checkpoint_dir: Where an interrupted training is resumed from, see :func:`hairline.nn.fit.fit`.

    Raises:
        HairlineError: If there is no training image, a target has another size than its image, or the loss is no
            finite number.
    """
    if not train_ids:
        raise HairlineError("no training image for this segmenter; check that its label set has trainable labels")
    seed_everything(runtime.seed)
    model, initial = build()
    pairs = [_pair(sample, load_image, load_target, options) for sample in train_ids]
    items = CropDataset(
        [image for image, _ in pairs],
        [quantise(target) for _, target in pairs],
        options.crop_px,
        options.crops_per_image,
        options.augmentation,
        runtime.seed,
    )
    load = partial(_pair, load_image=load_image, load_target=load_target, options=options)
    evaluate = partial(_validate, model, val_ids, load, LOSSES[options.loss], resolve(runtime))
    loss = partial(_level_loss, LOSSES[options.loss])
    return fit(Task(model, initial, items, loss, evaluate), options.recipe, runtime, log, checkpoint_dir)


def _pair(
    sample: str, load_image: LoadImage, load_target: LoadTarget, options: SegmenterOptions
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Image and target of a sample, the target cut to 0 and 1 where the options want it binary."""
    image, target = load_image(sample), load_target(sample)
    if image.shape[:2] != target.shape:
        raise HairlineError(
            f"sample '{sample}': the image is {image.shape[0]}x{image.shape[1]} pixels, its target "
            f"{target.shape[0]}x{target.shape[1]}; make this label again"
        )
    return image, (target >= options.binary_score).astype(np.float32) if options.targets == "binary" else target


def _validate(
    model: nn.Module,
    samples: Sequence[str],
    load: Callable[[str], tuple[NDArray[np.uint8], NDArray[np.float32]]],
    loss: Callable[[Tensor, Tensor], Tensor],
    placement: Placement,
) -> dict[str, float]:
    """Mean loss and mean F1 at a score of 0.5 over whole images."""
    losses, scores = [], []
    for sample in samples:
        image, target = load(sample)
        found = logits(model, image, placement).cpu()
        losses.append(float(loss(found, torch.from_numpy(target))))
        scores.append(_f1(found.numpy() >= 0, target >= 0.5))
    return {"val/loss": float(np.mean(losses)), "val/f1": float(np.mean(scores))} if losses else {}


def _f1(predicted: NDArray[np.bool_], crack: NDArray[np.bool_]) -> float:
    positives = int(predicted.sum() + crack.sum())
    return 2 * int((predicted & crack).sum()) / positives if positives else 1.0


def _level_loss(loss: Callable[[Tensor, Tensor], Tensor], logits: Tensor, levels: Tensor) -> Tensor:
    """Loss of logits [N, 1, H, W] against uint8 targets [N, H, W]."""
    return loss(logits[:, 0], levels.float() / 255)
