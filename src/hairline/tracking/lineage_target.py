"""What a person names on the command line, by whatever way leads there: a file of the workspace, and a number in it."""

import json
import os
import re
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from hairline.errors import HairlineError
from hairline.io.reading import composed

CACHED = re.compile(r"(^|/)[0-9a-f]{2}/[0-9a-f]{30}$")
"""How DVC names the files of its cache, to which files of the workspace may be links."""

HEADLINE = re.compile(r"(\w+)(?:-(\w+)(?:-(\w+))?)?@(\w+(?:-\w+)?)")
"""A row of the headline: labels, network and training set, and what it is scored on (of labels with the split)."""


def same_place(out: str, path: str) -> bool:
    """Whether of two paths one is the other or lies in it; ü may be one letter in one of them and two in the other."""
    out, path = composed(out), composed(path)
    return path in (out, ".") or path.startswith(f"{out}/") or out.startswith(f"{path}/")


def target(root: Path, text: str, outs: Collection[str] = ()) -> tuple[str, str | None]:
    """What a target names: the file to follow, and the number it shows, if it is a cell of a metrics file.

    ``FILE:KEY/…/NAME`` is a cell, ``FILE:KEY.….NAME`` as well, as `dvc exp show` writes it. One of the comparison or
    its headline is followed from the metrics of what was compared: from its evaluation, or its label set. The file may
    be named in any way that leads to it: by links, by ``..``, from the root of the file system.

    Args:
        root: The workspace.
        text: The target.
        outs: What stages made; of several names of a file it is the one among these.

    Raises:
        HairlineError: If the file has no such cell.
    """
    name, key = _parted(text)
    inside = _inside(root, name, outs)
    if not key:
        return inside, None
    numbers = dict(_numbers(_content(root / inside)))
    ways = (tuple(key.split("/")), tuple(key.replace("/", ".").split(".")))
    parts = next((way for way in ways if way in numbers), None)
    if parts is None:
        near = _near(ways[-1], list(numbers))
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        raise HairlineError(
            f"{inside}: no number '{key}'; {meant}expected FILE:KEY/…/NAME of a metrics file, such as "
            "reports/EXPERIMENT/metrics/comparison.json"
        )
    return next(filter(None, (_compared(root, inside, part) for part in parts)), inside), numbers[parts]


Key = tuple[str, ...]
"""Of a number in a metrics file: its keys, from the outermost."""


def _near(key: Key, known: Sequence[Key]) -> list[str]:
    """Numbers inside of what a key names, else those that are called nearly so."""
    inside = ["/".join(each) for each in known if each[: len(key)] == key]
    return (inside or get_close_matches("/".join(key), ["/".join(each) for each in known], 3, 0.3))[:3]


def _content(path: Path) -> Any:
    """What a file holds as JSON; nothing where it is no such file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def _numbers(content: Any, before: Key = ()) -> Iterator[tuple[Key, str]]:
    """Key and text of every plain value of a metrics file."""
    for name, value in content.items() if isinstance(content, dict) else ():
        if isinstance(value, dict):
            yield from _numbers(value, (*before, name))
        else:
            yield (*before, name), str(value)


def _parted(text: str) -> tuple[str, str]:
    """File and key of a target; a colon belongs to the name of a file that is there."""
    if ":" not in text or os.path.lexists(text):
        return text, ""
    ends = [found.start() for found in re.finditer(":", text)]
    end = next((end for end in ends if os.path.lexists(text[:end])), ends[0])
    return text[:end], text[end + 1 :]


def _inside(root: Path, name: str, outs: Collection[str]) -> str:
    """A path seen from the root, under the name by which a stage made it, if one did."""
    given = Path(os.path.normpath(Path.cwd() / name))
    followed = [_followed(given), given]
    found = [inside for path in followed if (inside := _below(root, path)) is not None]
    made = (inside for inside in found if any(same_place(out, inside) for out in outs))
    return next(made, found[0] if found else name)


def _followed(path: Path) -> Path:
    """Where links lead to, but not into DVC's cache."""
    place = _in_real_folder(path)
    for _ in range(40):  # as many as Linux follows
        if not place.is_symlink() or CACHED.search(place.readlink().as_posix()):
            break
        place = _in_real_folder(place.parent / place.readlink())
    return place


def _in_real_folder(path: Path) -> Path:
    return Path(os.path.realpath(path.parent)) / path.name


def _below(root: Path, path: Path) -> str | None:
    """A path seen from the root, whatever links lead to the root; None where it lies elsewhere."""
    for parent in (path, *path.parents):
        if parent == root or (parent.exists() and parent.samefile(root)):
            return path.relative_to(parent).as_posix()
    return None


def _compared(root: Path, metrics: str, row: str) -> str | None:
    """Metrics file of what a row of the comparison or its headline is about."""
    folder = Path(metrics).parent
    if row.startswith("segmenter-") and (root / folder / f"{row}.json").is_file():
        return (folder / f"{row}.json").as_posix()
    if row.startswith("label-"):
        known = sorted((root / folder).glob("label-scores-*.json"), key=lambda path: len(path.name), reverse=True)
        for path in known:
            if row.startswith(f"label-{path.stem.removeprefix('label-scores-')}-"):
                return (folder / path.name).as_posix()
    files = [path.name for path in (root / folder).glob("*.json") if _is_of(path.stem, row)]
    return (folder / files[0]).as_posix() if len(files) == 1 else None


def _is_of(stem: str, row: str) -> bool:
    """Whether a metrics file is that of a row of the headline, which leaves out the only training set there is."""
    if (named := HEADLINE.fullmatch(row)) is None:
        return False
    labels, network, training_set, tested = named.groups()
    if network is None:
        return stem == f"label-scores-{labels}"
    return bool(re.fullmatch(rf"segmenter-{labels}-{network}-{training_set or '[^-]+'}-{tested}", stem))
