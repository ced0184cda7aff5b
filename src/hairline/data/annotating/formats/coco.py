"""COCO, annotations/instances_default.json: run lengths, one annotation an image and a label."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from hairline.data import polygons
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
from hairline.data.coco_annotations import Entry, Wording, read_annotations
from hairline.data.outlines import read_outline
from hairline.version import installed

ABOUT = "Import annotations/instances_default.json as COCO; images are named by their path below the folder of photos."
FILE = Path("annotations", "instances_default.json")
CATEGORIES = [{"id": 1, "name": CRACK_LABEL, "supercategory": ""}, {"id": 2, "name": IGNORE_LABEL, "supercategory": ""}]
WORDING = Wording(
    categories="--label", smaller="export the project in parts", absent="correct the path",
    apart=", or bring them back one by one",
)  # fmt: skip


class Writer:
    """Writes the file, which grows by an image at a time."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._prefix, self._images, self._annotations = wanted.url_prefix, list[Entry](), 0
        (folder / FILE).parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[str] = (folder / FILE).open("w", encoding="utf-8", newline="\n")
        info = {"description": wanted.source, "version": installed()}
        head = f'"info": {json.dumps(info)},\n"licenses": [],\n"categories": {json.dumps(CATEGORIES)}'
        self._file.write(f'{{{head},\n"annotations": [')

    def add(self, image: Pre) -> None:
        """Write the annotations of an image."""
        height, width = image.levels.shape
        number = len(self._images) + 1
        entry = {"id": number, "file_name": image.name, "width": width, "height": height}
        self._images.append({**entry, "coco_url": self._prefix + image.name} if self._prefix else entry)
        for category, level in ((1, CRACK), (2, IGNORED)):
            mask = image.levels == level
            if mask.any():
                self._file.write(",\n" if self._annotations else "\n")
                self._annotations += 1
                self._file.write(_text({"id": self._annotations, "image_id": number, "category_id": category,
                                        **area(mask), "iscrowd": 1}))  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """End the file; what a block that fails leaves is nothing anybody keeps."""
        with self._file:
            if kind is None:
                images = ",\n".join(map(_text, self._images))
                self._file.write(f'\n],\n"images": [\n{images}\n]}}\n')


def area(mask: NDArray[np.bool_]) -> Entry:
    """``segmentation``, ``area`` and ``bbox`` of a mask, bool [height, width], as COCO has them."""
    packed = polygons.of_mask(mask)
    left, top, right, bottom = polygons.box(packed)
    return {
        "segmentation": {"size": list(mask.shape), "counts": packed["counts"].decode("ascii")},
        "area": polygons.pixels(packed),
        "bbox": [left, top, right - left, bottom - top],
    }


def read(path: Path, sizes: Mapping[str, tuple[int, int]]) -> list[AnnotatedImage]:
    """The images of an annotation file.

    Raises:
        HairlineError: As :func:`hairline.data.coco_annotations.read_annotations`.
    """
    file = path / FILE if path.is_dir() else path
    found = read_annotations(file, (), WORDING, apart=True)
    images = []
    for image in found.images:
        height, width = refuse_size(str(file), image["file_name"], image["height"], image["width"])
        regions = tuple(
            _region(found.categories[entry["category_id"]], entry, height, width) for entry in found.of[image["id"]]
        )
        images.append(AnnotatedImage(str(file), image["file_name"], height, width, regions, None))
    return images


def _region(label: str, entry: Entry, height: int, width: int) -> Region:
    odd = list[str]()
    return Region(label, _kind(entry), partial(_drawn, entry, height, width, odd), odd)


def _kind(entry: Entry) -> str:
    return "mask" if isinstance(entry.get("segmentation"), Mapping) else "polygon"


def _drawn(entry: Entry, height: int, width: int, odd: list[str]) -> NDArray[np.bool_]:
    outline = read_outline(entry, height, width)
    odd[:] = [remark for remark in outline.remarks if "too thin" not in remark]  # which is told of every format
    return polygons.mask_of([outline.packed] if outline.packed is not None else [], height, width)


def _text(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, allow_nan=False, separators=(",", ":"))
