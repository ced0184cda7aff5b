"""Tables as text: CSV, Markdown, numbers with their interval."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

ABSENT = "–"
"""Stands where there is no value."""


def csv(table: pd.DataFrame) -> str:
    """A table as CSV text, six significant digits, nothing where a value is missing."""
    return table.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def read_csv(path: Path, texts: Collection[str] = ()) -> pd.DataFrame:
    """A table of :func:`csv`, in which nothing but an empty cell is missing: ``NA``, ``None`` and ``nan`` are texts.

    Args:
        path: The file.
        texts: Columns of text, which are not taken for numbers or truth values; an empty cell there is an empty text.

    Raises:
        ValueError: If it is no table.
    """
    table = pd.read_csv(path, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=[""], encoding="utf-8")
    return table.fillna(dict.fromkeys(set(texts) & set(table), ""))


def markdown(table: pd.DataFrame) -> str:
    """A table of text as Markdown; bars within cells are escaped."""
    lines = [list(table.columns), ["---"] * len(table.columns), *table.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def number(value: Any, form: str) -> str:
    """A number in a format, :data:`ABSENT` where it is missing."""
    return ABSENT if pd.isna(value) else format(value, form)


def bracketed(value: Any, low: Any, high: Any, form: str) -> str:
    """A number with its interval in brackets, where there is one."""
    told = number(value, form)
    return told if pd.isna(low) else f"{told} [{number(low, form)}, {number(high, form)}]"
