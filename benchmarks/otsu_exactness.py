r"""How often multi-Otsu finds the exact optimum: against an exhaustive search in float64, and against scikit-image.

    PYTHONPATH=tests python benchmarks/otsu_exactness.py data/found/crack500:val data/found/cfd

Each set is a folder that `python -m pipeline.ingest` wrote, with a split after a colon where not all are meant. Windows
are drawn at random from evenly spaced images, filtered and grey as in the paper. A threshold that differs from
scikit-image's has one of two causes: its sums in float32, or that it counts the pixels of bin 0 as if in bin 1. The
shortfall is by how much the variance at scikit-image's threshold is below the best, in steps of float32 (2⁻²⁴ of what
is summed).
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from support import plain_otsu

from hairline.data.samples import evenly, load_image, read_samples
from hairline.labelling.thresholding import Bilateral, grey, smooth, window_threshold


def main() -> None:
    """Draw windows, threshold them in three ways, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--windows", type=int, default=25, help="an image")
    parser.add_argument("--window-px", type=int, default=32)
    parser.add_argument("--classes", type=int, nargs="+", default=[2, 3, 4])
    args = parser.parse_args()
    print("| windows | classes | number | inexact | not scikit-image's | by float32 | by bin 0 | largest shortfall |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    sources = {name: list(real(name, args.images, args.windows, args.window_px)) for name in args.sets}
    sources["random"] = list(drawn(args.images * args.windows))
    for name, histograms in sources.items():
        for classes in args.classes:
            print(f"| {Path(name).name} | {classes} | {compared(histograms, classes)} |", flush=True)


def real(name: str, images: int, windows: int, side: int) -> Iterator[NDArray[np.int64]]:
    """Grey histograms of windows of a set's images."""
    folder, _, split = name.partition(":")
    ids, rng = list(read_samples(Path(folder), *([split] if split else []))["id"]), np.random.default_rng(0)
    for index in evenly(len(ids), images):
        levels = grey(smooth(load_image(Path(folder), ids[index]), Bilateral(2, 120.0, 120.0)))
        for _ in range(windows):
            y, x = (int(rng.integers(0, length - side + 1)) for length in levels.shape)
            yield np.bincount(levels[y : y + side, x : x + side].ravel(), minlength=256)


def drawn(count: int) -> Iterator[NDArray[np.int64]]:
    """Histograms of 1024 random pixels on a random range: even, or two heaps."""
    rng = np.random.default_rng(1)
    for number in range(count):
        low, high = sorted(rng.choice(256, 2, replace=False))
        heaps = np.where(rng.random(1024) < 0.2, rng.normal(low, 12, 1024), rng.normal(high, 12, 1024))
        even = rng.integers(low, high + 1, 1024)
        yield np.bincount(np.clip(even if number % 2 else heaps, 0, 255).astype(int), minlength=256)


def compared(histograms: list[NDArray[np.int64]], classes: int) -> str:
    """Cells of the table for windows with at least so many grey levels."""
    used = [histogram for histogram in histograms if (histogram > 0).sum() >= classes]
    found = [window_threshold(histogram, classes) for histogram in used]
    inexact = sum(level != plain_otsu.exhaustive(one, classes) for one, level in zip(used, found, strict=True))
    theirs = [plain_otsu.library(histogram, classes) for histogram in used]
    differ = [(one, level) for one, level, ours in zip(used, theirs, found, strict=True) if level != ours]
    rounding = sum(plain_otsu.is_rounding(histogram, classes) for histogram, _ in differ)
    largest = max((plain_otsu.shortfall(histogram, classes, level) for histogram, level in differ), default=0)
    return f"{len(used)} | {inexact} | {len(differ)} | {rounding} | {len(differ) - rounding} | {largest:.1f}"


if __name__ == "__main__":
    main()
