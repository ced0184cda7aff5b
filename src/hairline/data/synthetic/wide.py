"""Images as different as real photos are: any surface, crack and camera, and what looks like a crack."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hairline.data.splits import ORDER, Split
from hairline.data.synthetic import annotators, camera, cracks, distractors, light, surfaces
from hairline.data.synthetic.noise import Picture, Rng, Shape, log_uniform
from hairline.data.synthetic.options import Options

TRIES = 8


def made(options: Options, split: Split, index: int, crack_free: bool) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Image RGB uint8 [height, width, 3] and mask bool [height, width] of one index of a split, always the same.

    Every ingredient draws from a source of chance of its own, so that leaving one out changes no other.
    """
    for attempt in range(1 if crack_free else TRIES):
        image, mask = _made(options, (ORDER.index(split), index, attempt), crack_free, attempt == TRIES - 1)
        if crack_free or mask.any():
            break
    return image, mask


def _made(
    options: Options, place: tuple[int, ...], crack_free: bool, central: bool
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """An image and its mask; where a crack is to be seen for certain, it begins in the middle."""

    def chance(name: str) -> Rng:
        return np.random.default_rng([options.seed, *place, crc32(name.encode())])

    shape: Shape = (options.height_px, options.width_px)
    ingredients = options.ingredients
    width = log_uniform(chance("width"), ingredients.cracks.least_px, ingredients.cracks.most_px)
    weights = asdict(ingredients.surfaces)
    kind = _chosen(chance("surface kind"), weights)
    surface = surfaces.MAKERS[kind](chance("surface"), shape, width)
    picture = np.maximum(surface.picture, 0.004, dtype=np.float32)
    probabilities = asdict(ingredients.distractors)
    _add(distractors.BELOW, probabilities, picture, chance)
    cover = np.zeros(shape, np.float32)
    if not crack_free:
        cover, width = cracks.add(chance("cracks"), picture, surface, width, ingredients.cracks, central)
    _add(distractors.ABOVE, probabilities, picture, chance)
    light.shade(chance("light"), picture)
    tilt = chance("perspective")
    if tilt.random() < ingredients.camera.perspective:
        picture, (cover,) = camera.tilted(tilt, picture, [cover])
    image = camera.photograph(chance("camera"), picture, width, ingredients.camera)
    if crack_free:
        return image, np.zeros(shape, np.bool_)
    return image, annotators.mask(chance("annotator"), cover, width, options.annotators)


def _chosen(rng: Rng, weights: Mapping[str, float]) -> str:
    """A name, by its weight; one that is left out changes the choice only where it was chosen."""
    waits = dict(zip(sorted(weights), rng.exponential(size=len(weights)), strict=True))
    return min((name for name in waits if weights[name] > 0), key=lambda name: waits[name] / weights[name])


def _add(
    makers: Mapping[str, Callable[[Rng, Picture], None]],
    probabilities: Mapping[str, float],
    picture: Picture,
    chance: Callable[[str], Rng],
) -> None:
    """Draw what chance has in store, in place."""
    for name, draw in makers.items():
        rng = chance(name)
        if rng.random() < probabilities[name]:
            draw(rng, picture)
