"""The canonical form of a data set: images/ID.png, masks/ID.png (0/255) and one row a sample in samples.parquet."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging.images import orientation, read_grey, read_image, read_mask, write_image, write_mask
from hairline.io.artefacts import FLAG, TEXT, WHOLE, read_parquet, repro
from hairline.io.reading import composed, readable, there

SPLITS = ("train", "val", "test")
CRACK, NO_CRACK, UNKNOWN = "crack", "no crack", ""
COLUMNS = ("id", "split", "group", "height", "width", "image_label", "exif_orientation", "has_mask", "mask_height",
           "mask_width", "crack_pixels", "mask_unusual", "mask_unusual_pixels", "image_sha256", "mask_sha256",
           "source")  # fmt: skip
KINDS = {name: WHOLE if name in ("height", "width", "mask_height", "mask_width", "crack_pixels") else
         FLAG if name == "has_mask" else TEXT
         for name in COLUMNS if name not in ("exif_orientation", "mask_unusual", "mask_unusual_pixels")}  # fmt: skip
LONGEST_ID = 200
NAMED = 8


@dataclass(frozen=True)
class Mask:
    """A mask as its layout decodes it.

    Attributes:
        crack: bool [height, width], True is crack.
        unusual: Value of the file that its layout does not promise → number of pixels that have it.
    """

    crack: NDArray[np.bool_]
    unusual: Mapping[int, int]


@dataclass(frozen=True)
class RawSample:
    """One image of a published layout, not yet read.

    Attributes:
        id: Unique name inside the data set, which becomes the file name (see :func:`usable_id`).
        split: ``train``, ``val`` or ``test``.
        group: What must not be spread over splits, e.g. the photo a crop was cut from; the id where there is none.
        image: Path of the image file.
        mask: Path of the mask file, or None where the set has no mask for this image.
        read_mask: How this layout's masks decode.
        image_label: ``crack`` or ``no crack`` where the set says so of the image as a whole, else empty.
    """

    id: str
    split: str
    group: str
    image: Path
    mask: Path | None
    read_mask: Callable[[Path], Mask]
    image_label: str = UNKNOWN


def binary_mask(grey: NDArray[np.uint8], tolerance: int = 0) -> Mask:
    """The mask of a grey file that means 0 and 255: crack above 127.

    Args:
        grey: uint8 [height, width].
        tolerance: Distance from 0 and 255 that is still usual, for sets published as JPEG.
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    strange = [level for level in np.flatnonzero(counts).tolist() if tolerance < level < 255 - tolerance]
    return Mask(grey > 127, {level: int(counts[level]) for level in strange})


def read_binary_mask(path: Path) -> Mask:
    """Read a mask file that means 0 and 255, or is 1-bit."""
    return binary_mask(read_grey(path))


def usable_id(name: str) -> bool:
    """Whether a name can be an id: printable, no separator of paths, no leading dot, at most 200 bytes in UTF-8."""
    return (
        bool(name)
        and name == name.strip()
        and name.isprintable()
        and not name.startswith(".")
        and not set(name) & set('/\\:*?"<>|')
        and len(name.encode(errors="surrogatepass")) <= LONGEST_ID
    )


def image_path(folder: Path, sample_id: str) -> Path:
    """Where the image of a sample lies in a canonical data set."""
    return folder / "images" / f"{sample_id}.png"


def mask_path(folder: Path, sample_id: str) -> Path:
    """Where the mask of a sample lies in a canonical data set."""
    return folder / "masks" / f"{sample_id}.png"


def digest(pixels: NDArray[np.generic]) -> str:
    """SHA-256 of an array's shape and bytes, so that the same picture in two file formats is the same."""
    return hashlib.sha256(str(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def in_turn(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Do work one item after the other."""
    return [work(item) for item in items]


def ingest(
    samples: Iterable[RawSample],
    folder: Path,
    each: Callable[[Callable[[RawSample], Any], Sequence[RawSample]], list[Any]] = in_turn,
) -> pd.DataFrame:
    """Write samples in canonical form under a folder that exists and is empty; return the table it wrote.

    Size, polarity and pairing are recorded as found: judging them is the gate's work.

    Args:
        samples: What a layout found.
        folder: Where to write.
        each: Applies work to every sample, in order of the samples; may do so in threads.

    Raises:
        HairlineError: If two samples have one id, an id is unusable, or files cannot be decoded; all such files are
            named in one message.
    """
    wanted = list(samples)
    _refuse_ids(wanted)
    results = each(lambda sample: _attempt(sample, folder), wanted)
    faults = [result for result in results if isinstance(result, HairlineError)]
    if faults:
        more = f"\n… and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise HairlineError("\n".join(str(fault) for fault in faults[:NAMED]) + more)
    table = pd.DataFrame(results, columns=list(COLUMNS)).sort_values("id", ignore_index=True)
    table.to_parquet(folder / "samples.parquet", index=False)
    return table


def _refuse_ids(samples: Sequence[RawSample]) -> None:
    seen = dict[str, Path]()
    for sample in samples:
        if not usable_id(sample.id):
            raise HairlineError(
                f"{sample.image.parent}: {sample.image.name!r}: {sample.id!r} cannot be the name of a sample; expected "
                f"at most {LONGEST_ID} bytes, printable, "
                'without / \\ : * ? " < > |, no dot in front, no space at an end; rename the file'
            )
        key = composed(sample.id).casefold()
        if key in seen:
            raise HairlineError(
                f"{sample.image}: its id '{sample.id}' is that of {seen[key]} too (upper and lower case count as the "
                "same); rename or exclude one of them"
            )
        seen[key] = sample.image


def _attempt(sample: RawSample, folder: Path) -> tuple[object, ...] | HairlineError:
    """The row of a sample, or what is wrong with its files, so that one bad file does not hide the next."""
    try:
        return _ingest_one(sample, folder)
    except HairlineError as error:
        return error


def _ingest_one(sample: RawSample, folder: Path) -> tuple[object, ...]:
    with readable():
        image, turned = read_image(sample.image), orientation(sample.image)
        mask = None if sample.mask is None else sample.read_mask(sample.mask)
    write_image(image_path(folder, sample.id), image)
    if mask is not None:
        write_mask(mask_path(folder, sample.id), mask.crack)
    mask_height, mask_width = (0, 0) if mask is None else mask.crack.shape
    return (
        sample.id, sample.split, sample.group, *image.shape[:2], sample.image_label, turned,
        mask is not None, mask_height, mask_width, 0 if mask is None else int(mask.crack.sum()),
        "" if mask is None else _told(mask.unusual), 0 if mask is None else sum(mask.unusual.values()),
        digest(image), "" if mask is None else digest(mask.crack), sample.image.name,
    )  # fmt: skip


def _told(unusual: Mapping[int, int]) -> str:
    """The most frequent unusual values, e.g. ``3 (120 px), 4 (33 px)``."""
    ranked = sorted(unusual.items(), key=lambda item: -item[1])
    rest = f" and {len(ranked) - 5} more" if len(ranked) > 5 else ""
    return ", ".join(f"{value} ({pixels} px)" for value, pixels in ranked[:5]) + rest


def read_samples(folder: Path, *splits: str) -> pd.DataFrame:
    """The samples table of a canonical data set, in order of id; only the given splits where any are named.

    Raises:
        HairlineError: If the folder holds no readable samples.parquet.
    """
    path = folder / "samples.parquet"
    if not there(path):
        raise HairlineError(f"{path}: not found; run the ingest stage of this data set first (dvc repro)")
    table = read_parquet(path, KINDS, repro(f"ingest@{folder.name}"))
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
