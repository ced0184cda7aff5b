"""Training a segmenter: what it learns from, and what it is judged by on the way (docs/method.md §5)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from hairline.data.samples import evenly
from hairline.errors import HairlineError
from hairline.imaging.images import quantise
from hairline.nn.runtime.device import Placement, resolve, seed_everything
from hairline.nn.runtime.recipes import Runtime, SegmenterOptions
from hairline.nn.segmenter import losses
from hairline.nn.segmenter.collapse import Extremes, extremes
from hairline.nn.segmenter.ignoring import LEFT_OUT, Ignoring, Levels, over_counted, with_counted, without_band
from hairline.nn.segmenter.segmenter import Segmenter, logits, refuse_batches
from hairline.nn.training.datasets import CropDataset, LoadImage, Pixels, mirrored_together, smallest_batch
from hairline.nn.training.gathering import shared_out
from hairline.nn.training.mixture import Mixture
from hairline.nn.training.module import Log
from hairline.nn.training.task import Task, Trained
from hairline.nn.training.trainer import fit

LoadTarget = Callable[[str], NDArray[np.float32]]
Ignored = NDArray[np.bool_] | None
LoadIgnored = Callable[[str], Ignored]
Pair = tuple[NDArray[np.uint8], NDArray[np.float32]]
Row = tuple[str, NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]
"""Name of an image, the image, its target and the scores of the network."""
Items = Dataset[tuple[Pixels, NDArray[Any]]] | Dataset[tuple[Pixels, Levels]]
Draw = Callable[[Sequence[Row]], bytes]
"""Makes a picture (PNG) of some rows."""

SHOWN = 4
NO_BAND = (0.5, 0.5)


def _nothing(sample: str) -> None:
    """No pixel of any target is ignored."""


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
    draw: Draw | None = None,
    shares: Sequence[tuple[int, float]] = (),
    pseudo: Collection[str] = (),
    load_ignored: LoadIgnored = _nothing,
    names: Sequence[str] = (),
) -> Trained[Segmenter]:
    """Train a segmenter on random crops or whole images, judged after every epoch on whole validation images.

    Args:
        train_ids: Images to learn from.
        val_ids: Images to judge on; may be empty.
        load_image: Sample id → RGB uint8 [height, width, 3].
        load_target: Sample id → float [height, width] in [0, 1]; training targets are kept in 256 levels.
        build: Makes the network and says what it starts from, e.g. ``partial(unet.build, unet_options, weights)``;
            called after seeding.
        options: Targets, crops, loss, augmentation and recipe.
        runtime: Devices, precision, workers and seed.
        log: Told ``train/loss``, ``learning_rate``, ``train/all_black``, ``train/all_white``, ``val/loss``, ``val/f1``
            (mean over the images at a score of 0.5; 1 where image and target are both empty), ``val/all_black``,
            ``val/all_white`` and the number of the epoch, counted from 1; the loss and the rate of every tenth step.
        checkpoint_dir: Where an interrupted training is resumed from, see :func:`hairline.nn.training.trainer.fit`.
        draw: Draws what the network says to a few images, every ``options.sheet_epochs`` epochs; None draws nothing.
        shares: Number of images of each part of ``train_ids``, which follow each other there, and its share of an epoch
            (:mod:`hairline.nn.training.mixture`); none for each image alike.
        pseudo: The images whose targets are pseudo-labels, to which ``options.ignore`` applies.
        load_ignored: Sample id → pixels that its mask says nothing of, bool [height, width], which count in no loss and
            no score; None where there are none.
        names: What messages call the parts that have ``shares``; empty: by their numbers.

    Raises:
        HairlineError: If there is no training image, a target has another size than its image, the network cannot
            learn from batches as small as there are, or the loss is no finite number.
    """
    if not train_ids:
        raise HairlineError("no training image for this segmenter; check that its label set has trainable labels")
    seed_everything(runtime.seed)
    model, initial = build()
    load = partial(_pair, load_image=load_image, load_target=load_target, options=options)
    placement, loss = resolve(runtime), losses.by_options(options.loss)
    banded = frozenset(pseudo if options.ignore else ())
    soft = partial(_pair, load_image=load_image, load_target=load_target, options=replace(options, targets="soft"))
    ignored = [None if sample in banded else load_ignored(sample) for sample in train_ids]
    pairs = [(soft if sample in banded else load)(sample) for sample in train_ids]
    items = _items(pairs, ignored, options, runtime.seed)
    mixture = _mixture(shares, len(items), options, tuple(names))
    _refuse_batches(model, items, mixture.items if mixture else len(items), options)
    task = Task(
        model,
        initial,
        _ignoring(items, [sample in banded for sample in train_ids], ignored, options),
        partial(_summed_loss, loss, model.loss_weights),
        partial(
            _validate,
            model,
            val_ids,
            load,
            load_ignored,
            partial(_val_loss, loss, banded, load_target, options),
            placement,
        ),
        ask=_outputs,
        together=None if options.crop_px else partial(mirrored_together, multiple_px=model.multiple_px),
        watch=Extremes(),
        mixture=mixture,
        picture=partial(_sheet, model, _shown(val_ids or train_ids), load, placement, draw, options.sheet_epochs),
    )
    return fit(task, options.recipe, runtime, log, checkpoint_dir)


def _mixture(
    shares: Sequence[tuple[int, float]], items: int, options: SegmenterOptions, names: tuple[str, ...]
) -> Mixture | None:
    """Which items an epoch has, of ``items`` in all; None for each of them once."""
    length = options.items_per_epoch or items
    if shares:
        sizes = tuple(images * options.crops_per_image for images, _ in shares)
        return Mixture(sizes, tuple(share for _, share in shares), length, names)
    return Mixture((items,), (1.0,), length) if options.items_per_epoch else None


def _refuse_batches(model: Segmenter, items: CropDataset, length: int, options: SegmenterOptions) -> None:
    """Refuse what no batch normalisation can learn from, now that the number and the sizes of the images are known."""
    smallest = smallest_batch(length, options.recipe.batch)
    longer = "set crops_per_image to 2, or give it more images"
    longer = "set items_per_epoch to 2" if options.items_per_epoch else longer
    more = "set recipe.batch to 2" if options.recipe.batch < 2 else longer
    size = items.smallest_px(model.multiple_px)
    refuse_batches(model, type(model.network).__name__, smallest, size, "crop" if options.crop_px else "image", more)


def _outputs(model: Segmenter, images: Tensor) -> tuple[Tensor, ...]:
    return model.outputs(images)


def _items(pairs: Sequence[Pair], ignored: Sequence[Ignored], options: SegmenterOptions, seed: int) -> CropDataset:
    return CropDataset(
        [image for image, _ in pairs],
        [with_counted(quantise(target), out) for (_, target), out in zip(pairs, ignored, strict=True)],
        options.crop_px,
        options.crops_per_image,
        options.augmentation,
        seed,
        options.scales,
    )


def _ignoring(
    items: CropDataset, banded: Sequence[bool], ignored: Sequence[Ignored], options: SegmenterOptions
) -> Items:
    """Items without unsure pixels of pseudo-labels and ignored ones of masks; as they are where there are none."""
    if not any(banded) and all(each is None for each in ignored):
        return items
    return Ignoring(items, len(items), banded, options.ignore or NO_BAND, _cut(options))


def _cut(options: SegmenterOptions) -> float | None:
    return options.binary_score if options.targets == "binary" else None


def _pair(sample: str, load_image: LoadImage, load_target: LoadTarget, options: SegmenterOptions) -> Pair:
    """Image and target of a sample, the target cut to 0 and 1 where the options want it binary."""
    image, target = load_image(sample), load_target(sample)
    if image.shape[:2] != target.shape:
        raise HairlineError(
            f"sample '{sample}': the image is {image.shape[0]}x{image.shape[1]} pixels, its target "
            f"{target.shape[0]}x{target.shape[1]}; make this label again"
        )
    return image, (target >= options.binary_score).astype(np.float32) if options.targets == "binary" else target


def _summed_loss(loss: losses.PixelLoss, weights: Sequence[float], outputs: Sequence[Tensor], levels: Tensor) -> Tensor:
    """Weighted sum of the losses of all outputs [N, 1, H, W] against targets uint8 or int16 [N, H, W]."""
    parts = [weight * over_counted(loss, output[:, 0], levels) for weight, output in zip(weights, outputs, strict=True)]
    return torch.stack(parts).sum()


def _val_loss(
    loss: losses.PixelLoss, banded: Collection[str], load_target: LoadTarget, options: SegmenterOptions, sample: str,
    found: Tensor, truth: Tensor, ignored: Ignored,
) -> float:  # fmt: skip
    """The loss of a validation image, without the pixels of its label that are left out in training."""
    if ignored is not None:
        levels = np.where(ignored, LEFT_OUT, quantise(truth.numpy()).astype(np.int16))
        return float(over_counted(loss, found, torch.from_numpy(levels)))
    if options.ignore is None or sample not in banded:
        return float(loss(found, truth))
    levels = without_band(quantise(load_target(sample)), options.ignore, _cut(options))
    return float(over_counted(loss, found, torch.from_numpy(levels)))


def _validate(
    model: nn.Module, samples: Sequence[str], load: Callable[[str], Pair], load_ignored: LoadIgnored,
    loss: Callable[[str, Tensor, Tensor, Ignored], float], placement: Placement,
) -> dict[str, float]:  # fmt: skip
    """Mean loss of the final output and mean F1 at a score of 0.5 over whole images, shared out to all processes."""

    def judged(sample: str) -> tuple[float, float, Tensor]:
        (image, target), ignored = load(sample), load_ignored(sample)
        found = logits(model, image, placement).cpu()
        truth = torch.from_numpy(target)
        counted = np.ones(target.shape, bool) if ignored is None else ~ignored
        crack = (target >= 0.5) & counted
        counts = extremes(found[None], *(torch.from_numpy(each)[None] for each in (crack, ~counted)))
        return loss(sample, found, truth, ignored), _f1((found.numpy() >= 0) & counted, crack), counts

    if not samples:
        return {}
    found_losses, scores, counts = zip(*shared_out(samples, lambda own: list(map(judged, own))), strict=True)
    rates = Extremes("val").rates(torch.stack(counts).sum(0).tolist())
    return {"val/loss": float(np.mean(found_losses)), "val/f1": float(np.mean(scores)), **rates}


def _f1(predicted: NDArray[np.bool_], crack: NDArray[np.bool_]) -> float:
    positives = int(predicted.sum() + crack.sum())
    return 2 * int((predicted & crack).sum()) / positives if positives else 1.0


def _shown(samples: Sequence[str]) -> list[str]:
    return [samples[index] for index in evenly(len(samples), SHOWN)]


def _sheet(
    model: Any,
    samples: Sequence[str],
    load: Callable[[str], Pair],
    placement: Placement,
    draw: Draw | None,
    every: int,
    epoch: int,
) -> bytes | None:
    if draw is None or not every or epoch % every:
        return None
    rows = []
    for sample in samples:
        image, target = load(sample)
        rows.append((sample, image, target, logits(model, image, placement).sigmoid().cpu().numpy()))
    model.train()
    return draw(rows)
