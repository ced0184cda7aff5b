"""How long a photo of 100 megapixels keeps `hairline click` waiting: seconds of one core, and peak memory.

python benchmarks/clicking.py [MEGAPIXELS]
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hairline.clicking import cuts
from hairline.clicking.decoded import REDUCED, Decoded
from hairline.data import clicks
from hairline.data.clicks import Click, Place

SHOWN_PX = 1400


def main(megapixels: float) -> None:
    """Make the photo, decode it, cut from it, and keep some clicks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "panorama.jpg")
        height = round((megapixels * 1e6 / 1.5625) ** 0.5)
        width = round(1.5625 * height)
        made = multiprocessing.get_context("fork").Process(target=_photo, args=(path, height, width))
        made.start()  # in a process of its own, whose memory is not counted
        made.join()
        print(f"{width} x {height} px, {path.stat().st_size / 1e6:.0f} MB")
        decoded = Decoded({"photo": path})
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        _told("decoded and kept", lambda: decoded.pixels("photo"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        pixels, small = decoded.pixels("photo"), decoded.reduced("photo")
        _told("a patch as JPEG", lambda: cuts.jpeg(cuts.with_surroundings(pixels, width // 2, height // 2, 128, 448)))
        whole = width // REDUCED, height // REDUCED
        _told(f"the whole photo, {SHOWN_PX} px", lambda: cuts.jpeg(cuts.region(small, 0, 0, *whole, SHOWN_PX)))
        _told("a part of it, pixel by pixel", lambda: cuts.jpeg(cuts.region(pixels, 900, 900, SHOWN_PX, 800, SHOWN_PX)))
        print(f"peak memory: {peak:.0f} MiB, {before:.0f} MiB before decoding")
        _clicks(Path(folder, "clicks"))


def _photo(path: Path, height: int, width: int) -> None:
    draws = np.random.default_rng(0)
    coarse = np.asarray(Image.fromarray(draws.integers(120, 180, (25, 25), dtype=np.uint8)).resize((1000, 1000)))
    tile = np.clip(coarse[..., None] + draws.normal(0, 9, (1000, 1000, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    whole = np.tile(tile, (-(-height // 1000), -(-width // 1000), 1))[:height, :width]
    Image.fromarray(whole).save(path, quality=90)


def _told(what: str, work: Callable[[], object]) -> None:
    wall, core = time.perf_counter(), time.process_time()
    work()
    print(f"{what}: {time.process_time() - core:.3f} s of a core, {time.perf_counter() - wall:.3f} s by the clock")


def _clicks(folder: Path) -> None:
    with clicks.only_writer(folder, "anna") as path:
        began = time.perf_counter()
        for number in range(50):
            clicks.append(path, Click(Place("photo", number, 0, 128), "crack", "anna", clicks.now()))
        print(f"a click on the disk: {(time.perf_counter() - began) / 50 * 1000:.1f} ms by the clock")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 100)
