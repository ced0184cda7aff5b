"""What is written of images for an annotation tool, and the list of it that helps when they come back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.io.foreign_json import read_json

FILE = "export.json"
AGAIN = "name the folder that 'hairline annotate export' wrote, whole"


@dataclass(frozen=True)
class Pre:
    """An image and the mask that somebody is to correct.

    Attributes:
        name: Of the image, with suffix and ``/`` between folders.
        levels: uint8 [height, width] as :mod:`hairline.data.annotating.images` has them: 255, 127, 0.
    """

    name: str
    levels: NDArray[np.uint8]


@dataclass(frozen=True)
class Wanted:
    """How images are written.

    Attributes:
        url_prefix: What stands before the name of an image where a tool fetches it by an address.
        as_annotations: Whether masks are annotations, to be changed in place, and not predictions to start from; for
            Label Studio, which tells the two apart.
        images: Number of images.
        source: What the masks are, for people.
    """

    url_prefix: str
    as_annotations: bool
    images: int
    source: str


class Writer(Protocol):
    """Writes the images of a format one by one; a context, whose end completes the files."""

    def __init__(self, folder: Path, wanted: Wanted) -> None: ...

    def add(self, image: Pre) -> None:
        """Write an image; they come in the order of their names."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None: ...


@dataclass(frozen=True)
class Before:
    """An image as it was written, to be known again.

    Attributes:
        name: As in :class:`Pre`.
        height: In pixels.
        width: In pixels.
        sha256: Of the levels, by :func:`digest`.
    """

    name: str
    height: int
    width: int
    sha256: str


def digest(levels: NDArray[np.uint8]) -> str:
    """SHA-256 of the levels of a mask and of its shape."""
    found = hashlib.sha256(str(levels.shape).encode())
    found.update(np.ascontiguousarray(levels).data)
    return found.hexdigest()


def before(image: Pre) -> Before:
    """What is kept of an image."""
    height, width = image.levels.shape
    return Before(image.name, height, width, digest(image.levels))


def write_list(folder: Path, told: Mapping[str, object], images: Sequence[Before]) -> None:
    """Write the list of what was written into a folder."""
    content = {**told, "images": [asdict(image) for image in images]}
    (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_list(folder: Path) -> dict[str, Before]:
    """Name → image of what was written into a folder.

    Raises:
        HairlineError: If it has no such list, or one that was changed.
    """
    path = folder / FILE if folder.is_dir() else folder
    content = read_json(path, "the list of what 'hairline annotate export' wrote", AGAIN, AGAIN)
    try:
        found = [Before(**entry) for entry in content["images"]]
        if not all(_whole(each) for each in found):
            raise ValueError
    except (TypeError, KeyError, ValueError):
        raise HairlineError(
            f"{path}: is no list of what 'hairline annotate export' wrote; expected images with name, height, width "
            f"and sha256; {AGAIN}"
        ) from None
    return {each.name: each for each in found}


def _whole(image: Before) -> bool:
    sizes = type(image.height) is int and type(image.width) is int and min(image.height, image.width) > 0
    return sizes and type(image.name) is str and type(image.sha256) is str
