"""How a report shows what its numbers have seen: the sign and the word beside each, what they mean, who owes what.

All that is said here comes from :class:`hairline.data.seen.Seen`, which the ledger made of the images themselves. What
the ledger tells nothing of is shown as not known, never as unseen.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from hairline.data.names import FSV, MANUAL
from hairline.data.seen import LABELS, SIGNS, WORDS, Labels, Seen, Word, strongest
from hairline.reporting.formatting import ABSENT, bracketed

UNKNOWN, UNKNOWN_WORD = "?", "not known"
MEANINGS: Mapping[str, str] = {
    "unseen": "the image took no part in making what is scored",
    "same photo": "another part of its photo, or of the place that it shows, did",
    "chosen on": "options that ship with a method, or the weights that were kept, were chosen on it",
    "tuned on": "a study searched options on it",
    "trained on": "a network behind the number learned from it, by its mask, patch labels or pseudo-label",
}
SHORT: Mapping[str, str] = {
    "unseen": "",
    "same photo": "another part of it was used",
    "chosen on": "options or weights",
    "tuned on": "by a study",
    "trained on": "",
}
"""The meanings in a few words, for the line above the tables of a page."""
LEGEND = (
    "Each number carries the strongest word that is true of any image it is scored on. "
    + "; ".join(f"{SIGNS[word]} {word}: {MEANINGS[word]}" for word in WORDS)
    + "."
)
COLUMNS = ("seen", "seen_images", "images_unseen", "made_with", "seen_why")
DEAREST: tuple[Labels, ...] = LABELS[::-1]


ALL: Mapping[str, str] = {**{str(word): sign for word, sign in SIGNS.items()}, UNKNOWN_WORD: UNKNOWN}
"""Every word with its sign, that of what is not known too."""


def columns(seen: Seen | None) -> dict[str, Any]:
    """What the summary says of a result, :data:`COLUMNS`; nothing where the ledger tells nothing."""
    if seen is None:
        return {}
    values = (seen.word, seen.count, seen.images.get("unseen", 0), seen.labels, " ".join(seen.why))
    return dict(zip(COLUMNS, values, strict=True))


def mark(word: Word | str | float | None) -> str:
    """Sign and word, as ``○ unseen``; ``? not known`` of a missing word.

    >>> mark("chosen on")
    '◑ chosen on'
    """
    return f"{SIGNS[_WORD[word]]} {word}" if isinstance(word, str) and word in _WORD else f"{UNKNOWN} {UNKNOWN_WORD}"


_WORD: Mapping[str, Word] = {word: word for word in WORDS}


def of(seen: Seen | None) -> str:
    """Sign and word of a result."""
    return mark(None if seen is None else seen.word)


def of_row(row: Mapping[Any, Any]) -> str:
    """Sign and word of a row of the summary."""
    return mark(row.get("seen"))


def counted(row: Mapping[Any, Any]) -> str:
    """The same with the number of images that it is true of, where it is not true of all; absent unless scored."""
    if row["status"] != "scored":
        return ABSENT
    count, images = row.get("seen_images"), row["images"]
    part = not pd.isna(count) and count < images
    return f"{of_row(row)} ({count:.0f} of {images:.0f})" if part else of_row(row)


def unseen_alone(row: Mapping[Any, Any]) -> str:
    """ODS over the unseen images alone, with its interval; absent where all are unseen, none are, or nobody knows."""
    value = row.get("ods_unseen")
    if value is None or pd.isna(row["images_unseen"]) or row["images_unseen"] == row["images"]:
        return ABSENT
    return bracketed(value, row.get("ods_unseen_low"), row.get("ods_unseen_high"), ".3f")


def strongest_word(found: Iterable[Seen | None]) -> Word | None:
    """The strongest word of several results on the same images; None where one of them is not known."""
    words = [None if each is None else each.word for each in found]
    known = [word for word in words if word is not None]
    return strongest(known) if len(known) == len(words) else None


def made_with(summary: pd.DataFrame) -> list[str]:
    """Which labels each label set and FSV were made with, the dearest first; nothing where not known.

    A second sentence says what networks started from, where that was not random weights alone.
    """
    dearest: dict[str, Labels] = {}
    for row in summary[summary["status"] == "scored"].to_dict("records"):
        name = FSV if (row["kind"], row["labels"]) == ("segmenter", MANUAL) else str(row["labels"])
        labels = [each for each in DEAREST if each in (row["made_with"], dearest.get(name))]
        dearest |= {name: labels[0]} if labels else {}
    told = {each: [name for name, labels in dearest.items() if labels == each] for each in DEAREST}
    parts = [f"{each}: {', '.join(names)}" for each, names in told.items() if names]
    labels_told = [f"Dearest labels that went into the making, of any image: {'; '.join(parts)}."] if parts else []
    return [*labels_told, *_starts(summary)]


def _starts(summary: pd.DataFrame) -> list[str]:
    """What the networks behind results started from, one sentence; nothing where none started from other weights."""
    networks: dict[str, list[str]] = {}
    for row in summary[summary["status"] == "scored"].to_dict("records"):
        if _text(row["start"]) and _text(row["model"]):
            known = networks.setdefault(str(row["start"]), [])
            known += [str(row["model"])] if str(row["model"]) not in known else []
    if set(networks) <= {"none"}:
        return []
    parts = [f"{'random weights' if start == 'none' else start}: {', '.join(of)}" for start, of in networks.items()]
    return [f"Networks started from: {'; '.join(parts)}."]


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def counts(summary: pd.DataFrame) -> str:
    """How many scored results carry each sign, as ``○ unseen 3, ● trained on 2``, for a tag of the run."""
    marks = [mark(word) for word in summary.loc[summary["status"] == "scored", "seen"]]
    return ", ".join(f"{sign} {word} {count}" for word, sign in ALL.items() if (count := marks.count(f"{sign} {word}")))


def line(summary: pd.DataFrame) -> dict[str, str]:
    """Every sign and word with its meaning in a few words; what is not known only where that is so of a result."""
    known = {mark(word): SHORT[word] for word in WORDS}
    words = summary.loc[summary["status"] == "scored", "seen"]
    return known if words.isin(WORDS).all() else known | {mark(None): "by the ledger"}


def reasons(summary: pd.DataFrame) -> pd.DataFrame:
    """A row a scored result: what it has seen, of how many images, what it was made with, and why; cells of text."""
    rows = summary[summary["status"] == "scored"].to_dict("records")
    several = summary.loc[summary["kind"] == "segmenter", "training_set"].nunique() > 1
    return pd.DataFrame([_reason(row, several) for row in rows])


def _reason(row: Mapping[Any, Any], several: bool) -> dict[str, str]:
    labels = FSV if (row["kind"], row["labels"]) == ("segmenter", MANUAL) else str(row["labels"])
    told = (row["model"], row["training_set"] if several else "")
    return {
        "Result": " · ".join([labels, *(str(part) for part in told if isinstance(part, str) and part)]),
        "Kind": "segmenter" if row["kind"] == "segmenter" else "pseudo-labels",
        "Scored on": str(row["test_set"]),
        "Seen": counted(row),
        "Images unseen": ABSENT if pd.isna(row["images_unseen"]) else f"{row['images_unseen']:.0f}",
        "Made with": str(row["made_with"]) if _text(row["made_with"]) else ABSENT,
        "Started from": str(row["start"]) if _text(row["start"]) else ABSENT,
        "Why": str(row["seen_why"]) if _text(row["seen_why"]) else ABSENT,
    }
