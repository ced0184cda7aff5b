"""Predictions for the masks of a set: of a folder or a COCO file, paired, understood as a whole, read one by one."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.io.file_names import printable
from hairline.judge import coco, values
from hairline.judge.files import files_below, paired, some
from hairline.judge.masks import THREADS, Masks
from hairline.judge.values import Look, Meaning, Scores

Read = Callable[[tuple[int, int]], Scores]
"""Shape of the mask to scores: uint8 (255 is 1) or float in [0, 1], [height, width]."""


@dataclass(frozen=True)
class PredictionOptions:
    """What is stated of predictions.

    Attributes:
        suffix: What names of predictions end with behind that of the image; empty: found out.
        mask_suffix: The same of masks.
        scale: The value that is a score of 1; None: found out.
        logits: Whether arrays in floating point hold logits.
        categories: Names of the categories of a COCO annotation file that are crack; empty: all.
        allow_missing: Whether a prediction that is not there counts as empty; else it is refused.
    """

    suffix: str = ""
    mask_suffix: str = ""
    scale: float | None = None
    logits: bool = False
    categories: tuple[str, ...] = ()
    allow_missing: bool = False


@dataclass(frozen=True)
class Predictions:
    """The predictions for a set of masks.

    Attributes:
        path: Where they lie.
        read: Name of an image → what reads its scores, for every mask; empty where the prediction is missing.
        missing: Names of images without a prediction.
        told: What their values mean, for people.
        binary: Whether there is one threshold.
        remarks: What is odd about them.
    """

    path: Path
    read: Mapping[str, Read]
    missing: Sequence[str]
    told: str
    binary: bool
    remarks: tuple[str, ...]


def predictions(
    path: Path, masks: Masks, options: PredictionOptions, step: Callable[[], object] = lambda: None
) -> Predictions:
    """The predictions of a folder or a COCO file.

    Args:
        path: The folder or the file.
        masks: The masks that they are for.
        options: What is stated of them.
        step: Called for each file that was looked at.

    Raises:
        HairlineError: If there are none, one is missing, names fit twice, or the values do not say what they mean.
    """
    return _of_coco(path, masks, options) if coco.is_coco(path) else _of_files(path, masks, options, step)


def _of_files(path: Path, masks: Masks, options: PredictionOptions, step: Callable[[], object]) -> Predictions:
    files = files_below(path, values.SUFFIXES, "predictions")
    pairs = paired(masks.read.keys(), files.keys(), options.suffix, options.mask_suffix)
    _refuse_missing(path, masks, pairs.missing, pairs.unused, options.allow_missing)
    found = {name: files[prediction] for name, prediction in pairs.of.items() if prediction is not None}

    def look(file: Path) -> Look:
        looked = values.look(file)
        step()
        return looked

    with ThreadPoolExecutor(THREADS) as pool:
        meaning = values.decide(list(pool.map(look, found.values())), options.scale, options.logits)
    read = {name: partial(_of_file, found[name], meaning) if name in found else values.empty for name in masks.read}
    remarks = (*([pairs.how] if pairs.how else []), *_unused(pairs.unused), *meaning.remarks)
    return Predictions(path, read, pairs.missing, meaning.told, meaning.binary, remarks)


def _of_file(file: Path, meaning: Meaning, shape: tuple[int, int]) -> Scores:
    numbers = values.read(file)
    if numbers.shape != shape:
        turned = " (turned by 90°?)" if numbers.shape == shape[::-1] else ""
        raise HairlineError(
            f"{printable(str(file))}: has {numbers.shape[0]} rows and {numbers.shape[1]} columns, its mask {shape[0]} "
            f"and {shape[1]}{turned}; expected one size; bring the prediction to the size of the mask before it is "
            "saved"
        )
    return values.scores(numbers, meaning)


def _of_coco(path: Path, masks: Masks, options: PredictionOptions) -> Predictions:
    if options.scale is not None or options.logits or options.suffix:
        raise HairlineError(
            f"{path}: is a COCO file, whose scores lie in [0, 1]; expected files of pixels where --scale, --logits or "
            "--suffix is given; leave these out"
        )
    found = coco.results(path, list(masks.read), masks.ids, options.categories, masks.chosen, masks.known)
    pairs = paired(masks.read.keys(), found.of.keys(), "", options.mask_suffix)
    if found.named:
        _refuse_missing(path, masks, pairs.missing, pairs.unused, options.allow_missing)
    missing = pairs.missing if found.named else []
    read: dict[str, Read] = {}
    for name, prediction in pairs.of.items():
        read[name] = partial(_drawn, path, prediction, found) if prediction is not None else values.empty
    binary = len(found.levels) <= 2
    told = "COCO results, each pixel with the largest score over it" if found.scored else "COCO annotations as masks"
    told += "; two values in all, so that ODS = OIS but for empty ones: there is one threshold" if binary else ""
    remarks = (*([pairs.how] if pairs.how and found.of else []), *_unused(pairs.unused))
    return Predictions(path, read, missing, told, binary, remarks)


def _drawn(path: Path, name: str, found: coco.Results, shape: tuple[int, int]) -> NDArray[np.floating]:
    return coco.score_map(path, name, found, shape)


def _refuse_missing(path: Path, masks: Masks, missing: Sequence[str], unused: Sequence[str], allow: bool) -> None:
    count = len(masks.read)
    if len(missing) == count:
        raise HairlineError(
            f"{printable(str(path))}: no prediction has the name of a mask (predictions {some(unused)}, masks "
            f"{some(missing)}); expected the same names but for the suffix of the file; rename them, or state what "
            "names end with by --suffix and --mask-suffix"
        )
    if missing and not allow:
        raise HairlineError(
            f"{printable(str(path))}: {len(missing)} of {count} masks have no prediction ({some(missing)}), and to "
            "leave images out would flatter; expected one for every mask; add them, list the images to score by "
            "--only, or state --allow-missing, which counts them as empty"
        )


def _unused(names: Sequence[str]) -> list[str]:
    return [f"{len(names)} predictions belong to no mask and are not scored: {some(names)}"] if names else []
