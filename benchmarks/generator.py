"""How many generated images a second one core makes, beside another generator in the same run, in turns.

    python benchmarks/generator.py --other ../shared/prototypes/cracked_surfaces.py

The other generator is a file with ``sample(rng, side) -> (image, mask)``. CPU seconds are counted, so a busy machine
does little to them; the ratio of both is what to quote.
"""

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from hairline.data import synthetic


def main() -> None:
    """Print a row a generator."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--other", type=Path, default=None, help="file of another generator")
    parser.add_argument("--images", type=int, default=60, help="images a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--side", type=int, default=256)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    makers = {style: _ours(style, args.side) for style in ("wide", "easy")}
    if args.other:
        makers["other"] = _other(args.other, args.side)
    seconds: dict[str, list[float]] = {name: [] for name in makers}
    for make in makers.values():
        make(10**6)
    for round_ in range(args.rounds):
        for name, make in makers.items():
            start = time.process_time()
            for index in range(args.images):
                make(round_ * args.images + index)
            seconds[name].append((time.process_time() - start) / args.images)
    print("| generator | ms an image | images a second | times the other's |\n| --- | --- | --- | --- |")
    for name, each in seconds.items():
        ratio = f"{np.median(seconds['other']) / np.median(each):.2f}" if args.other else ""
        print(f"| {name} | {1000 * np.median(each):.1f} ({1000 * min(each):.1f}-{1000 * max(each):.1f}) "
              f"| {1 / np.median(each):.1f} | {ratio} |")  # fmt: skip


def _ours(style: str, side: int) -> Callable[[int], object]:
    options = synthetic.Options(5, 1, 0, 0, side, side, 0.15, style=style)  # type: ignore[arg-type]
    return lambda index: synthetic.make(options, "train", index)


def _other(path: Path, side: int) -> Callable[[int], object]:
    spec = importlib.util.spec_from_file_location("other_generator", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: no Python file; name one with sample(rng, side)")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda index: module.sample(np.random.default_rng(index), side)


if __name__ == "__main__":
    main()
