"""Images of the style ``easy``: cracks on concrete and asphalt, for trying things out and for tests.

An image is a product of factors on a grey surface: texture, uneven light, soft shadows and stains, pebbles and pores,
now and then a joint, and cracks that are clearly darker than what is right beside them but not than the rest of the
image. So one global threshold fails, while a local one works where it is told to look.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from hairline.data.splits import ORDER, Split
from hairline.data.synthetic import paths
from hairline.data.synthetic.options import Options

Plane = NDArray[np.float32]
Points = NDArray[np.float64]
Shape = tuple[int, int]
# Least and most base reflectance, fine grain and coarse clouding (both relative to it), of concrete and of asphalt.
SURFACES = (
    ((0.55, 0.015, 0.03), (0.75, 0.035, 0.07)),
    ((0.38, 0.05, 0.02), (0.55, 0.09, 0.05)),
)
MAX_WIDTH_PX = 6.0
STEP_PX = 3
OVERSAMPLING = 4
MASK_COVERAGE = 0.3
JOINT_SHARE = 0.12


def made(options: Options, split: Split, index: int, crack_free: bool) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Image RGB uint8 [height, width, 3] and mask bool [height, width] of one index of a split, always the same.

    The mask holds the crack's core and its blurred dark rim: pixels covered by crack to at least ``MASK_COVERAGE``.
    """
    rng = np.random.default_rng([options.seed, ORDER.index(split), index])
    shape = (options.height_px, options.width_px)
    grey = _surface(rng, shape) * _stains(rng, shape) * _joint(rng, shape)
    cover = np.zeros(shape, np.float32)
    if not crack_free:
        cover = _cracks(rng, shape)
        depth = rng.uniform(0.45, 0.72) * (1 + 0.12 * _noise(rng, shape, 40))
        grey *= 1 - cover * np.clip(depth, 0.42, 0.85)
    grey *= _light(rng, shape)
    return _photograph(rng, grey), cover >= MASK_COVERAGE


def _noise(rng: np.random.Generator, shape: Shape, cell_px: float) -> Plane:
    """Smooth noise [height, width] of mean 0 and deviation about 1, with features about ``cell_px`` large."""
    rows, cols = (int(np.ceil(length / cell_px)) + 3 for length in shape)
    coarse = rng.standard_normal((rows, cols), np.float32)
    fine = cv2.resize(coarse, (round(cols * cell_px), round(rows * cell_px)), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine[: shape[0], : shape[1]])


def _surface(rng: np.random.Generator, shape: Shape) -> Plane:
    """Reflectance in 0..1 of concrete (bright, cloudy, with pores) or asphalt (darker, of bright and dark stones)."""
    asphalt = bool(rng.random() < 0.5)
    base, grain, clouds = rng.uniform(*SURFACES[asphalt])
    fine = _noise(rng, shape, rng.uniform(2, 3.2)) + 0.7 * _noise(rng, shape, 1)
    coarse = _noise(rng, shape, 28) + 0.6 * _noise(rng, shape, 9)
    return np.asarray(base * (1 + grain * fine + clouds * coarse) * _specks(rng, shape, asphalt))


def _specks(rng: np.random.Generator, shape: Shape, asphalt: bool) -> Plane:
    """Factor of pebbles (bright or dark, in asphalt) or pores (dark, in concrete): small, roundish, soft."""
    factor = np.ones(shape, np.float32)
    for _ in range(rng.poisson(shape[0] * shape[1] / (500 if asphalt else 2500))):
        x, y = (rng.random(2) * shape[::-1] * 16).astype(int).tolist()
        axes = rng.uniform(10, 40 if asphalt else 24, 2).astype(int).tolist()
        level = rng.uniform(0.7, 1.35) if asphalt else rng.uniform(0.55, 0.85)
        cv2.ellipse(factor, (x, y), axes, rng.uniform(0, 180), 0, 360, level, cv2.FILLED, cv2.LINE_8, 4)
    return np.asarray(cv2.GaussianBlur(factor, (0, 0), 0.9))


def _light(rng: np.random.Generator, shape: Shape) -> Plane:
    """Factor of uneven light: a slope across the image, slow undulation, and in half of the images a soft shadow."""
    slope = _across(shape, rng.uniform(0, 2 * np.pi)) / max(shape)
    light = 1 + rng.uniform(0.1, 0.6) * slope + 0.08 * _noise(rng, shape, max(shape) / 2.5)
    if rng.random() < 0.5:
        edge = _across(shape, rng.uniform(0, 2 * np.pi)) - rng.uniform(-0.3, 0.3) * max(shape)
        edge = edge + 8 * _noise(rng, shape, 60)
        light *= 1 - rng.uniform(0.25, 0.5) * expit(edge / rng.uniform(5, 12))
    return np.asarray(np.clip(light, 0.3, 1.5))


def _across(shape: Shape, angle: float) -> Plane:
    """Signed distance in pixels of every pixel from a line through the centre."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return np.asarray((x - shape[1] / 2) * np.float32(np.cos(angle)) + (y - shape[0] / 2) * np.float32(np.sin(angle)))


def _stains(rng: np.random.Generator, shape: Shape) -> Plane:
    """Factor of up to four dark blobs with irregular, soft edges, of a tenth to a quarter of the image across."""
    factor = np.ones(shape, np.float32)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    for _ in range(rng.integers(0, 5)):
        radius = rng.uniform(0.05, 0.14) * max(shape)
        distance = np.hypot(x - rng.uniform(0, shape[1]), (y - rng.uniform(0, shape[0])) * rng.uniform(0.6, 1.6))
        inside = radius * (1 + 0.25 * _noise(rng, shape, radius)) - distance
        factor *= 1 - rng.uniform(0.15, 0.45) * expit(inside / rng.uniform(3, 7))
    return factor


def _joint(rng: np.random.Generator, shape: Shape) -> Plane:
    """Factor of a straight, even joint through the whole image; rare."""
    if rng.random() > JOINT_SHARE:
        return np.ones(shape, np.float32)
    right_angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.05)
    offset = np.abs(_across(shape, right_angle) - rng.uniform(-0.4, 0.4) * max(shape))
    return np.asarray(1 - rng.uniform(0.35, 0.5) * expit((rng.uniform(2.5, 4.5) - offset) / 0.6))


def _cracks(rng: np.random.Generator, shape: Shape) -> Plane:
    """Share of every pixel covered by crack: one to three cracks, each with up to four branches."""
    canvas = np.zeros((shape[0] * OVERSAMPLING, shape[1] * OVERSAMPLING), np.uint8)
    for _ in range(rng.choice([1, 2, 3], p=[0.65, 0.27, 0.08])):
        start, heading = paths.entry(rng, shape, 0.8, (0.3, 0.7))
        length = rng.uniform(0.6, 1.5) * max(shape)
        path = _walk(rng, start, heading, length)
        width = _draw(canvas, rng, path, rng.uniform(1.3, 5))
        for _ in range(rng.integers(0, 5)):
            at = int(rng.uniform(0.1, 0.8) * (len(path) - 2))
            along = np.arctan2(*(path[at + 1] - path[at])[::-1])
            turn = rng.choice([-1, 1]) * rng.uniform(0.4, 1.3)
            branch = _walk(rng, path[at], along + turn, rng.uniform(0.15, 0.5) * length)
            _draw(canvas, rng, branch, rng.uniform(0.45, 0.8) * width)
    cover = cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.5))


def _walk(rng: np.random.Generator, start: Points, heading: float, length_px: float) -> Points:
    """A jagged path (x, y) of ``STEP_PX`` steps that holds its course, shape [steps + 1, 2], in pixels."""
    steps = max(int(length_px / STEP_PX), 4)
    wander = np.cumsum(rng.normal(0, 0.06, steps))
    jag = np.repeat(rng.normal(0, rng.uniform(0.25, 0.55), steps), rng.integers(1, 5, steps))[:steps]
    angles = heading + wander + jag
    moves = np.stack([np.cos(angles), np.sin(angles)], axis=1) * STEP_PX
    return np.concatenate([start[None], start + np.cumsum(moves, axis=0)])


def _draw(canvas: NDArray[np.uint8], rng: np.random.Generator, path: Points, width_px: float) -> float:
    """Draw a path that swells, shrinks and tapers off; return the width it was drawn with, at most six pixels."""
    width_px = float(np.clip(width_px, 1, MAX_WIDTH_PX))
    steps = len(path) - 1
    swell = np.interp(np.arange(steps), np.arange(0, steps + 8, 8), rng.uniform(0.6, 1.35, len(range(0, steps + 8, 8))))
    taper = np.minimum(1, (steps - np.arange(steps)) / (0.3 * steps))
    widths = np.clip(width_px * swell * taper, 1, MAX_WIDTH_PX) * OVERSAMPLING
    corners = np.rint(path * OVERSAMPLING * 16).astype(int).tolist()
    for one, other, width in zip(corners, corners[1:], np.rint(widths).astype(int).tolist(), strict=False):
        cv2.line(canvas, one, other, 255, width, cv2.LINE_8, 4)
    return width_px


def _photograph(rng: np.random.Generator, grey: Plane) -> NDArray[np.uint8]:
    """Turn reflected light into RGB uint8: a slight tint, the lens's blur, the sensor's noise."""
    tint = 1 + rng.uniform(-0.04, 0.04) * np.array([1, 0.1, -1], np.float32)
    blurred = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 0.7))[..., None] * tint
    noise = rng.standard_normal(blurred.shape, np.float32) * np.float32(rng.uniform(0.006, 0.014))
    return np.rint(np.clip(blurred + noise, 0, 1) * 255).astype(np.uint8)
