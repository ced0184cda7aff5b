"""Mean field over every pair of pixels, float64, no lattice: what the CRF labeller is held against."""

import numpy as np
from numpy.typing import NDArray

from hairline.labelling.methods import crf

HEIGHT, WIDTH = 12, 15


def kernel(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(−|Δf|²/2) of all pairs, a pixel with itself included, divided by the roots of both pixels' sums."""
    pairs = np.exp(-((features[:, None] - features[None]) ** 2).sum(axis=-1) / 2)
    root = 1 / np.sqrt(pairs.sum(axis=1))
    return root[:, None] * pairs * root[None]


def brute_force(image: NDArray[np.uint8], crack: NDArray[np.float32], options: crf.Options) -> NDArray[np.float64]:
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    place = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
    colour = image.reshape(-1, 3) / options.theta_beta
    bilateral = kernel(np.concatenate([place / options.theta_alpha_px, colour], axis=1))
    pairs = options.w1 * bilateral + options.w2 * kernel(place / options.theta_gamma_px)
    own = np.log(np.stack([1 - crack.ravel(), crack.ravel()]).astype(np.float64))
    found = np.exp(own)
    for _ in range(options.iterations):
        found = np.exp(own + found @ pairs)  # a Potts model rewards agreement
        found /= found.sum(axis=0)
    return found[1].reshape(crack.shape)


def scene(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Blocks of 3 px of random colours, and noisy unaries that lean to one class in each block."""
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (HEIGHT // 3, WIDTH // 3, 3), dtype=np.uint8).repeat(3, axis=0).repeat(3, axis=1)
    leaning = rng.random((HEIGHT // 3, WIDTH // 3)).repeat(3, axis=0).repeat(3, axis=1)
    crack = 0.15 + 0.42 * leaning + 0.28 * rng.random((HEIGHT, WIDTH))
    return image, crack.astype(np.float32)
