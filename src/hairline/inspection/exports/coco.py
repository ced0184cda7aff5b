"""COCO: an annotation a crack, whose run lengths are its pixels exactly."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from hairline.data import polygons
from hairline.inspection.exports import properties
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance
from hairline.inspection.exports.shapes import Shape, run_lengths
from hairline.version import installed

CATEGORY = {"id": 1, "name": "crack", "supercategory": "defect"}


def image(number: int, photo: MeasuredPhoto) -> dict[str, Any]:
    """Entry of a photo in ``images``."""
    return {"id": number, "file_name": photo.file, "width": photo.width, "height": photo.height}


def annotation(number: int, image_number: int, photo: MeasuredPhoto, shape: Shape) -> dict[str, Any]:
    """Entry of a crack in ``annotations``; its measures are ``attributes``, as CVAT and Datumaro read them."""
    left, top, right, bottom = shape.crack.box
    runs = run_lengths(shape, photo.height, photo.width)
    packed = polygons.encoded({"size": [photo.height, photo.width], "counts": runs}, photo.height, photo.width)[0]
    said = properties.of_crack(photo, shape.crack)
    return {
        "id": number,
        "image_id": image_number,
        "category_id": CATEGORY["id"],
        "iscrowd": 0,
        "bbox": [left, top, right - left, bottom - top],
        "area": shape.crack.area_px,
        "segmentation": {"size": [photo.height, photo.width], "counts": packed["counts"].decode("ascii")},
        "attributes": {
            name: value for name, value in said.items() if name not in ("photo", "file") and value is not None
        },
    }


class Writer:
    """A COCO file that grows by a photo at a time; ``with Writer(path, …) as file: file.add(…)``."""

    def __init__(self, path: Path, provenance: Provenance) -> None:
        """Begin the file."""
        self._images: list[dict[str, Any]] = []
        self._annotations = 0
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="\n")
        told = "; ".join(f"{name}: {value}" for name, value in provenance.settings.items())
        info = {"description": f"Cracks found by hairline. {told}".strip(), "version": installed()}
        self._file.write(f'{{"info": {json.dumps(info)},\n"licenses": [],\n"categories": [{json.dumps(CATEGORY)}],\n')
        self._file.write('"annotations": [')

    def add(self, photo: MeasuredPhoto, found: Sequence[Shape]) -> None:
        """Write a photo's cracks."""
        self._images.append(image(len(self._images) + 1, photo))
        for shape in found:
            self._file.write(",\n" if self._annotations else "\n")
            self._annotations += 1
            self._file.write(_text(annotation(self._annotations, len(self._images), photo, shape)))

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the file; what a block that fails leaves is nothing anybody keeps."""
        with self._file:
            if kind is None:
                images = ",\n".join(map(_text, self._images))
                self._file.write(f'\n],\n"images": [\n{images}\n]}}\n')


def _text(entry: Mapping[str, Any]) -> str:
    return json.dumps(entry, allow_nan=False, separators=(",", ":"))
