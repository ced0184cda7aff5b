"""Names and values as a store takes them: keys of parameters, tags and metrics, and artifacts of a server."""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

KEY_LENGTH, PARAM_LENGTH, TAG_LENGTH = 250, 6000, 8000  # MLflow's longest names and values
FILE_LENGTH = 200  # bytes; file systems take 255, with what a store puts to it
BATCH = 100  # it takes this many parameters or tags at a time
METRICS = 1000  # and this many metrics
UNCARRIED = re.compile(r'[#?%\\:*"<>|;\x00-\x1f\x7f]|^ |[ .]$|~(?=[0-9A-F]{2})')
"""What a URL cuts off or decodes or a server refuses in the name of an artifact, and the mark that stands for it."""


def allowed_key(name: str) -> str:
    """A name MLflow takes: letters, digits, ``_ - . : /`` and space, no longer than 250.

    >>> allowed_key("input:../raw (1)")
    'input:__/raw _1_'
    """
    found = re.sub(r"[^\w\-. :/]", "_", name)
    allowed = posixpath.normpath(re.sub(r"(?<![^/:])\.\.(?=/|$)", "__", found))
    return allowed if len(allowed) <= KEY_LENGTH else _marked(allowed, name)


def _marked(allowed: str, name: str) -> str:
    """A name that no other one becomes."""
    return f"{allowed[: KEY_LENGTH - 9]}_{sha256(name.encode()).hexdigest()[:8]}"


def allowed_keys(names: Iterable[str]) -> dict[str, str]:
    """Name → what MLflow takes for it; different names stay different.

    >>> allowed_keys(["a#", "a", "a?"])
    {'a#': 'a_', 'a': 'a', 'a?': 'a__5289f1df'}
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        key = allowed_key(name)
        found[name] = key = _marked(key, name) if key in taken and name not in found else found.get(name, key)
        taken.add(key)
    return found


def allowed_batches(values: Mapping[str, str], length: int) -> Iterator[dict[str, str]]:
    """Values under allowed names, longer ones cut with an ellipsis, in portions MLflow takes."""
    keys = allowed_keys(values)
    items = [(keys[name], _cut(value, length)) for name, value in values.items()]
    return (dict(items[start : start + BATCH]) for start in range(0, len(items), BATCH))


def _cut(value: str, length: int) -> str:
    return value if len(value) <= length else value[: length - 1] + "…"


def carried(name: str) -> str:
    """The name of a file as a server takes it and gives it back: what it would not is written ``~`` and two digits.

    Different names stay different; those that a server takes stay as they are.

    >>> carried("wall #1.png"), carried("50%.png"), carried("a~b~23.png")
    ('wall ~231.png', '50~25.png', 'a~b~7E23.png')
    """
    quoted = UNCARRIED.sub(lambda found: f"~{ord(found.group()):02X}", os.fsencode(name).decode("utf-8", "replace"))
    if "�" not in quoted and len(quoted.encode()) <= FILE_LENGTH:
        return quoted
    short = Path(quoted).stem.encode()[: FILE_LENGTH - 60].decode("utf-8", "ignore")
    return f"{short}~{sha256(os.fsencode(name)).hexdigest()[:16]}{Path(quoted).suffix[:20]}"


@contextmanager
def carried_copy(path: Path) -> Iterator[Path]:
    """A file or folder with names that a server takes: itself, or links to its files."""
    inside = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else []
    parts = {part for each in (path, *inside) for part in (path.name, *each.relative_to(path).parts)}
    if all(carried(part) == part for part in parts):
        yield path
        return
    with TemporaryDirectory() as folder:
        target = Path(folder) / carried(path.name)
        for each in inside or [path]:
            place = target.joinpath(*map(carried, each.relative_to(path).parts))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(each.resolve())
        yield target
