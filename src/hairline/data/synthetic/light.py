"""Light and what darkens a surface without a form of its own: slopes, shadows, stains, streaks."""

import cv2
import numpy as np

from hairline.data.synthetic.noise import Picture, Rng, across, coloured, grid, log_uniform, ramp, smooth


def shade(rng: Rng, picture: Picture) -> None:
    """Uneven light, in place: a slope across the image and slow undulation."""
    shape = picture.shape[:2]
    slant = across(shape, rng.uniform(0, 2 * np.pi)) / max(shape)
    light = 1 + rng.uniform(0, 0.5) * slant + rng.uniform(0, 0.1) * smooth(rng, shape, max(shape) / 2.5)
    picture *= np.clip(light, 0.4, 1.6)[..., None]


def shadow(rng: Rng, picture: Picture) -> None:
    """A shadow with a hard or soft edge, in place: of a wall, a pole, a person, or of leaves; bluish at times."""
    shape = picture.shape[:2]
    kind = rng.integers(4)
    soft = log_uniform(rng, 0.3, 14)
    if kind == 3:
        field = coloured(rng, shape, ((rng.uniform(2.6, 3.6), 1.0),)) - rng.uniform(-0.8, 0.8)
        inside = ramp(field, log_uniform(rng, 0.03, 0.3))
    else:
        wobble = rng.choice([0, 1]) * rng.uniform(2, 14) * smooth(rng, shape, rng.uniform(25, 90))
        edge = across(shape, rng.uniform(0, 2 * np.pi)) - rng.uniform(-0.4, 0.4) * max(shape) + wobble
        if kind == 2:
            edge = rng.uniform(0.02, 0.25) * max(shape) - np.abs(edge)
        inside = ramp(edge, soft)
    depth = rng.uniform(0.15, 0.75) * (1 - np.array([0, 0.03, 0.1], np.float32) * np.float32(rng.uniform(0, 1)))
    picture *= 1 - inside[..., None] * depth.astype(np.float32)


def stain(rng: Rng, picture: Picture) -> None:
    """Stains with irregular edges, in place: clouds of dirt, or drops of oil, dark or bright."""
    shape = picture.shape[:2]
    if rng.random() < 0.5:
        field = coloured(rng, shape, ((rng.uniform(2.2, 3.8), 1.0),)) - rng.uniform(-0.5, 1.8)
        inside = ramp(field, log_uniform(rng, 0.02, 0.5))
    else:
        inside = np.zeros(shape, np.float32)
        x, y = grid(shape)
        for _ in range(rng.integers(1, 6)):
            radius = log_uniform(rng, 0.012, 0.2) * max(shape)
            at = rng.uniform(-0.5, 0.5, 2) * shape[::-1]
            distance = np.hypot(x - np.float32(at[0]), (y - np.float32(at[1])) * np.float32(rng.uniform(0.5, 2)))
            edge = radius * (1 + 0.3 * smooth(rng, shape, max(radius, 4))) - distance
            inside = np.maximum(inside, ramp(edge, log_uniform(rng, 0.4, 8)))
    depth = rng.uniform(0.08, 0.6) if rng.random() < 0.75 else rng.uniform(-0.35, -0.05)
    tone = 1 + np.array([-0.1, 0, 0.12], np.float32) * np.float32(rng.uniform(-0.5, 1.5))
    picture *= np.clip(1 - inside[..., None] * (np.float32(depth) * tone), 0.05, 1.6)


def streaks(rng: Rng, picture: Picture) -> None:
    """Traces of running water or rust, all in one direction, in place."""
    shape = picture.shape[:2]
    thin = coloured(rng, (max(shape[0] // 16, 4), shape[1]), ((rng.uniform(0.6, 1.6), 1.0),))
    field = cv2.resize(thin, shape[::-1], interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3 and shape[0] == shape[1]:
        field = field.T
    depth = rng.uniform(0.1, 0.5) * (1 + np.array([-0.3, 0, 0.3], np.float32) * np.float32(rng.uniform(0, 1)))
    cover = ramp(field - rng.uniform(0.3, 1.6), rng.uniform(0.1, 0.6))
    picture *= 1 - cover[..., None] * depth.astype(np.float32)
