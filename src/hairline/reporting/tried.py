"""What a training that learned nothing had to learn from, and which parameters could be changed: for its message."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hairline.data.patch_index import Options as PatchOptions
from hairline.nn.runtime import weight_packages
from hairline.nn.runtime.recipes import ClassifierOptions, Recipe, SegmenterOptions
from hairline.nn.training.datasets import SYMMETRIES
from hairline.reporting.nothing_learned import Changes, Tried

History = Sequence[Mapping[str, float]]
FINEST = 4
"""Windows a patch side that the finest grid has; finer ones show the same pixels again."""
MOST_CROPS = 16
USUAL_CROP_PX, USUAL_WINDOW_PX = 256, 128


def tried_classifier(
    name: str, rows: pd.DataFrame, options: ClassifierOptions, patches: PatchOptions, history: History, initial: str,
    clicked: bool = False,
) -> tuple[Tried, Changes]:  # fmt: skip
    """A training of a classifier.

    Args:
        name: Its key in ``classifiers``.
        rows: Patches that it learned from.
        options: Its options.
        patches: The grid.
        history: Scores of the epochs.
        initial: What it started from, as in model.json.
        clicked: Whether people labelled the patches one by one.
    """
    turns = SYMMETRIES if options.augmentation.symmetries == "all" and not options.head_only else 1
    tried = Tried(
        f"classifier '{name}'", "patches", len(rows) * turns, int(rows["crack"].sum()) * turns,
        rows["sample"].nunique(), float(rows["crack"].mean()), _batches(len(rows) * turns, options.recipe),
        options.recipe, _losses(history), _missing(options.weights, options.backbone, initial),
        options.head_only, clicked,
    )  # fmt: skip
    window, stride, recipe = patches.window_px, patches.stride_px, f"classifiers.{name}.recipe"
    whole = clicked or rows["sample"].is_unique  # patches that no grid made: none makes more of them
    finer = stride > window // FINEST and not whole
    other = 2 * window if rows["crack"].mean() < 0.5 else window // 2
    scale = USUAL_WINDOW_PX if window < USUAL_WINDOW_PX else window // 2
    return tried, Changes(
        f"patches.stride_px: {stride} → {max(window // FINEST, 1)}" if finer else "",
        "" if whole else f"patches.window_px: {window} → {other}",
        f"{recipe}.epochs", f"{recipe}.learning_rate",
        f"patches.window_px: {window} → {scale}{', and click on patches of that side' if clicked else ''}",
    )  # fmt: skip


def tried_segmenter(
    name: str, labels: pd.DataFrame, options: SegmenterOptions, overrides: Mapping[str, Any], architecture: str,
    history: History, encoder: str, initial: str,
) -> tuple[Tried, Changes]:  # fmt: skip
    """A training of a segmenter.

    Args:
        name: What it is called.
        labels: Rows of the training table that it learned from.
        options: How it was trained.
        overrides: ``architectures.NAME.training``, which go before the section ``segmenter``.
        architecture: Its key in ``architectures``.
        history: Scores of the epochs.
        encoder: The backbone of its encoder.
        initial: What it started from, as in model.json.
    """
    crops = options.items_per_epoch or len(labels) * options.crops_per_image
    cracks = round(crops * _with_crack(labels))
    share = float(labels["crack_pixels"].sum() / labels["pixels"].sum())
    tried = Tried(f"segmenter '{name}'", "crops", crops, cracks, len(labels), share, _batches(crops, options.recipe),
                  options.recipe, _losses(history), _missing(options.weights, encoder, initial))  # fmt: skip

    def place(*path: str) -> str:
        values: Any = overrides
        for key in path:
            values = values.get(key) if isinstance(values, Mapping) else None
        return ".".join(["segmenter" if values is None else f"architectures.{architecture}.training", *path])

    more = min(4 * options.crops_per_image, MOST_CROPS)
    side = USUAL_CROP_PX if options.crop_px < USUAL_CROP_PX else options.crop_px // 2 // 32 * 32
    weight = options.loss.positive_weight
    longer = f"{place('crops_per_image')}: {options.crops_per_image} → {more}" if more > options.crops_per_image else ""
    if options.items_per_epoch:
        longer = f"{place('items_per_epoch')}: {options.items_per_epoch} → {4 * options.items_per_epoch}"
    return tried, Changes(
        longer,
        f"{place('loss', 'positive_weight')}: {weight:g} → {10 * weight if share < 0.5 else weight / 10:g}",
        place("recipe", "epochs"), place("recipe", "learning_rate"),
        f"{place('crop_px')}: {options.crop_px} → {side}",
    )  # fmt: skip


def _with_crack(labels: pd.DataFrame) -> float:
    """Share of the crops of an epoch that are of images with crack."""
    cracked = (labels["crack_pixels"] > 0).astype(float)
    if labels["share"].isna().all():
        return float(cracked.mean())
    parts = labels.assign(cracked=cracked).groupby(["dataset", "split"], sort=False)
    return float((parts["cracked"].mean() * parts["share"].first()).sum())


def _missing(weights: str, network: str, initial: str) -> str | None:
    """The package with the weights that a network asked for and did not start from."""
    package = weight_packages.PACKAGES.get(weight_packages.bare(network))
    return package.distribution if package is not None and (weights, initial) == ("auto", "none") else None


def _batches(items: int, recipe: Recipe) -> int:
    """Steps an epoch."""
    return max(-(-items // (recipe.batch * recipe.accumulate)), 1)


def _losses(history: History) -> list[float]:
    return [epoch["train/loss"] for epoch in history]
