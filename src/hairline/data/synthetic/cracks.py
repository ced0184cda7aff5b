"""Cracks on a surface: dark or bright, soft or sharp, spalled, wet, lit at an edge, interrupted by what holds out."""

import cv2
import numpy as np

from hairline.data.synthetic import paths
from hairline.data.synthetic.drawing import drawn
from hairline.data.synthetic.noise import (
    Picture,
    Plane,
    Rng,
    Shape,
    blurred,
    coloured,
    grey_of,
    grid,
    log_uniform,
    ramp,
    slope,
    smooth,
)
from hairline.data.synthetic.options import Cracks
from hairline.data.synthetic.surfaces import Surface

MESH_PX = 8.0
"""Greatest width of the cracks of a mesh."""
TOLD = 1.8
"""Least loss of light in a crack, in deviations of the grain, times the root of its width, to be told from it."""


def add(
    rng: Rng, picture: Picture, surface: Surface, width_px: float, options: Cracks, central: bool = False
) -> tuple[Plane, float]:
    """Draw cracks of a main width into a picture, in place.

    Returns:
        Share of every pixel that belongs to cracks, spalled edges included, [height, width], and their main width in
        pixels, which is less for meshes and in joints.
    """
    chances = rng.random(8)
    layout, edges, spalling, hiding, wetting, filling, shading, lighting = rng.spawn(8)
    strands, width_px = _strands(layout, picture.shape[:2], surface, width_px, options, central)
    core, dark = _frayed(edges, *drawn(strands, picture.shape[:2]), width_px)
    cover = core
    if chances[0] < options.spalled:
        spall = _spall(spalling, core, width_px)
        _chip(spalling, picture, spall)
        cover = np.maximum(core, spall)
    if chances[1] < options.interrupted:
        dark = dark * (1 - _interruptions(hiding, surface, dark, width_px))
    if chances[2] < options.wet:
        _wet(wetting, picture, core, width_px)
    before = grey_of(picture)
    tone = _filling(filling, before, dark, width_px) if chances[3] < options.bright else None
    if tone is not None:
        _fill(filling, picture, dark, width_px, tone)
    else:
        _darken(shading, picture, dark, core, width_px)
        _deepen(before, picture, dark, width_px)
    if chances[4] < options.lit:
        light = slope(blurred(dark, log_uniform(lighting, 0.5, 1.5)), lighting.uniform(0, 2 * np.pi))
        picture *= np.clip(1 + lighting.uniform(0.1, 1.0) * light, 0.5, 1.5)[..., None]
    return cover, width_px


def _strands(
    rng: Rng, shape: Shape, surface: Surface, width_px: float, options: Cracks, central: bool
) -> tuple[list[paths.Strand], float]:
    """Where the cracks run, along joints, as a mesh or singly, and their main width."""
    stepped, meshes, branches = rng.random(3) < (options.stepped, options.meshes, options.branches)
    if stepped and surface.wall is not None and not central:
        width_px = min(width_px, 0.2 * surface.wall.row_px + 1)
        return paths.stepped(rng, shape, width_px, surface.wall), width_px
    if meshes and not central:
        width_px = min(width_px, MESH_PX)
        return paths.mesh(rng, shape, width_px), width_px
    return paths.system(rng, shape, width_px, bool(branches), central), width_px


def _frayed(rng: Rng, cover: Plane, dark: Plane, width_px: float) -> tuple[Plane, Plane]:
    """Cover and darkness of wide cracks with ragged edges."""
    reach = rng.uniform(0.05, 0.3) * min(width_px, 25)
    if reach < 0.4:
        return cover, dark
    x, y = grid(cover.shape)
    exponent = rng.uniform(1.8, 2.8)
    places = [
        along + np.float32(length / 2) + np.float32(reach) * coloured(rng, cover.shape, ((exponent, 1.0),))
        for along, length in ((x, cover.shape[1]), (y, cover.shape[0]))
    ]
    one, other = (
        np.asarray(cv2.remap(each, places[0], places[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
        for each in (cover, dark)
    )
    return one, other


def _darken(rng: Rng, picture: Picture, dark: Plane, core: Plane, width_px: float) -> None:
    """Take light from a crack: most in its middle, least at its soft edges."""
    soft = blurred(dark, rng.uniform(0.35, 0.8) + (rng.uniform(0, 0.06) * width_px if rng.random() < 0.5 else 0))
    rim = 1.0
    if width_px > 4:
        inside = cv2.distanceTransform((core > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
        rim = rng.uniform(0.4, 1) if rng.random() < 0.65 else rng.uniform(0.1, 0.4)
        core_at = np.float32(rng.uniform(0.12, 0.45) * width_px)
        soft = soft * (rim + (1 - rim) * np.minimum(inside / core_at, 1))
    depth = max(_depth(rng, picture, width_px), 0.75 if rim < 0.4 else 0)
    mottled = 1 + rng.uniform(0, 0.45) * coloured(rng, dark.shape, ((rng.uniform(0.5, 2), 1.0),))
    soft = np.clip(depth * soft * mottled, 0, 0.97)
    floor = np.float32(rng.uniform(0.01, 0.1)) * (1 + rng.normal(0, 0.1, 3)).astype(np.float32)
    flat = np.float32(rng.uniform(0, 1))
    picture *= (1 - (1 - flat) * soft)[..., None]
    picture += (flat * soft)[..., None] * (floor - picture)
    if rng.random() < 0.2:  # dirt and shade beside the crack
        picture *= (
            1 - rng.uniform(0.03, 0.2) * np.minimum(blurred(core, rng.uniform(1.5, 4) + 0.3 * width_px) * 2, 1)
        )[..., None]


def _depth(rng: Rng, picture: Picture, width_px: float) -> float:
    """How dark cracks are: anything that can just be told from the grain of the surface."""
    grey = grey_of(picture)
    grain = grey - blurred(grey, 2 + width_px)
    relative = float(grain.std() / (grey.mean() + 1e-3))
    least = min(0.12 + 0.015 * min(width_px, 15) + 1.8 * relative / np.sqrt(max(width_px / 2, 1)), 0.8)
    return float(least + (0.95 - least) * rng.beta(1.5 + 0.1 * width_px, 1.0))


def _deepen(before: Plane, picture: Picture, dark: Plane, width_px: float) -> None:
    """Darken cracks again that nobody would see in the grain of the surface, stains and shadows below included."""
    inside = dark > 0.4 * float(dark.max(initial=0))
    if not inside.any():
        return
    grain = float((before - blurred(before, 2 + width_px)).std())
    seen = float((before - grey_of(picture))[inside].mean()) * np.sqrt(max(width_px, 1))
    lacking = TOLD * grain - seen
    if lacking > 0:
        depth = min(lacking / np.sqrt(max(width_px, 1)) / max(float(before[inside].mean()), 0.05), 0.9)
        picture *= (1 - depth * np.minimum(blurred(dark, 0.4) * 1.3, 1))[..., None]


def _filling(rng: Rng, before: Plane, dark: Plane, width_px: float) -> float | None:
    """Brightness of salt, dust or sand in a crack; None where the surface is so bright that nobody would see it."""
    inside = dark > 0.4 * float(dark.max(initial=0))
    grain = float((before - blurred(before, 2 + width_px)).std())
    tone = float(rng.uniform(0.7, 1.0))
    least = max(0.2, 1.5 * TOLD * grain / np.sqrt(max(width_px, 1)))
    return tone if inside.any() and tone - float(before[inside].mean()) > least else None


def _fill(rng: Rng, picture: Picture, dark: Plane, width_px: float, tone: float) -> None:
    """Fill a crack with something brighter than the surface."""
    wide = np.minimum(blurred(dark, 0.4 + 0.1 * width_px) * 1.5, 1)
    hue = 1 + np.array([0.04, 0, -0.06], np.float32) * np.float32(rng.uniform(0, 2))
    mottled = np.clip(0.85 + 0.35 * smooth(rng, dark.shape, rng.uniform(2, 12)), 0.3, 1)
    filled = np.maximum(np.float32(tone) * hue, picture)
    picture += (rng.uniform(0.6, 0.95) * wide * mottled)[..., None] * (filled - picture)


def _wet(rng: Rng, picture: Picture, core: Plane, width_px: float) -> None:
    """A dark border of irregular width."""
    halo = blurred(core, rng.uniform(2, 5) + 0.5 * width_px)
    edge = halo * 3 + 0.12 * coloured(rng, core.shape, ((2.4, 1.0),)) - rng.uniform(0.15, 0.5)
    picture *= (1 - rng.uniform(0.1, 0.4) * ramp(edge, rng.uniform(0.02, 0.15)))[..., None]


def _spall(rng: Rng, cover: Plane, width_px: float) -> Plane:
    """Where edges have broken off: beside the crack, where a rough field is high."""
    field = coloured(rng, cover.shape, ((rng.uniform(2, 2.8), 1.0),))
    near = blurred(cover, rng.uniform(1, 2) + rng.uniform(0.2, 0.7) * width_px)
    return ramp(near * rng.uniform(1.5, 3) + 0.25 * field - rng.uniform(0.5, 1.0), 0.02) * ramp(near - 0.08, 0.01)


def _chip(rng: Rng, picture: Picture, spall: Plane) -> None:
    """The rough ground of a spall, and the step at its edge."""
    rough = 1 + coloured(rng, spall.shape, ((rng.uniform(1, 2), rng.uniform(0.05, 0.3)),))
    tone = rng.uniform(0.45, 1.2)
    picture *= (1 + spall * (tone * rough - 1))[..., None]
    step = slope(blurred(spall, rng.uniform(0.6, 1.5)), rng.uniform(0, 2 * np.pi))
    picture *= np.clip(1 + rng.uniform(0.2, 1.2) * step, 0.4, 1.5)[..., None]


def _interruptions(rng: Rng, surface: Surface, dark: Plane, width_px: float) -> Plane:
    """By how much what lies in a crack hides it: whole stones at its edges, dirt anywhere."""
    strength = np.float32(rng.uniform(0.4, 1))
    if surface.chance is None or surface.wall is not None or rng.random() < 0.3:
        field = coloured(rng, dark.shape, ((rng.uniform(1, 2.4), 1.0),))
        return np.asarray(strength * ramp(field - rng.uniform(0.7, 1.8), 0.15))
    stays = surface.chance < rng.uniform(0.05, 0.5)
    if width_px > 5:  # stones reach in from the sides; few lie in the middle
        inside = cv2.distanceTransform((dark > 0).astype(np.uint8), cv2.DIST_L2, 3)
        stays &= (inside < rng.uniform(0.15, 0.5) * width_px) | (surface.chance < 0.04)
    return np.asarray(strength * stays.astype(np.float32))
