"""Random fields and simple shapes over an image."""

from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.special import expit

Plane = NDArray[np.float32]
"""[height, width]"""
Picture = NDArray[np.float32]
"""Reflectance [height, width, 3] of about 0..1, RGB."""
Shape = tuple[int, int]
"""Height and width in pixels."""
Rng = np.random.Generator
SMOOTH = 2.4
"""Exponent from which on noise is drawn at half the resolution: nothing is missed."""
SMALL_PX = 128
KEPT_PIXELS = 2**20


def log_uniform(rng: Rng, least: float, most: float) -> float:
    """A number whose logarithm is drawn evenly."""
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))


def coloured(rng: Rng, shape: Shape, parts: Iterable[tuple[float, float]]) -> Plane:
    """Sum of independent Gaussian noises, each (exponent, deviation), of a power of 1/frequency ** exponent.

    Exponent 0 is white noise, 2 is that of natural surfaces, 4 a slow drift.
    """
    parts = tuple(parts)
    if min(exponent for exponent, _ in parts) >= SMOOTH and min(shape) >= SMALL_PX:
        half = coloured(rng, ((shape[0] + 1) // 2, (shape[1] + 1) // 2), parts)
        return np.asarray(cv2.resize(half, shape[::-1], interpolation=cv2.INTER_CUBIC))
    rows, cols = (scipy.fft.next_fast_len(length, real=True) for length in shape)
    known = _amplitude if rows * cols <= KEPT_PIXELS else _amplitude.__wrapped__
    each = [deviation * known((rows, cols), round(5 * exponent)) for exponent, deviation in parts]
    amplitude = each[0] if len(each) == 1 else np.sqrt(sum(one * one for one in each))
    white = rng.standard_normal((rows, cols // 2 + 1, 2), np.float32).view(np.complex64)[..., 0]
    white *= amplitude
    field = scipy.fft.irfft2(white, (rows, cols), overwrite_x=True)
    return np.asarray(field[: shape[0], : shape[1]], np.float32)


@lru_cache(maxsize=64)
def _amplitude(shape: Shape, fifths: int) -> Plane:
    """Amplitude of every frequency of the half plane, of the exponent ``fifths / 5``, for noise of deviation 1."""
    radius = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None])
    radius[0, 0] = 1
    power = radius ** (-fifths / 5)
    power[0, 0] = 0
    both = np.full(power.shape, 2.0)
    both[:, 0] = 1
    if shape[1] % 2 == 0:
        both[:, -1] = 1
    total = float((power * both).sum()) * 2
    return np.asarray(np.sqrt(power / total) * (shape[0] * shape[1]), np.float32)


def smooth(rng: Rng, shape: Shape, cell_px: float, channels: int = 1) -> NDArray[np.float32]:
    """Smooth noise [height, width] (or [height, width, channels]) of deviation about 0.7, features of ``cell_px``."""
    rows, cols = (int(np.ceil(length / cell_px)) + 3 for length in shape)
    coarse = rng.standard_normal((rows, cols, channels), np.float32)
    y, x = rng.random(2)
    to_coarse = np.array([[1 / cell_px, 0, 0.5 + x], [0, 1 / cell_px, 0.5 + y]])
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(coarse, to_coarse, shape[::-1], flags=how, borderMode=cv2.BORDER_REFLECT_101))


@lru_cache(maxsize=8)
def grid(shape: Shape) -> tuple[Plane, Plane]:
    """Column and row of every pixel from the centre, not to be written to."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    x, y = x - np.float32(shape[1] / 2), y - np.float32(shape[0] / 2)
    x.flags.writeable = y.flags.writeable = False
    return x, y


def across(shape: Shape, angle: float) -> Plane:
    """Signed distance in pixels of every pixel from a line through the centre."""
    x, y = grid(shape)
    return np.asarray(x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)))


def ramp(field: NDArray[np.floating], soft: float) -> Plane:
    """0 below 0, 1 above it, with a soft passage of some ``soft`` to both sides."""
    return np.asarray(expit(np.clip(field / np.float32(max(soft, 1e-3)), -30, 30)), np.float32)


def blurred(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur; wide ones on a smaller copy."""
    plane = np.asarray(plane, np.float32)
    if sigma < 0.2:
        return plane
    if sigma > 6 and min(plane.shape[:2]) >= 64:
        small = cv2.resize(plane, (plane.shape[1] // 4, plane.shape[0] // 4), interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / 4)
        return np.asarray(cv2.resize(small, plane.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma))


def slope(height: Plane, angle: float) -> Plane:
    """Slope of a height field towards a direction, in height a pixel."""
    kernel = np.array([[0, np.sin(angle), 0], [np.cos(angle), 0, -np.cos(angle)], [0, -np.sin(angle), 0]], np.float32)
    return np.asarray(cv2.filter2D(np.asarray(height, np.float32), cv2.CV_32F, -kernel / 2))


def grey_of(picture: Picture) -> Plane:
    """Mean of the channels, [height, width]."""
    return np.asarray(cv2.transform(picture, np.full((1, 3), 1 / 3, np.float32)))


def tinted(rng: Rng, grey: Plane, strength: float, tone: float = 0.0) -> Picture:
    """A grey surface in a colour: warm for a tone above 0, cold below, with a random rest of ``strength``."""
    factor = 1 + tone * np.array([1, 0.25, -1], np.float32) + rng.normal(0, strength, 3).astype(np.float32)
    return np.asarray(grey[..., None] * factor.astype(np.float32))


def painted(picture: Picture, cover: Plane, colour: NDArray[np.float32] | float) -> None:
    """Lay a colour over a picture, in place; cover in 0..1."""
    picture += cover[..., None] * (colour - picture)
