"""The outcome of a study for readers: its best trials, what they gain on held-out images, and how far to trust it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.tuning.search_space import OPTION


def lines(told: Mapping[str, Any], trials: pd.DataFrame, count: int) -> Iterator[str]:
    """Lines to print.

    Args:
        told: What best.json of the study holds.
        trials: Its trials.csv.
        count: Trials to print where there is one objective; of several, all of the front are.
    """
    objective, several = list(told["objective"]), len(told["objective"]) > 1
    yield (
        f"Study {told['study']}: {told['trials']} trials, {told['pruned']} given up, on {told['tuning_images']} tuning "
        "images, from which the scores of the table are and on which the best are chosen; a slot is a trial's number"
    )
    yield ""
    if several:
        yield f"Front: no trial is better than one of these in one of {', '.join(objective)} and as good in the others."
    ordered = trials.sort_values(objective, ascending=False)
    shown = ordered[ordered["best"]] if several else ordered.head(count)
    columns = ["slot", *objective, *(name for name in map(str, trials) if name.startswith(OPTION))]
    table = shown[columns].rename(columns=lambda name: name.removeprefix(OPTION))
    yield table.to_string(index=False, float_format="{:.4g}".format)
    for one in told["best"]:
        yield from _held_out(told, one)
    if several:
        yield f"\nThe tuned label set has the options of slot {told['best'][0]['slot']}, best by {objective[0]}."
    yield from (f"\nExperimental: {warning}." for warning in told["experimental"].values())


def where(figures: Path) -> str:
    """The folder of a study's figures, and what draws them where there are none."""
    return f"{figures}" if figures.exists() else f"{figures}  (not there yet: dvc repro draw_study@{figures.name})"


def _held_out(told: Mapping[str, Any], one: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"\nSlot {one['slot']} against the label set's own options (slot 0), on {told['held_out_images']} held-out "
        f"images, {told['held_out_masks']} of them with masks:"
    )
    for metric, gain in one["gain"].items():
        own, tuned = told["own"]["held_out"][metric], one["held_out"][metric]
        few = ", too few photos to tell"
        interval = _interval(gain["gain_low"], gain["gain_high"]) if "gain_low" in gain else few
        yield f"  {metric:8} {own:.3f} → {tuned:.3f}   {gain['gain']:+.3f}{interval}"


def _interval(low: float, high: float) -> str:
    clear = "" if low > 0 or high < 0 else ", not clearly different"
    return f" [{low:+.3f}, {high:+.3f}]{clear}"
