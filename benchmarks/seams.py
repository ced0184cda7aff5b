"""How far the answer in tiles is from the answer about the whole image, on real photos, which need no masks.

    python benchmarks/seams.py data/raw/crack500/traincrop [--side 1600] [--images 2] [--model NETWORK.onnx]
        [--tilings 1024,128,32 …]

Images of different photos side by side, small enough to be looked at as a whole, are looked at in the tiles of
hairline predict (the second are those for photos above 134 megapixels) and in others: longest side, overlap and margin.
Differences are of scores, means over images, but for the largest; *mask* is the share of the crack pixels that differ
at one half, *seen* how many times the pixels of a photo of 4000 x 3000 the network sees.
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
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--model", default="shipped")
    parser.add_argument("--tilings", nargs="+", default=[], metavar="PX,OVERLAP,MARGIN", help="others")
    args = parser.parse_args()
    others = [Tiling(*map(int, each.split(",")), 32) for each in args.tilings]  # type: ignore[call-arg]
    predictor = prediction.load_segmenter(args.model)
    prediction.TILING = Tiling(1 << 20, 0, 0, 32)  # so that it looks at what it is given as a whole
    ask: Ask = lambda tile: np.asarray(predictor.predict(tile))  # noqa: E731
    files = sorted(args.photos.glob("*.jpg"))
    rows: dict[Tiling, list[tuple[float, ...]]] = {each: [] for each in (NETWORK, FRUGAL, *others)}
    for number in range(args.images):
        image = mosaic(files[number :: args.images], args.side)
        whole = ask(image)
        for tiling, found in rows.items():
            start = time.process_time()
            tiled = blended(image, ask, tiling)
            spent, apart = time.process_time() - start, np.abs(tiled - whole)
            other = ((tiled >= HALF) ^ (whole >= HALF)).sum() / (whole >= HALF).sum()
            found.append((apart.max(), np.quantile(apart, 0.999), apart.mean(), other, spent))
    print("| tile | overlap | margin | largest | 99.9 % | mean | mask | time | seen |")
    print("| --- " * 9 + "|")
    for tiling, found in rows.items():
        _, high, mean, other, spent = np.mean(found, axis=0)
        seen = np.prod([sum(end - start for start, end in tiling.spans(side)) / side for side in (3000, 4000)])
        print(f"| {tiling.tile_px} | {tiling.overlap_px} | {tiling.margin_px} | {max(found)[0]:.3f} | {high:.3f} | "
              f"{mean:.5f} | {other:.2%} | {spent:.1f} s | {seen:.2f} |", flush=True)  # fmt: skip


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
