"""Cracks of known length and width as masks and photos, by counting points inside them; no code of hairline's."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FINE = 8


def straight(
    width: float,
    length: float,
    degrees: float,
    size: tuple[int, int] = (140, 160),
    at: tuple[float, float] = (0.3, 0.2),
) -> NDArray[np.float64]:
    """Share of crack in every pixel, [height, width]: a bar with straight ends, anticlockwise from the rows."""
    along, across = _turned(size, degrees, at)
    return _shares((np.abs(along) <= length / 2) & (np.abs(across) <= width / 2))


def arc(
    width: float, length: float, radius: float, degrees: float, size: tuple[int, int] = (140, 160)
) -> NDArray[np.float64]:
    """The same bent around a circle of a radius."""
    along, across = _turned(size, degrees, (0.0, radius / 4))
    far = np.hypot(along, across + radius)
    return _shares(
        (np.abs(np.arctan2(along, across + radius)) * radius <= length / 2) & (np.abs(far - radius) <= width / 2)
    )


def ring(width: float, radius: float, size: tuple[int, int] = (140, 160)) -> NDArray[np.float64]:
    """A closed circle."""
    along, across = _turned(size, 0, (0.0, 0.0))
    return _shares(np.abs(np.hypot(along, across) - radius) <= width / 2)


def photo(cover: NDArray[np.float64], blur: float = 0.7, noise: float = 2.0, seed: int = 0) -> NDArray[np.uint8]:
    """A grey photo of a dark crack on a bright ground that is brighter on the right."""
    levels = 170 - 100 * ndimage.gaussian_filter(cover, blur) + np.linspace(-10, 10, cover.shape[1])
    noisy = levels + np.random.default_rng(seed).normal(0, noise, cover.shape)
    return np.rint(np.clip(noisy, 0, 255)).astype(np.uint8)


def _turned(
    size: tuple[int, int], degrees: float, at: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = (np.arange(count * FINE) / FINE + 0.5 / FINE - count / 2 for count in size)
    x, y, turn = x[None] - at[0], y[:, None] - at[1], np.radians(-degrees)
    return x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)


def _shares(inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    height, width = (count // FINE for count in inside.shape)
    return inside.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
