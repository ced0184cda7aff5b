"""The canonical form of a data set: images/ID.png, masks/ID.png (0/255) and one row a sample in samples.parquet."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.images import read_image, read_mask, write_image, write_mask

SPLITS = ("train", "val", "test")
COLUMNS = ("id", "split", "group", "height", "width", "has_mask", "mask_height", "mask_width", "crack_pixels",
           "image_sha256", "mask_sha256", "source")  # fmt: skip


@dataclass(frozen=True)
class RawSample:
    """One image of a published layout, not yet read.

    Attributes:
        id: Unique name inside the data set; becomes the file name, so letters, digits, ``_``, ``-`` and ``.`` only.
        split: ``train``, ``val`` or ``test``.
        group: What must not be spread over splits, e.g. the photo a crop was cut from; the id where there is none.
        image: Path of the image file.
        mask: Path of the mask file, or None where the set has no mask for this image.
        read_mask: How this layout's masks decode: path → bool [height, width], True is crack.
    """

    id: str
    split: str
    group: str
    image: Path
    mask: Path | None
    read_mask: Callable[[Path], NDArray[np.bool_]]


def image_path(folder: Path, sample_id: str) -> Path:
    """Where the image of a sample lies in a canonical data set."""
    return folder / "images" / f"{sample_id}.png"


def mask_path(folder: Path, sample_id: str) -> Path:
    """Where the mask of a sample lies in a canonical data set."""
    return folder / "masks" / f"{sample_id}.png"


def digest(pixels: NDArray[np.generic]) -> str:
    """SHA-256 of an array's shape and bytes, so that the same picture in two file formats is the same."""
    return hashlib.sha256(str(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def ingest(samples: Iterable[RawSample], folder: Path) -> pd.DataFrame:
    """Write samples in canonical form under a folder that exists and is empty; return the table it wrote.

    Size, polarity and pairing are recorded as found: judging them is the gate's work.

    Raises:
        HairlineError: If two samples have one id, or a file cannot be decoded.
    """
    rows, seen = [], dict[str, Path]()
    for sample in samples:
        if sample.id in seen:
            raise HairlineError(
                f"{sample.image}: its id '{sample.id}' is that of {seen[sample.id]} too; rename or exclude one of them"
            )
        seen[sample.id] = sample.image
        rows.append(_ingest_one(sample, folder))
    table = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("id", ignore_index=True)
    table.to_parquet(folder / "samples.parquet", index=False)
    return table


def _ingest_one(sample: RawSample, folder: Path) -> tuple[object, ...]:
    image = read_image(sample.image)
    write_image(image_path(folder, sample.id), image)
    mask = None if sample.mask is None else sample.read_mask(sample.mask)
    if mask is not None:
        write_mask(mask_path(folder, sample.id), mask)
    mask_height, mask_width = (0, 0) if mask is None else mask.shape
    return (
        sample.id, sample.split, sample.group, *image.shape[:2],
        mask is not None, mask_height, mask_width, 0 if mask is None else int(mask.sum()),
        digest(image), "" if mask is None else digest(mask), sample.image.name,
    )  # fmt: skip


def read_samples(folder: Path, *splits: str) -> pd.DataFrame:
    """The samples table of a canonical data set, in order of id; only the given splits where any are named.

    Raises:
        HairlineError: If the folder holds no samples.parquet.
    """
    path = folder / "samples.parquet"
    if not path.is_file():
        raise HairlineError(f"{path}: not found; run the ingest stage of this data set first (dvc repro)")
    table = pd.read_parquet(path)
    return table[table["split"].isin(splits)].reset_index(drop=True) if splits else table


def load_image(folder: Path, sample_id: str) -> NDArray[np.uint8]:
    """Image of a sample, RGB uint8 [height, width, 3]."""
    return read_image(image_path(folder, sample_id))


def load_mask(folder: Path, sample_id: str) -> NDArray[np.bool_]:
    """Mask of a sample, bool [height, width]."""
    return read_mask(mask_path(folder, sample_id))


def evenly(count: int, wanted: int) -> list[int]:
    """Indices of ``wanted`` of ``count`` things, evenly spaced, all of them where fewer are there."""
    wanted = min(count, wanted)
    return [index * count // wanted for index in range(wanted)]
