"""Files of the repository that its pages name are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")] if path.name != "CHANGELOG.md")
NAMED = re.compile(r"(?<![\w/.-])(?:src|pipeline|tests|benchmarks|tools|profiles)/[\w./-]*\w/?")
PLACEHOLDER = re.compile(r"[A-Z]{4,}")
"""What a reader is to put in: ``NAME.py``, ``LAYOUT.py``, ``label_sets.EXPERIMENT``."""


def lost(text: str, root: Path) -> list[str]:
    """Files and folders of a repository that a text names and that are not there; those with a placeholder may be."""
    return [name for name in NAMED.findall(text) if not PLACEHOLDER.search(name) and not (root / name).exists()]


def test_files_that_pages_name_exist() -> None:
    found = {str(page.relative_to(ROOT)): lost(page.read_text(), ROOT) for page in PAGES}
    assert {page: names for page, names in found.items() if names} == {}


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    (tmp_path / "src" / "room").mkdir(parents=True)
    (tmp_path / "src" / "room" / "here.py").touch()
    text = "`src/room/`, `src/room/here.py`, src/room/gone.py, `src/room/NAME.py`, `tools/gone.py`, data/src/room/x.py."
    assert lost(text, tmp_path) == ["src/room/gone.py", "tools/gone.py"]


def unnamed(text: str, root: Path) -> list[str]:
    """Rooms of the library and files of ``tools/`` that a text does not name between backquotes."""
    rooms = [path.parent.name for path in (root / "src/hairline").glob("*/__init__.py")]
    tools = [path.name for path in (root / "tools").iterdir() if path.is_file()]
    return [name for name in sorted([*rooms, *tools]) if f"`{name}`" not in text]


def test_every_room_and_every_tool_stands_in_the_tables_of_contributing() -> None:
    assert unnamed((ROOT / "CONTRIBUTING.md").read_text(), ROOT) == []


def test_a_room_and_a_tool_that_are_not_named_are_found(tmp_path: Path) -> None:
    for path in ("src/hairline/attic/__init__.py", "src/hairline/hall/__init__.py", "tools/saw.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    assert unnamed("the `hall` alone, not saw.py", tmp_path) == ["attic", "saw.py"]
