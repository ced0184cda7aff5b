"""Where cracks run: strands of points with a width and a darkness at each of them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from hairline.data.synthetic.masonry import Wall
from hairline.data.synthetic.noise import Rng, Shape, log_uniform

Line = NDArray[np.float64]
"""A value at every point of a strand, or points (x, y) [points, 2]."""
MOST_BRANCHES = 14
LEAST_WIDTH_PX = 0.6


@dataclass(frozen=True)
class Strand:
    """A part of a crack.

    Attributes:
        points: (x, y) [points, 2] in pixels.
        widths: In pixels.
        levels: How dark, 0..1.
    """

    points: Line
    widths: Line
    levels: Line


def system(rng: Rng, shape: Shape, width_px: float, branches: bool, central: bool = False) -> list[Strand]:
    """One to three cracks of similar width, with branches of branches that get thinner and fade."""
    habit = Habit.drawn(rng, width_px)
    diagonal = float(np.hypot(*shape))
    strands: list[Strand] = []
    waiting = []
    for _ in range(rng.choice([1, 2, 3], p=[0.68, 0.24, 0.08])):
        start, heading = entry(rng, shape, 0.75, (0.15, 0.85))
        if central:
            start = np.array(shape[::-1]) / 2
        length = diagonal * (rng.uniform(1.1, 1.5) if rng.random() < 0.6 else rng.uniform(0.25, 1))
        waiting.append((start, heading, length, width_px * rng.uniform(0.6, 1.0 if strands else 1.15), 1.0, 0))
    while waiting and len(strands) < MOST_BRANCHES:
        start, heading, length, width, level, order = waiting.pop(0)
        inside = bool((start > 1).all() and (start < np.array(shape[::-1]) - 1).all())
        strand = habit.strand(rng, start, heading, length, width, level, tip=order == 0 and inside and not central)
        strands.append(strand)
        for _ in range(rng.poisson(1.6 / (order + 1)) if branches and order < 3 and len(strand.points) > 8 else 0):
            at = int(rng.uniform(0.05, 0.95) * (len(strand.points) - 2))
            course = strand.points[min(at + 4, len(strand.points) - 1)] - strand.points[max(at - 4, 0)]
            turn = rng.choice([-1, 1]) * rng.uniform(0.3, 1.4)
            waiting.append(
                (
                    strand.points[at],
                    float(np.arctan2(course[1], course[0])) + turn,
                    length * rng.uniform(0.08, 0.5),
                    max(strand.widths[at] * rng.uniform(0.25, 0.85), LEAST_WIDTH_PX),
                    level * rng.uniform(0.5, 1),
                    order + 1,
                )
            )
    return strands


@dataclass(frozen=True)
class Habit:
    """How all cracks of an image run.

    Attributes:
        step_px: Between two points.
        wander: How fast the course changes, in radians a step.
        jag: How much single stretches leave the course, in radians.
        stretch: How many steps a stretch has.
        knot: How many steps lie between two widths.
        swell: Deviation of the logarithm of the width, along the crack.
        rough: The same from point to point.
        shake: How far points lie off the course, in parts of the width.
        fading: Least darkness along a crack.
    """

    step_px: float
    wander: float
    jag: float
    stretch: int
    knot: int
    swell: float
    rough: float
    shake: float
    fading: float

    @classmethod
    def drawn(cls, rng: Rng, width_px: float) -> "Habit":
        """Any habit that goes with a width."""
        step = max(1.5, 0.2 * width_px)
        return cls(
            step_px=step,
            wander=log_uniform(rng, 0.006, 0.07) * np.sqrt(step),
            jag=rng.uniform(0, 0.8),
            stretch=int(rng.integers(1, int(max(3, 24 / step)) + 1)),
            swell=rng.uniform(0.1, 0.55),
            knot=int(np.clip(log_uniform(rng, 8, 120) / step, 2, 60)),
            rough=rng.uniform(0, 0.25 if width_px < 6 else 0.14),
            shake=rng.uniform(0, 0.2 if width_px < 6 else 0.1),
            fading=rng.uniform(0.35, 1) if width_px < 4 else rng.uniform(0.6, 1),
        )

    def strand(
        self, rng: Rng, start: Line, heading: float, length_px: float, width_px: float, level: float, tip: bool = False
    ) -> Strand:
        """A strand from a point on that tapers off, on both sides where it begins in a tip."""
        count = max(int(length_px / self.step_px), 4)
        drift = np.cumsum(rng.normal(0, self.wander, count))
        drift *= min(1, 0.9 / max(float(np.abs(drift).max()), 1e-6))
        jags = np.repeat(rng.normal(0, self.jag, count // self.stretch + 1), self.stretch)[:count]
        angles = heading + drift + jags + rng.normal(0, 0.4 * self.jag, count)
        moves = np.stack([np.cos(angles), np.sin(angles)], axis=1) * self.step_px
        points = start + np.cumsum(moves, axis=0)
        left = (count - np.arange(count)) / count
        taper = np.clip(left / rng.uniform(0.15, 0.8), 0.04, 1)
        if tip:
            taper = taper * np.clip((1 - left) / rng.uniform(0.1, 0.4), 0.04, 1)
        swell = self.swell * (_wave(rng, count, self.knot) + 0.5 * _wave(rng, count, max(self.knot // 3, 1)))
        widths = width_px * taper * np.exp(swell + self.rough * rng.standard_normal(count))
        points = points + rng.normal(0, self.shake, (count, 2)) * np.minimum(widths, 12)[:, None]
        levels = np.clip(level * (self.fading + (1 - self.fading) * (0.7 + 0.5 * _wave(rng, count, 10))), 0.15, 1)
        levels *= np.clip(0.35 + left / 0.25, 0, 1)
        return Strand(points, np.clip(widths, LEAST_WIDTH_PX, 40), levels)


def _wave(rng: Rng, count: int, knot: int) -> Line:
    """Random values, every ``knot`` points a new one, straight between them; deviation about 0.8."""
    knots = np.arange(0, count + knot, knot)
    return np.interp(np.arange(count), knots, rng.standard_normal(len(knots)))


def entry(rng: Rng, shape: Shape, from_border: float, aim: tuple[float, float]) -> tuple[Line, float]:
    """Where a crack starts, and the direction into the image it takes, in radians from the x axis.

    Args:
        rng: Source of chance.
        shape: Height and width of the image.
        from_border: Share of the cracks that start on its border; the others start anywhere.
        aim: It heads for a point between these shares of both sides.
    """
    size = np.array(shape[::-1], np.float64)
    start = rng.random(2) * size
    if rng.random() < from_border:
        side = rng.integers(2)
        start[side] = rng.integers(2) * size[side]
    towards = size * rng.uniform(*aim, 2) - start
    return start, float(np.arctan2(towards[1], towards[0]))


def mesh(rng: Rng, shape: Shape, width_px: float) -> list[Strand]:
    """Cracks around the cells of a Voronoi diagram, over all of the image or a part of it (alligator cracking)."""
    size = max(log_uniform(rng, 0.1, 0.45) * max(shape), 8 * width_px)
    down, right = (int(length / size) + 4 for length in shape)
    seeds = np.stack(np.meshgrid(np.arange(right), np.arange(down)), axis=-1).reshape(-1, 2).astype(np.float64)
    seeds = (seeds - 1.5 + rng.uniform(-0.55, 0.55, seeds.shape) * rng.uniform(0.5, 1.2)) * size
    diagram = Voronoi(seeds)
    ridges = np.array([ridge for ridge in diagram.ridge_vertices if -1 not in ridge])
    ends = diagram.vertices[ridges]
    middle = ends.mean(axis=1)
    focus, reach = rng.random(2) * shape[::-1], log_uniform(rng, 0.3, 3) * max(shape)
    far = np.hypot(*(middle - focus).T) / reach
    keep = (rng.random(len(ends)) < rng.uniform(0.8, 1)) & (far < 1.0 + 0.3 * rng.standard_normal(len(ends)))
    bend = rng.uniform(0.02, 0.16)
    spread, swell, fading = rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.4), rng.uniform(0.3, 1)
    return [
        _edge(
            rng, pair[0], pair[1], width_px * float(np.exp(rng.normal(0, spread))), bend, swell, rng.uniform(fading, 1)
        )
        for pair in ends[keep]
    ]


def _edge(rng: Rng, one: Line, other: Line, width_px: float, bend: float, swell: float, level: float) -> Strand:
    """A rough line between two points."""
    length = float(np.hypot(*(other - one)))
    count = int(np.clip(length / max(2, 0.4 * width_px), 3, 200)) + 1
    part = np.linspace(0, 1, count)
    bridge = _wave(rng, count, max(count // 4, 1)) + 0.35 * _wave(rng, count, max(count // 12, 1))
    bridge = (bridge - (1 - part) * bridge[0] - part * bridge[-1]) * bend * length
    normal = np.array([one[1] - other[1], other[0] - one[0]]) / max(length, 1e-6)
    points = one + part[:, None] * (other - one) + bridge[:, None] * normal
    widths = width_px * np.exp(swell * _wave(rng, count, 4) + 0.5 * swell * rng.standard_normal(count))
    return Strand(points, np.clip(widths, LEAST_WIDTH_PX, 40), np.full(count, level))


def stepped(rng: Rng, shape: Shape, width_px: float, wall: Wall) -> list[Strand]:
    """A crack that climbs along the joints of a wall, and breaks through a brick here and there."""
    rows = int(np.hypot(*shape) / wall.row_px) + 2
    first = int(np.floor((-np.hypot(*shape) / 2 - wall.origin[1]) / wall.row_px))
    column, lean = float(rng.integers(-2, 3)) + round(-wall.origin[0] / wall.brick_px), rng.choice([-1, 0, 1])
    corners = []
    for row in range(first, first + rows):
        shift = float(wall.shifts[row % len(wall.shifts)])
        column = round(column - shift) + shift + int(rng.choice([lean, 0, -lean], p=[0.6, 0.3, 0.1]))
        corners += [(column * wall.brick_px, row * wall.row_px), (column * wall.brick_px, (row + 1) * wall.row_px)]
    frame = np.array(corners) + wall.origin
    frame = frame + rng.normal(0, 0.03 * wall.row_px, frame.shape)
    points = wall.placed(frame[:, 0], frame[:, 1], shape)
    swell, fading = rng.uniform(0.1, 0.4), rng.uniform(0.4, 1)
    return [
        _edge(rng, one, other, width_px, rng.uniform(0.01, 0.05), swell, rng.uniform(fading, 1))
        for one, other in pairwise(points)
        if np.hypot(*(other - one)) > 1
    ]
