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


def log_uniform(rng: Rng, least: float, most: float) -> float:
    """A number whose logarithm is drawn evenly."""
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))


def coloured(rng: Rng, shape: Shape, parts: Iterable[tuple[float, float]]) -> Plane:
    """Sum of independent Gaussian noises, each (exponent, deviation), of a power of 1/frequency ** exponent.

    Exponent 0 is white noise, 2 is that of natural surfaces, 4 a slow drift.
    """
    padded = tuple(scipy.fft.next_fast_len(length, real=True) for length in shape)
    power = sum(deviation**2 * _power(padded, round(exponent, 1)) for exponent, deviation in parts)
    white = rng.standard_normal((*np.shape(power), 2), np.float32).view(np.complex64)[..., 0]
    field = scipy.fft.irfft2(white * np.sqrt(power), padded)
    return np.asarray(field[: shape[0], : shape[1]], np.float32)


@lru_cache(maxsize=128)
def _power(shape: Shape, exponent: float) -> Plane:
    """Power of every frequency of the half plane, scaled so that its noise has the deviation 1."""
    rows, cols = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None]
    radius = np.hypot(rows, cols)
    radius[0, 0] = np.inf
    power = radius**-exponent if exponent else np.isfinite(radius).astype(float)
    both = np.full(power.shape, 2.0)
    both[:, 0] = 1
    if shape[1] % 2 == 0:
        both[:, -1] = 1
    total = float((power * both).sum()) * 2
    return np.asarray(power * ((shape[0] * shape[1]) ** 2 / total), np.float32)


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
    return x - np.float32(shape[1] / 2), y - np.float32(shape[0] / 2)


def across(shape: Shape, angle: float) -> Plane:
    """Signed distance in pixels of every pixel from a line through the centre."""
    x, y = grid(shape)
    return np.asarray(x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle)))


def ramp(field: Plane, soft: float) -> Plane:
    """0 below 0, 1 above it, with a soft passage of some ``soft`` to both sides."""
    return np.asarray(expit(np.clip(field / np.float32(max(soft, 1e-3)), -30, 30)))


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


def tinted(rng: Rng, grey: Plane, strength: float, tone: float = 0.0) -> Picture:
    """A grey surface in a colour: warm for a tone above 0, cold below, with a random rest of ``strength``."""
    factor = 1 + tone * np.array([1, 0.25, -1], np.float32) + rng.normal(0, strength, 3).astype(np.float32)
    return np.asarray(grey[..., None] * factor.astype(np.float32))


def painted(picture: Picture, cover: Plane, colour: NDArray[np.float32] | float) -> None:
    """Lay a colour over a picture, in place; cover in 0..1."""
    picture += cover[..., None] * (colour - picture)
