"""The canonical form of a data set: images/ID.png, masks/ID.png (0/255) and one row a sample in samples.parquet.

Where a mask does not say of a pixel whether it is crack, this has the level 127; the table then has ``ignored_pixels``.
Where patches were labelled one by one, patches.parquet has a row for each.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.mask_values import Values
from hairline.data.masks import AUTO, MaskFiles, Pixels, Rule, decide, look, read_mask_file
from hairline.data.masks import Mask as Mask
from hairline.data.masks import binary_mask as binary_mask
from hairline.data.masks import read_binary_mask as read_binary_mask
from hairline.data.splits import Split
from hairline.data.stated_values import Named
from hairline.errors import HairlineError
from hairline.imaging.images import (
    Header,
    decoding,
    depth,
    header,
    largest,
    mask_levels,
    read_ignored,
    read_image,
    read_mask,
    read_stored,
    transparent_pixels,
    write_image,
    write_mask,
)
from hairline.io.artefacts import FLAG, TEXT, WHOLE, read_parquet, repro
from hairline.io.reading import composed, readable, there

T = TypeVar("T")
SPLITS = ("train", "val", "test")
CRACK, NO_CRACK, UNKNOWN = "crack", "no crack", ""
COLUMNS = ("id", "split", "group", "height", "width", "image_label", "exif_orientation", "has_mask", "mask_height",
           "mask_width", "crack_pixels", "mask_unusual", "mask_unusual_pixels", "mask_remarks", "image_sha256",
           "mask_sha256", "source", "grey_bits", "transparent_pixels", "mask_reading")  # fmt: skip
KINDS = {name: WHOLE if name in ("height", "width", "mask_height", "mask_width", "crack_pixels") else
         FLAG if name == "has_mask" else TEXT
         for name in ("id", "split", "group", "height", "width", "image_label", "has_mask", "mask_height", "mask_width",
                      "crack_pixels", "image_sha256", "mask_sha256", "source")}  # fmt: skip
IGNORED_PIXELS = "ignored_pixels"
"""Column of tables of masks of which any ignores pixels: how many each of them does."""
ALL_IGNORED = "says nothing of any pixel, so that it counts as no mask"
LONGEST_ID = 200
NAMED = 8
REMARKS = 3


@dataclass(frozen=True)
class LabelledPatch:
    """A square of an image that somebody said shows crack or none.

    Attributes:
        y: Row of its upper left pixel in the upright image; it may reach beyond the lower and the right edge.
        x: Column of that pixel.
        side: In pixels.
        crack: What was said.
    """

    y: int
    x: int
    side: int
    crack: bool


PATCH_KINDS = {"sample": TEXT, "y": WHOLE, "x": WHOLE, "side": WHOLE, "crack": FLAG}
"""Columns of patches.parquet, which a canonical data set has where patches were labelled one by one."""


@dataclass(frozen=True)
class RawSample:
    """One image of a published layout, not yet read.

    Attributes:
        id: Unique name inside the data set, which becomes the file name (see :func:`usable_id`).
        split: ``train``, ``val`` or ``test``.
        group: What must not be spread over splits, e.g. the photo a crop was cut from; the id where there is none.
        image: Path of the image file.
        mask: Path of the mask file, or None where the set has no mask for this image.
        read_mask: How this layout's masks decode; a :class:`hairline.data.masks.MaskFiles` where they are image files,
            all of which are then read by one rule.
        image_label: ``crack`` or ``no crack`` where the set says so of the image as a whole, else empty.
        shares: Split → share of the groups, where the split is by a hash of the group; None where the set says it.
        patches: Patches of it that were labelled one by one.
    """

    id: str
    split: str
    group: str
    image: Path
    mask: Path | None
    read_mask: Callable[[Path], Mask]
    image_label: str = UNKNOWN
    shares: Mapping[Split, float] | None = None
    patches: tuple[LabelledPatch, ...] = ()


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
    found = hashlib.sha256(str(pixels.shape).encode())
    found.update(np.ascontiguousarray(pixels).data)
    return found.hexdigest()


def in_turn(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Do work one item after the other."""
    return [work(item) for item in items]


@dataclass(frozen=True)
class _Seen:
    """What a look at the files of a sample tells, before any is read for good."""

    head: Header
    largest: int
    mask: Values | Named | None


def ingest(
    samples: Iterable[RawSample],
    folder: Path,
    each: Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]] = in_turn,
    pixels: Pixels = AUTO,
) -> pd.DataFrame:
    """Write samples in canonical form under a folder that exists and is empty; return the table it wrote.

    All files are looked at before any is read: the range of images of 16 bits a channel, and which values of masks are
    crack, are one for the set. Size, polarity and pairing are recorded as found: judging them is the gate's work.

    Args:
        samples: What a layout found.
        folder: Where to write.
        each: Applies work to every sample, in order of the samples; may do so in threads.
        pixels: What is stated of the files' values.

    Raises:
        HairlineError: If two samples have one id, an id is unusable, files cannot be decoded, or masks do not say what
            is crack; all such files are named in one message.
    """
    wanted = list(samples)
    refuse_ids(wanted)
    _refuse_stated(wanted, pixels)
    seen = each(lambda sample: _attempt(_look, sample, pixels), wanted)
    rules = _rules(wanted, seen, pixels)
    bits = _bits(seen, pixels)
    results = each(
        lambda found: found[1] if isinstance(found[1], HairlineError) else _attempt(_ingest_one, *found, bits, folder),
        list(zip(wanted, seen, rules, strict=True)),
    )
    _refuse_faults(results)
    table = pd.DataFrame(results, columns=[*COLUMNS, IGNORED_PIXELS]).sort_values("id", ignore_index=True)
    table = table if table[IGNORED_PIXELS].any() else table.drop(columns=IGNORED_PIXELS)
    table.to_parquet(folder / "samples.parquet", index=False)
    _write_patches(wanted, folder)
    return table


def _write_patches(samples: Iterable[RawSample], folder: Path) -> None:
    rows = [
        (sample.id, patch.y, patch.x, patch.side, patch.crack)
        for sample in sorted(samples, key=lambda sample: sample.id)
        for patch in sample.patches
    ]
    if rows:
        pd.DataFrame(rows, columns=list(PATCH_KINDS)).to_parquet(folder / "patches.parquet", index=False)


def _refuse_stated(samples: Sequence[RawSample], pixels: Pixels) -> None:
    own = next((each for each in samples if each.mask and not isinstance(each.read_mask, MaskFiles)), None)
    if own and pixels.crack != "auto":
        raise HairlineError(
            f"{own.mask}: is no image file, so that pixels.crack of this data set does not say what is crack in it; "
            "take it out"
        )


def _look(sample: RawSample, pixels: Pixels) -> _Seen:
    """Look at both files of a sample; what is wrong with either is told in one error."""
    with readable():
        image = _attempt(_range_of, sample.image)
        file = sample.mask if isinstance(sample.read_mask, MaskFiles) else None
        mask = None if file is None else _attempt(look, file, pixels)
    if isinstance(image, HairlineError) or isinstance(mask, HairlineError):
        raise HairlineError("\n".join(str(found) for found in (image, mask) if isinstance(found, HairlineError)))
    return _Seen(*image, mask)


def _range_of(path: Path) -> tuple[Header, int]:
    """What an image file says of itself, and its largest value where it has 16 bits a channel."""
    head = header(path)
    return head, largest(path) if head.deep else 255


def _rules(samples: Sequence[RawSample], seen: Sequence[_Seen | HairlineError], pixels: Pixels) -> list[Rule | None]:
    """The rule of each sample's mask; None where it has no mask file, or one that cannot be looked at."""
    rules: dict[int, Rule] = {}
    for dark in (False, True):
        of_set = {
            index: found.mask
            for index, (sample, found) in enumerate(zip(samples, seen, strict=True))
            if isinstance(found, _Seen) and found.mask and sample.read_mask == MaskFiles(dark)
        }
        rules |= dict(zip(of_set, decide(list(of_set.values()), pixels, dark), strict=True))
    return [rules.get(index) for index in range(len(samples))]


def _bits(seen: Sequence[_Seen | HairlineError], pixels: Pixels) -> int:
    """Bits of the one range for all images of 16 bits a channel."""
    if pixels.bits != "auto":
        return pixels.bits
    return depth(max((found.largest for found in seen if isinstance(found, _Seen) and found.head.deep), default=0))


def _refuse_faults(results: Sequence[object]) -> None:
    faults = [line for result in results if isinstance(result, HairlineError) for line in str(result).splitlines()]
    if faults:
        more = f"\n… and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise HairlineError("\n".join(faults[:NAMED]) + more)


def refuse_ids(samples: Sequence[RawSample]) -> None:
    """Raise HairlineError if two samples have one id, or an id is unusable."""
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


def _attempt(work: Callable[..., T], *arguments: object) -> T | HairlineError:
    """What work comes to, or what is wrong with the files, so that one bad file does not hide the next."""
    try:
        return work(*arguments)
    except HairlineError as error:
        return error


def _ingest_one(sample: RawSample, seen: _Seen, rule: Rule | None, bits: int, folder: Path) -> tuple[object, ...]:
    with readable(), decoding(seen.head):
        shape, turned, image_digest, clear = _ingest_image(sample, seen, bits, folder)
        mask, mask_digest = _ingest_mask(sample, rule, folder)
    crack_pixels = int(mask.crack.sum())
    return (
        sample.id, sample.split, sample.group, *shape, sample.image_label, turned,
        mask_digest != "", *mask.crack.shape, crack_pixels, _told(mask.unusual), sum(mask.unusual.values()),
        _first(mask.remarks), image_digest, mask_digest, sample.image.name,
        bits if seen.head.deep else 8, clear, rule.text if rule else "", _count(mask.ignored),
    )  # fmt: skip


def _count(ignored: NDArray[np.bool_] | None) -> int:
    return 0 if ignored is None else int(ignored.sum())


def _ingest_image(sample: RawSample, seen: _Seen, bits: int, folder: Path) -> tuple[tuple[int, ...], int, str, int]:
    """Write the image; its height and width, the orientation it was stored in, its digest, its transparent pixels."""
    image, turned = read_stored(sample.image, bits)
    write_image(image_path(folder, sample.id), image)
    clear = transparent_pixels(sample.image) if seen.head.transparent else 0
    return image.shape[:2], turned, digest(image), clear


def _ingest_mask(sample: RawSample, rule: Rule | None, folder: Path) -> tuple[Mask, str]:
    """Write the mask; what was read and its digest, a mask of no pixels where there is none."""
    if sample.mask is None:
        return Mask(np.zeros((0, 0), dtype=bool), {}), ""
    mask = read_mask_file(sample.mask, rule) if rule else sample.read_mask(sample.mask)
    if mask.ignored is not None and mask.ignored.all():
        return Mask(np.zeros((0, 0), dtype=bool), {}, [f"{sample.mask.name} {ALL_IGNORED}"]), ""
    write_mask(mask_path(folder, sample.id), mask.crack, mask.ignored)
    return mask, digest(mask.crack if mask.ignored is None else mask_levels(mask.crack, mask.ignored))


def _told(unusual: Mapping[int, int]) -> str:
    """The most frequent unusual values, e.g. ``3 (120 px), 4 (33 px)``."""
    ranked = sorted(unusual.items(), key=lambda item: -item[1])
    rest = f" and {len(ranked) - 5} more" if len(ranked) > 5 else ""
    return ", ".join(f"{value} ({pixels} px)" for value, pixels in ranked[:5]) + rest


def _first(remarks: Sequence[str]) -> str:
    more = f"; and {len(remarks) - REMARKS} more" if len(remarks) > REMARKS else ""
    return "; ".join(remarks[:REMARKS]) + more


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


def read_patches(folder: Path) -> pd.DataFrame:
    """The patches of a canonical data set that were labelled one by one: columns of :data:`PATCH_KINDS`.

    It has no row where the set has no such patches.
    """
    path = folder / "patches.parquet"
    if there(path):
        return read_parquet(path, PATCH_KINDS, repro(f"ingest@{folder.name}"))
    return pd.DataFrame({name: pd.Series(dtype=object) for name in PATCH_KINDS})


def load_image(folder: Path, sample_id: str) -> NDArray[np.uint8]:
    """Image of a sample, RGB uint8 [height, width, 3]."""
    return read_image(image_path(folder, sample_id))


def load_mask(folder: Path, sample_id: str) -> NDArray[np.bool_]:
    """Mask of a sample, bool [height, width]."""
    return read_mask(mask_path(folder, sample_id))


def load_ignored(folder: Path, samples: pd.DataFrame) -> Callable[[str], NDArray[np.bool_] | None]:
    """Id of a sample → the pixels that its mask says nothing of, bool [height, width]; None where there are none.

    Args:
        folder: The canonical data set.
        samples: Rows of its table; where none of them ignores a pixel, no mask is read for it.
    """
    some = set(samples.loc[samples[IGNORED_PIXELS] > 0, "id"]) if IGNORED_PIXELS in samples else set()
    return lambda sample_id: read_ignored(mask_path(folder, sample_id)) if sample_id in some else None


def evenly(count: int, wanted: int) -> list[int]:
    """Indices of ``wanted`` of ``count`` things, evenly spaced, all of them where fewer are there."""
    wanted = min(count, wanted)
    return [index * count // wanted for index in range(wanted)]
