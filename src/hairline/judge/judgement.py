"""Score predictions against masks: one pass over the files, then every number from the table it made.

>>> from pathlib import Path
>>> from hairline.judge.judgement import judge
>>> judge(Path("predictions"), Path("masks")).remarks  # doctest: +SKIP
()
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.masks import Mask
from hairline.data.samples import digest
from hairline.errors import HairlineError
from hairline.imaging.images import mask_levels
from hairline.io.progress import bar
from hairline.judge import groups as photos
from hairline.judge import masks as mask_sets
from hairline.judge import predictions as prediction_sets
from hairline.judge.coco import is_coco
from hairline.judge.files import some
from hairline.judge.groups import Groups
from hairline.judge.masks import THREADS, MaskOptions, Masks
from hairline.judge.predictions import PredictionOptions, Predictions
from hairline.judge.values import Scores
from hairline.metrics.full_score_table import wide_table
from hairline.metrics.score_table import HISTOGRAMS

SOFT = 0.02
"""Share of the pixels of masks between black and white that soft edges do not have."""

Step = Callable[[], object]


@dataclass(frozen=True, eq=False)
class Judgement:
    """Predictions scored against masks.

    Attributes:
        predictions: What was scored.
        masks: Against what.
        groups: Which photo each image shows.
        table: Wide score table (:mod:`hairline.metrics.full_score_table`), a row an image.
        predictions_sha256: Hash of all names and scores.
        masks_sha256: Hash of all names and masks.
        remarks: What is odd, for people.
    """

    predictions: Predictions
    masks: Masks
    groups: Groups
    table: pd.DataFrame
    predictions_sha256: str
    masks_sha256: str
    remarks: tuple[str, ...]


@dataclass
class _Reader:
    """Reads pairs in order, each once for its mask and its scores; keeps their hashes."""

    predictions: Predictions
    masks: Masks
    step: Step
    kept: dict[str, Mask] = field(default_factory=dict)
    hashes: dict[str, tuple[str, str]] = field(default_factory=dict)
    crack: int = 0
    pixels: int = 0
    between: int = 0

    def scores(self, name: str) -> Scores:
        read = self.masks.read[name]()
        mask, ignored = read.crack, read.ignored
        height, width = mask.shape
        scores = self.predictions.read[name]((height, width))
        self.kept = {name: read}
        self.hashes[name] = digest(scores), digest(mask if ignored is None else mask_levels(mask, ignored))
        self.crack += int(mask.sum())
        self.pixels += mask.size - (0 if ignored is None else int(ignored.sum()))
        self.between += sum(read.unusual.values())
        self.step()
        return scores

    def mask(self, name: str) -> NDArray[np.bool_]:
        return self.kept[name].crack

    def ignored(self, name: str) -> NDArray[np.bool_] | None:
        return self.kept[name].ignored

    def sha256(self, side: int) -> str:
        """Over all images in order of name: name and hash of the pixels; SHA-256."""
        lines = (f"{name}\0{found[side]}\n" for name, found in sorted(self.hashes.items()))
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def judge(
    path: Path,
    masks_path: Path,
    grouped: str = "",
    of_predictions: PredictionOptions | None = None,
    of_masks: MaskOptions | None = None,
) -> Judgement:
    """Score the predictions of a folder or a COCO file against masks.

    Args:
        path: Predictions: a folder of images or .npy files, or a COCO file.
        masks_path: Masks: a folder of images, or a COCO annotation file.
        grouped: Which images show one photo (:func:`hairline.judge.groups.groups`).
        of_predictions: What is stated of the predictions.
        of_masks: What is stated of the masks.

    Raises:
        HairlineError: If files are missing, cannot be read, differ in size, or do not say what they mean.
    """
    return all_judged([path], masks_path, grouped, of_predictions, of_masks)[0]


def all_judged(
    paths: Sequence[Path],
    masks_path: Path,
    grouped: str = "",
    of_predictions: PredictionOptions | None = None,
    of_masks: MaskOptions | None = None,
) -> list[Judgement]:
    """Several sets of predictions against the same masks; arguments as of :func:`judge`.

    All are looked at before any is scored, so that what is wrong is told soon.
    """
    chosen, stated = of_predictions or PredictionOptions(), of_masks or MaskOptions()
    if (stated.categories or chosen.categories) and not any(map(is_coco, (*paths, masks_path))):
        raise HairlineError(
            f"--categories: neither {masks_path} nor {paths[0]} is a COCO file; expected one where categories are "
            "chosen; leave the option out"
        )
    with bar(0, "look") as looked:
        masks = mask_sets.masks(masks_path, stated, looked.update)
        found = [prediction_sets.predictions(path, masks, chosen, looked.update) for path in paths]
    grouping = photos.groups(list(masks.read), grouped)
    return [_judged(each, masks, grouping, stated) for each in found]


def _judged(predictions: Predictions, masks: Masks, grouping: Groups, stated: MaskOptions) -> Judgement:
    samples = pd.DataFrame({"id": list(masks.read), "group": list(grouping.of)})
    with bar(len(samples), f"score {predictions.path.name}") as scored:

        def step() -> None:
            scored.update()
            if scored.n == len(samples):
                scored.set_description_str("shapes (clDice, Hausdorff)")

        reader = _Reader(predictions, masks, step)
        table = wide_table(samples, reader.scores, reader.mask, THREADS, reader.ignored)
    mask_sets.refuse_odd(masks.path, reader.crack, reader.pixels, len(samples), stated.invert, stated.crack)
    remarks = (
        *_blank(masks), *predictions.remarks, *_missing(predictions, table), *_inverted(table), *_soft(reader)
    )  # fmt: skip
    return Judgement(predictions, masks, grouping, table, reader.sha256(0), reader.sha256(1), remarks)


def _blank(masks: Masks) -> list[str]:
    count = f"{len(masks.blank)} of {len(masks.blank) + len(masks.read)} masks"
    return [f"every pixel of {count} is ignored, so these are not scored: {some(masks.blank)}"] if masks.blank else []


def _missing(predictions: Predictions, table: pd.DataFrame) -> list[str]:
    if not predictions.missing:
        return []
    rows = table[table["id"].isin(predictions.missing)]
    blank = sum(not any(histogram) for histogram in rows[HISTOGRAMS[0]])
    also = f"; {blank} of them have an empty mask, so that this counts as right" if blank else ""
    return [f"{len(rows)} of {len(table)} predictions are missing and count as empty{also}"]


def _inverted(table: pd.DataFrame) -> list[str]:
    """Scores that are lower on crack than elsewhere, on average over all pixels."""
    crack, background = (np.stack(table[name].to_list()).sum(axis=0) for name in HISTOGRAMS)
    means = [float(np.average(np.arange(len(each)), weights=each)) if each.any() else 0 for each in (crack, background)]
    told = "scores are lower on crack than on background, as where predictions are inverted: is crack bright in them?"
    return [told] if means[0] < means[1] else []


def _soft(reader: _Reader) -> list[str]:
    """Masks with many levels, as scores have them."""
    share = reader.between / reader.pixels
    told = "count as crack above half: are masks and predictions the other way round?"
    return [f"{share:.0%} of the pixels of masks are neither black nor white, and {told}"] if share > SOFT else []


def refuse_same(paths: Sequence[Path]) -> None:
    """Refuse a comparison of predictions with themselves."""
    if len({path.resolve() for path in paths}) < len(paths):
        raise HairlineError(f"--against {paths[-1]}: is what it is compared with; expected other predictions")
