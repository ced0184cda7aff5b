"""CVAT for images 1.1, annotations.xml: a mask an image and a label, as runs along the rows of its box."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Self
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from hairline.data.annotating import outlined, runs, xml_events
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
from hairline.errors import HairlineError
from hairline.io.file_names import printable

ABOUT = (
    "Upload the photos to a task with the labels of labels.json, in the order of their names, then upload "
    "annotations.xml as 'CVAT for images 1.1'."
)
FILE = "annotations.xml"
LABELS = "labels.json"
CHECKED = "checked"
"""Label of the tag that says that a person has looked at an image."""
EXPECTED = "annotations of CVAT in its format 'CVAT for images 1.1'"
SHAPES = ("mask", "polygon", "box", "ellipse", "polyline", "points", "cuboid", "skeleton")
MOST_DIGITS = 10


class Writer:
    """Writes the file, which grows by an image at a time, and the labels that the task needs."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._number = 0
        self._file: IO[str] = (folder / FILE).open("w", encoding="utf-8", newline="\n")
        labels = {CRACK_LABEL: "mask", IGNORE_LABEL: "mask", CHECKED: "tag"}
        listed = ",\n".join(f' {{"name": "{name}", "type": "{kind}", "attributes": []}}'
                            for name, kind in labels.items())  # fmt: skip
        (folder / LABELS).write_text(f"[\n{listed}\n]\n", encoding="utf-8")
        told = "".join(
            f"<label><name>{name}</name><type>{kind}</type><attributes></attributes></label>"
            for name, kind in labels.items()
        )
        self._file.write(
            '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta><task>'
            f"<name>{escape(wanted.source)}</name><size>{wanted.images}</size><mode>annotation</mode>"
            f"<labels>{told}</labels></task></meta>\n"
        )

    def add(self, image: Pre) -> None:
        """Write the masks of an image."""
        height, width = image.levels.shape
        self._file.write(
            f'<image id="{self._number}" name={quoteattr(image.name)} width="{width}" height="{height}">\n'
        )
        for label, level in ((CRACK_LABEL, CRACK), (IGNORE_LABEL, IGNORED)):
            mask = image.levels == level
            if mask.any():
                self._file.write(_mask(label, mask))
        self._file.write("</image>\n")
        self._number += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """End the file."""
        with self._file:
            self._file.write("</annotations>\n")


def _mask(label: str, mask: NDArray[np.bool_]) -> str:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left, bottom, right = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    lengths = ", ".join(map(str, runs.of(mask[top:bottom, left:right].ravel()).tolist()))
    box = f'left="{left}" top="{top}" width="{right - left}" height="{bottom - top}"'
    return f'<mask label="{label}" source="auto" occluded="0" rle="{lengths}" {box} z_order="0"></mask>\n'


def read(path: Path, sizes: Mapping[str, tuple[int, int]]) -> list[AnnotatedImage]:
    """The images of a file. Where any has the tag ``checked``, those are corrected that have it.

    Raises:
        HairlineError: If it is no such file, or holds tracks of a video.
    """
    file = path / FILE if path.is_dir() else path
    reader = _Reader(file)
    xml_events.read(file, reader.begin, reader.end, EXPECTED)
    if not reader.seen:
        raise HairlineError(f"{file}: has no element <annotations>; expected {EXPECTED}; export them so")
    if not reader.images:
        raise HairlineError(f"{file}: lists no image; expected {EXPECTED}; export a task that has images")
    return reader.result()


@dataclass
class _Task:
    """What a file tells of a task or a job."""

    number: str = ""
    assignee: str = ""
    owner: str = ""
    updated: str = ""

    def take(self, inside: str, text: str) -> None:
        """Keep the text of an element, by its path."""
        if inside.endswith(("task/id", "job/id")):
            self.number = text
        elif inside.endswith(("/assignee/username", "/assignee")):
            self.assignee = text or self.assignee
        elif inside.endswith("/owner/username"):
            self.owner = text or self.owner
        elif inside.endswith(("task/updated", "job/updated")):
            self.updated = text


class _Reader:
    """Gathers the images of a file as its elements come."""

    def __init__(self, path: Path) -> None:
        self._path, self._path_of = path, list[str]()
        self.seen = False
        self.images = list[AnnotatedImage]()
        self._checked = set[int]()
        self._regions, self._image = list[Region](), {"name": ""}
        self._size = 0, 0
        self._tasks, self._job, self._told = list[_Task](), _Task(), list[_Task]()
        self._of_task = list[str]()

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self._path_of.append(name)
        self.seen |= name == "annotations" and len(self._path_of) == 1
        if name == "track":
            raise HairlineError(
                f"{self._path}: holds tracks, as 'CVAT for video' has them; expected {EXPECTED}; export the task so"
            )
        if name in ("task", "job"):
            self._tasks += [_Task()] if name == "task" else []
            self._told.append(self._tasks[-1] if name == "task" else self._job)
        if name == "image":
            self._begin_image(attributes)
        elif "image" in self._path_of[:-1] and name in SHAPES:
            self._regions.append(self._region(name, attributes))
        elif "image" in self._path_of[:-1] and name == "tag" and attributes.get("label") == CHECKED:
            self._checked.add(len(self.images))

    def end(self, name: str, text: str) -> None:
        """An element ends."""
        inside = "/".join(self._path_of)
        self._path_of.pop()
        if name == "image":
            height, width = self._size
            where = f"{self._path}: image {self._image.get('id', len(self.images))}"
            self.images.append(AnnotatedImage(where, self._image["name"], height, width, tuple(self._regions), None))
            self._of_task.append(self._image.get("task_id", ""))
        elif name in ("task", "job"):
            self._told.pop()
        elif self._told:
            self._told[-1].take(inside, text)

    def result(self) -> list[AnnotatedImage]:
        """The images, with whether each was corrected, where tags tell it, and who had the task that it is of."""
        found = list[AnnotatedImage]()
        for number, image in enumerate(self.images):
            task, job = self._task(self._of_task[number]), self._job
            checked = number in self._checked if self._checked else None
            who = job.assignee or task.assignee or job.owner or task.owner
            found.append(replace(image, corrected=checked, who=who, when=job.updated or task.updated))
        return found

    def _task(self, number: str) -> "_Task":
        """What is told of a task by its number; nothing where the file has several and does not say which it is."""
        fitting = [task for task in self._tasks if task.number == number] if number else self._tasks
        return fitting[0] if len(fitting) == 1 else _Task()

    def _begin_image(self, attributes: Mapping[str, str]) -> None:
        self._image, self._regions = {"name": "", **attributes}, []
        height, width = (_whole(attributes.get(side, "")) for side in ("height", "width"))
        self._size = refuse_size(str(self._path), self._image["name"], height, width)

    def _region(self, kind: str, attributes: Mapping[str, str]) -> Region:
        height, width = self._size
        draw = partial(_drawn, kind, dict(attributes), height, width)
        return Region(attributes.get("label", ""), kind, draw)


def _whole(written: str) -> int | None:
    return int(written) if re.fullmatch(rf"\d{{1,{MOST_DIGITS}}}", written, re.ASCII) else None


def _drawn(kind: str, attributes: Mapping[str, str], height: int, width: int) -> NDArray[np.bool_]:
    """The pixels of a shape, bool [height, width]."""
    if kind == "mask":
        return _of_mask(attributes, height, width)
    try:
        if kind == "polygon":
            corners = [[float(part) for part in point.split(",")] for point in attributes["points"].split(";")]
            return outlined.polygon(np.array(corners, np.float64), height, width)
        if kind == "box":
            left, top, right, bottom = (float(attributes[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
            turn = float(attributes.get("rotation", 0))
            return outlined.box(left, top, right - left, bottom - top, turn, height, width, about_centre=True)
        if kind == "ellipse":
            x, y, across, down = (float(attributes[key]) for key in ("cx", "cy", "rx", "ry"))
            return outlined.ellipse(x, y, across, down, float(attributes.get("rotation", 0)), height, width)
    except (KeyError, TypeError, ValueError) as error:
        told = str(error) if isinstance(error, outlined.OutlineError) else f"it lacks numbers of a {kind}"
        raise ValueError(told) from None
    raise ValueError(f"a {kind} has no area; expected a mask, or a polygon, box or ellipse around what is ignored")


def _of_mask(attributes: Mapping[str, str], height: int, width: int) -> NDArray[np.bool_]:
    left, top, across, down = (_whole(attributes.get(key, "")) for key in ("left", "top", "width", "height"))
    if left is None or top is None or not across or not down:
        raise ValueError("its box lacks whole numbers of left, top, width and height")
    if left + across > width or top + down > height:
        raise ValueError(
            f"its box, {across} x {down} px at x {left}, y {top}, reaches out of the image of {width} x {height} px"
        )
    written = attributes.get("rle", "")
    if not re.fullmatch(r"[\d, ]+", written, re.ASCII) or re.search(rf"\d{{{MOST_DIGITS + 1}}}", written, re.ASCII):
        raise ValueError(f"its run lengths are no numbers between commas ('{printable(written[:40])}')")
    parts = written.replace(" ", "").rstrip(",").split(",")
    if "" in parts:
        raise ValueError("its run lengths lack a number between two commas")
    lengths = np.array(parts).astype(np.int64)
    if lengths.sum() != across * down:
        raise ValueError(f"its run lengths sum to {lengths.sum():,}; expected {across * down:,}, one for every pixel")
    made = np.zeros((height, width), bool)
    made[top : top + down, left : left + across] = runs.laid_out(lengths).reshape(down, across)
    return made
