"""COCO annotation files, read and checked: images, and the annotations of chosen categories by image."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hairline.data.layout_files import NAMED, contents
from hairline.errors import HairlineError

Entry = Mapping[str, Any]
Kinds = Mapping[str, tuple[type, ...]]

KEY: tuple[type, ...] = (int, str)
IMAGE: Kinds = {"id": KEY, "file_name": (str,), "width": (int,), "height": (int,)}
ANNOTATION: Kinds = {"image_id": KEY, "category_id": KEY}
CATEGORY: Kinds = {"id": KEY, "name": (str,)}
TOLD = {int: "a whole number", str: "text"}


@dataclass(frozen=True)
class Annotations:
    """What an annotation file holds.

    Attributes:
        images: Its images, each with ``id``, ``file_name``, ``width`` and ``height``.
        of: Id of an image → its annotations of the chosen categories; images without any are there, too.
    """

    images: Sequence[Entry]
    of: Mapping[object, Sequence[Entry]]


def read_annotations(path: Path, categories: Sequence[str]) -> Annotations:
    """Read a COCO annotation file.

    Args:
        path: The file.
        categories: Names of the categories to keep; empty: all.

    Raises:
        HairlineError: If the file is missing, no JSON, or lacks lists or keys; if two images have one id, a category is
            not there, or an annotation's image or category is not.
    """
    content = _content(path)
    images = _entries(path, content, "images", IMAGE)
    annotations = _entries(path, content, "annotations", ANNOTATION)
    names = {entry["id"]: entry["name"] for entry in _entries(path, content, "categories", CATEGORY)}
    unknown = sorted(set(categories) - set(names.values()))
    if unknown:
        raise HairlineError(
            f"{path}: has no category {_named(unknown)}; it has {_named(names.values())}; correct options.categories "
            "of this data set"
        )
    found: dict[object, list[Entry]] = {}
    for number, image in enumerate(images):
        if image["id"] in found:
            raise HairlineError(
                f"{path}: images[{number}] has the id {image['id']!r} of an image before; expected each once"
            )
        found[image["id"]] = []
    for number, entry in enumerate(annotations):
        _refuse_lost(path, number, entry, {"image_id": found, "category_id": names})
        if not categories or names[entry["category_id"]] in categories:
            found[entry["image_id"]].append(entry)
    return Annotations(images, found)


def _content(path: Path) -> Entry:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise HairlineError(
            f"{path}: no such file (in {path.parent}: {contents(path.parent)}); put the export there or correct "
            "options.annotations of this data set"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise HairlineError(f"{path}: cannot be read as JSON ({error}); export the annotations again") from None
    if not isinstance(content, dict):
        raise HairlineError(
            f"{path}: holds a {type(content).__name__}; expected a mapping with the lists images, annotations and "
            "categories, as COCO has them"
        )
    return content


def _entries(path: Path, content: Entry, key: str, needed: Kinds) -> list[Entry]:
    """A list of the file, whose entries have what is needed."""
    entries = content.get(key)
    if not isinstance(entries, list):
        raise HairlineError(
            f"{path}: has no list '{key}' (its keys are {_named(content)}); expected the lists images, annotations and "
            "categories, as COCO has them"
        )
    for number, entry in enumerate(entries):
        has = entry if isinstance(entry, dict) else {}
        wrong = [name for name, kinds in needed.items() if type(has.get(name)) not in kinds]
        if wrong:
            values = ", ".join(f"{name} = {str(has[name])[:40]!r}" if name in has else f"no {name}" for name in wrong)
            kinds = ", ".join(f"{name} to be {' or '.join(TOLD[kind] for kind in needed[name])}" for name in wrong)
            raise HairlineError(f"{path}: {key}[{number}] has {values}; expected {kinds}; export the annotations again")
    return entries


def _refuse_lost(path: Path, number: int, entry: Entry, there: Mapping[str, Mapping[Any, object]]) -> None:
    for key, known in there.items():
        if entry[key] not in known:
            raise HairlineError(
                f"{path}: annotations[{number}] has the {key} {entry[key]!r}, which the file does not define; export "
                "the annotations again"
            )


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in list(names)[:NAMED]) or "(none)"
