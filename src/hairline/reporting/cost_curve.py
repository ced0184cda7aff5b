"""What corrected labels buy: ODS against the number of corrected images, of a ranking and of a random order."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hairline.data.budget import RANDOM, Budget
from hairline.data.names import MASKS
from hairline.data.training_set import Part, TrainingSet, Weights
from hairline.metrics.score_table import metrics
from hairline.reporting.comparison import Result
from hairline.reporting.figures import canvas, cost_curves

POINTS = ("labels", "model", "test_set", "order", "images", "minutes", "seed", "ods")
CURVE = ("labels", "model", "test_set", "order", "images", "minutes", "seeds", "mean", "low", "high")
GAINS = ("labels", "model", "test_set", "order", "images", "seeds", "mean", "low", "high")
NONE = "none"
"""The order of trainings without any corrected label."""
_Learned = tuple[tuple[Part, ...], Weights]
"""What trainings of one curve have in common."""
_Ranked = tuple[tuple[str, ...], bool]
"""What a ranking looks at beside labels, and whether groups take turns."""
LEVEL = 0.95
HOW = (
    "Masks of the set stand in for an annotator, at the minutes an image that training_sets state, which nobody "
    "measured; intervals are of Student's t over seeds, each with a random order of its own, each for itself, not "
    "adjusted for their number, and say nothing of other images."
)


def points(results: Sequence[Result], training_sets: Mapping[str, TrainingSet]) -> pd.DataFrame:
    """A row for each scored segmenter whose training set has a budget, with :data:`POINTS`.

    Curves are apart where training sets differ in more than budget and seed, and rankings where they do not look at the
    same: ``labels`` and ``order`` then say as which training set each is. Trainings without any corrected label are a
    point of every curve of their parts, whatever the weights. Where masks alone are learned, nothing is corrected.

    Args:
        results: Everything that was compared.
        training_sets: By name.
    """
    rows = list(_points(results, training_sets))
    return pd.DataFrame(rows, columns=list(POINTS)).sort_values(list(POINTS[:7]), ignore_index=True)


def _points(results: Sequence[Result], training_sets: Mapping[str, TrainingSet]) -> Iterator[tuple[object, ...]]:
    scored = [
        (result, training_sets[result.training_set])
        for result in results
        if result.kind == "segmenter"
        and result.table is not None
        and result.training_set in training_sets
        and not all((part.labels or result.label_set) in MASKS for part in training_sets[result.training_set].parts)
    ]
    budgets = {result.training_set: (learned, learned.budget) for result, learned in scored if learned.budget}
    learned_by, ranked_by = dict[_Learned, str](), dict[str, dict[_Ranked, str]]()
    for name, (learned, budget) in sorted(budgets.items(), key=lambda each: not each[1][1].images):
        if budget.images or learned.parts not in [parts for parts, _ in learned_by]:
            learned_by.setdefault((learned.parts, learned.weights), name)
        ranked_by.setdefault(budget.order, {}).setdefault(_ranked(budget), name)
    for result, learned in scored:
        if learned.budget is None or result.table is None:
            continue
        budget, own = learned.budget, (learned.parts, learned.weights)
        order = budget.order if budget.images else NONE
        if budget.images and len(ranked_by[order]) > 1:
            order += f": as {ranked_by[order][_ranked(budget)]}"
        for each, name in learned_by.items():
            if each == own or (not budget.images and each[0] == learned.parts):
                yield (
                    result.label_set + (f": as {name}" if len(learned_by) > 1 else ""), str(result.architecture),
                    result.dataset, order, budget.images, budget.images * budget.minutes,
                    -1 if learned.seed is None else learned.seed, metrics(result.table)["ods"],
                )  # fmt: skip


def _ranked(budget: Budget) -> _Ranked:
    return ((), False) if budget.order == RANDOM else (budget.beside, budget.in_turn)


def curve(found: pd.DataFrame) -> pd.DataFrame:
    """Mean ODS over seeds of each order and number of images, and its t interval of 95 % in [0, 1], with :data:`CURVE`.

    Args:
        found: Of :func:`points`.
    """
    keys = list(CURVE[:6])
    rows = [
        (*_tuple(key), *_summary(group["ods"].to_numpy(), least=0)) for key, group in found.groupby(keys, sort=False)
    ]
    return pd.DataFrame(rows, columns=list(CURVE))


def gains(found: pd.DataFrame, over: str) -> pd.DataFrame:
    """ODS of every order minus that of another, seed by seed: mean and t interval of 95 %, with :data:`GAINS`.

    A seed counts where both were trained with it, once: of several trainings with it the mean. Trainings without any
    corrected label stand for every number of images, so that what corrected labels gain at all is
    ``gains(found, NONE)``.

    Args:
        found: Of :func:`points`.
        over: The order to be compared with: ``random``, or :data:`NONE`.
    """
    keys = ["labels", "model", "test_set", "images", "seed"]
    on = [key for key in keys if key != "images"] if over == NONE else keys
    base = found[found["order"] == over].groupby(on, sort=False)["ods"].mean().reset_index()
    other = found[~found["order"].isin([over, NONE])]
    each = other.groupby([*GAINS[:5], "seed"], sort=False)["ods"].mean().reset_index()
    both = each.merge(base, on=on, suffixes=("", "_over"))
    both = both.assign(difference=both["ods"] - both["ods_over"])
    rows = [
        (*_tuple(key), *_summary(group["difference"].to_numpy(), least=-1))
        for key, group in both.groupby(list(GAINS[:5]), sort=False)
    ]
    return pd.DataFrame(rows, columns=list(GAINS))


def _tuple(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def _summary(values: NDArray[np.float64], least: float) -> tuple[int, float, float, float]:
    """Number, mean, and the ends of the t interval of the mean, missing (NaN) of one value.

    What lies below the least value that there can be, or above 1, is cut off: over two seeds the interval is 12.7
    standard errors to either side.
    """
    count, mean = len(values), float(values.mean())
    if count < 2:
        return count, mean, float("nan"), float("nan")
    half = float(stats.t.ppf((1 + LEVEL) / 2, count - 1) * values.std(ddof=1) / np.sqrt(count))
    return count, mean, max(mean - half, least), min(mean + half, 1.0)


def readable(found: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Title → table of a test set: ODS by number of corrected images, a column an order, and what the ranking gains.

    Args:
        found: Of :func:`points`.
    """
    means, against, gained = curve(found), gains(found, RANDOM), gains(found, NONE)
    tables = {}
    for (labels, model, test_set), rows in means.groupby(["labels", "model", "test_set"], sort=False):
        of = {"labels": labels, "model": model, "test_set": test_set}
        lines = [
            _line(images, rows[rows["images"] == images], _of(against, of, images), _of(gained, of, images))
            for images in sorted(rows["images"].unique().tolist())
        ]
        table = pd.DataFrame(lines)
        tables[f"ODS on {test_set} by corrected labels of {labels} ({model}), mean over seeds [95 %]"] = table.fillna(
            ""
        )
    return tables


def _of(table: pd.DataFrame, of: Mapping[str, object], images: object) -> pd.DataFrame:
    chosen = table["images"] == images
    for column, value in of.items():
        chosen &= table[column] == value
    return table[chosen]


def _line(images: int, at: pd.DataFrame, against: pd.DataFrame, gained: pd.DataFrame) -> dict[str, str]:
    line = {"Images": str(images), "Minutes": f"{at['minutes'].max():g}", "Seeds": str(at["seeds"].min())}
    line |= {str(row["order"]): _interval(row, "{:.3f}") for _, row in at.iterrows()}
    line |= {f"{row['order']} − {RANDOM}": _interval(row, "{:+.3f}") for _, row in against.iterrows()}
    return line | {f"{row['order']} − {NONE}": _interval(row, "{:+.3f}") for _, row in gained.iterrows()}


def _interval(row: pd.Series, form: str) -> str:
    mean, low, high = (form.format(row[name]) for name in ("mean", "low", "high"))
    return mean if np.isnan(row["low"]) else f"{mean} [{low}, {high}]"


def drawings(found: pd.DataFrame) -> dict[str, str]:
    """Title → ``<svg>`` element, one for each test set.

    Args:
        found: Of :func:`points`.
    """
    groups = curve(found).groupby(["labels", "model", "test_set"], sort=False)
    named = {f"ODS on {of[2]} by corrected labels of {of[0]} ({of[1]})": rows for of, rows in groups}
    return {title: canvas.svg(cost_curves.draw(rows, title), title) for title, rows in named.items()}


def told(found: pd.DataFrame) -> list[str]:
    """In words: whether a ranking gains over a random order, by its interval, on each test set."""
    lines, several = [], len(found[["labels", "model"]].drop_duplicates()) > 1
    keys = ["order", "test_set", "labels", "model"]
    for (order, test_set, labels, model), rows in gains(found, RANDOM).groupby(keys, sort=False):
        sure = rows[rows["low"] > 0], rows[rows["high"] < 0]
        if not len(rows[rows["low"].notna()]):
            continue
        ahead, behind = (", ".join(map(str, each["images"])) for each in sure)
        said = [f"ahead of a random order at {ahead} images"] if ahead else []
        said += [f"behind it at {behind} images"] if behind else []
        verdict = " and ".join(said) if said else "cannot be told from a random order at any number of images"
        of = f" of labels of {labels} ({model})" if several else ""
        lines.append(
            f"On {test_set} the ranking '{order}'{of} {'is ' if said else ''}{verdict} (t interval over seeds)."
        )
    return lines


def points_by_images(found: pd.DataFrame) -> list[tuple[int, dict[str, float]]]:
    """Points of a curve in MLflow, e.g. ``budget_cfd/konig-unet random``: masked images → mean ODS over seeds."""
    return [
        (
            int(row["images"]),
            {f"budget_{row['test_set']}/{row['labels']}-{row['model']} {row['order']}": float(row["mean"])},
        )
        for _, row in curve(found).iterrows()
    ]
