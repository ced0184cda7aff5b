"""The steps to a label, kept to be drawn.

A labeller tells of its steps (:mod:`hairline.labelling.trace`); a :class:`Listener` keeps what a picture shows of them,
at the size it is drawn at, and :func:`write` keeps that in a file, so that drawing needs no second labelling.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.imaging.downscale import shrunk_image, shrunk_map
from hairline.io.artefacts import read_arrays, repro, spoilt
from hairline.io.atomic import whole_file

PANEL_PX = 420
LABEL = repro("label")


@dataclass(frozen=True)
class Panel:
    """One picture of the steps to a label.

    Attributes:
        title: What stands above it.
        pixels: RGB uint8 [height, width, 3], bool [height, width] or float in [0, 1] [height, width].
    """

    title: str
    pixels: NDArray[np.generic]


def panel(title: str, value: NDArray[np.generic]) -> Panel:
    """A panel of at most :data:`PANEL_PX` on its longer side that holds on to nothing of the map it is made of.

    Args:
        title: What to write above it.
        value: An RGB uint8 image [height, width, 3], or a map [height, width]: bool, uint8 (255 is 1), float in [0, 1].
    """
    if value.ndim == 3:
        return Panel(title, shrunk_image(np.asarray(value, dtype=np.uint8), PANEL_PX))
    small = shrunk_map(value, PANEL_PX)
    return Panel(title, small > 0 if value.dtype == np.bool_ else small.astype(np.float32))


class Listener:
    """Hears the steps of one label, as their ``tell``.

    Attributes:
        counts: Name to the sum of what was told under it.
        panels: What was told of maps, in order; empty where the listener does not draw.
    """

    def __init__(self, draws: bool) -> None:
        """Listen to the counts, and to the maps too where ``draws`` is set."""
        self._draws = draws
        self.counts: dict[str, int] = {}
        self.panels: list[Panel] = []

    def __call__(self, name: str, value: NDArray[np.generic] | int) -> None:
        """Hear of a step."""
        if not isinstance(value, np.ndarray):
            self.counts[name] = self.counts.get(name, 0) + int(value)
        elif self._draws:
            self.panels.append(panel(name, value))


def write(path: Path, panels: Sequence[Panel], counts: Mapping[str, int]) -> None:
    """Write panels and counts to an NPZ file, whole or not at all; equal ones give equal bytes."""
    told = json.dumps({"titles": [each.title for each in panels], "counts": dict(counts)})
    arrays = {f"panel_{number}": each.pixels for number, each in enumerate(panels)}
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, told=np.array(told), **arrays)  # type: ignore[arg-type]


def read(path: Path, maker: str = LABEL) -> tuple[list[Panel], dict[str, int]]:
    """The panels and counts that :func:`write` wrote.

    Args:
        path: The file.
        maker: The command that makes it, for messages.

    Raises:
        HairlineError: If the file holds something else.
    """
    arrays = read_arrays(path, maker)
    try:
        told = json.loads(str(arrays["told"]))
        panels = [Panel(str(title), arrays[f"panel_{number}"]) for number, title in enumerate(told["titles"])]
        counts = {str(name): int(count) for name, count in told["counts"].items()}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise spoilt(path, f"holds no steps to a label ({error})", "what 'label' writes", maker) from None
    for panel in panels:
        if panel.pixels.ndim not in (2, 3) or panel.pixels.dtype.kind not in "bfu":
            raise spoilt(path, f"'{panel.title}' is no picture", "what 'label' writes", maker)
    return panels, counts
