"""GeoTIFF: read by rows, never as a whole, and written by rows with the coordinate system of the photo."""

import errno
import logging
import os
import shutil
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging import images
from hairline.inspection.georeference import Georeference
from hairline.io import extras
from hairline.io.file_names import printable

SUFFIXES = (".tif", ".tiff")
MISSING = extras.sentence("rasterio", "GeoTIFF")
CACHE_MB = 128
BLOCK_PX = 512
LARGE_PIXELS = 1 << 26
"""TIFF files without a coordinate system are read by rows from so many pixels on."""
PIECE_BYTES = 1 << 28
ANY_PIXELS = 1 << 40
SEARCH_ROWS = 1024
FULL_BYTES = 1 << 22
"""A disk with less is full where a file could not be written."""
NOBODY = logging.NullHandler()
"""Keeps what GDAL says of damaged files, of which a sentence of ours tells, off the screen; other handlers have it."""


def readable() -> bool:
    """Whether rasterio is installed."""
    return extras.installed("rasterio")


def is_tiff(path: Path) -> bool:
    """Whether a file is one by its name."""
    return path.suffix.lower() in SUFFIXES


def georeference(path: Path) -> Georeference | None:
    """Where a photo, mask or score map lies; None where its file does not say, or is no TIFF.

    Raises:
        HairlineError: If rasterio is not installed and the file is a TIFF.
    """
    if not is_tiff(path):
        return None
    if not readable():
        raise HairlineError(f"{printable(str(path))}: {MISSING}")
    with _dataset(path) as dataset:
        return None if dataset is None else _georeference(dataset)


def texts(path: Path) -> Mapping[str, str]:
    """What a GeoTIFF tells beside its pixels, as tags; nothing where it cannot be read, or rasterio is missing."""
    if not readable():
        return {}
    with _dataset(path) as dataset:
        return {} if dataset is None else dict(dataset.tags())


@contextmanager
def opened(path: Path) -> Iterator["GeoTiff | None"]:
    """A TIFF file to be read by rows; None where it has no coordinate system and is better read as a plain photo.

    Raises:
        HairlineError: If its values are no 8 or 16 bits, or cannot be decoded.
    """
    with _dataset(path) as dataset:
        if dataset is None or not (_georeference(dataset) or _is_large_and_plain(path, dataset)):
            yield None
        else:
            yield GeoTiff(path, dataset)


class GeoTiff:
    """An opened GeoTIFF, of which rows are read as of a photo.

    Attributes:
        height: In pixels.
        width: In pixels.
        georeference: Where it lies; None of a plain TIFF.
    """

    def __init__(self, path: Path, dataset: Any) -> None:
        """Look at what a file holds, not yet at its pixels.

        Raises:
            HairlineError: If its values are no 8 or 16 bits, or it has several pages.
        """
        self._path, self._dataset = path, dataset
        self._kept: tuple[tuple[int, int], NDArray[np.uint8]] | None = None
        self.height, self.width = dataset.height, dataset.width
        self.georeference = _georeference(dataset)
        self._bands = _colours(dataset)
        if dataset.subdatasets:
            raise HairlineError(
                f"{printable(str(path))}: holds {len(dataset.subdatasets)} pages; expected one image a file; save each "
                "as its own"
            )
        packed = _piece_bytes(dataset)
        if packed > PIECE_BYTES:
            raise HairlineError(
                f"{printable(str(path))}: is packed in pieces of {packed:,} bytes; expected tiles; write it anew, as "
                "with 'gdal_translate -co TILED=YES -co COMPRESS=DEFLATE'"
            )
        kinds = {dataset.dtypes[band - 1] for band in self._bands}
        if not kinds <= {"uint8", "uint16"}:
            raise HairlineError(
                f"{printable(str(path))}: holds {', '.join(sorted(kinds))} values, of which no brightness is known; "
                "expected uint8 or uint16; convert it, as with 'gdal_translate -ot Byte -scale'"
            )
        self._palette = _palette(dataset) if len(self._bands) == 1 else None
        self._times = np.uint8(1 if self._palette is not None else _stretch(dataset, self._bands[0]))
        self._bits = images.depth(self._largest()) if "uint16" in kinds else 8

    def part(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.uint8]:
        """A part as RGB, uint8 [bottom - top, right - left, 3]; whole rows are read, and kept for the parts beside."""
        if self._kept is None or self._kept[0] != (top, bottom):
            self._kept = None
            self._kept = (top, bottom), self._rows(top, bottom)
        return self._kept[1][:, left:right]

    def _rows(self, top: int, bottom: int) -> NDArray[np.uint8]:
        """Red, green and blue, or the first band three times over."""
        values = self._read(top, bottom) * self._times
        if self._palette is not None:
            return np.asarray(self._palette[values[0]])
        found = (values >> (self._bits - 8)).astype(np.uint8).transpose(1, 2, 0)
        return np.ascontiguousarray(found if found.shape[2] == 3 else np.repeat(found, 3, axis=2))

    def shown(self, top: int, bottom: int) -> NDArray[np.bool_] | None:
        """Which pixels of these rows are there, bool [rows, width]: neither nodata nor clear; None where all are."""
        from rasterio.enums import MaskFlags

        if all(flags == [MaskFlags.all_valid] for flags in self._dataset.mask_flag_enums):
            return None
        with _told(self._path):
            return np.asarray(self._dataset.dataset_mask(window=self._window(top, bottom)) > 0)

    def _largest(self) -> int:
        most = 0
        for top in range(0, self.height, SEARCH_ROWS):
            bottom = min(top + SEARCH_ROWS, self.height)
            values, shown = self._read(top, bottom), self.shown(top, bottom)
            most = max(most, int((values if shown is None else values[:, shown]).max(initial=0)))
        return most

    def _read(self, top: int, bottom: int) -> NDArray[Any]:
        with _told(self._path):
            return np.asarray(self._dataset.read(self._bands, window=self._window(top, bottom)))

    def _window(self, top: int, bottom: int) -> Any:
        from rasterio.windows import Window

        return Window(0, top, self.width, bottom - top)


class GeoTiffRows:
    """An 8-bit GeoTIFF that grows from top to bottom; use it as a context, and write every row once."""

    def __init__(self, file: Path, height: int, width: int, place: Georeference, texts: Mapping[str, str]) -> None:
        """Begin a file.

        Args:
            file: Its path.
            height: In pixels.
            width: In pixels.
            place: Where it lies.
            texts: What else it tells, as tags.
        """
        import rasterio
        from rasterio.transform import Affine

        self._file, self._open, self._sum = file, ExitStack(), 0
        self._open.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_MB))
        self._dataset = self._open.enter_context(rasterio.open(
            file, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8", crs=place.crs,
            transform=Affine(*place.transform), tiled=True, blockxsize=BLOCK_PX, blockysize=BLOCK_PX,
            compress="deflate", bigtiff="IF_SAFER",
        ))  # fmt: skip
        self._dataset.update_tags(**texts)
        self._held, self._top, self._width = np.zeros((0, width), np.uint8), 0, width

    def __enter__(self) -> Self:
        return self

    def write(self, rows: NDArray[np.uint8]) -> None:
        """Add rows below those that are there, uint8 [rows, width]."""
        held = np.concatenate([self._held, rows])
        whole = len(held) - len(held) % BLOCK_PX
        self._put(held[:whole])
        self._held = held[whole:].copy()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file, and read it back: on a full disk GDAL writes less than it was given, and may not say so.

        Raises:
            OSError: If it does not hold what was written.
        """
        told: AbstractContextManager[object] = _written(self._file) if kind is None else suppress(Exception)
        with told, self._open:
            if kind is None:
                self._put(self._held)
        if kind is None and self._read_back() != self._sum:
            raise _unwritten(self._file)

    def _put(self, rows: NDArray[np.uint8]) -> None:
        from rasterio.windows import Window

        if len(rows):
            with _written(self._file):
                self._dataset.write(rows, 1, window=Window(0, self._top, self._width, len(rows)))
            self._sum = zlib.crc32(np.ascontiguousarray(rows).data, self._sum)
            self._top += len(rows)

    def _read_back(self) -> int:
        """Checksum of what the file holds."""
        from rasterio.windows import Window

        found = 0
        with _written(self._file), _dataset(self._file) as dataset:
            for top in range(0, self._top if dataset is not None else 0, BLOCK_PX):
                rows = dataset.read(1, window=Window(0, top, self._width, min(BLOCK_PX, self._top - top)))
                found = zlib.crc32(rows, found)
        return found


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """What GDAL says of writing inside the block, as an error of the file system, which it is."""
    from rasterio.errors import RasterioError

    try:
        yield
    except RasterioError:
        raise _unwritten(path) from None


def _unwritten(path: Path) -> OSError:
    number = errno.ENOSPC if shutil.disk_usage(path.parent).free < FULL_BYTES else errno.EIO
    return OSError(number, os.strerror(number), str(path))


@contextmanager
def _dataset(path: Path) -> Iterator[Any]:
    """A file as rasterio opens it; None where it does not, which others may."""
    import rasterio

    logging.getLogger("rasterio").addHandler(NOBODY)
    with rasterio.Env(GDAL_CACHEMAX=CACHE_MB), warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        try:
            dataset = rasterio.open(path, driver="GTiff")
        except rasterio.errors.RasterioIOError:
            dataset = None
        if dataset is None:
            yield None
            return
        with dataset:
            yield dataset


@contextmanager
def _told(path: Path) -> Iterator[None]:
    from rasterio.errors import RasterioError

    try:
        yield
    except (RasterioError, MemoryError) as error:
        found = " ".join(str(error.__cause__ or error).split())
        raise HairlineError(
            f"{printable(str(path))}: cannot be decoded ({found}); expected a whole GeoTIFF; copy or export it again"
        ) from None


def _georeference(dataset: Any) -> Georeference | None:
    from rasterio.errors import CRSError

    if not dataset.crs or dataset.transform.is_identity:  # which stands for none
        return None
    authority = _authority(dataset.crs)
    try:
        metres = float(dataset.crs.linear_units_factor[1]) if not dataset.crs.is_geographic else None
    except CRSError:
        metres = None
    a, b, c, d, e, f = tuple(dataset.transform)[:6]
    return Georeference(authority or dataset.crs.to_wkt(), (a, b, c, d, e, f), metres)


def _authority(crs: Any) -> str | None:
    """The code of a coordinate system where it is just that, not only like it."""
    from rasterio.crs import CRS

    found = crs.to_authority()
    return ":".join(found) if found and CRS.from_authority(*found) == crs else None


def _is_large_and_plain(path: Path, dataset: Any) -> bool:
    """Whether a photo without a place has to be read by rows, and can be: it lies upright and is grey or RGB."""
    from rasterio.enums import PhotometricInterp

    plain = (PhotometricInterp.black, PhotometricInterp.rgb, PhotometricInterp.ycbcr)
    large = dataset.width * dataset.height >= LARGE_PIXELS and dataset.photometric in plain
    large = large and not dataset.subdatasets and _piece_bytes(dataset) <= PIECE_BYTES
    with suppress(HairlineError):
        return large and images.orientation(path, ANY_PIXELS) == 1
    return large


def _piece_bytes(dataset: Any) -> int:
    """Bytes of the tiles or strips in which a file is packed, of which each is unpacked as a whole."""
    sizes = [np.dtype(kind).itemsize for kind in dataset.dtypes]
    pieces = zip(dataset.block_shapes, sizes, strict=True)
    return sum(rows * columns * size for (rows, columns), size in pieces)


def _stretch(dataset: Any, band: int) -> int:
    """What values of fewer than 8 bits are multiplied by, so that the largest is 255."""
    bits = int(dataset.tags(band, ns="IMAGE_STRUCTURE").get("NBITS", 8))
    return 255 // ((1 << bits) - 1) if bits < 8 else 1


def _colours(dataset: Any) -> list[int]:
    """Numbers of the bands of red, green and blue; of the first where there are no three of colour."""
    from rasterio.enums import ColorInterp

    told = {interpretation: band for band, interpretation in enumerate(dataset.colorinterp, 1)}
    named = [told.get(colour) for colour in (ColorInterp.red, ColorInterp.green, ColorInterp.blue)]
    if all(named):
        return [band for band in named if band]
    others = [band for band, kind in enumerate(dataset.colorinterp, 1) if kind != ColorInterp.alpha]
    return others[:3] if len(others) >= 3 else others[:1]


def _palette(dataset: Any) -> NDArray[np.uint8] | None:
    """Colours of the values of a band, uint8 [65536, 3]; None where they are brightness."""
    from rasterio.enums import ColorInterp

    if dataset.colorinterp[0] != ColorInterp.palette:
        return None
    found = np.zeros((1 << 16, 3), np.uint8)
    for value, colour in dataset.colormap(1).items():
        found[value] = colour[:3]
    return found
