"""Labellers in tests: the options of each, evidence that they need and images, made from a seed."""

from typing import Any

import numpy as np

from hairline.imaging.windows import PatchGrid
from hairline.io import plugins
from hairline.labelling.localization import CellVotes, Evidence, Needs, ScaledCam, Votes, scaled_size
from support.variants import example_of

PACKAGE = "hairline.labelling.methods"
LABELLERS = plugins.names(PACKAGE)
ALIKE_ON_BOTH_SIDES = {"crf"}
"""Labellers that follow edges and do not know that cracks are dark: where the evidence is sure, they believe it. Any
other must see nothing on an image of one level, and a plain dark line where the evidence is sure."""

CELL_PX = 32
"""Side of a cell of the feature map in this evidence."""

WINDOWS = Needs((32,), ())
"""Evidence of windows of 32 px and the image itself."""

SIZES = [(1, 1), (1, 40), (7, 5), (33, 47), (90, 131)]


def options_of(name: str) -> Any:
    """The options a labeller is tested with: ``PAPER`` or ``EXAMPLE`` of its module."""
    return example_of(plugins.resolve(PACKAGE, name))


def needs_of(options: Any) -> Needs:
    """What evidence must hold for these options."""
    return options.needs() if hasattr(options, "needs") else Needs((), ())


def evidence_of(height: int, width: int, probability: float | None = None, needs: Needs = WINDOWS) -> Evidence:
    """Evidence of noise, or with one probability of crack everywhere, on every window and scale that is asked for."""
    rng = np.random.default_rng(height * 1000 + width)

    def values(grid: PatchGrid) -> np.ndarray:
        noise = rng.random((grid.rows, grid.cols), dtype=np.float32)
        return noise if probability is None else np.full_like(noise, probability)

    def on(scale: float) -> np.ndarray:
        return values(PatchGrid(*scaled_size(height, width, scale), CELL_PX, CELL_PX))

    windows = needs.windows_px or (20,)  # there are always some, if not of a size to count on
    grids = [PatchGrid(height, width, px, min(px, 16)) for px in windows]
    votes = tuple(Votes(grid.window_px, grid.stride_px, values(grid), (grid.window_px / 3,) * 2) for grid in grids)
    cam = on(1)
    scaled = tuple(ScaledCam(scale, on(scale)) for scale in needs.scales)
    cells = (CellVotes(1.0, cam), *(CellVotes(scale, on(scale)) for scale in needs.scales))  # in [0, 1] like the map
    certain = 0.9 if probability is None else probability
    return Evidence(height, width, votes, cam, CELL_PX, certain, scaled, cells, (0, 0))


def images_of(height: int, width: int) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, width).astype(np.uint8)[None, :, None], noise.shape).copy()
    two = np.where(noise[..., :1] > 127, noise.dtype.type(200), noise.dtype.type(50)).repeat(3, axis=2)
    flat = {f"flat {level}": np.full_like(noise, level) for level in (0, 128, 255)}
    return {"noise": noise, "ramp": ramp, "two levels": two, **flat}


def cracked(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A bright rough surface with a dark slanting line, and the distance from the line's middle."""
    image = np.random.default_rng(11).integers(150, 190, (height, width, 1), dtype=np.uint8).repeat(3, axis=2)
    y, x = np.mgrid[:height, :width]
    distance = np.abs(y - height / 2 - (x - width / 2) * 0.3)
    image[distance < 2.5] = 40
    return image, distance
