"""COCO annotation files, read and checked: images, and the annotations of chosen categories by image."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hairline.data.layout_files import NAMED, contents
from hairline.errors import HairlineError
from hairline.io.foreign_json import read_json
from hairline.io.reading import there

_log = logging.getLogger(__name__)

Entry = Mapping[str, Any]
Kinds = Mapping[str, tuple[type, ...]]

KEY: tuple[type, ...] = (int, str)
IMAGE: Kinds = {"id": KEY, "file_name": (str,), "width": (int,), "height": (int,)}
ANNOTATION: Kinds = {"image_id": KEY, "category_id": KEY}
CATEGORY: Kinds = {"id": KEY, "name": (str,)}
TOLD = {int: "a whole number", str: "text"}
LONGEST_SIDE = 1_000_000
"""Largest width and height in pixels that an image may be said to have."""
AGAIN = "export the annotations again"


@dataclass(frozen=True)
class Wording:
    """What messages call the settings of whoever reads a file; these are of a data set in params.yaml.

    Attributes:
        categories: Where categories are chosen.
        smaller: What to do with a file that is too large.
        absent: What to do where there is no file.
        apart: What else to do with merged files, whose category ids are not unique; starts with a comma.
    """

    categories: str = "options.categories of this data set"
    smaller: str = "split the export into several files, each named in options.annotations of this data set"
    absent: str = "put the export there or correct options.annotations of this data set"
    apart: str = ", or list the files one by one in options.annotations of this data set"


IN_PARAMETERS = Wording()


@dataclass(frozen=True)
class Annotations:
    """What an annotation file holds.

    Attributes:
        images: Its images, each with ``id``, ``file_name``, ``width`` and ``height``.
        of: Id of an image → its annotations of the chosen categories; images without any are there, too.
        categories: Id of a category → its name, all there are.
    """

    images: Sequence[Entry]
    of: Mapping[object, Sequence[Entry]]
    categories: Mapping[object, str]


def read_annotations(
    path: Path, categories: Sequence[str], wording: Wording = IN_PARAMETERS, apart: bool = False
) -> Annotations:
    """Read a COCO annotation file.

    Args:
        path: The file.
        categories: Names of the categories to keep; empty: all.
        wording: What messages call the settings.
        apart: Whether categories are told apart by the caller, so that several need no warning.

    Raises:
        HairlineError: If the file is missing, over a limit (:mod:`hairline.io.foreign_json`), no JSON, or lacks lists
            or keys; if two images have one id or one states no size, a category id stands for two names, a category is
            not there or is also written otherwise, or an annotation's image or category is not there.
    """
    content = _content(path, wording)
    images = _entries(path, content, "images", IMAGE)
    annotations = _entries(path, content, "annotations", ANNOTATION)
    names = _names(path, _entries(path, content, "categories", CATEGORY), wording)
    unknown = sorted(set(categories) - set(names.values()))
    if unknown:
        raise HairlineError(
            f"{path}: has no category {_named(unknown)}; it has {_named(names.values())}; correct {wording.categories}"
        )
    found: dict[object, list[Entry]] = {}
    for number, image in enumerate(images):
        if image["id"] in found:
            raise HairlineError(
                f"{path}: images[{number}] has the id {image['id']!r} of an image before; expected each once; "
                "export the annotations again"
            )
        _refuse_no_size(path, number, image)
        found[image["id"]] = []
    for number, entry in enumerate(annotations):
        _refuse_lost(path, number, entry, {"image_id": found, "category_id": names})
        if not categories or names[entry["category_id"]] in categories:
            found[entry["image_id"]].append(entry)
    used = {names[entry["category_id"]] for entry in annotations}
    _refuse_respelt(path, categories, used, wording)
    if not categories and not apart and len(used) > 1:
        _log.warning(
            "%s: has annotations of %s, and all are read as crack; name those that are in %s", path,
            _named(sorted(used)), wording.categories,
        )  # fmt: skip
    return Annotations(images, found, names)


def _content(path: Path, wording: Wording) -> Entry:
    if not there(path):
        raise HairlineError(f"{path}: no such file (in {path.parent}: {contents(path.parent)}); {wording.absent}")
    content = read_json(path, "a COCO annotation file", wording.smaller, AGAIN)
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


def _names(path: Path, categories: Iterable[Entry], wording: Wording) -> dict[object, str]:
    """Id of a category → its name; merged files often number theirs from 1 each."""
    names: dict[object, str] = {}
    for entry in categories:
        before = names.setdefault(entry["id"], entry["name"])
        if before != entry["name"]:
            raise HairlineError(
                f"{path}: the category id {entry['id']!r} stands for '{before}' and for '{entry['name']}', so that no "
                "annotation tells which it is; expected one name an id; give them ids of their own before the files "
                f"are merged{wording.apart}"
            )
    return names


def _refuse_respelt(path: Path, categories: Sequence[str], used: Iterable[str], wording: Wording) -> None:
    """A category left out that differs from a chosen one in capitals or spaces alone would be lost unsaid."""
    chosen = defaultdict[str, list[str]](list)
    for name in categories:
        chosen[_plain(name)].append(name)
    for name in sorted(set(used) - set(categories)):
        if alike := chosen.get(_plain(name)):
            raise HairlineError(
                f"{path}: has annotations of '{name}' beside the category '{alike[0]}' that was chosen, from "
                f"which it differs in capitals or spaces alone; add it to {wording.categories} or rename it"
            )


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _refuse_no_size(path: Path, number: int, image: Entry) -> None:
    for side in ("width", "height"):
        if not 1 <= image[side] <= LONGEST_SIDE:
            raise HairlineError(
                f"{path}: images[{number}], '{image['file_name']}', has the {side} {str(image[side])[:20]}; expected "
                f"its {side} in pixels, 1 to {LONGEST_SIDE:,}; write the size of the image file there or export the "
                "annotations again"
            )


def _refuse_lost(path: Path, number: int, entry: Entry, there: Mapping[str, Mapping[Any, object]]) -> None:
    for key, known in there.items():
        if entry[key] not in known:
            found = f"{path}: annotations[{number}] has the {key} {entry[key]!r}"
            other = next((one for one in known if str(one) == str(entry[key])), None)
            if other is not None:
                raise HairlineError(f"{found}, which the file defines as {other!r}; write both as numbers or as text")
            raise HairlineError(f"{found}, which the file does not define; export the annotations again")


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in list(names)[:NAMED]) or "(none)"
