"""How far the answer in tiles is from the answer about the whole image, by the network that ships, on real photos.

    python benchmarks/seams.py data/raw/crack500/traincrop [--side 1600] [--overlaps 64 128 256]

An image of different photos side by side, small enough to be looked at as a whole, is looked at in the tiles of
hairline predict (1024 px, and 640 px as for photos above 134 megapixels) with several overlaps and margins. Differences
are of scores; *mask* is the share of the crack pixels that differ at one half.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from hairline.imaging.images import read_image
from hairline.imaging.tiles import FRUGAL, NETWORK, Ask, Tiling, blended
from hairline.inspection import prediction

HALF = 0.5


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", type=Path, help="folder of photos of one size, .jpg")
    parser.add_argument("--side", type=int, default=1600)
    parser.add_argument("--overlaps", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--margins", type=int, nargs="+", default=[32])
    args = parser.parse_args()
    image = mosaic(sorted(args.photos.glob("*.jpg")), args.side)
    predictor = prediction.load_segmenter()
    prediction.TILING = Tiling(1 << 20, 0, 0, 32)  # so that it looks at what it is given as a whole
    ask: Ask = lambda tile: predictor.predict(tile)  # noqa: E731
    whole = ask(image)
    print("| tile | overlap | margin | largest | 99.9 % | mean | mask | time |")
    print("| --- " * 8 + "|")
    for tile in (NETWORK.tile_px, FRUGAL.tile_px):
        for overlap in args.overlaps:
            for margin in args.margins:
                start = time.process_time()
                tiled = blended(image, ask, Tiling(tile, overlap, margin, 32))
                spent, apart = time.process_time() - start, np.abs(tiled - whole)
                other = ((tiled >= HALF) ^ (whole >= HALF)).sum() / (whole >= HALF).sum()
                print(f"| {tile} | {overlap} | {margin} | {apart.max():.3f} | {np.quantile(apart, 0.999):.3f} | "
                      f"{apart.mean():.5f} | {other:.2%} | {spent:.1f} s |", flush=True)  # fmt: skip


def mosaic(files: list[Path], side: int) -> np.ndarray:
    """A square of photos side by side."""
    rows, used = [], 0
    height, width = read_image(files[0]).shape[:2]
    across, down = -(-side // width), -(-side // height)
    step = max(len(files) // (across * down), 1)
    for _ in range(down):
        some = [read_image(files[(used + number) * step])[:height, :width] for number in range(across)]
        used += across
        rows.append(np.concatenate([np.resize(each, (height, width, 3)) for each in some], axis=1))
    return np.ascontiguousarray(np.concatenate(rows)[:side, :side])


if __name__ == "__main__":
    main()
