"""What is no crack but looks like one, or hides one; each function draws into a picture in place."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from hairline.data.synthetic import light
from hairline.data.synthetic.drawing import drawn
from hairline.data.synthetic.noise import (
    Picture,
    Plane,
    Rng,
    Shape,
    across,
    blurred,
    coloured,
    grey_of,
    log_uniform,
    painted,
    ramp,
    slope,
    smooth,
)
from hairline.data.synthetic.paths import Line, Strand

LETTERS = np.array(list("ABCDEFGHKLMNPRSTXZ0123456789+-/<>"))
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_PLAIN)


def joints(rng: Rng, picture: Picture) -> None:
    """One or two straight grooves of even width, dark, with a lit edge, at times filled."""
    shape = _shape(picture)
    angle, half = rng.uniform(0, np.pi), log_uniform(rng, 0.5, 7)
    for turn in [0] if rng.random() < 0.6 else [0, np.pi / 2]:
        edge = half - np.abs(across(shape, angle + turn) - rng.uniform(-0.4, 0.4) * max(shape))
        groove = ramp(edge, rng.uniform(0.25, 0.9))
        depth = rng.uniform(0.15, 0.85) if rng.random() < 0.85 else rng.uniform(-0.3, -0.05)
        picture *= np.clip(1 - depth * groove * (1 + 0.15 * smooth(rng, shape, rng.uniform(4, 40))), 0.05, 1.5)[
            ..., None
        ]
        if rng.random() < 0.4:
            picture *= np.clip(1 + rng.uniform(0.1, 0.7) * slope(groove, rng.uniform(0, 6.3)), 0.5, 1.5)[..., None]


def paint(rng: Rng, picture: Picture) -> None:
    """A painted strip, worn, with sharp or frayed edges; the texture below shows through."""
    shape = _shape(picture)
    half = log_uniform(rng, 1.5, 0.35 * max(shape))
    edge = half - np.abs(across(shape, rng.uniform(0, np.pi)) - rng.uniform(-0.6, 0.6) * max(shape))
    if rng.random() < 0.6:
        edge = edge + rng.uniform(0.2, 3) * coloured(rng, shape, ((rng.uniform(0.8, 2), 1.0),))
    cover = ramp(edge, log_uniform(rng, 0.2, 1.5)) * _worn(rng, shape)
    colour = np.array(
        [[0.9, 0.9, 0.88], [0.9, 0.72, 0.2], [0.6, 0.2, 0.18], [0.3, 0.4, 0.6], [0.2, 0.2, 0.2]], np.float32
    )
    tone = colour[rng.choice(5, p=[0.6, 0.2, 0.08, 0.06, 0.06])] * np.float32(rng.uniform(0.75, 1.05))
    texture = np.maximum(grey_of(picture), 1e-3)
    relief = (texture / (blurred(texture, 3) + 1e-3)) ** rng.uniform(0.1, 0.9)
    painted(picture, cover * np.float32(rng.uniform(0.5, 1)), tone * relief[..., None])


def seams(rng: Rng, picture: Picture) -> None:
    """Traces of formwork: thin straight lines at even distances, boards of different tone, holes of ties."""
    shape = _shape(picture)
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.05)
    pitch = rng.uniform(0.12, 0.6) * max(shape)
    place = across(shape, angle) / np.float32(pitch) + np.float32(rng.uniform(0, 1))
    board = np.floor(place).astype(np.int32)
    off = np.abs(place - board - np.float32(0.5)) - np.float32(0.5)
    line = ramp(off * np.float32(pitch) + np.float32(log_uniform(rng, 0.4, 2)), 0.4)
    tones = rng.normal(0, rng.uniform(0, 0.12), 64).astype(np.float32)[board % 64]
    picture *= (1 + tones)[..., None] * np.clip(1 - rng.uniform(-0.25, 0.55) * line, 0.2, 1.4)[..., None]
    if rng.random() < 0.4:
        holes = _dots(rng, shape, int(rng.integers(1, 6)), log_uniform(rng, 2, 8), 0.1)
        picture *= (1 - rng.uniform(0.4, 0.8) * holes)[..., None]


def wires(rng: Rng, picture: Picture) -> None:
    """Cables, ropes or rebar: smooth curves of even width with a highlight and a shadow."""
    shape = _shape(picture)
    for _ in range(rng.integers(1, 3)):
        width = log_uniform(rng, 0.8, 8)
        points = _curve(rng, shape)
        cover, _ = drawn([_even(points, width)], shape)
        gap = rng.uniform(0, 2.5) * width * np.array([np.cos(a := rng.uniform(0, 6.3)), np.sin(a)])
        cast, _ = drawn([_even(points + gap, width)], shape)
        picture *= (1 - rng.uniform(0, 0.5) * blurred(cast, rng.uniform(0.5, 3)))[..., None]
        tone = np.float32(rng.uniform(0.02, 0.9)) * (1 + rng.normal(0, 0.12, 3)).astype(np.float32)
        painted(picture, blurred(cover, 0.4), tone)
        picture *= np.clip(1 + 0.6 * slope(blurred(cover, max(0.6, 0.3 * width)), rng.uniform(0, 6.3)), 0.5, 1.6)[
            ..., None
        ]


def roots(rng: Rng, picture: Picture) -> None:
    """Roots, twigs and stalks: brown or grey, tapered, winding, lit from one side."""
    shape = _shape(picture)
    for _ in range(rng.integers(1, 5)):
        points = _curve(rng, shape) + np.cumsum(rng.normal(0, 0.5, (80, 2)), axis=0)
        first, last = sorted(rng.integers(0, 80, 2))
        points = points[first : max(last, first + 12)]
        widths = log_uniform(rng, 0.8, 7) * np.linspace(1, rng.uniform(0.2, 1), len(points))
        cover, _ = drawn([Strand(points, widths, np.ones(len(points)))], shape)
        picture *= (1 - rng.uniform(0, 0.5) * np.roll(blurred(cover, 1), rng.integers(-3, 4, 2), (0, 1)))[..., None]
        painted(
            picture, blurred(cover, 0.5), np.array([0.45, 0.36, 0.26], np.float32) * np.float32(rng.uniform(0.4, 1.7))
        )
        picture *= np.clip(1 + 0.7 * slope(blurred(cover, 1), rng.uniform(0, 6.3)), 0.5, 1.6)[..., None]


def leaves(rng: Rng, picture: Picture) -> None:
    """Leaves and litter: pointed ovals of any colour, each with a shadow."""
    shape = _shape(picture)
    count = int(rng.integers(1, 12))
    size = log_uniform(rng, 3, 0.12 * max(shape) + 4)
    for _ in range(count):
        along = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        outline = np.stack(
            [np.cos(along), rng.uniform(0.2, 0.6) * np.sin(along) * np.abs(np.sin(along)) ** 0.3], axis=1
        )
        turn = rng.uniform(0, 2 * np.pi)
        spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = outline @ spin * size * rng.uniform(0.5, 1.3) + rng.random(2) * shape[::-1]
        cover = np.zeros(shape, np.uint8)
        cv2.fillPoly(cover, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        plane = cover.astype(np.float32) / np.float32(255)
        picture *= (1 - 0.4 * np.roll(blurred(plane, 1.2), rng.integers(-3, 4, 2), (0, 1)))[..., None]
        tone = np.array(
            [[0.55, 0.4, 0.2], [0.35, 0.45, 0.2], [0.7, 0.6, 0.3], [0.4, 0.3, 0.25], [0.8, 0.8, 0.8]], np.float32
        )
        painted(picture, plane, tone[rng.integers(5)] * np.float32(rng.uniform(0.5, 1.2)))


def tyres(rng: Rng, picture: Picture) -> None:
    """Tyre marks: wide, soft, dark bands, one or two, straight or gently bent."""
    shape = _shape(picture)
    bend = rng.choice([0, 1]) * rng.uniform(0, 0.1) * max(shape) * smooth(rng, shape, max(shape) / 1.5)
    place = across(shape, rng.uniform(0, np.pi)) + bend - rng.uniform(-0.4, 0.4) * max(shape)
    half, gap = log_uniform(rng, 3, 30), rng.uniform(0.2, 0.6) * max(shape)
    mark = ramp(half - np.abs(place), log_uniform(rng, 1, 8))
    if rng.random() < 0.4:
        mark = np.maximum(mark, ramp(half - np.abs(place - gap), log_uniform(rng, 1, 8)))
    mottled = np.clip(0.8 + 0.4 * coloured(rng, shape, ((1.2, 1.0),)), 0, 1.3)
    picture *= np.clip(1 - rng.uniform(0.1, 0.5) * mark * mottled, 0.1, 1)[..., None]


def scratches(rng: Rng, picture: Picture) -> None:
    """Straight, thin strokes, bright or faintly dark, most of them in one direction."""
    shape = _shape(picture)
    strands = []
    heading = rng.uniform(0, np.pi)
    for _ in range(rng.integers(1, 9)):
        turn = heading + rng.normal(0, 0.15)
        middle, reach = rng.random(2) * shape[::-1], log_uniform(rng, 0.05, 0.7) * max(shape)
        arm = np.array([np.cos(turn), np.sin(turn)]) * reach / 2
        strands.append(_even(np.array([middle - arm, middle, middle + arm]), log_uniform(rng, 0.6, 2)))
    cover, _ = drawn(strands, shape)
    depth = rng.uniform(-0.5, -0.1) if rng.random() < 0.75 else rng.uniform(0.05, 0.2)
    picture *= np.clip(1 - depth * blurred(cover, 0.5), 0.3, 1.7)[..., None]


def pores(rng: Rng, picture: Picture) -> None:
    """Air holes and chipped spots: round, dark, with a lit rim."""
    shape = _shape(picture)
    count = int(shape[0] * shape[1] / log_uniform(rng, 300, 12_000)) + 1
    holes = _dots(rng, shape, count, log_uniform(rng, 0.6, 5), rng.uniform(0.2, 0.7))
    picture *= (1 - rng.uniform(0.15, 0.8) * holes)[..., None]
    picture *= np.clip(1 + rng.uniform(0, 0.6) * slope(blurred(holes, 0.7), rng.uniform(0, 6.3)), 0.5, 1.5)[..., None]


def text(rng: Rng, picture: Picture) -> None:
    """Letters and numbers, sprayed or stencilled."""
    shape = _shape(picture)
    cover = np.zeros(shape, np.uint8)
    word = "".join(rng.choice(LETTERS, rng.integers(1, 6)))
    size, thick = log_uniform(rng, 0.5, 5), max(1, round(log_uniform(rng, 1, 9)))
    at = (int(rng.uniform(-0.1, 0.6) * shape[1]), int(rng.uniform(0.2, 1.0) * shape[0]))
    cv2.putText(cover, word, at, FONTS[rng.integers(len(FONTS))], size, 255, thick, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), rng.uniform(0, 360), 1)
    turned = np.asarray(cv2.warpAffine(cover, turn, shape[::-1]), np.float32) / np.float32(255)
    plane = blurred(turned, rng.uniform(0.3, 2.5)) * _worn(rng, shape)
    tone = np.array(
        [[0.9, 0.9, 0.9], [0.85, 0.25, 0.2], [0.2, 0.3, 0.7], [0.95, 0.55, 0.15], [0.08, 0.08, 0.08]], np.float32
    )
    painted(picture, plane * np.float32(rng.uniform(0.4, 0.95)), tone[rng.integers(5)])


def sealed(rng: Rng, picture: Picture) -> None:
    """A sealed crack: a smooth band of bitumen of even width. It is no crack any more."""
    shape = _shape(picture)
    width = log_uniform(rng, 6, 40)
    points = _curve(rng, shape) + np.cumsum(rng.normal(0, 0.8, (80, 2)), axis=0)
    widths = width * np.exp(0.12 * np.interp(np.arange(80), np.arange(0, 81, 8), rng.standard_normal(11)))
    cover, _ = drawn([Strand(points, np.clip(widths, 1, 60), np.ones(80))], shape)
    cover = ramp(blurred(cover, 1.2) + np.float32(0.12) * coloured(rng, shape, ((1.8, 1.0),)) - 0.5, 0.06)
    gloss = 1 + rng.uniform(0.02, 0.25) * coloured(rng, shape, ((rng.uniform(1.5, 2.6), 1.0),))
    tone = np.float32(rng.uniform(0.06, 0.25)) * (1 + rng.normal(0, 0.03, 3)).astype(np.float32)
    painted(picture, cover * np.float32(rng.uniform(0.7, 1)), tone * gloss[..., None])
    if rng.random() < 0.5:
        picture *= np.clip(1 + 0.4 * slope(cover, rng.uniform(0, 6.3)), 0.6, 1.5)[..., None]


def patches(rng: Rng, picture: Picture) -> None:
    """A repaired part of the surface: another tone and grain behind a straight edge, with or without a dark line."""
    shape = _shape(picture)
    edge = across(shape, angle := rng.uniform(0, np.pi)) - rng.uniform(-0.3, 0.3) * max(shape)
    if rng.random() < 0.5:
        edge = np.minimum(edge, across(shape, angle + np.pi / 2) - rng.uniform(-0.3, 0.3) * max(shape))
    edge = edge + rng.uniform(0, 2) * smooth(rng, shape, rng.uniform(5, 30))
    inside = ramp(edge, log_uniform(rng, 0.3, 1.5))
    grain = 1 + coloured(rng, shape, ((rng.uniform(0, 2), rng.uniform(0, 0.12)),))
    picture *= (1 + inside * (rng.uniform(0.55, 1.4) * grain - 1))[..., None]
    if rng.random() < 0.3:
        picture *= (1 - rng.uniform(0.1, 0.6) * ramp(log_uniform(rng, 0.5, 3) - np.abs(edge), 0.4))[..., None]


BELOW: Mapping[str, Callable[[Rng, Picture], None]] = {
    "stains": light.stain,
    "streaks": light.streaks,
    "patches": patches,
    "seams": seams,
    "joints": joints,
    "paint": paint,
    "text": text,
    "tyres": tyres,
    "pores": pores,
    "scratches": scratches,
    "sealed": sealed,
}
"""What lies in the surface, so that cracks run through it."""

ABOVE: Mapping[str, Callable[[Rng, Picture], None]] = {
    "wires": wires,
    "roots": roots,
    "leaves": leaves,
    "shadows": light.shadow,
}
"""What lies on it."""


def _shape(picture: Picture) -> Shape:
    return picture.shape[0], picture.shape[1]


def _worn(rng: Rng, shape: Shape) -> Plane:
    """Cover of old paint, with holes and flakes."""
    field = coloured(rng, shape, ((rng.uniform(0.8, 2.6), 1.0),))
    return ramp(field + rng.uniform(0, 3), rng.uniform(0.05, 0.6))


def _curve(rng: Rng, shape: Shape) -> Line:
    """80 points of a smooth curve through the image."""
    size = np.array(shape[::-1])
    ends = rng.uniform(-0.2, 1.2, (4, 2)) * size
    part = np.linspace(0, 1, 80)[:, None]
    weights = (1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3
    return np.asarray(sum(weight * end for weight, end in zip(weights, ends, strict=True)))


def _even(points: Line, width_px: float) -> Strand:
    return Strand(points, np.full(len(points), width_px), np.ones(len(points)))


def _dots(rng: Rng, shape: Shape, count: int, radius_px: float, spread: float) -> Plane:
    """Round dots of different size."""
    places = rng.random((count, 2)) * shape[::-1]
    widths = 2 * radius_px * np.exp(spread * rng.standard_normal(count))
    ends = np.stack([places, places + 0.3 * widths[:, None] * rng.standard_normal((count, 2))], axis=1)
    strands = [
        Strand(end, np.full(2, width), np.ones(2)) for end, width in zip(ends, np.clip(widths, 0.6, 40), strict=True)
    ]
    return drawn(strands, shape)[0]
