"""Score tables of many results as one summary: metrics with intervals, paired differences to FSV, the paper's numbers.

A result is one label set or one segmenter on one test set. Intervals are those of :mod:`hairline.metrics.bootstrap`,
which draw whole groups (parent photos), because crops of one photo are not independent; the best threshold of ODS is
chosen anew in every resample. Results on the same images share their resamples, so that differences are paired.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.names import FSV, MANUAL
from hairline.data.seen import Seen, together
from hairline.errors import HairlineError
from hairline.labelling.timing import Speed
from hairline.metrics import published, thresholds
from hairline.metrics.beside_trivial import beside_trivial
from hairline.metrics.bootstrap import (
    BootstrapOptions,
    effective_photos,
    interval,
    resample_weights,
    resampled_ods,
    too_few,
)
from hairline.metrics.score_table import counts
from hairline.reporting import formatting, seen_signs
from hairline.reporting.formatting import ABSENT
from hairline.reporting.metric_columns import IN_PAPER, METRICS, RECORDED

BOOTSTRAP = ("resamples", "level")
HEADLINES = 16
"""Numbers that `dvc exp show` has in columns at most, beside an experiment's parameters."""
SEEN_COUNTS = ("seen_images", "images_unseen")
COLUMNS = (
    "kind", "labels", "model", "training_set", "test_set",
    "images", "groups", "effective_groups", *(name for metric in METRICS for name in metric.columns),
    "ods_minus_manual", "ods_minus_manual_low", "ods_minus_manual_high",
    "trivial_ods", "ods_minus_trivial", "ods_minus_trivial_low", "ods_minus_trivial_high",
    "ods_unseen", "ods_unseen_low", "ods_unseen_high",
    *(f"paper_{metric.column}" for metric in IN_PAPER),
    "evidence_seconds", "label_seconds", "images_per_second", "paper_images_per_second", "scale", "machine",
    "scale_by", "fused", "paper_cell", "trained_images", "epochs", "start", "learned", *seen_signs.COLUMNS,
    "status", "reason", "unsure", *BOOTSTRAP,
)  # fmt: skip
PRINTED = (*(metric.column for metric in IN_PAPER), "images_per_second")
Status = Literal["scored", "not trainable", "no masks", "no images", "not run"]


@dataclass(frozen=True)
class Training:
    """How a network was trained.

    Attributes:
        images: Number of images learned from.
        epochs: Times that these were seen.
        start: What its weights started from, as ``none`` or ``imagenet``.
        learned: Whether it learned anything, as in :data:`hairline.metrics.learned.Verdict`, or ``not judged``; empty
            of older versions.
    """

    images: int
    epochs: int
    start: str
    learned: str = ""


@dataclass(frozen=True)
class Scale:
    """At what size a segmenter was shown the images, and whether it was alone.

    Attributes:
        factor: By which their sides were multiplied; None of several sets with a factor each.
        by: ``given``, ``mm_per_px`` (the ratio of pixel sizes), ``rule`` (found without masks) or ``each set``.
        fused: Share of an image's own pseudo-label in its score.
    """

    factor: float | None
    by: str
    fused: float = 0.0


@dataclass(frozen=True)
class Result:
    """One label set or one segmenter on one test set.

    Attributes:
        kind: ``label`` for pseudo-labels scored directly, ``segmenter`` for a network trained on a label set.
        label_set: Name of the label set; ``manual`` is the masks themselves, so its segmenter is FSV.
        architecture: The segmenter's network; for pseudo-labels the classifier's backbone, None where there is none.
        trained_on: What the network, or the classifier behind the labels, learned from, by the paper's name (a key of
            :data:`hairline.metrics.published.TRAINED_ON`); empty where the paper has no such training.
        dataset: Name of the set it was scored on.
        status: ``scored``, ``not trainable`` (too few usable labels), ``no masks`` or ``no images`` (nothing to score
            against), ``not run`` (a comparison made before everything was).
        reason: Why it was not scored, empty where it was.
        table: Columns id, group, crack_hist, background_hist, one row an image, and ``unseen`` where the ledger tells;
            None unless scored.
        speed: How long its labels took on the whole data set; None of segmenters, or where nothing was measured.
        training_set: Name of what the network learned from; empty for pseudo-labels.
        network: What the architecture's name stands for, by which the paper knows it; empty: the name itself.
        training: How the network, or the classifier behind the labels, was trained; None where nothing is known.
        replicate_of: Name of the first architecture that is the same but for the seed of its training; empty: its own.
        seen: What it has seen of the images it was scored on, by the ledger; None unless scored.
        scale: At what size a segmenter was shown the images; None of pseudo-labels, or where nothing is known.
    """

    kind: Literal["label", "segmenter"]
    label_set: str
    architecture: str | None
    trained_on: str
    dataset: str
    status: Status
    reason: str
    table: pd.DataFrame | None
    speed: Speed | None = None
    training_set: str = ""
    network: str = ""
    training: Training | None = None
    replicate_of: str = ""
    seen: Seen | None = None
    scale: Scale | None = None

    def __post_init__(self) -> None:
        if (self.status == "scored") != (self.table is not None):
            raise ValueError(f"{self.name}: status '{self.status}' and table do not agree")
        if self.table is not None and self.table.empty:
            raise HairlineError(f"{self.name}: the score table has no rows; evaluate it on at least one image")

    @property
    def name(self) -> str:
        """What to call it in a message."""
        learned = f" trained on {self.training_set}" if self.training_set else ""
        return f"{self.kind} {self.label_set}/{self.architecture or ABSENT}{learned} on {self.dataset}"


def called(label_set: str, model: str | None, training_set: str) -> str:
    """What to call labels or a segmenter in a table, curve or picture; FSV is what was trained on masks.

    Args:
        label_set: Name of the label set.
        model: Architecture or backbone, where there is one.
        training_set: Name of the training set where it has to be told, empty where it goes without saying.
    """
    return " · ".join(part for part in (FSV if label_set == MANUAL else label_set, model, training_set) if part)


def result_called(result: Result, several: bool) -> str:
    """What to call a result; ``several`` says whether its training set has to be told."""
    return called(result.label_set, result.architecture, result.training_set if several else "")


def several_training_sets(results: Iterable[Result]) -> bool:
    """Whether segmenters learned from more than one training set, so that it has to be told from which."""
    return len({result.training_set for result in results if result.kind == "segmenter"}) > 1


def summarise(results: Sequence[Result], bootstrap: BootstrapOptions) -> pd.DataFrame:
    """One row a result, in the order given, with :data:`COLUMNS`.

    The metrics are :data:`hairline.reporting.metric_columns.METRICS`. ``ods_minus_manual`` is the difference in ODS to
    the segmenter of the same architecture and training set trained on manual masks, on the same images. ``paper_*``
    are the printed values of the same label set, model and test set, where the paper trained so too.
    ``ods_minus_trivial`` is the lead over calling every pixel crack, or none, whichever scores more. ``ods_unseen`` is
    ODS over the unseen images alone; missing where there are none, or nobody knows. ``learned``
    says of the network, or of the classifier behind labels, whether it learned anything. ``seen`` is the strongest word
    of :mod:`hairline.data.seen` that is true of any scored image, ``seen_images`` of how many, ``seen_why`` why;
    ``made_with`` are the dearest labels that went into the result.
    ``scale`` is the factor at which a segmenter was shown the images, ``scale_by`` how it was found, ``fused`` the
    share of an image's own pseudo-label in its score.
    ``images_per_second`` is from image to label on ``machine``, and the two ``seconds`` are what an image takes of it.
    What there is not is missing (NaN). ``effective_groups`` is how many groups of one size would tell as much as those
    there are; where these are too few, intervals are missing and ``unsure`` says why.

    Raises:
        HairlineError: If a segmenter and its FSV counterpart were scored on different images.
    """
    rows = [
        {
            "kind": result.kind, "labels": result.label_set, "model": result.architecture,
            "training_set": result.training_set, "test_set": result.dataset, "status": result.status,
            "reason": result.reason, "unsure": "",
            **_scores(result, bootstrap), **_difference(result, results, bootstrap), **_paper(result), **_speed(result),
            **_training(result), **_scale(result), **seen_signs.columns(result.seen),
        }
        for result in results
    ]  # fmt: skip
    summary = pd.DataFrame(rows, columns=list(COLUMNS)).assign(resamples=bootstrap.resamples, level=bootstrap.level)
    counted = (metric.column for metric in METRICS if metric.whole)
    whole = dict.fromkeys(("images", "groups", *counted, "trained_images", "epochs", *SEEN_COUNTS), "Int64")
    numbers = [name for name in COLUMNS[COLUMNS.index("images") : COLUMNS.index("machine")] if name not in whole]
    return summary.astype(whole | dict.fromkeys(numbers, "float64"))


def read_summary(path: Path) -> pd.DataFrame:
    """What :func:`summarise` gave, from a file of :func:`hairline.reporting.formatting.csv`; texts stay texts.

    Names such as ``NA``, ``2016`` or ``1e5`` are no numbers and nothing that is missing.

    Raises:
        HairlineError: If the file is no such table.
    """
    numbers = {*COLUMNS[COLUMNS.index("images") : COLUMNS.index("machine")], *BOOTSTRAP}
    numbers |= {"trained_images", "epochs", *SEEN_COUNTS}
    try:
        summary = formatting.read_csv(path, set(COLUMNS) - numbers)
        if missing := [name for name in COLUMNS if name not in summary]:
            raise ValueError(f"without the columns {', '.join(missing)}")
        return summary.astype(dict.fromkeys(numbers & set(summary), "float64"))[list(COLUMNS)]
    except ValueError as error:
        raise HairlineError(
            f"{path}: not a comparison of this version ({error}); 'dvc repro -s -f compare' writes it anew"
        ) from None


def metrics(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The main numbers of every scored row: ``kind-labels-model-training_set-test_set`` → metric → value.

    Args:
        summary: What :func:`summarise` gives.

    Returns:
        ODS with its interval, OIS, AP, images per second, and how many images are unseen, and how many the strongest
        word is true of; a number that a row lacks is left out, and so is an empty
        part of a name.
    """
    scored = summary[summary["status"] == "scored"]
    names = (*RECORDED, "images_per_second", *SEEN_COUNTS)
    return {
        "-".join(str(row[part]) for part in ("kind", "labels", "model", "training_set", "test_set") if row[part]):
            {name: float(row[name]) for name in names if not pd.isna(row[name])}
        for row in scored.to_dict("records")
    }  # fmt: skip


def headline(summary: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The ODS of the first :data:`HEADLINES` scored rows, for the columns of `dvc exp show`.

    Segmenters come first, then labels of images that nothing is trained on, then those of training images.

    Args:
        summary: What :func:`summarise` gives.

    Returns:
        ``ods`` → ``labels-network@test_set`` of a segmenter, with the training set where there are several, and
        ``labels@set-split`` of labels → ODS.
    """
    scored = summary[summary["status"] == "scored"]
    labels = scored["kind"] == "label"
    place = labels.astype(int) + (labels & scored["test_set"].str.endswith("-train"))
    several = scored["training_set"].replace("", None).nunique() > 1
    rows = scored.loc[place.sort_values(kind="stable").index].to_dict("records")
    return {"ods": {_called(row, several): float(row["ods"]) for row in rows[:HEADLINES]}}


def _called(row: Mapping[Hashable, Any], several: bool) -> str:
    """Name of a row; labels go without the network behind them, since a label set has one."""
    of_network = ("model", "training_set") if several else ("model",)
    parts = ("labels", *(of_network if row["kind"] == "segmenter" else ()))
    return "-".join(str(row[part]) for part in parts if row[part]) + f"@{row['test_set']}"


def _ordered(result: Result, bootstrap: BootstrapOptions) -> tuple[list[str], thresholds.Counts, NDArray[np.int64]]:
    """Ids in order, counts and resample weights of a scored result."""
    assert result.table is not None
    table = result.table.sort_values("id")
    weights = resample_weights(_groups(table), bootstrap)
    return table["id"].to_list(), counts(table), weights


def _groups(table: pd.DataFrame) -> list[str]:
    """Parent photo of every image, in order of id."""
    return table.sort_values("id")["group"].astype(str).to_list()


def _scores(result: Result, bootstrap: BootstrapOptions) -> dict[str, Any]:
    if result.table is None:
        return {}
    ids, counted, weights = _ordered(result, bootstrap)
    groups = _groups(result.table)
    found: dict[str, Any] = {
        "images": len(ids), "groups": len(set(groups)), "effective_groups": effective_photos(groups),
        "unsure": too_few(groups),
    }  # fmt: skip
    for metric in METRICS:
        found[metric.column] = metric.value(counted)
        if metric.resampled:
            counting = metric.weights(counted) if metric.weights else None
            values = metric.resampled(counted, weights)
            found |= interval(metric.column, values, groups, bootstrap, weights=counting)
    return found | beside_trivial(result.table, bootstrap) | _unseen(result.table, found, bootstrap)


def _unseen(table: pd.DataFrame, whole: Mapping[str, Any], bootstrap: BootstrapOptions) -> dict[str, Any]:
    """ODS of the unseen images alone; that of all of them where they are."""
    if "unseen" not in table or not table["unseen"].any():
        return {}
    if table["unseen"].all():
        return {f"ods_unseen{end}": whole[f"ods{end}"] for end in ("", "_low", "_high") if f"ods{end}" in whole}
    part = table[table["unseen"]].sort_values("id")
    f1, groups = thresholds.f1(counts(part)), _groups(part)
    draws = resampled_ods(f1, resample_weights(groups, bootstrap))
    return {"ods_unseen": thresholds.ods(f1), **interval("ods_unseen", draws, groups, bootstrap)}


def _difference(result: Result, results: Sequence[Result], bootstrap: BootstrapOptions) -> dict[str, float]:
    manual = replace(result, label_set=MANUAL).name
    found = [each for each in results if each.name == manual and each.status == "scored"]
    if result.table is None or result.kind != "segmenter" or result.label_set == MANUAL or not found:
        return {}
    ids, counted, weights = _ordered(result, bootstrap)
    manual_ids, manual_counted, _ = _ordered(found[0], bootstrap)
    if ids != manual_ids:
        lone = sorted(set(ids) ^ set(manual_ids)) or ids
        raise HairlineError(
            f"{result.name} and {manual} were scored on different images ({len(ids)} and {len(manual_ids)}; "
            f"'{lone[0]}' is not in both); evaluate both on the same images (dvc repro)"
        )
    f1, manual_f1 = thresholds.f1(counted), thresholds.f1(manual_counted)
    differences = resampled_ods(f1, weights) - resampled_ods(manual_f1, weights)
    return {
        "ods_minus_manual": thresholds.ods(f1) - thresholds.ods(manual_f1),
        **interval("ods_minus_manual", differences, _groups(result.table), bootstrap),
    }


def _paper(result: Result) -> dict[str, float | str]:
    model = result.network or result.architecture or ""
    if result.kind == "segmenter":
        name = published.segmenter(result.trained_on, result.label_set, model, result.dataset)
    else:
        name = published.pseudo_labels(result.trained_on, result.label_set, model, result.dataset)
    printed = published.printed(name)
    values = {f"paper_{metric}": printed[metric] for metric in PRINTED if metric in printed}
    return {"paper_cell": name, **values} if printed else {}


def _training(result: Result) -> dict[str, float | str]:
    trained = result.training
    if trained is None:
        return {}
    return {"trained_images": trained.images, "epochs": trained.epochs, "start": trained.start,
            "learned": trained.learned}  # fmt: skip


def _scale(result: Result) -> dict[str, float | str | None]:
    scale = result.scale
    return {} if scale is None else {"scale": scale.factor, "scale_by": scale.by, "fused": scale.fused}


def _speed(result: Result) -> dict[str, float | str]:
    speed = result.speed
    if speed is None:
        return {}
    return {"evidence_seconds": speed.evidence_s, "label_seconds": speed.label_s,
            "images_per_second": speed.images_per_second, "machine": speed.machine}  # fmt: skip


def pooled(name: str, results: Sequence[Result]) -> Result:
    """The results of one segmenter on several sets as one result on all their images together.

    Ids and groups get the name of their set in front, so that equal names in two sets stay two. Where it was not scored
    on one of the sets, it is not scored on all of them, for the reason told there.
    """
    for result in results:
        if result.table is None:
            reason = f"{result.dataset}: {result.reason}"
            return replace(result, dataset=name, reason=reason)
    tables = [
        result.table.assign(
            **{column: result.dataset + "/" + result.table[column].astype(str) for column in ("id", "group")}
        )
        for result in results
        if result.table is not None
    ]
    whole = pd.concat(tables, ignore_index=True)
    seen = [(result.dataset, result.seen) for result in results if result.seen is not None]
    scales = {result.scale for result in results}
    fused = {scale.fused for scale in scales if scale is not None}
    scale = results[0].scale if len(scales) == 1 else Scale(None, "each set", *(fused if len(fused) == 1 else ()))
    seen_together = together(seen) if len(seen) == len(results) else None
    return replace(results[0], dataset=name, table=whole, seen=seen_together, scale=scale)
