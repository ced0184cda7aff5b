"""Model cards: what a network learned from, how good it is with intervals, what it is for and what not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.data.names import CORRECTED, MANUAL
from hairline.errors import HairlineError
from hairline.io.artefacts import read_json, repro
from hairline.metrics import learned
from hairline.metrics.learned import Told
from hairline.nn.runtime import origins
from hairline.nn.runtime.origins import Origin
from hairline.reporting import seen_signs, worth
from hairline.reporting.formatting import markdown, number
from hairline.reporting.metric_columns import ODS_THRESHOLD, ON_CARD

LICENCES = {
    "crack500": "none stated by its authors; cite the paper",
    "cfd": "non-commercial research",
    "deepcrack": "non-commercial research and education",
    "ael": "as its authors publish it; ask them",
    "synthetic": "generated; none needed",
}
"""Layout of a data set → licence of the data, as published with it."""
OTHER = "of your own data: yours to state"
WORTH = {
    "nothing": "**It learned nothing**: after its training it was no better than a trivial answer, or its labels mark "
    "nothing or more than half of every photo. Do not use it.",
    "unknown": "Whether it learned anything could not be judged: too few photos with crack were held out.",
    "not judged": "Nobody looked whether it learned anything (`learned: off`).",
}
"""Verdict of model.json → what a card says of it; nothing where it learned something, or an older version wrote it."""
RULE = "highest lower end of the {level:.0%} interval of ODS on {test_set}, of {count} segmenters"
RULE_OF_FEW = "highest ODS on {test_set}, of {count} segmenters; {unsure}"


def best(summary: pd.DataFrame, test_set: str | None, strict: bool = True) -> tuple[Mapping[str, Any], str]:
    """The segmenter to promote, as its row of comparison.csv, and the rule it was chosen by, in words.

    The rule: the highest lower end of the interval of ODS on a test set, which favours what is good for sure; ODS
    itself where there are no intervals.

    Args:
        summary: comparison.csv.
        test_set: The test set; None where there is only one.
        strict: Whether to leave out what learned nothing or finds nothing (:mod:`hairline.reporting.worth`).

    Raises:
        HairlineError: If there is nothing to choose from, or the test set has to be named.
    """
    scored = summary[(summary["kind"] == "segmenter") & (summary["status"] == "scored")]
    sets = list(scored["test_set"].unique())
    if not sets:
        raise HairlineError("no segmenter was scored, so none can be promoted; compare on a test set that has masks")
    if test_set is None and len(sets) > 1:
        raise HairlineError(f"segmenters were tested on {', '.join(sets)}; say which counts: --test-set NAME")
    chosen = test_set or sets[0]
    if chosen not in sets:
        raise HairlineError(f"no segmenter was tested on '{chosen}'; choose from {', '.join(sets)}")
    tested = scored[scored["test_set"] == chosen]
    rows = tested[[not (strict and worth.finds_nothing(row)) for row in tested.to_dict("records")]]
    if rows.empty:
        raise HairlineError(
            f"none of the {len(tested)} segmenters scored on '{chosen}' can be promoted: each learned nothing, or is "
            "no better there than calling every pixel crack, or none (marked in the report); train longer, or on more "
            "photos, and compare again (dvc repro)"
        )
    row = rows.iloc[int(rows["ods_low"].fillna(rows["ods"]).to_numpy().argmax())]
    rule = RULE_OF_FEW if pd.isna(row["ods_low"]) else RULE
    told = rule.format(level=float(row["level"]), test_set=chosen, count=len(rows), unsure=row["unsure"])
    return {str(key): value for key, value in row.items()}, told


@dataclass
class _Info:
    """What a card tells of model.json."""

    label_set: str
    training_set: str
    architecture: str
    initialisation: str
    images: int
    epochs: int
    seed: int
    precision: str
    learned: Told = field(default_factory=Told)
    origin: Origin | None = None


def read_info(folder: Path, segmenter: str) -> dict[str, Any]:
    """The model.json of a trained segmenter.

    Args:
        folder: Where its weights lie.
        segmenter: What its stage calls it, behind the @.

    Raises:
        HairlineError: If the file holds something else.
    """
    return dict(read_json(folder / "model.json", _Info, repro(f"train_segmenter@{segmenter}")))


def _seen(rows: pd.DataFrame) -> list[str]:
    """What the signs mean, what went into the network, and why it is not blind to images that it is scored on."""
    why = dict.fromkeys(row["seen_why"] for row in rows.to_dict("records") if isinstance(row["seen_why"], str))
    lines = [seen_signs.LEGEND, *seen_signs.made_with(rows), *(each for each in why if each)]
    return ["\n".join(f"- {line}" for line in lines)] if len(rows) else []


def card(rows: pd.DataFrame, info: Mapping[str, Any], data: Sequence[tuple[str, str]]) -> str:
    """A model card in Markdown.

    Args:
        rows: Rows of comparison.csv of one segmenter, one a test set.
        info: Its model.json.
        data: Name and layout of every data set it learned from.
    """
    named = {MANUAL: "manual masks (FSV)", CORRECTED: "corrected masks"}
    labels = named.get(info["label_set"], f"pseudo-labels `{info['label_set']}`")
    scores = pd.DataFrame(
        {
            "test set": row["test_set"],
            "images": number(row["images"], ".0f"),
            "seen": seen_signs.counted(row),
            **{metric.heading: metric.told(row) for metric in ON_CARD},
            "threshold": ODS_THRESHOLD.told(row),
        }
        for row in rows[rows["status"] == "scored"].to_dict("records")
    )
    licences = "\n".join(f"- {name}: {LICENCES.get(layout, OTHER)}" for name, layout in data)
    return "\n\n".join(
        [
            f"# {info['architecture']} on {labels}",
            f"Learned from {info['images']} images of the training set `{info['training_set']}` in {info['epochs']} "
            f"epochs; started from {info['initialisation']}; seed {info['seed']}, {info['precision']}.",
            *([WORTH[verdict]] if (verdict := learned.verdict_of(info)) in WORTH else []),
            "## Scores\n\n" + (markdown(scores) if len(scores) else "Not scored on any image with a mask."),
            "Brackets: bootstrap intervals over parent photos. The threshold is that of ODS on the same images."
            + "".join(f" On {row['test_set']}: {row['unsure']}." for row in rows.to_dict("records") if row["unsure"]),
            *_seen(rows),
            "## Use\n\nScores of crack for RGB photos of road or wall surfaces of any size, to find and measure cracks "
            "where a person checks the result.",
            "## Limits\n\nOn surfaces, cameras and scales other than those above it can be much worse: compare rows. "
            "It was not tested on photos with people, plants or joints, and must not decide on safety alone.",
            f"## Licence of the data\n\n{licences}",
            *([f"## Initial weights\n\n- {origin}"] if (origin := origins.of_info(info)) is not None else []),
        ]
    )
