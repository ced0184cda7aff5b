"""One photo: its scores found tile by tile and written while they are found."""

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging import tiles
from hairline.imaging.images import quantise
from hairline.imaging.tiles import Tiling
from hairline.inspection import averaging, places, tags, writing
from hairline.inspection.averaging import Asked
from hairline.inspection.opened import Opened, Opening
from hairline.inspection.options import Options
from hairline.inspection.photos import Photo
from hairline.inspection.records import Record
from hairline.io.atomic import whole_file
from hairline.io.file_names import printable
from hairline.io.hashing import content_hash

WHOLE = Tiling(tile_px=1 << 40, overlap_px=0, margin_px=0, align_px=1)
"""What must see photos as a whole is asked about one tile."""


def predict(
    photo: Photo, name: str, digest: str, opening: Opening, predictor: Asked, out: Path, options: Options
) -> Record:
    """Predict a photo and write what was found, all of it or nothing.

    Args:
        photo: The photo.
        name: What is written is called.
        digest: Hash of its file.
        opening: Opens it.
        predictor: The network, or what labels.
        out: Folder to write to.
        options: What to write.

    Returns:
        Its row of the table.

    Raises:
        HairlineError: If it cannot be read.
    """
    begun = time.perf_counter()
    told = tags.of(options, predictor.sha256, digest)
    with opening() as found:
        cracked = _write(photo, name, found, predictor, out, options, told)
        height, width = found.photo.height, found.photo.width
        place = found.georeference
    return Record(
        str(photo.path), name, width, height, float(options.scale), float(options.threshold),
        cracked / (height * width), round(time.perf_counter() - begun, 3), digest, predictor.sha256,
        options.average, place.crs if place else "", content_hash(places.mask(out, name, place is not None)),
    )  # fmt: skip


def _write(
    photo: Photo, name: str, found: Opened, predictor: Asked, out: Path, options: Options, told: dict[str, str]
) -> int:
    """Write what is found of a photo; the number of its crack pixels."""
    parts, on_map, cracked = found.photo, found.georeference is not None, 0
    drawn = writing.Overlay(parts.height, parts.width) if options.overlay else None
    cut = tiles.of_photo(parts.height * parts.width, options.scale) if options.tiled else WHOLE
    ask = averaging.averaged(predictor, options.scale, options.average)
    paths = [places.scores(out, name, on_map), places.mask(out, name, on_map)]
    with writing.grey_files(paths, parts.height, parts.width, found.georeference, told) as (to_scores, to_mask):
        for top, scores in tiles.bands(parts.height, parts.width, parts.part, ask, cut):
            _refuse_no_numbers(photo, scores)
            bottom = top + len(scores)
            shown = parts.shown(top, bottom)
            seen = scores if shown is None else np.where(shown, scores, np.float32(0))
            mask = seen >= options.threshold
            cracked += int(np.count_nonzero(mask))
            to_scores.write(quantise(seen))
            to_mask.write(mask.astype(np.uint8) * np.uint8(255))
            if drawn is not None:
                drawn.add(parts.part(top, bottom, 0, parts.width), mask)
        if drawn is not None:
            with whole_file(places.overlay(out, name)) as partial:
                partial.write_bytes(drawn.jpeg(f"{told['Software']} {told['hairline']}"))
    for kind in (places.scores, places.mask):
        kind(out, name, not on_map).unlink(missing_ok=True)  # of another photo of this name, before
    return cracked


def _refuse_no_numbers(photo: Photo, scores: NDArray[np.float32]) -> None:
    if not np.isfinite(scores).all():
        raise HairlineError(
            f"{printable(str(photo.path))}: the network gives scores that are no numbers (NaN) here; expected some in "
            "[0, 1]; name another network, or train this one again"
        )
