"""Which cells of a table for readers stand out: the best scores among pseudo-labels and what learned from them."""

import pandas as pd

from hairline.data.names import FSV
from hairline.reporting import worth

MARKED = "★ the best of those from pseudo-labels."


def of_column(table: pd.DataFrame, heading: str) -> frozenset[tuple[int, int]]:
    """Row and column of the highest number of a column, without FSV, named in the first column, and what is worthless.

    >>> of_column(pd.DataFrame({"Labels": ["FSV", "crf", "konig"], "ODS": ["0.9", "0.5 [0.4, 0.6]", "0.7"]}), "ODS")
    frozenset({(2, 1)})
    """
    if heading not in table:
        return frozenset()
    names, place = table.iloc[:, 0].astype(str), table.columns.get_loc(heading)
    numbers = [
        None if name == FSV or worth.MARK in name else _number(cell)
        for name, cell in zip(names, table[heading], strict=True)
    ]
    return frozenset((row, int(str(place))) for row in _highest(numbers))


def of_rows(table: pd.DataFrame, names: set[str], beyond: int = 1) -> frozenset[tuple[int, int]]:
    """Row and column of the highest number of each row, among the columns named, without FSV and what is worthless.

    The first columns say where a row belongs, ``beyond`` of them, whatever they are called.

    >>> table = pd.DataFrame({"Test set": ["walls"], "FSV": ["0.9"], "crf": ["0.5"], "konig": ["0.7 ○ unseen"]})
    >>> of_rows(table, {"crf", "konig"})
    frozenset({(0, 3)})
    """
    places = [place for place, name in enumerate(table.columns) if place >= beyond and name in names and name != FSV]
    found = set()
    for row, cells in enumerate(table.itertuples(index=False, name=None)):
        numbers = [None if worth.MARK in str(cells[place]) else _number(cells[place]) for place in places]
        found |= {(row, places[best]) for best in _highest(numbers)}
    return frozenset(found)


def _number(cell: object) -> float | None:
    """The number that a cell begins with; None where there is none."""
    try:
        return float(str(cell).split()[0])
    except (ValueError, IndexError):
        return None


def _highest(numbers: list[float | None]) -> list[int]:
    known = [number for number in numbers if number is not None]
    return [place for place, number in enumerate(numbers) if known and number == max(known)]
