"""Looks at every file under a set's root: which are read, which are passed over, and why.

This looks at what a layout has found and at what lies under the root; it knows no layout, so that a new one is looked
at like the others. A layout that passes over files by design says so (:class:`hairline.data.layout_files.LeavesOut`).
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any, NamedTuple

from hairline.data.layout_files import UNREAD, LeavesOut, LeftOut
from hairline.data.passed_over import NAMED, Entry, Survey
from hairline.data.samples import RawSample
from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.io.file_names import printable
from hairline.io.reading import composed

LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin"}
DOCUMENTS = {".txt", ".csv", ".tsv", ".json", ".xml", ".yaml", ".yml", ".md", ".pdf", ".html", ".zip", ".dvc"}
MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8", b"\0\0\0\x0cjP  ")
MAGIC_OF_PHONES = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif")

SUB_FOLDERS, ELSEWHERE, NO_IMAGE = "in sub-folders", "in folders that are not read", "masks without an image"
EXCLUDED, LIMITED, HIDDEN, DOCUMENT = "excluded", "beyond the limit", "hidden", "that are no pictures"
LABELS = "that are labels of others"
LOST, CLOSED, LINKED = "links that lead nowhere", "folders that may not be read", "links to folders elsewhere"
REMEDIES = {
    SUB_FOLDERS: "move them up into the folder that is read",
    ELSEWHERE: "move them to where the layout expects them, or out of the root",
    NO_IMAGE: "add their images or remove them",
    LOST: "put the files there or remove the links",
    CLOSED: "let this user read them (ls -ld tells who may)",
    LINKED: "put the folder itself there, or point root to it",
}
QUIET = {HIDDEN, DOCUMENT, LABELS}
"""What is neither counted among the pictures nor told with names."""


def survey(root: Path, layout: ModuleType, options: Any, samples: Sequence[RawSample]) -> Survey:
    """Look at every file under the root of a set.

    Folders that are links are followed where samples lie in them. Nothing is decoded.

    Args:
        root: The root of the set.
        layout: The module that has read it.
        options: The layout's options; ``exclude`` and ``limit`` say what is left out by choice.
        samples: What ``layout.read`` has found.
    """
    top = _plain(root)
    images = {_plain(sample.image) for sample in samples}
    masks = {_plain(sample.mask) for sample in samples if sample.mask is not None}
    used = images | masks
    pictures = {path for path in used if PurePath(path).suffix.lower() not in DOCUMENTS}
    folders = _folders(images), _folders(masks & pictures)
    reason = _reasons(Path(top), layout, options, *folders, {PurePath(path).suffix.lower() for path in pictures})
    walked = list(_walk(top, set.union(*folders)))
    found, beside, named, real = [], Counter[str](), list[str](), used | _real(used)
    real |= {os.path.realpath(each.path) for each in walked if each.linked and each.path in real}
    for each in walked:
        if each.path in real:
            continue
        why, remedy = (each.reason, REMEDIES.get(each.reason, "")) if each.reason else reason(Path(each.path))
        if why in QUIET:
            beside[why] += 1
            named += [printable(os.path.relpath(each.path, top))] if why == DOCUMENT else []
        else:
            found.append(Entry(printable(os.path.relpath(each.path, top)), why, remedy))
    return Survey(len(pictures), sorted(found, key=lambda entry: entry.file), dict(beside), sorted(named)[:NAMED])


def _plain(path: Path) -> str:
    """An absolute path without ``..``; links stay as they are."""
    return os.path.normpath(path.absolute())


def _folders(files: Collection[str]) -> set[str]:
    """The folders of files, also as they are called where no folder is a link."""
    folders = {str(Path(file).parent) for file in files}
    return folders | {os.path.realpath(folder) for folder in folders}


def _real(files: Collection[str]) -> set[str]:
    """Files as they are called where no folder is a link."""
    split = [file.rpartition(os.sep) for file in files]
    folders = {folder: os.path.realpath(folder) for folder in {folder for folder, _, _ in split}}
    return {f"{folders[folder]}{os.sep}{name}" for folder, _, name in split}


class _Walked(NamedTuple):
    path: str
    linked: bool
    reason: str


def _walk(top: str, wanted: Collection[str]) -> Iterator[_Walked]:
    """Every file under the root, and folders that are not looked into, with the reason."""
    waiting, real = [top], os.path.realpath(top)
    while waiting:
        folder = waiting.pop()
        try:
            inside = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            yield _Walked(folder, False, CLOSED)
            continue
        for entry in inside:
            linked = entry.is_symlink()
            if entry.name.startswith(".") or entry.name.lower() in LITTER:
                yield _Walked(entry.path, linked, HIDDEN)
            elif not _is_folder(entry):
                gone = linked and not Path(entry.path).exists()
                yield _Walked(entry.path, linked, LOST if gone else "")
            elif not linked:
                waiting.append(entry.path)
            elif not _inside(os.path.realpath(entry.path), real):  # what is inside is looked at anyway
                if any(_inside(each, entry.path) for each in wanted):
                    waiting.append(entry.path)
                else:
                    yield _Walked(entry.path, True, LINKED)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links that lead in a circle
        return False


def _inside(path: str, folder: str) -> bool:
    """Whether a path is the folder or below it."""
    return path == folder or path.startswith(folder + os.sep)


def _reasons(
    root: Path, layout: ModuleType, options: Any, images: set[str], masks: set[str], suffixes: set[str]
) -> Callable[[Path], tuple[str, str]]:
    """What tells why a file is passed over, and what to do."""
    leaves_out: LeavesOut = getattr(layout, "LEAVES_OUT", LeavesOut())
    left_out = LeftOut(getattr(options, "exclude", ()))
    limit = getattr(options, "limit", None)
    limited = any(limit.values()) if isinstance(limit, dict) else bool(limit)
    of_stem: Callable[[str], str] = getattr(layout, "sample_id", str)
    truths = suffixes - DOCUMENTS - set(IMAGE_SUFFIXES)

    def of_picture(path: Path) -> tuple[str, str]:
        folder = str(path.parent)
        if leaves_out.labels and path.parent.parent == root / leaves_out.labels:
            return LABELS, ""
        below = any(_inside(folder, each) for each in images | masks)
        if folder in images | masks or (below and leaves_out.sub_folders):
            if limited:
                return LIMITED, ""
            if folder not in masks - images:
                remedy = "" if leaves_out.by_design else "complete the set's lists, or exclude or remove them"
                return leaves_out.unlisted, remedy
            return NO_IMAGE, REMEDIES[NO_IMAGE]
        if below:
            return SUB_FOLDERS, REMEDIES[SUB_FOLDERS]
        return ELSEWHERE, "" if leaves_out.folders else REMEDIES[ELSEWHERE]

    def of_file(path: Path) -> tuple[str, str]:
        suffix = path.suffix.lower()
        picture = suffix in IMAGE_SUFFIXES or (suffix in truths and str(path.parent) in masks)
        if not picture and suffix not in UNREAD and (suffix in DOCUMENTS or not _looks_like_a_picture(path)):
            return DOCUMENT, ""
        if any(left_out.has(name) for name in _ids(root, path, of_stem)):
            return EXCLUDED, ""
        if picture:
            return of_picture(path)
        if suffix in UNREAD:
            return suffix, UNREAD[suffix]
        return f"with the suffix '{printable(suffix)}'" if suffix else "without a suffix", (
            "they hold pictures; give them the suffix of their format, e.g. .jpg"
        )

    return of_file


def _ids(root: Path, path: Path, of_stem: Callable[[str], str]) -> Iterator[str]:
    """Ids that layouts give to a file: its name, or folders and name."""
    yield of_stem(composed(path.stem))
    parts = [composed(part) for part in path.relative_to(root).with_suffix("").parts]
    for first in range(len(parts) - 1):
        yield "-".join(parts[first:])
        yield f"{'-'.join(parts[first:-1])}_{parts[-1]}"


def _looks_like_a_picture(path: Path) -> bool:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            start = file.read(12)
    except OSError:
        return False
    return start.startswith(MAGIC) or (start[:4], start[8:]) == (b"RIFF", b"WEBP") or start[4:] in MAGIC_OF_PHONES
