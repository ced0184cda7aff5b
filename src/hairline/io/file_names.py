"""File names as others write them: one comparison for lists, tables, annotations, and pairs of image and mask."""

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PureWindowsPath
from urllib.parse import unquote

from hairline.errors import HairlineError
from hairline.io.reading import composed, entries

FORMULA = ("=", "+", "-", "@")
"""What spreadsheets take a cell for a formula by."""


class Names:
    """Names that are there, to be found as somebody else wrote them.

    A name is found as it stands, or with its accents written otherwise (macOS takes ü apart), or else where exactly
    one name is the same but for what systems and tools change: upper and lower case, ``%20`` for a space, white space
    around it.

    Example:
        >>> names = Names(["Wand 1.JPG", "a.png"])
        >>> names.find("Wand%201.jpg"), names.find("b.png")
        ('Wand 1.JPG', None)
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Keep names to look in."""
        self._names = dict.fromkeys(names)
        self._composed = _by(composed, self._names)
        self._alike = _by(_bare, self._names)

    def find(self, written: str) -> str | None:
        """The name that is meant, or None where there is none or more than one."""
        same = self.all(written)
        return same[0] if len(same) == 1 else None

    def all(self, written: str) -> list[str]:
        """Every name that may be meant: the one as it stands, those of the same letters, or those like it."""
        if written in self._names:
            return [written]
        return self._composed.get(composed(written)) or self._alike.get(_bare(written), [])


class Tree:
    """Files below a folder, to be found as a list of somebody else names them."""

    def __init__(self, root: Path) -> None:
        """Look below ``root``, in which folders are listed once, when something in them is looked for."""
        self._root = root
        self._listed: dict[Path, Names] = {}

    def find(self, written: str | Path) -> Path:
        """The path that is meant; as it is written, where nothing there is like it.

        Separators are those of any system; each part is found as :class:`Names` does.
        """
        parts = PureWindowsPath(written).parts
        literal = self._root.joinpath(*parts)
        if os.path.lexists(literal):
            return literal
        return self._part_by_part(parts) or self._part_by_part(PureWindowsPath(unquote(str(written))).parts) or literal

    def _part_by_part(self, parts: Iterable[str]) -> Path | None:
        path = self._root
        for part in parts:
            name = part if part == ".." else self._names(path).find(part)
            if name is None:
                return None
            path = path / name
        return path

    def _names(self, folder: Path) -> Names:
        if folder not in self._listed:
            self._listed[folder] = Names(path.name for path in (entries(folder) if folder.is_dir() else ()))
        return self._listed[folder]


def printable(name: str) -> str:
    r"""A name for messages: line breaks, control characters and bytes that are no text as escapes.

    >>> printable("a\nb")
    'a\\nb'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)


def no_formula(text: str) -> str:
    """A text for a cell of a table, with a line before what spreadsheets would take for a formula.

    >>> no_formula("=A1"), no_formula("wall")
    ('_=A1', 'wall')
    """
    return f"_{text}" if text.lstrip().startswith(FORMULA) else text


def refuse_no_text(where: Path, name: str) -> None:
    """Refuse a name that no table can hold.

    Args:
        where: The folder or the file that has it.
        name: A name, of which bytes that are no UTF-8 are surrogates.

    Raises:
        HairlineError: If it holds such bytes.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        raise HairlineError(
            f"{printable(str(where))}: the name '{printable(name)}' is no text in UTF-8; expected one that is; rename "
            "it"
        )


def _by(form: Callable[[str], str], names: Iterable[str]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(form(name), []).append(name)
    return found


def _bare(name: str) -> str:
    return composed(composed(unquote(name)).strip().casefold())
