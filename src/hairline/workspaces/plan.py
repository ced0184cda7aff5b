"""What making a workspace writes, compared with what lies there: nothing of anybody's is written over."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io.reading import read_text
from hairline.workspaces import own_files, record
from hairline.workspaces.record import Record

LISTS = (".gitignore", ".dvcignore")
"""Files that are completed where they are there already."""
README, OTHER_README = "README.md", "HAIRLINE.md"


def refuse_place(folder: Path) -> None:
    """Raise HairlineError where no workspace can be: a file, the repository of hairline, a workspace made before."""
    if folder.exists() and not folder.is_dir():
        raise HairlineError(f"{folder}: is a file; expected a folder or nothing there; name another")
    for above in (folder, *folder.parents):
        if (above / "src" / "hairline" / "__init__.py").is_file():
            raise HairlineError(
                f"{folder}: lies in {above}, the repository of hairline itself, whose stages it would mix with; choose "
                "a folder outside"
            )
    made = record.read(folder / record.FILE)
    if made is not None:
        raise HairlineError(
            f"{folder}: is a workspace already, made by version {made.version}; 'hairline init --update' brings it to "
            "the installed one"
        )


def fitted(folder: Path, texts: Mapping[str, str], begun: Record | None) -> dict[str, str]:
    """The texts to write into a folder, those that are there already as they can be.

    Args:
        folder: The workspace.
        texts: Path in it → text.
        begun: What an interrupted attempt was to write.

    Raises:
        HairlineError: If something of the same name is there that is somebody else's.
    """
    placed = dict[str, str]()
    for name, text in texts.items():
        there = _text(folder / name)
        if there is None or there == text or (begun is not None and begun.wrote(name, there)):
            placed[name] = text
        elif name in LISTS:
            placed[name] = own_files.with_lacking(read_text(folder / name), text)
        elif name == README and _text(folder / OTHER_README) in (None, text):
            placed[OTHER_README] = text
        else:
            raise _foreign(folder, name)
    strange = [path.name for path in _entries(folder / "pipeline") if f"pipeline/{path.name}" not in texts]
    if strange and begun is None:
        raise _foreign(folder, f"pipeline/{strange[0]}")
    return placed


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name != "__pycache__")


def _foreign(folder: Path, name: str) -> HairlineError:
    return HairlineError(
        f"{folder / name}: is there already and not hairline's, so nothing was written; choose a folder of its own, "
        f"such as {folder / 'cracks'}, and name this one's photos by --photos"
    )


def _text(path: Path) -> str | None:
    """What a file holds; None where there is none, and of what is no text what no file of hairline holds."""
    if not path.exists() and not path.is_symlink():
        return None
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else "\0"


def difference(folder: Path, texts: Mapping[str, str]) -> Iterator[str]:
    """Unified differences of files that are there to what they become, a line each; of new files nothing."""
    for name, text in texts.items():
        there = _text(folder / name)
        if there is not None and there != text:
            yield from difflib.unified_diff(
                there.splitlines(), text.splitlines(), f"{name} (as it is)", f"{name} (new)", lineterm="", n=2
            )
