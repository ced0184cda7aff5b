"""split.csv: which split an image belongs to, or which group, as people and the stage `generate` write it."""

from pathlib import Path

from hairline.data.samples import SPLITS
from hairline.errors import HairlineError
from hairline.io.reading import read_table


def split_rows(path: Path) -> list[dict[str, str]]:
    """Rows with the columns id and split, or id and group, or all three; each id once.

    Raises:
        HairlineError: If the file cannot be read, lacks columns, or a row has no id, an id of a row before, or
            a split that there is not.
    """
    header, rows = read_table(path)
    columns = set(header)
    if "id" not in columns or not columns & {"split", "group"}:
        found = ", ".join(sorted(columns)) or "(none)"
        raise HairlineError(f"{path}: found the columns {found}; expected id and split, or id and group, or all three")
    seen: set[str] = set()
    for number, row in enumerate(rows, 2):
        if row["id"] in seen or not row["id"]:
            raise HairlineError(f"{path}: line {number} has the id '{row['id']}'; expected each id once, none empty")
        if "split" in columns and row["split"] not in SPLITS:
            raise HairlineError(
                f"{path}: line {number} has the split '{row['split']}'; expected one of {', '.join(SPLITS)}"
            )
        seen.add(row["id"])
    return rows
