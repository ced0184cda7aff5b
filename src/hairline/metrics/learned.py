"""Whether a network learned anything: its scores beside those of trivial answers, by an interval over photos.

The trivial answers are *all* (everything is crack), *none* (nothing is) and *darkness* (what is darker than one grey
level is crack). Chance is no fourth: an answer drawn at random has the balanced accuracy of *all* and *none*, one half,
and at its best threshold the ODS of *all*. A network learned something where the whole interval of its lead over *all*
and over *none* lies above zero (in ODS, above a tenth of theirs; of fewer than five photos a lead by a tenth without
such an interval is ``unknown``) and where it is not, for sure, below *halfway* from them to *darkness*, of held-out
photos whose labels are masks. That it beats darkness is too much to ask, and is told only: a classifier with F1 0.62 on
CFD calls patches no better than their darkest pixel does, and where cracks are all that is dark, nothing can beat it.
Photos are drawn as in :mod:`hairline.metrics.bootstrap`, by a generator of their own. This module counts for itself,
so that no network is trained again where the code that scores results changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Verdict = Literal["learned", "nothing", "unknown"]
"""``unknown``: there are too few held-out photos to tell, and nothing speaks against it."""
Split = Literal["val", "train"]
Demand = Literal["ahead", "not behind", "nothing"]

RESAMPLES, SEED = 1000, 1
"""How photos are drawn; no parameters, since another number of resamples is no reason to train again."""
ENDS = (0.025, 0.975)
"""Shares of the resamples below the ends of an interval."""
THRESHOLDS = 99
"""Of scores: 0.01, 0.02, … 0.99."""
CRACK, BACKGROUND = "crack_hist", "background_hist"
"""Columns of score tables: pixels by the number of thresholds that their score reaches, int [100] each."""
LEAST_PHOTOS = 2
"""Photos that an interval needs."""
SURE_PHOTOS = 5
"""From so many photos on, all of them ahead is no accident (2 ** -5 is below 0.05)."""
TENTH = 0.1
DARKNESS = "darkness"
HALFWAY = "halfway"
DEMANDS: Mapping[str, Demand] = {"all": "ahead", "none": "ahead", DARKNESS: "nothing", HALFWAY: "not behind"}
NOT_JUDGED: dict[str, object] = {"verdict": "not judged"}
"""What stands in the place of a judgement where nobody asked for one."""
MARKS_NOTHING = "the labels mark nothing"
NONE_TRAINABLE = "none of the labels passes the rule 'trainable'"
MARKS_MOST = "the labels mark more than half of every photo"
HALF = 0.5
BALANCED_ACCURACY = "balanced accuracy"
ODS = "ODS"

Resampled = NDArray[np.float64]
"""A score on all photos, then on every resample of them, float64 [1 + resamples]; NaN where it is not defined."""


@dataclass(frozen=True)
class Lead:
    """A network beside one trivial answer.

    Attributes:
        answer: ``all``, ``none``, ``darkness`` or ``halfway`` from those to this.
        score: What the trivial answer scores.
        lead: Score of the network minus that.
        low: Lower end of the interval of ``lead``; None of a single photo.
        high: Upper end.
        demand: What a network that learned anything is; ``nothing``: this answer is told only.
        least: What the lead must exceed: ODS takes the best of 99 thresholds, so that noise is a little ahead of *all*.
        few: Whether the photos are too few for an interval to show that a lead is none.
    """

    answer: str
    score: float
    lead: float
    low: float | None
    high: float | None
    demand: Demand
    least: float = 0.0
    few: bool = False

    @property
    def ahead(self) -> bool:
        """Whether the network is ahead for sure; of a single photo, whether it is ahead."""
        return (self.lead if self.low is None else self.low) > self.least

    @property
    def perhaps_ahead(self) -> bool:
        """Whether it is ahead by a tenth, on too few photos to be sure."""
        return self.few and self.lead > max(self.least, TENTH * self.score)

    @property
    def behind(self) -> bool:
        """Whether the network is behind for sure; of a single photo, whether it is behind."""
        return (self.lead if self.high is None else self.high) < 0

    @property
    def met(self) -> bool:
        """Whether the network is what is demanded."""
        ahead = self.ahead or self.perhaps_ahead
        return {"ahead": ahead, "not behind": not self.behind, "nothing": True}[self.demand]


@dataclass(frozen=True)
class Judgement:
    """What a network is worth beside the trivial answers.

    Attributes:
        measure: ``balanced accuracy`` of patches at a probability of one half, or ``ODS`` of pixels.
        score: Of the network.
        photos: Photos that it was judged on.
        split: Where they are from: ``val`` was held out; on ``train``, its own, it can only be shown to be worthless.
        leads: It beside every trivial answer.
        fault: Why nothing can have been learned, whatever it scores: of the labels it learned from; empty where nothing
            is wrong with them.
    """

    measure: str
    score: float
    photos: int
    split: Split
    leads: tuple[Lead, ...]
    fault: str = ""

    def as_json(self) -> dict[str, object]:
        """The judgement as plain values, verdict first, for the file beside the weights."""
        return {"verdict": self.verdict, **asdict(self)}

    @property
    def verdict(self) -> Verdict:
        """Whether it learned anything."""
        if self.fault or not all(lead.met for lead in self.leads):
            return "nothing"
        sure = all(lead.ahead for lead in self.leads if lead.demand == "ahead")
        return "learned" if self.split == "val" and sure else "unknown"


def judged(
    measure: str, network: Resampled, trivial: Mapping[str, Resampled], photos: int, split: Split, halfway: bool
) -> Judgement:
    """A network beside trivial answers.

    Args:
        measure: Name of the score.
        network: Its score.
        trivial: Name of a trivial answer → its score, on the same resamples.
        photos: Photos that resamples draw from.
        split: Where they are from.
        halfway: Whether it must not be below halfway to darkness.
    """
    least = TENTH if measure == ODS else 0.0
    leads = [_lead(name, network, values, photos, DEMANDS[name], least) for name, values in trivial.items()]
    if halfway:
        half = (np.maximum(trivial["all"], trivial["none"]) + trivial[DARKNESS]) / 2
        leads.append(_lead(HALFWAY, network, half, photos, DEMANDS[HALFWAY], 0.0))
    return Judgement(measure, float(network[0]), photos, split, tuple(leads))


def _lead(name: str, network: Resampled, trivial: Resampled, photos: int, demand: Demand, least: float) -> Lead:
    leads = network - trivial
    known = leads[1:][~np.isnan(leads[1:])]
    low, high = map(float, np.quantile(known, ENDS)) if len(known) and photos >= LEAST_PHOTOS else (None, None)
    return Lead(
        name, float(trivial[0]), float(leads[0]), low, high, demand, least * float(trivial[0]), photos < SURE_PHOTOS
    )


def _weights(groups: Sequence[str]) -> NDArray[np.int64]:
    """How often each image counts: once each, then as in every resample; int64 [1 + resamples, images]."""
    names, members = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    draws = np.random.default_rng(SEED).multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
    return np.concatenate([np.ones((1, len(members)), np.int64), draws[:, members]])


def histograms(scores: NDArray[np.float32], crack: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    """Crack and background pixels by the number of thresholds that their score reaches.

    Args:
        scores: Of any shape, in [0, 1].
        crack: True where there is crack, bool of that shape.
    """
    reached = np.searchsorted(np.arange(1, THRESHOLDS + 1) / 100, scores.ravel(), "right")
    within, every = (np.bincount(some, minlength=THRESHOLDS + 1) for some in (reached[crack.ravel()], reached))
    return within.tolist(), (every - within).tolist()


def _f1(table: pd.DataFrame) -> NDArray[np.float64]:
    """F1 of each image at 0 and at each threshold, float64 [images, 100], in order of id; each image shows crack."""
    table = table.sort_values("id")
    hits, false = (np.cumsum(np.stack(table[name].to_list())[:, ::-1], axis=1)[:, ::-1] for name in (CRACK, BACKGROUND))
    return np.asarray(2 * hits / (hits + false + hits[:, :1]))


def _ods(f1: NDArray[np.float64], weights: NDArray[np.int64]) -> Resampled:
    return np.asarray((weights.astype(np.float64) @ f1).max(axis=1) / weights.sum(axis=1))


def segmenter(table: pd.DataFrame, dark: pd.DataFrame, split: Split, masks: bool) -> Judgement:
    """ODS of a segmenter beside that of the trivial answers.

    Args:
        table: Its score table on images whose label shows crack: ``id``, ``group`` and the columns :data:`CRACK` and
            :data:`BACKGROUND`, as :mod:`hairline.metrics.score_table` has them.
        dark: The same of darkness as if it were a score.
        split: Where the images are from.
        masks: Whether the labels are masks. Pseudo-labels are made of darkness themselves, so that a threshold can come
            closer to them than any network; beside them it decides nothing.
    """
    weights = _weights(_groups(table))
    f1 = _f1(table)
    trivial = {
        "all": _ods(f1[:, :1], weights),
        "none": np.zeros(len(weights)),
        DARKNESS: _ods(_f1(dark)[:, 1:], weights),
    }
    return judged(ODS, _ods(f1[:, 1:], weights), trivial, table["group"].nunique(), split, split == "val" and masks)


def _groups(table: pd.DataFrame) -> list[str]:
    """Parent photo of every image, in order of id."""
    return table.sort_values("id")["group"].astype(str).to_list()


def classifier(patches: pd.DataFrame, cut: int, split: Split) -> Judgement:
    """Balanced accuracy of a patch classifier at a probability of one half, beside that of the trivial answers.

    Balanced accuracy is the mean of the shares of crack patches and of crack-free ones that are called right. It is one
    half for any answer that does not look at the patch, however rare cracks are.

    Args:
        patches: A row a patch: ``group``, ``crack``, ``probability``, and ``darkest``, its darkest grey level.
        cut: Grey level up to which a patch is called crack for its darkest pixel: :func:`darkness_cut`.
        split: Where the patches are from.
    """
    crack = patches["crack"].to_numpy(bool)
    answers = {
        "network": patches["probability"].to_numpy() >= 0.5,
        "all": np.ones_like(crack),
        "none": np.zeros_like(crack),
        DARKNESS: patches["darkest"].to_numpy() <= cut,
    }
    groups = np.asarray(patches["group"], dtype=str)
    scores = {name: _balanced_accuracy(called, crack, groups) for name, called in answers.items()}
    network = scores.pop("network")
    return judged(BALANCED_ACCURACY, network, scores, len(set(groups)), split, halfway=split == "val")


def _balanced_accuracy(called: NDArray[np.bool_], crack: NDArray[np.bool_], groups: NDArray[np.str_]) -> Resampled:
    names, members = np.unique(groups, return_inverse=True)
    hits, cracks, rests, others = (
        np.bincount(members, weights=flags, minlength=len(names))
        for flags in (called & crack, crack, ~called & ~crack, ~crack)
    )
    weights = _weights(list(names))
    with np.errstate(invalid="ignore"):  # a resample may hold photos of one kind alone
        return np.asarray(((weights @ hits) / (weights @ cracks) + (weights @ rests) / (weights @ others)) / 2)


def darkness_cut(darkest: NDArray[np.uint8], crack: NDArray[np.bool_]) -> int:
    """The grey level with the best balanced accuracy of *patches with a pixel of it or a darker one show crack*.

    Args:
        darkest: Darkest grey level of each patch, uint8 [patches].
        crack: Whether it shows crack; both kinds are there.
    """
    shares = [np.cumsum(np.bincount(darkest[flags], minlength=256)) / flags.sum() for flags in (crack, ~crack)]
    return int((shares[0] - shares[1]).argmax())


def can_be_judged(patches: pd.DataFrame) -> bool:
    """Whether photos with crack patches and photos with others are enough for an interval each."""
    crack = patches["crack"].astype(bool)
    return min(patches.loc[flags, "group"].nunique() for flags in (crack, ~crack)) >= LEAST_PHOTOS


def fault(crack_pixels: NDArray[np.integer], pixels: NDArray[np.integer]) -> str:
    """What is wrong with labels that teach nothing: :data:`MARKS_NOTHING`, :data:`MARKS_MOST`, or empty.

    Args:
        crack_pixels: Pixels that each label calls crack, int [labels]; without those of images known to be crack-free.
        pixels: Pixels of each image, int [labels].
    """
    if not len(pixels):
        return ""
    if not crack_pixels.any():
        return MARKS_NOTHING
    return MARKS_MOST if (crack_pixels > HALF * pixels).all() else ""


@dataclass(frozen=True)
class Told:
    """What a model.json says under ``learned`` at least; files of older versions have no such entry."""

    verdict: Literal["learned", "nothing", "unknown", "not judged"] = "not judged"


def verdict_of(info: Mapping[str, Any]) -> str:
    """What a model.json says: a :data:`Verdict`, ``not judged``, or empty of older versions."""
    return str(info.get("learned", {}).get("verdict", ""))
