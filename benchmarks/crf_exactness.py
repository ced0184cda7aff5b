"""How far the CRF's lattice is from mean field over every pair of pixels, on images of 12 x 15 pixels.

PYTHONPATH=tests python benchmarks/crf_exactness.py --images 100
"""

import argparse
import dataclasses

import numpy as np
from support.plain_crf import brute_force, scene

from hairline.labelling.methods import crf

NARROW = {"theta_alpha_px": 5.0, "theta_beta": 20.0, "theta_gamma_px": 3.0}
FLAT = NARROW | {"theta_beta": 60.0}
COMMON = {"theta_alpha_px": 50.0, "theta_beta": 5.0, "theta_gamma_px": 3.0, "w1": 10.0, "w2": 3.0, "iterations": 10}
SHIPPED = {"theta_alpha_px": 67.0, "theta_beta": 3.0, "theta_gamma_px": 1.0, "w1": 4.0, "w2": 3.0, "iterations": 5}
CASES = {
    "w1 = 1, w2 = 0, 1 step": NARROW | {"w1": 1.0, "w2": 0.0, "iterations": 1},
    "w1 = 0, w2 = 1": NARROW | {"w1": 0.0, "w2": 1.0, "iterations": 5},
    "w1 = w2 = 1": NARROW | {"w1": 1.0, "w2": 1.0, "iterations": 5},
    "w1 = w2 = 1, θβ = 60": FLAT | {"w1": 1.0, "w2": 1.0, "iterations": 5},
    "w1 = w2 = 2": NARROW | {"w1": 2.0, "w2": 2.0, "iterations": 5},
    "w1 = w2 = 2, θβ = 60": FLAT | {"w1": 2.0, "w2": 2.0, "iterations": 5},
    "w1 = 10, w2 = 3, 10 steps": NARROW | {"w1": 10.0, "w2": 3.0, "iterations": 10},
    "the same, θα = 50, θβ = 5": COMMON,
    "as it ships: θα = 67, θβ = 3, θγ = 1, w1 = 4, w2 = 3": SHIPPED,
}


def main() -> None:
    """Print a row a case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=100)
    args = parser.parse_args()
    print(
        "| options | mean difference of an image | largest of a pixel | images with a pixel on the other side of 0.5 |"
    )
    print("| --- | --- | --- | --- |")
    for name, values in CASES.items():
        options = dataclasses.replace(crf.EXAMPLE, **values)
        pairs = [_both(seed, options) for seed in range(args.images)]
        apart = np.array([np.abs(found - exact) for found, exact in pairs])
        turned = sum(bool(((found >= 0.5) != (exact >= 0.5)).any()) for found, exact in pairs)
        means = apart.mean(axis=(1, 2))
        print(f"| {name} | {means.min():.4f}-{means.max():.4f} | {apart.max():.2f} | {turned} of {args.images} |")


def _both(seed: int, options: crf.Options) -> tuple[np.ndarray, np.ndarray]:
    image, crack = scene(seed)
    return crf.mean_field(image, crack, options), brute_force(image, crack, options)


if __name__ == "__main__":
    main()
