"""How long the outputs of an inspection take, how large they are, and what memory they need.

    python benchmarks/inspection_page.py state/inspection_page --photos 500 --megapixels 12

makes 8 photos (JPEG, generated images enlarged), masks and scores in a folder, unless they are there, then writes all
outputs of so many photos, which share these files, and prints time, sizes and peak memory, without the making. Pictures
beside the page are therefore 24 files instead of three a photo.
"""

import argparse
import resource
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.synthetic.making import make
from hairline.data.synthetic.options import Options
from hairline.imaging.images import read_mask, write_mask, write_scores
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance, WidthClass
from hairline.inspection.measuring.cracks import Branch, Crack
from hairline.inspection.outputs import Wanted, write_outputs

DIFFERENT = 8
CLASSES = (WidthClass("fine", "below 0.3 mm"), WidthClass("medium", "0.3 to 1 mm"), WidthClass("wide", "above 1 mm"))


def main(argv: Sequence[str] | None = None) -> None:
    """Make photos, write outputs, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--page-alone", action="store_true")
    args = parser.parse_args(argv)
    photos = [_photo(args.folder, number, args.megapixels) for number in range(args.photos)]
    begun, busy = time.perf_counter(), time.process_time()
    wanted = Wanted() if args.page_alone else Wanted(page=True, coco=True, geojson=True, geopackage=True)
    files = write_outputs(args.folder, photos, Provenance({"Network": "none"}, CLASSES), wanted)
    took, worked = time.perf_counter() - begun, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cracks = sum(len(photo.cracks) for photo in photos)
    print(f"{len(photos)} photos, {cracks} cracks: {took:.1f} s, of processors {worked:.1f} s, {peak:.0f} MB")
    for file in files:
        print(f"{file.name:20} {file.stat().st_size / 1e6:8.2f} MB")


def _photo(folder: Path, number: int, megapixels: float) -> MeasuredPhoto:
    """A photo; those whose numbers differ by :data:`DIFFERENT` share their files."""
    shared, name = _shared(folder, number % DIFFERENT, megapixels), f"IMG_{number:04}"
    return replace(shared, file=f"{name}.jpg", name=name)


@cache
def _shared(folder: Path, number: int, megapixels: float) -> MeasuredPhoto:
    name = f"photo_{number}_{megapixels:g}"
    photo = folder / "photos" / f"{name}.jpg"
    mask, scores = folder / "masks" / f"{name}.png", folder / "scores" / f"{name}.png"
    if not scores.is_file():
        image, found = _image(number, megapixels)
        photo.parent.mkdir(parents=True, exist_ok=True)
        photo.write_bytes(cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
        write_mask(mask, found)
        write_scores(scores, cv2.GaussianBlur(found.astype(np.float32), (0, 0), 3))
    pixels = read_mask(mask)
    height, width = pixels.shape
    cracks = _cracks(pixels)
    classes = [CLASSES[int(np.searchsorted((0.3, 1.0), crack.width_p95_px * 0.1))].name for crack in cracks]
    return MeasuredPhoto(photo, photo.name, name, width, height, mask, cracks, classes, scores, None, 0.1)


def _image(number: int, megapixels: float) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    options = Options(5, 0, 0, DIFFERENT, 480, 640, 0.25, style="wide")
    image, mask = make(options, "test", number)
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    size = (width, round(width * 3 / 4))
    large = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_CUBIC) > 0.5
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8), large


def _cracks(pixels: NDArray[np.bool_]) -> list[Crack]:
    """Connected components with roughly their measures, each of one straight branch: numbers are not looked at here."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(pixels.astype(np.uint8), connectivity=8)
    cracks = []
    for left, top, width, height, area in boxes[1:].tolist():
        length = float(np.hypot(width, height))
        line = np.linspace((left, top), (left + width - 1, top + height - 1), max(2, round(length)))
        wide = area / length
        branch = Branch(line, np.full(len(line), wide), length)
        cracks.append(
            Crack(0, (branch,), 0, length, wide, wide, wide, (left + width / 2, top + height / 2), area, None,
                  (left, top, left + width, top + height))
        )  # fmt: skip
    cracks.sort(key=lambda crack: -crack.length_px)
    return [Crack(number, *list(vars(crack).values())[1:]) for number, crack in enumerate(cracks, 1)]


if __name__ == "__main__":
    main()
