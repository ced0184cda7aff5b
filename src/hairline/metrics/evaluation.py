"""Score maps against masks as arrays: ODS, OIS, AP, intervals and paired differences, without files."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.metrics import bootstrap, conventions, score_table, significance, thresholds
from hairline.metrics.bootstrap import BOOTSTRAP, BootstrapOptions

Maps = NDArray[Any] | Sequence[NDArray[Any]]
"""One map [height, width] or several, of any sizes."""

Metric = Literal["ods", "ois", "ap"]
SLACK = 1e-6
"""How far above 1 rounding may put a score."""


@dataclass(frozen=True)
class Difference:
    """ODS of one set of predictions minus that of another on the same images.

    Attributes:
        value: The difference, in [-1, 1]; above 0 the first is better.
        low: Lower end of its interval; None of too few photos (fewer than 10 of equal size).
        high: Upper end, likewise.
        p: p-value of the paired test (:func:`hairline.metrics.significance.compared`), in [0, 1]; None likewise.
        photos: How many photos the images show.
    """

    value: float
    low: float | None
    high: float | None
    p: float | None
    photos: int

    def __str__(self) -> str:
        """As it is written in a text."""
        if self.low is None or self.high is None or self.p is None:
            return f"{self.value:+.3f} (too few photos to tell: {self.photos})"
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}], p = {self.p:.3f}, {self.photos} photos"


class Evaluation:
    """How good score maps are against masks; :func:`score` makes one.

    All follows from two histograms an image, so that nothing here looks at a pixel again. Intervals and tests draw
    whole photos, as images of one photo are not independent (docs/scoring.md).

    Attributes:
        ods: Optimal data set scale, eq. 10 of König et al. 2021: the largest mean F1 over the images at one threshold
            for all, in [0, 1].
        ods_threshold: The lowest threshold that reaches it, one of 0.01, 0.02 … 0.99.
        ois: Optimal image scale, eq. 9: the mean of the images' largest F1, each at its own threshold, in [0, 1].
        ap: Average precision, eq. 11 without its factor 1/T: area under precision over recall on pixels of all images
            together, in [0, 1].
        table: A row an image: ``image`` (place in what was given, from 0), ``group`` (its photo), ``crack_px`` (crack
            pixels of the mask), ``f1`` (at ``ods_threshold``), ``best_f1`` and ``best_threshold`` (its own).
    """

    def __init__(self, scored: pd.DataFrame, masks_sha256: str) -> None:
        """Take over a score table (:func:`hairline.metrics.score_table.score_table`) whose ids are in order.

        Args:
            scored: The table.
            masks_sha256: Hash of the masks, by which other predictions are known to be scored against the same.
        """
        found = score_table.metrics(scored)
        self.ods, self.ods_threshold, self.ois, self.ap = (
            found[name] for name in ("ods", "ods_threshold", "ois", "ap")
        )
        self._scored, self._masks_sha256 = scored, masks_sha256
        self.table = _image_table(scored, self.ods_threshold)

    def __repr__(self) -> str:
        """The three numbers, in a line."""
        images = f"{len(self.table)} image{'s' if len(self.table) > 1 else ''}"
        return f"ODS {self.ods:.3f} at {self.ods_threshold:.2f}, OIS {self.ois:.3f}, AP {self.ap:.3f}, {images}"

    def interval(self, metric: Metric = "ods", options: BootstrapOptions = BOOTSTRAP) -> tuple[float, float] | None:
        """Interval of a number by bootstrap over photos, the same each time (:mod:`hairline.metrics.bootstrap`).

        Ends are those of an expanded percentile interval (Hesterberg 2015, Am. Stat. 69:371), since that of few photos
        is too short. Of ODS the threshold is chosen anew in each resample.

        Args:
            metric: ``ods``, ``ois`` or ``ap``.
            options: Number of resamples, level and seed; 1000, 95 % and 1.

        Returns:
            Lower and upper end, each in [0, 1]; None where the photos are too few to tell, fewer than 10 of
                equal size.

        Raises:
            HairlineError: If there is no such number.
        """
        counted, groups = score_table.counts(self._scored), self._groups
        f1, weights = thresholds.f1(counted), bootstrap.resample_weights(groups, options)
        if metric == "ods":
            values = bootstrap.resampled_ods(f1, weights)
        elif metric == "ois":
            values = bootstrap.resampled_ois(f1, weights)
        elif metric == "ap":
            values = bootstrap.resampled_ap(counted, weights)
        else:
            raise HairlineError(f"metric: found {metric!r}; expected 'ods', 'ois' or 'ap'; name one of them")
        found = bootstrap.interval(metric, values, groups, options)
        return (found[f"{metric}_low"], found[f"{metric}_high"]) if found else None

    def against(self, other: "Evaluation", options: BootstrapOptions = BOOTSTRAP) -> Difference:
        """ODS of these predictions minus that of others on the same masks, paired over photos.

        Resamples and swaps are of whole photos, the same for both sides; each side keeps its own best threshold, chosen
        anew every time (:mod:`hairline.metrics.significance`). One comparison of many is to be corrected for that
        (:func:`hairline.metrics.significance.holm`).

        Args:
            other: Other predictions, scored against the same masks in the same order.
            options: As for :meth:`interval`.

        Returns:
            The difference with interval and p-value; without both where the photos are too few to tell.

        Raises:
            HairlineError: If the two were not scored on the same masks, or the images show other photos.
        """
        if self._masks_sha256 != other._masks_sha256:
            raise HairlineError(
                f"against: the other predictions were scored on other masks ({len(other.table)} images, here "
                f"{len(self.table)}); expected the same masks in the same order; score both on these"
            )
        pair = significance.Scored("these", [self._scored]), significance.Scored("the others", [other._scored])
        row: Mapping[str, Any] = significance.compared([pair], options).to_dict("records")[0]  # type: ignore[assignment]
        low, high, p = (
            None if pd.isna(row[name]) else float(row[name]) for name in ("difference_low", "difference_high", "p")
        )
        return Difference(float(row["difference"]), low, high, p, int(row["groups"]))

    def conventions(self) -> pd.DataFrame:
        """The same predictions in other works' ways of scoring, a row a convention (docs/scoring.md).

        Those that counts of pixels allow: F1 of scores at or above a threshold, on pooled counts, of mean precision and
        mean recall, crack IoU, mean IoU, each with and without images whose mask is empty, and false alarms. Those with
        a tolerance or skeletons need the maps: ``hairline score`` has them.

        Returns:
            The columns of :data:`hairline.metrics.conventions.COLUMNS`; values in [0, 1], missing where a convention
            has none.
        """
        return conventions.table(self._scored)

    @property
    def _groups(self) -> list[str]:
        return [str(group) for group in self._scored["group"]]


def score(predictions: Maps, masks: Maps, groups: Sequence[str] | None = None) -> Evaluation:
    """Score maps against masks, by the paper's conventions (König et al. 2021, eq. 9-11; docs/method.md §6).

    A pixel is predicted as crack where its score is at least the threshold, at 0.01, 0.02 … 0.99; F1 is that of an
    image; there is no pixel tolerance. Where mask and prediction are both empty F1 is 1, where one of them is, 0.

    Args:
        predictions: One map [height, width] or several, of any sizes: floating point in [0, 1], uint8 (255 is a score
            of 1; where all maps hold nothing but 0 and 1, they are masks), or bool.
        masks: As many, each of the size of its prediction: bool, or whole numbers 0 and 1, or 0 and 255.
        groups: The photo that each image shows, where several are crops of one; None takes every image for a photo of
            its own. Intervals and tests draw photos.

    Returns:
        ``.ods``, ``.ois``, ``.ap``, ``.table``, ``.interval("ods")``, ``.against(other)``.

    Raises:
        HairlineError: If there are no maps, their numbers or sizes differ, a score is no number or out of range, or a
            mask holds other values; the message names the place in the list.

    Example:
        >>> import hairline, numpy as np
        >>> mask = np.zeros((8, 8), bool); mask[3] = True
        >>> scores = np.where(mask, 0.9, 0.2); scores[4] = 0.6
        >>> hairline.score(scores, mask)
        ODS 1.000 at 0.61, OIS 1.000, AP 1.000, 1 image
        >>> hairline.score([scores, scores > 0.5], [mask, mask]).table["f1"].round(2).tolist()
        [1.0, 0.67]
    """
    maps, truths = list(_maps(predictions, "predictions")), list(_maps(masks, "masks"))
    if len(maps) != len(truths):
        raise HairlineError(
            f"predictions: found {len(maps)}, and {len(truths)} masks; expected a mask for each; give as many"
        )
    photos = _photos(groups, len(maps))
    crack = [_mask(each, f"masks[{place}]") for place, each in enumerate(truths)]
    scores = _scores(maps)
    for place, (one, mask) in enumerate(zip(scores, crack, strict=True)):
        if one.shape != mask.shape:
            raise HairlineError(
                f"predictions[{place}]: has {one.shape[0]} x {one.shape[1]} pixels, its mask {mask.shape[0]} x "
                f"{mask.shape[1]}; expected one size; bring the prediction to that of the mask"
            )
    digits = len(str(len(maps)))
    ids = [f"{place:0{digits}d}" for place in range(len(maps))]
    samples = pd.DataFrame({"id": ids, "group": ids if photos is None else photos})
    table = score_table.score_table(samples, lambda name: scores[int(name)], lambda name: crack[int(name)])
    return Evaluation(table, _sha256(crack))


def _maps(given: Maps, name: str) -> Iterator[NDArray[Any]]:
    """The maps of a list, of one array [images, height, width], or the one map there is."""
    if isinstance(given, np.ndarray) and given.ndim == 2:
        given = [given]
    if isinstance(given, str | bytes | Mapping) or not hasattr(given, "__len__") or not hasattr(given, "__iter__"):
        raise HairlineError(
            f"{name}: found {type(given).__name__}; expected an array [height, width] or a list of such; give that"
        )
    if not len(given):
        raise HairlineError(f"{name}: found none; expected at least one; give an array [height, width] or a list")
    for place, each in enumerate(given):
        found = np.asarray(each)
        if found.ndim != 2 or not found.size or found.dtype.kind not in "buif":
            raise HairlineError(
                f"{name}[{place}]: found {found.dtype} {list(found.shape)}; expected numbers or bool [height, width]; "
                "give one channel of one image"
            )
        yield found


def _scores(maps: Sequence[NDArray[Any]]) -> list[NDArray[np.uint8] | NDArray[np.floating]]:
    """As the score table takes them: uint8 (255 is 1) or float in [0, 1]."""
    whole = [each for each in maps if each.dtype == np.uint8]
    masks = bool(whole) and max(int(each.max()) for each in whole) <= 1
    return [_score_map(each, f"predictions[{place}]", masks) for place, each in enumerate(maps)]


def _score_map(found: NDArray[Any], name: str, masks: bool) -> NDArray[np.uint8] | NDArray[np.floating]:
    if found.dtype == np.bool_ or (found.dtype == np.uint8 and masks):
        return np.asarray(found.astype(np.uint8) * np.uint8(255))
    if found.dtype == np.uint8:
        return found
    if found.dtype.kind != "f":
        raise HairlineError(
            f"{name}: found {found.dtype}; expected scores as floating point in [0, 1], uint8 (255 is 1) or bool; "
            "divide by the value of a score of 1"
        )
    low, high = float(found.min()), float(found.max())
    if not (low >= 0 and high <= 1 + SLACK):  # also where one of them is no number
        raise HairlineError(
            f"{name}: holds values from {low:.6g} to {high:.6g}; expected scores in [0, 1]; divide by the value of a "
            "score of 1, take the sigmoid of logits, and find out where NaN come from"
        )
    return np.asarray(np.minimum(found, 1))


def _mask(found: NDArray[Any], name: str) -> NDArray[np.bool_]:
    if found.dtype == np.bool_:
        return found
    levels = set(np.unique(found).tolist()) if found.dtype.kind in "ui" else set()
    if not levels or not (levels <= {0, 1} or levels <= {0, 255}):
        told = f"{len(levels)} values up to {max(levels)}" if levels else str(found.dtype)
        raise HairlineError(
            f"{name}: found {told}; expected bool, or whole numbers 0 and 1, or 0 and 255; compare with the value from "
            "which on it is crack, as mask > 127"
        )
    return np.asarray(found > 0)


def _photos(groups: Sequence[str] | None, count: int) -> list[str] | None:
    if groups is None:
        return None
    told = [str(each) for each in groups]
    if len(told) != count or isinstance(groups, str):
        raise HairlineError(f"groups: found {len(told)} for {count} images; expected one an image; give as many")
    return told


def _image_table(scored: pd.DataFrame, threshold: float) -> pd.DataFrame:
    f1 = thresholds.f1(score_table.counts(scored))
    return pd.DataFrame(
        {
            "image": range(len(scored)),
            "group": scored["group"].to_list(),
            "crack_px": [sum(each) for each in scored["crack_hist"]],
            "f1": f1[:, thresholds.place(threshold)],
            "best_f1": f1.max(axis=1),
            "best_threshold": thresholds.THRESHOLDS[f1.argmax(axis=1)],
        }
    )


def _sha256(masks: Sequence[NDArray[np.bool_]]) -> str:
    digest = hashlib.sha256()
    for mask in masks:
        digest.update(f"{mask.shape}".encode() + np.packbits(mask).tobytes())
    return digest.hexdigest()
