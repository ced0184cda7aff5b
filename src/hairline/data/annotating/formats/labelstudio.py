"""Label Studio: tasks with brush masks, tasks.json, and the labels of the project, labeling_config.xml.

A task with an annotation that somebody submitted is corrected, also where it has no region; one that was skipped, or
has nothing but predictions, is not. Of an annotation without a time of work (``lead_time``), as a program imports it,
nothing tells whether anybody has looked at it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from hairline.data.annotating import brush, outlined
from hairline.data.annotating.images import (
    CRACK,
    CRACK_LABEL,
    IGNORE_LABEL,
    IGNORED,
    AnnotatedImage,
    Region,
    refuse_size,
)
from hairline.data.annotating.written import Pre, Wanted
from hairline.data.label_studio import candidates, is_picture, person
from hairline.errors import HairlineError
from hairline.io import foreign_json
from hairline.io.file_names import Names, printable

ABOUT = "Make a project with labeling_config.xml as its labelling interface, then import tasks.json."
FILE = "tasks.json"
CONFIG = "labeling_config.xml"
PHOTO, WIDTH, HEIGHT = "photo", "width", "height"
"""What the data of a task tell beside the address of the image, so that it is known again."""
LABELLED = ("brushlabels", "polygonlabels", "rectanglelabels", "ellipselabels", "labels")
NO_LABEL = ""
SHAPED = ("rle", "points", "x", "rx", "imageDataURL", "vertices")
"""Keys of which the value of a region in an image has one."""
COLOURS = {CRACK_LABEL: "#e03131", IGNORE_LABEL: "#f59f00"}
SMALLER, AGAIN = "export the project in parts", "export the project again, in the format JSON"


class Writer:
    """Writes the tasks, one by one."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._wanted, self._tasks = wanted, 0
        labels = "".join(f'    <Label value="{name}" background="{colour}"/>\n' for name, colour in COLOURS.items())
        (folder / CONFIG).write_text(
            '<View>\n  <Image name="image" value="$image" zoom="true" zoomControl="true" rotateControl="false"/>\n'
            f'  <BrushLabels name="label" toName="image">\n{labels}  </BrushLabels>\n</View>\n',
            encoding="utf-8",
        )
        self._file: IO[str] = (folder / FILE).open("w", encoding="utf-8", newline="\n")
        self._file.write("[")

    def add(self, image: Pre) -> None:
        """Write a task."""
        height, width = image.levels.shape
        results = [
            _result(f"{label}-{self._tasks}", label, image.levels == level)
            for label, level in ((CRACK_LABEL, CRACK), (IGNORE_LABEL, IGNORED))
            if (image.levels == level).any()
        ]
        data = {"image": self._wanted.url_prefix + quote(image.name), PHOTO: image.name, WIDTH: width, HEIGHT: height}
        if self._wanted.as_annotations:
            made: dict[str, Any] = {"annotations": [{"result": results}]}
        else:
            made = {"predictions": [{"model_version": self._wanted.source[:200], "result": results}]}
        self._file.write((",\n" if self._tasks else "\n") + json.dumps({"data": data, **made}, separators=(",", ":")))
        self._tasks += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """End the file."""
        with self._file:
            self._file.write("\n]\n")


def _result(name: str, label: str, mask: NDArray[np.bool_]) -> dict[str, Any]:
    height, width = mask.shape
    return {
        "id": name, "type": "brushlabels", "from_name": "label", "to_name": "image", "image_rotation": 0,
        "original_width": width, "original_height": height,
        "value": {"format": "rle", "rle": brush.encoded(mask), "brushlabels": [label]},
    }  # fmt: skip


def read(path: Path, sizes: Mapping[str, tuple[int, int]]) -> list[AnnotatedImage]:
    """The tasks of an export in Label Studio's format JSON.

    Args:
        path: The file.
        sizes: Name → height and width of the images that are known.

    Raises:
        HairlineError: If it is no such export, or nothing tells which image a task shows, or its size.
    """
    file = path / FILE if path.is_dir() else path
    tasks = foreign_json.read_json(file, "an export of Label Studio", SMALLER, AGAIN)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) and _has_lists(task) for task in tasks):
        raise HairlineError(
            f"{file}: is no export of Label Studio in its format 'JSON'; expected a list of tasks with 'data' and "
            "'annotations'; export the project so (JSON-MIN and others lack parts)"
        )
    names, found = Names(sizes), list[AnnotatedImage]()
    for number, task in enumerate(tasks):
        where = f"{file}: task {task.get('id', number)}"
        try:
            found.append(_of_task(where, task, names, sizes))
        except (AttributeError, KeyError, TypeError, IndexError):
            raise HairlineError(
                f"{where}: is not built as Label Studio builds its tasks; expected annotations with results that have "
                f"a type and a value; {AGAIN}"
            ) from None
    return found


def _has_lists(task: Mapping[str, Any]) -> bool:
    lists = [task.get(key) for key in ("annotations", "predictions")]
    return isinstance(task.get("data"), dict) and any(isinstance(each, list) for each in lists)


def _of_task(where: str, task: Mapping[str, Any], names: Names, sizes: Mapping[str, tuple[int, int]]) -> AnnotatedImage:
    done = [each for each in task.get("annotations") or () if not each.get("was_cancelled")]
    chosen: Mapping[str, Any] = max(done, key=_rank, default={})
    results = [each for each in _results(chosen) if _shape(each)] if done else []
    name, said = _name(where, task["data"], names, _shown(where, results))
    height, width = _size(where, name, task["data"], results, sizes)
    regions = tuple(_regions(where, name, results, height, width))
    when = str(chosen.get("updated_at") or chosen.get("created_at") or "")
    worked_on = False if not done else None if chosen.get("lead_time") is None else True
    return AnnotatedImage(where, name, height, width, regions, worked_on, person(chosen) if done else "", when, said)


def _results(annotation: Mapping[str, Any]) -> list[Any]:
    """The results of an annotation; TypeError if it has no list of them, which is not the same as an empty list."""
    if not isinstance(annotation["result"], list):
        raise TypeError
    return annotation["result"]


def _rank(annotation: Mapping[str, Any]) -> tuple[bool, float, str]:
    """Which of several annotations counts: the one marked as ground truth, or else the newest."""
    when = str(annotation.get("updated_at") or annotation.get("created_at") or "")
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        moment = datetime.min
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return bool(annotation.get("ground_truth")), (known - datetime.min.replace(tzinfo=UTC)).total_seconds(), when


def _shown(where: str, results: Sequence[Mapping[str, Any]]) -> str:
    """What the regions call the picture that they are on.

    Raises:
        HairlineError: If they are on several pictures of the task.
    """
    shown = {(str(each.get("to_name", "")), each.get("item_index") or 0) for each in results}
    if len(shown) > 1 or any(item for _, item in shown):
        raise HairlineError(
            f"{where}: has regions on several pictures of one task; expected one picture a task, since a mask is of "
            "one; make a task of each picture"
        )
    return next((name for name, _ in shown), "")


def _shape(result: Mapping[str, Any]) -> bool:
    """Whether a result is a region of the image, and not a choice or a text about it."""
    value = result.get("value")
    return isinstance(value, dict) and any(key in value for key in SHAPED)


def _name(where: str, data: Mapping[str, Any], names: Names, shown: str) -> tuple[str, str]:
    """The name of the photo, and its path as the task has it; of several pictures that named like what is shown."""
    pictures = {key: str(value) for key, value in data.items() if is_picture(value)}
    said = [str(data[PHOTO])] if PHOTO in data else [pictures[shown]] if shown in pictures else [*pictures.values()]
    if not said:
        raise HairlineError(
            f"{where}: shows no picture; expected the address of an image in its data, or its name as 'photo'; {AGAIN}"
        )
    for written in said:
        known = next((name for each in candidates(written) if (name := names.find(each)) is not None), None)
        if known is not None:
            return known, _path(written)
    *_, bare = candidates(said[0])
    return (said[0] if PHOTO in data else bare), _path(said[0])


def _path(address: str) -> str:
    """The path in an address, without what Label Studio puts before the names of uploads."""
    found = [*candidates(address)]
    *folders, _ = found[min(1, len(found) - 1)].split("/")
    return "/".join([*folders, found[-1]])


def _size(
    where: str,
    name: str,
    data: Mapping[str, Any],
    results: Sequence[Mapping[str, Any]],
    sizes: Mapping[str, tuple[int, int]],
) -> tuple[int, int]:
    """Height and width of the image, as it is known, as its regions say, or as the task's data do."""
    stated = {(each.get("original_height"), each.get("original_width")) for each in results}
    known = sizes.get(name)
    if known is None and not stated:
        stated = {(data.get(HEIGHT), data.get(WIDTH))}
    if known is None and stated == {(None, None)}:
        raise HairlineError(
            f"{where}: has no region, and nothing tells the size of '{printable(name)}'; expected a photo that is "
            "known; name the folder of the photos (--photos), or what was exported (--before)"
        )
    for height, width in sorted(stated, key=str):
        found = refuse_size(where, name, height, width)
        known = found if known is None else known
        if found != known:
            raise HairlineError(
                f"{where}: has a region of a picture of {width} x {height} px; expected {known[1]} x {known[0]} px, as "
                f"'{printable(name)}' has; put the photo back that was annotated"
            )
    assert known is not None
    return known


def _regions(where: str, name: str, results: Sequence[Mapping[str, Any]], height: int, width: int) -> Iterator[Region]:
    labelled = {str(each.get("id")) for each in results if _labels(each["value"])}
    for each in results:
        chosen = _labels(each["value"])
        if not chosen and str(each.get("id")) in labelled:
            continue  # tools with a brush and labels apart write a region twice
        if each.get("image_rotation"):
            raise HairlineError(
                f"{where}: '{printable(name)}' was turned by {each['image_rotation']} degrees while it was annotated; "
                "expected it as the photo lies; turn it back in Label Studio and submit again"
            )
        kind = _kind(each["value"])
        for label in chosen or [NO_LABEL]:
            yield Region(label, kind, partial(_drawn, kind, each["value"], height, width))


def _labels(value: Mapping[str, Any]) -> list[str]:
    """The labels of a region, each once; a project may let people choose several."""
    return list(dict.fromkeys(str(name) for key in LABELLED for name in value.get(key) or ()))


def _kind(value: Mapping[str, Any]) -> str:
    if "rle" in value:
        return "mask"
    if "points" in value:
        return "polygon"
    if "radiusX" in value:
        return "ellipse"
    return "rectangle" if {"x", "y", "width", "height"} <= value.keys() else "other"


def _drawn(kind: str, value: Mapping[str, Any], height: int, width: int) -> NDArray[np.bool_]:
    """The pixels of a region, bool [height, width]; outlines are in per cent of the image."""
    if kind == "mask":
        return brush.decoded(value["rle"], height, width)
    try:
        if kind == "polygon":
            return outlined.polygon(np.array(value["points"], np.float64) * (width / 100, height / 100), height, width)
        x, y = float(value["x"]) * width / 100, float(value["y"]) * height / 100
        turn = float(value.get("rotation") or 0)
        if kind == "ellipse":
            across, down = float(value["radiusX"]) * width / 100, float(value["radiusY"]) * height / 100
            return outlined.ellipse(x, y, across, down, turn, height, width)
        if kind == "rectangle":
            across, down = float(value["width"]) * width / 100, float(value["height"]) * height / 100
            return outlined.box(x, y, across, down, turn, height, width, about_centre=False)
    except outlined.OutlineError:
        raise
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"it lacks numbers of a {kind}") from None
    raise ValueError("it is of a kind that is not read; expected brush, polygon, rectangle or ellipse")
