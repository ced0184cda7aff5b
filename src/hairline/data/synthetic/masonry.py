"""Walls and pavements of bricks, blocks and rubble."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.synthetic import stones
from hairline.data.synthetic.noise import Picture, Plane, Rng, Shape, blurred, coloured, grid, log_uniform, ramp, slope

BRICK_COLOURS = (
    (0.55, 0.3, 0.22),
    (0.62, 0.42, 0.3),
    (0.45, 0.25, 0.2),
    (0.7, 0.6, 0.48),
    (0.5, 0.48, 0.46),
    (0.75, 0.72, 0.68),
)


@dataclass(frozen=True)
class Wall:
    """How bricks lie.

    Attributes:
        angle: Direction of the rows, in radians.
        row_px: Height of a row with its joint.
        brick_px: Length of a brick with its joint.
        shifts: By how many parts of a brick a row is shifted; row ``i`` has ``shifts[i % len(shifts)]``.
        origin: Where row 0 and column 0 begin, from the centre of the image, in the turned frame.
    """

    angle: float
    row_px: float
    brick_px: float
    shifts: NDArray[np.float32]
    origin: tuple[float, float]

    def placed(self, along: NDArray[np.float64], down: NDArray[np.float64], shape: Shape) -> NDArray[np.float64]:
        """Points (x, y) of the image, of points of the turned frame."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.stack([along * cos - down * sin + shape[1] / 2, along * sin + down * cos + shape[0] / 2], axis=-1)


def wall(rng: Rng, shape: Shape, joint_px: float) -> tuple[Picture, Plane, Wall | None]:
    """A wall, how each bit of it holds out against cracks, and how its bricks lie (None: rubble)."""
    if rng.random() < 0.25:
        picture, chance = _rubble(rng, shape)
        return picture, chance, None
    row = log_uniform(rng, 14, 110)
    layout = Wall(
        angle=rng.normal(0, 0.06) + rng.choice([0, np.pi / 2], p=[0.8, 0.2]),
        row_px=row,
        brick_px=row * rng.uniform(1, 4.2),
        shifts=rng.choice(
            [[0.0, 0.5], [0.0, 0.33, 0.67], [0.0, 0.0], [0.0, 0.25, 0.6, 0.4]][rng.integers(4)], 8
        ).astype(np.float32)
        if rng.random() < 0.2
        else np.array([0, 0.5], np.float32),
        origin=(float(rng.uniform(-200, 200)), float(rng.uniform(-200, 200))),
    )
    return (*_bricks(rng, shape, layout), layout)


def _bricks(rng: Rng, shape: Shape, layout: Wall) -> tuple[Picture, Plane]:
    x, y = grid(shape)
    cos, sin = np.float32(np.cos(layout.angle)), np.float32(np.sin(layout.angle))
    bend = coloured(rng, shape, ((rng.uniform(2.4, 3.2), 1.0),)) * np.float32(layout.row_px * rng.uniform(0, 0.03))
    along, down = x * cos + y * sin + bend - layout.origin[0], y * cos - x * sin + bend - layout.origin[1]
    row = np.floor(down / layout.row_px).astype(np.int32)
    along = along / np.float32(layout.brick_px) - layout.shifts[row % len(layout.shifts)]
    column = np.floor(along).astype(np.int32)
    v = (down / np.float32(layout.row_px) - row) * np.float32(layout.row_px)
    u = (along - column) * np.float32(layout.brick_px)
    edge = np.minimum(np.minimum(u, layout.brick_px - u), np.minimum(v, layout.row_px - v))
    joint = rng.uniform(0.04, 0.2) * layout.row_px / 2
    soft = max(0.35, joint * rng.uniform(0.05, 0.4))
    brick = ramp(edge - joint, soft)
    table = rng.random((32, 64, 2)).astype(np.float32)[row % 32, column % 64]
    return _coloured_wall(rng, shape, brick, table, edge, joint)


def _coloured_wall(
    rng: Rng, shape: Shape, brick: Plane, table: NDArray[np.float32], edge: Plane, joint: float
) -> tuple[Picture, Plane]:
    """Colours of bricks and mortar, and the shadows that bricks cast into the joints."""
    base = np.array(BRICK_COLOURS[rng.integers(len(BRICK_COLOURS))], np.float32) * np.float32(rng.uniform(0.5, 1.15))
    spread = np.float32(rng.uniform(0.03, 0.35))
    factor = 1 + spread * (table[..., 0] - np.float32(0.5)) * 2
    tone = np.float32(rng.uniform(0, 0.12)) * (table[..., 1] - np.float32(0.5))
    grain = ((rng.uniform(1, 2.4), rng.uniform(0.02, 0.14)), (0.4, rng.uniform(0.01, 0.07)))
    texture = np.maximum(1 + coloured(rng, shape, grain), 0.2)
    bricks = (factor * texture)[..., None] * (base + tone[..., None] * np.array([1, 0, -1], np.float32))
    mortar_tone = rng.uniform(0.25, 0.85) if rng.random() < 0.7 else rng.uniform(0.06, 0.3)
    mortar = (mortar_tone * texture)[..., None] * (1 + rng.normal(0, 0.03, 3)).astype(np.float32)
    picture = mortar + brick[..., None] * (bricks - mortar)
    light = slope(blurred(brick, max(0.6, joint * 0.4)), rng.uniform(0.3, 2.8))
    picture *= np.clip(1 + rng.uniform(0, 1.6) * min(joint, 4) * light, 0.25, 1.6)[..., None]
    if rng.random() < 0.4:
        picture *= (1 - rng.uniform(0.1, 0.6) * np.exp(-(((edge - joint) / max(0.8, 0.4 * joint)) ** 2)))[..., None]
    return np.asarray(picture, np.float32), np.asarray(table[..., 0])


def _rubble(rng: Rng, shape: Shape) -> tuple[Picture, Plane]:
    """Irregular stones in wide joints, or polygonal slabs."""
    size = log_uniform(rng, 22, 110)
    field = stones.scattered(rng, shape, size, rng.uniform(0.04, 0.22), rng.uniform(0.75, 0.97))
    warp = np.float32(0.12 * size) * np.stack([coloured(rng, shape, ((2.6, 1.0),)) for _ in range(2)])
    x, y = grid(shape)
    places = (x + shape[1] / 2 + warp[0], y + shape[0] / 2 + warp[1])
    table = field.values(rng.random((field.count, 2)).astype(np.float32))
    height, looks = (
        np.asarray(cv2.remap(each, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.float32)
        for each in (field.height, table)
    )
    return _coloured_wall(rng, shape, height, looks, height * 3, 3.0)
