"""How fast scoring is: against plain loops over the thresholds, and for a test set of CRACK500's size.

    python benchmarks/scoring.py [--images 1124] [--threads 2] [--loops 15]

Images are 640 x 360 with a crack and a noisy score map, none twice. The first table is one thread, the fastest of
``--loops`` turns, both ways in turn; every pair is checked to give equal numbers. The plain way thresholds the map 99
times and counts; with a tolerance it measures, at each threshold, how far pixels are from the prediction and from the
mask. The second table is a process of its own that scores ``--images`` images in all conventions: seconds on the clock
and of processors, and the peak of the whole process. What it takes to make the images is not in it.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.metrics import conventions, full_score_table, thresholds
from hairline.metrics.tolerance import TOLERANCES, histograms

HEIGHT, WIDTH = 360, 640
Counted = NDArray[np.float64]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1124)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--loops", type=int, default=15)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(whole_set(args.images, args.threads))
        return
    cv2.setNumThreads(1)
    print("| what | scores | ours ms | plain loop ms | ratio |\n| --- | --- | --- | --- | --- |")
    for kind in (np.float32, np.uint8):
        scores, mask = pair(0, kind)
        for told, ours, plain in (("counts", our_counts, plain_counts), ("tolerances", our_matches, plain_matches)):
            print(f"| {told} | {np.dtype(kind)} | {compared(ours, plain, scores, mask, args.loops)} |", flush=True)
    print("\n| images | threads | clock s | processor s | peak MiB |\n| --- | --- | --- | --- | --- |", flush=True)
    command = [sys.executable, __file__, "--child", "--images", str(args.images), "--threads", str(args.threads)]
    subprocess.run(command, check=True)


def pair(seed: int, kind: type[np.generic] = np.float32) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """A score map and a mask: a crooked crack, seen blurred and through noise; some false alarms."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    steps = np.cumsum(rng.integers(-25, 26, 17)) + int(rng.integers(80, 280))
    line = np.stack([np.arange(17) * 40, steps], axis=1).astype(np.int32)
    cv2.polylines(mask, [line], False, 255, int(rng.integers(3, 16)))
    noise = cv2.resize(rng.normal(0, 0.12, (HEIGHT // 4, WIDTH // 4)), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    scores = np.clip(cv2.GaussianBlur(mask, (0, 0), 3) / 255 * 0.9 + noise, 0, 1)
    return (np.rint(scores * 255) if kind == np.uint8 else scores).astype(kind), mask > 0


def compared(ours: Callable[..., Counted], plain: Callable[..., Counted], scores: NDArray[np.generic],
             mask: NDArray[np.bool_], loops: int) -> str:  # fmt: skip
    """Cells of the table: fewest milliseconds of both and their ratio.

    Raises:
        ValueError: If the two do not give the same numbers.
    """
    if not np.array_equal(ours(scores, mask), plain(scores, mask)):
        raise ValueError(f"{ours.__name__} and {plain.__name__} differ")
    spent: dict[Callable[..., Counted], list[float]] = {ours: [], plain: []}
    for _ in range(loops):
        for way, seconds in spent.items():
            start = time.process_time()
            way(scores, mask)
            seconds.append(time.process_time() - start)
    mine, theirs = (min(seconds) * 1000 for seconds in spent.values())
    return f"{mine:.2f} | {theirs:.0f} | {theirs / mine:.0f}"


def our_counts(scores: NDArray[np.generic], mask: NDArray[np.bool_]) -> Counted:
    """True positives, false positives and misses at each threshold, [3, 99]."""
    crack, background = thresholds.histograms(scores, mask)
    counted = thresholds.counts(crack[None], background[None])
    return np.concatenate([counted.tp, counted.fp, counted.fn])


def plain_counts(scores: NDArray[np.generic], mask: NDArray[np.bool_]) -> Counted:
    """The same, threshold by threshold."""
    unit = scores / 255 if scores.dtype == np.uint8 else scores.astype(np.float64)
    found = []
    for threshold in thresholds.THRESHOLDS:
        predicted = unit >= threshold
        found.append([(predicted & mask).sum(), (predicted & ~mask).sum(), (~predicted & mask).sum()])
    return np.array(found).T


def our_matches(scores: NDArray[np.generic], mask: NDArray[np.bool_]) -> Counted:
    """Right and found pixels of every tolerance at each threshold, [2 tolerances, 99]."""
    binned = thresholds.bins(scores)
    hists = [one for each in TOLERANCES for one in histograms(binned, mask, each.radius(HEIGHT, WIDTH))]
    return np.cumsum(np.stack(hists)[:, ::-1], axis=1)[:, ::-1][:, 1:]


def plain_matches(scores: NDArray[np.generic], mask: NDArray[np.bool_]) -> Counted:
    """The same, threshold by threshold, by distances from the mask and from the prediction."""
    unit = scores / 255 if scores.dtype == np.uint8 else scores.astype(np.float64)
    radii = [each.radius(HEIGHT, WIDTH) for each in TOLERANCES]
    from_mask, found = distances(mask), []
    for threshold in thresholds.THRESHOLDS:
        predicted = unit >= threshold
        from_predicted = distances(predicted)
        both = [[(from_mask[predicted] <= r).sum(), (from_predicted[mask] <= r).sum()] for r in radii]
        found.append(np.ravel(both))
    return np.array(found).T


def distances(pixels: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance of each pixel to the nearest of a set; infinite where the set is empty."""
    if not pixels.any():
        return np.full(pixels.shape, np.inf, np.float32)
    return cv2.distanceTransform((~pixels).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def whole_set(images: int, threads: int) -> str:
    """Score as many images in all conventions; a line of the second table."""
    cv2.setNumThreads(1)
    spent = {"clock": 0.0, "processor": 0.0}
    current: dict[str, tuple[NDArray[np.generic], NDArray[np.bool_]]] = {}

    def scores_of(sample_id: str) -> NDArray[np.generic]:
        start = time.perf_counter(), time.thread_time()
        current[sample_id] = pair(int(sample_id))
        spent["clock"] += time.perf_counter() - start[0]
        spent["processor"] += time.thread_time() - start[1]
        return current[sample_id][0]

    ids = [str(number) for number in range(images)]
    start = time.perf_counter(), time.process_time()
    samples = pd.DataFrame({"id": ids, "group": ids})
    table = full_score_table.wide_table(samples, scores_of, lambda sample_id: current.pop(sample_id)[1], threads)
    rows = len(conventions.table(table))
    clock, processor = time.perf_counter() - start[0], time.process_time() - start[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    twice = (conventions.CONVENTIONS, conventions.SHAPES, conventions.LINES, conventions.CALIBRATION)
    if rows != 2 * sum(map(len, twice)) + len(conventions.FALSE_ALARMS):
        raise ValueError(f"{rows} rows of conventions")
    return (
        f"| {images} | {threads} | {clock - spent['clock']:.1f} | {processor - spent['processor']:.1f} | {peak:.0f} |"
    )


if __name__ == "__main__":
    main()
