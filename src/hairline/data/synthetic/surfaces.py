"""Surfaces without cracks: asphalt, concrete, plaster, masonry, coloured noise, and photographed textures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.synthetic import stones
from hairline.data.synthetic.masonry import Wall, wall
from hairline.data.synthetic.noise import (
    Picture,
    Plane,
    Rng,
    Shape,
    blurred,
    coloured,
    log_uniform,
    ramp,
    slope,
    smooth,
    tinted,
)
from hairline.errors import HairlineError

TEXTURES = ("brick", "gravel", "grass")


@dataclass(frozen=True)
class Surface:
    """A surface.

    Attributes:
        picture: What it looks like in even light.
        chance: [height, width], 0..1: by how much each bit of it holds out against a crack; the same all over a stone.
        wall: How its bricks lie, where it has some.
    """

    picture: Picture
    chance: Plane | None = None
    wall: Wall | None = None


def asphalt(rng: Rng, shape: Shape, width_px: float) -> Surface:
    """Stones in bitumen, as large as goes with cracks of a width: dense or open, worn or new, sharp or soft."""
    size = (
        float(np.clip(width_px * np.exp(rng.normal(0, 0.9)), 1.2, 26))
        if rng.random() < 0.6
        else log_uniform(rng, 1.2, 22)
    )
    base = rng.uniform(0.3, 0.75)
    grain = ((rng.uniform(1.8, 3.2), rng.uniform(0.01, 0.08)), (rng.uniform(0, 1), rng.uniform(0.02, 0.11)))
    grey = 1 + coloured(rng, shape, grain)
    if size < 2:
        grey *= 1 + coloured(rng, shape, ((0.6, rng.uniform(0.05, 0.3)),))
        return Surface(tinted(rng, base * _kept(grey), 0.015, rng.normal(0, 0.025)))
    field = stones.scattered(rng, shape, size, rng.uniform(0.02, 0.4), rng.uniform(0.4, 0.97), rng.uniform(0, 0.8))
    looks = np.exp(rng.normal(0, rng.uniform(0.06, 0.36), field.count)).astype(np.float32)
    hues = rng.normal(0, rng.uniform(0.003, 0.045), (field.count, 1)).astype(np.float32) * np.array(
        [1, 0.2, -1], np.float32
    )
    chance = rng.random(field.count, np.float32)
    sunk = rng.random(field.count) < rng.uniform(0, 0.6)
    top = field.height * field.values(1 - sunk * np.float32(rng.uniform(0.4, 1)))
    shade = (
        rng.uniform(0, 0.9)
        * slope(blurred(top, 0.5 * field.oversampling), rng.uniform(0, 2 * np.pi))
        * min(size, 6)
        / 3
    )
    gap: Plane | float = rng.uniform(0.25, 0.9)
    if rng.random() < 0.6:
        filled = ramp(coloured(rng, top.shape, ((rng.uniform(1.5, 3), 1.0),)) + rng.uniform(-1, 1), 0.3)
        gap = gap + (1 - gap) * filled
    fines = 1 + rng.uniform(0.05, 0.35) * rng.standard_normal(top.shape, np.float32)
    stone = (gap * fines * (1 - top) + top) * (1 + shade) * (1 + top * (field.values(looks) - 1))
    hue = field.shrunk((1 + field.values(hues) * top[..., None]) * stone[..., None], shape)
    if size > 5:
        grey *= 1 + coloured(rng, shape, ((rng.uniform(0.5, 1.5), rng.uniform(0.04, 0.2)),))
    if rng.random() < 0.3:
        hue = blurred(hue, rng.uniform(0.5, 1.6))
    picture = tinted(rng, base * _kept(grey), 0.01, rng.normal(0, 0.025)) * hue
    return Surface(picture, field.shrunk(field.values(chance), shape))


def concrete(rng: Rng, shape: Shape, width_px: float) -> Surface:
    """Bright, cloudy and fine; at times with sand grains or the trace of a float."""
    clouds = (
        (rng.uniform(2, 3.6), rng.uniform(0.01, 0.12)),
        (rng.uniform(0.8, 1.8), rng.uniform(0.01, 0.07)),
        (0, rng.uniform(0, 0.03)),
    )
    grey = rng.uniform(0.35, 0.85) * _kept(1 + coloured(rng, shape, clouds))
    if rng.random() < 0.3:
        grey *= 1 + rng.uniform(0.01, 0.06) * _brushed(rng, shape)
    if rng.random() < 0.35:
        grey *= _grains(rng, shape, log_uniform(rng, 1.5, 8), rng.uniform(0.03, 0.25))
    return Surface(tinted(rng, grey, 0.01, rng.normal(0.02, 0.04)))


def plaster(rng: Rng, shape: Shape, width_px: float) -> Surface:
    """Painted or bare, even or rough, in any pale colour, with flakes off it at times."""
    rough = ((rng.uniform(2.4, 3.6), rng.uniform(0.005, 0.06)), (rng.uniform(0.3, 1.5), rng.uniform(0.003, 0.05)))
    grey = rng.uniform(0.5, 0.93) * _kept(1 + coloured(rng, shape, rough))
    if rng.random() < 0.5:
        bumps = coloured(rng, shape, ((rng.uniform(1, 2), 1.0),))
        grey *= _kept(
            1 + rng.uniform(0.02, 0.12) * slope(blurred(bumps, rng.uniform(0.4, 2.5)), rng.uniform(0, 6.3)) * 3
        )
    picture = tinted(rng, grey, rng.uniform(0, 0.09), rng.normal(0.04, 0.05))
    if rng.random() < 0.25:
        off = ramp(
            coloured(rng, shape, ((rng.uniform(2.4, 3.4), 1.0),)) - rng.uniform(0.8, 2.2), rng.uniform(0.01, 0.1)
        )
        picture *= (1 - off * rng.uniform(0.05, 0.5))[..., None]
        picture *= (1 + rng.uniform(0, 0.5) * slope(blurred(off, 0.8), rng.uniform(0, 6.3)))[..., None]
    return Surface(picture)


def masonry(rng: Rng, shape: Shape, width_px: float) -> Surface:
    """Bricks, blocks, slabs or rubble in mortar that is brighter or darker, and casts or takes shadow."""
    picture, chance, layout = wall(rng, shape, float(np.clip(width_px, 1, 12)))
    return Surface(picture, chance, layout)


def noise(rng: Rng, shape: Shape, width_px: float) -> Surface:
    """Nothing in particular, of any spectrum and any colour."""
    parts = (
        (rng.uniform(2, 3.6), rng.uniform(0.02, 0.2)),
        (rng.uniform(0.4, 1.6), rng.uniform(0.01, 0.14)),
        (0, rng.uniform(0, 0.06)),
    )
    grey = rng.uniform(0.2, 0.85) * _kept(1 + coloured(rng, shape, parts))
    picture = tinted(rng, grey, rng.uniform(0, 0.08), rng.normal(0, 0.04))
    return Surface(picture * (1 + rng.uniform(0, 0.03) * smooth(rng, shape, 40, 3)))


def textures(rng: Rng, shape: Shape, width_px: float) -> Surface:
    """A piece of scikit-image's brick, gravel or grass, at any scale, turned, tinted, of any contrast."""
    photo = _texture(TEXTURES[rng.integers(len(TEXTURES))])
    scale = max(log_uniform(rng, 0.45, 1.6), max(shape) / min(photo.shape))
    size = [min(int(np.ceil(length / scale)), photo.shape[0]) for length in shape]
    y, x = (int(rng.integers(photo.shape[0] - length + 1)) for length in size)
    piece = photo[y : y + size[0], x : x + size[1]]
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    if size[0] == size[1]:
        piece = np.rot90(piece, int(rng.integers(4)))
    grey = cv2.resize(
        np.ascontiguousarray(piece), shape[::-1], interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    grey = 1 + (grey - grey.mean()) / (grey.std() + 1e-6) * np.float32(rng.uniform(0.06, 0.32))
    grey *= 1 + coloured(rng, shape, ((rng.uniform(1, 3), rng.uniform(0.01, 0.08)),))
    return Surface(tinted(rng, rng.uniform(0.25, 0.8) * _kept(grey), rng.uniform(0, 0.08), rng.normal(0.02, 0.04)))


MAKERS: Mapping[str, Callable[[Rng, Shape, float], Surface]] = {
    "asphalt": asphalt,
    "concrete": concrete,
    "plaster": plaster,
    "masonry": masonry,
    "noise": noise,
    "textures": textures,
}


def _kept(factor: Plane) -> Plane:
    return np.asarray(np.maximum(factor, 0.1))


def _brushed(rng: Rng, shape: Shape) -> Plane:
    """Streaks all in one direction."""
    kernel = np.zeros((31, 31), np.float32)
    angle, reach = rng.uniform(0, np.pi), 15
    tip = (round(15 + reach * np.cos(angle)), round(15 + reach * np.sin(angle)))
    cv2.line(kernel, (30 - tip[0], 30 - tip[1]), tip, 1.0)
    white = rng.standard_normal(shape, np.float32)
    streaks = cv2.filter2D(white, cv2.CV_32F, kernel / np.sqrt(kernel.sum()), borderType=cv2.BORDER_REFLECT)
    return np.asarray(streaks)


def _grains(rng: Rng, shape: Shape, size_px: float, contrast: float) -> Plane:
    """Factor of grains that look out of a surface here and there."""
    field = stones.scattered(rng, shape, size_px, 0.3, 0.3)
    shown = rng.random(field.count) < rng.uniform(0.1, 0.8)
    looks = (rng.normal(0, contrast, field.count) * shown).astype(np.float32)
    return field.shrunk(np.maximum(1 + field.height * field.values(looks), 0.3), shape)


@lru_cache(maxsize=len(TEXTURES))
def _texture(name: str) -> NDArray[np.float32]:
    import skimage.data  # brings its registry of files: not for those who only read options

    photo = np.asarray(getattr(skimage.data, name)(), np.float32)
    if photo.ndim != 2 or min(photo.shape) < 64:
        raise HairlineError(
            f"skimage.data.{name}: expected a grey picture of 512 px, found {photo.shape}; set textures: 0"
        )
    return photo
