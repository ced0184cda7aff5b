r"""How long measuring takes, and how much memory: masks with many branching cracks of 1 to 16 px, and one all crack.

python benchmarks/widths_speed.py --megapixels 12 --cracks 60
python benchmarks/widths_speed.py --megapixels 12 --full
"""

import argparse
import resource
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.inspection.measuring.measure import measure


def mask(megapixels: float, cracks: int) -> NDArray[np.bool_]:
    """Random walks of 1 to 16 px, and 50 specks a crack."""
    rng = np.random.default_rng(0)
    height, width = round((megapixels * 1e6 * 3 / 4) ** 0.5), round((megapixels * 1e6 * 4 / 3) ** 0.5)
    made = np.zeros((height, width), np.uint8)
    for _ in range(cracks):
        walk = np.cumsum(rng.normal(0, 3, (200, 2)) + rng.normal(0, 6, 2), 0) + rng.uniform(0, 1, 2) * (width, height)
        cv2.polylines(made, [np.rint(walk).astype(np.int32)], False, 1, int(rng.integers(1, 16)))
    for x, y, radius in zip(rng.integers(width, size=50 * cracks), rng.integers(height, size=50 * cracks),
                            rng.integers(0, 3, 50 * cracks), strict=True):  # fmt: skip
        cv2.circle(made, (int(x), int(y)), int(radius), 1, -1)
    return made.astype(bool)


def main() -> None:
    """Measure without and with a photo."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--cracks", type=int, default=60)
    parser.add_argument("--full", action="store_true", help="a mask that is all crack")
    args = parser.parse_args()
    made = mask(args.megapixels, args.cracks)
    if args.full:
        made[:] = True
    photo = cv2.GaussianBlur((200 - 100 * made).astype(np.uint8), (0, 0), 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{made.shape[1]} × {made.shape[0]} px, {100 * made.mean():.1f} % crack; {before:.0f} MB before")
    for name, of in (("mask", None), ("mask and photo", photo)):
        start, busy = time.perf_counter(), time.process_time()
        found = measure(made, of)
        took, work = time.perf_counter() - start, time.process_time() - busy
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name}: {took:.1f} s ({work:.1f} s of processor), peak {peak:.0f} MB; {len(found.cracks)} cracks, "
              f"{found.length_px:.0f} px, {found.left_out} left out")  # fmt: skip


if __name__ == "__main__":
    main()
