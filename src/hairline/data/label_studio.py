"""Classifications exported from Label Studio as JSON: of whole pictures, of rectangles, and of patches cut elsewhere.

A task is a picture (``data``) with annotations, each by one person. Its results are read where they choose a label:

- ``choices`` or ``rectanglelabels`` of a rectangle: that part of the photo. A patch is square: of a rectangle with
  crack the square around it, of one without the square inside it, so that what was said holds for the patch.
- ``choices`` of the picture as a whole: the patch that the task's data name by ``photo``, ``x``, ``y`` and ``size``,
  or else the whole photo.

The photo is ``data.photo``, or what the address of the picture ends with; the eight letters and the dash that Label
Studio puts before names of uploads are taken off where need be.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from hairline.data import squares
from hairline.data.clicks import Click, Label, Place, meaning
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES, upright_size
from hairline.io import foreign_json
from hairline.io.file_names import Names, printable

_UPLOADED = re.compile(r"[0-9a-f]{8}-")
CHOOSING = ("choices", "rectanglelabels", "labels")


def read(path: Path, photos: Mapping[str, Path], meanings: Mapping[str, Label]) -> list[Click]:
    """The labels of patches in an export.

    Args:
        path: The file.
        photos: Name → file of the photos there are.
        meanings: What other names of labels mean.

    Raises:
        HairlineError: If it is no such export, a photo is not there, or nobody said what a label means.
    """
    tasks = foreign_json.read_json(path, "classifications exported from Label Studio",
                              "export the project in parts", "export them again as JSON")  # fmt: skip
    if not isinstance(tasks, list) or not all(isinstance(task, dict) and "annotations" in task for task in tasks):
        raise HairlineError(
            f"{path}: is no export of Label Studio in its format 'JSON'; expected a list of tasks with 'annotations'; "
            "export it so, or move it out of the folder of clicks"
        )
    names, found = Names(photos), list[Click]()
    for number, task in enumerate(tasks):
        where = f"{path}: task {task.get('id', number)}"
        try:
            found += _of_task(where, task, names, photos, meanings)
        except (AttributeError, KeyError, TypeError, IndexError):
            raise HairlineError(
                f"{where}: is not built as Label Studio builds its tasks; expected annotations with results that have "
                "a type and a value; export them again as JSON"
            ) from None
    if tasks and not found:
        raise HairlineError(
            f"{path}: none of its {len(tasks)} tasks chooses a label; expected results of the types "
            f"{', '.join(CHOOSING)}; export a project of classifications, or move the file out of the folder of clicks"
        )
    return found


def _of_task(
    where: str, task: Mapping[str, Any], names: Names, photos: Mapping[str, Path], meanings: Mapping[str, Label]
) -> Iterator[Click]:
    data = task.get("data") or {}
    done = [each for each in task["annotations"] or () if not each.get("was_cancelled")]
    if not any(each.get("result") for each in done):
        return
    photo = _photo(where, data, names)
    width, height = upright_size(photos[photo])
    for annotation in done:
        who, when = person(annotation), str(annotation.get("updated_at") or annotation.get("created_at") or "")
        for result in annotation.get("result") or ():
            chosen = _chosen(where, result)
            if chosen is None:
                continue
            label = meaning(f"{where}, photo '{printable(photo)}'", chosen, meanings)
            value = result["value"]
            if {"x", "y", "width", "height"} <= value.keys():
                place = _square(where, photo, value, width, height, label)
            else:
                place = _whole(where, photo, data, width, height)
            yield Click(place, label, who, when)


def _chosen(where: str, result: Mapping[str, Any]) -> str | None:
    """The label that a result chooses, or None where it is about something else."""
    kind = result.get("type")
    found = list(result["value"].get(kind) or ()) if kind in CHOOSING else []
    if len(found) > 1:
        raise HairlineError(
            f"{where}: chooses {', '.join(map(repr, found))[:80]} at once; expected one label a patch; leave one of "
            "them chosen"
        )
    return str(found[0]) if found else None


def person(annotation: Mapping[str, Any]) -> str:
    """Who made an annotation: an address of mail, a number, or nothing."""
    by = annotation.get("completed_by", "")
    return str(by.get("email") or by.get("id") or "") if isinstance(by, dict) else str(by)


def _photo(where: str, data: Mapping[str, Any], names: Names) -> str:
    said = [data["photo"]] if "photo" in data else [value for value in data.values() if is_picture(value)]
    for written in map(str, said):
        for candidate in candidates(written):
            name = names.find(candidate)
            if name is not None:
                return name
    shown = ", ".join(f"'{printable(str(each))[:80]}'" for each in said) or "no picture at all"
    raise HairlineError(
        f"{where}: shows {shown}, which is none of the photos; expected the name of a photo in images/; put it there, "
        "or give the task's data a field 'photo' with its path"
    )


def is_picture(value: object) -> bool:
    """Whether a value of a task's data is the address of an image file."""
    return isinstance(value, str) and _path(value).lower().endswith(IMAGE_SUFFIXES)


def _path(address: str) -> str:
    parts = urlsplit(address)
    return (parse_qs(parts.query).get("d") or [unquote(parts.path)])[0]


def candidates(address: str) -> Iterator[str]:
    """What may name the photo: the address, its path with fewer and fewer folders, its name without Label Studio's."""
    yield address
    parts = [part for part in _path(address).split("/") if part]
    for start in range(len(parts)):
        yield "/".join(parts[start:])
    if parts and _UPLOADED.match(parts[-1]):
        yield parts[-1][9:]


def _square(where: str, photo: str, value: Mapping[str, Any], width: int, height: int, label: Label) -> Place:
    """The patch for a rectangle in per cent of the photo."""
    try:
        left, top, across, down = (float(value[key]) for key in ("x", "y", "width", "height"))
        turned = float(value.get("rotation") or 0) % 360
    except (TypeError, ValueError):
        raise HairlineError(
            f"{where}: has a rectangle whose x, y, width or height is no number; export them again"
        ) from None
    if turned:
        raise HairlineError(
            f"{where}: has a rectangle that is turned by {turned:g} degrees; expected upright ones; draw it anew"
        )
    parts = left * width / 100, top * height / 100, across * width / 100, down * height / 100
    return squares.around(photo, *parts, (width, height), label)


def _whole(where: str, photo: str, data: Mapping[str, Any], width: int, height: int) -> Place:
    if not {"x", "y", "size"} & data.keys():
        return Place(photo, 0, 0, max(width, height))
    try:
        x, y, size = (int(data[key]) for key in ("x", "y", "size"))
    except (KeyError, TypeError, ValueError):
        x = y = size = -1
    if min(x, y) < 0 or size < 1:
        raise HairlineError(
            f"{where}: its data name a patch by x, y and size that are no whole numbers; expected pixels of the photo; "
            "correct them, or take all three out"
        )
    return Place(photo, x, y, size)
