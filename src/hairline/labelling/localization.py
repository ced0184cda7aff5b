"""From evidence to a localization map: normalise, upsample, average, cut, erode.

König et al. 2021, section III-B, with the values of section IV-C; what they leave open: docs/method.md §2.
Evidence is what the classifier says about one image, kept raw: a probability of crack for every voting window and
the class activation map on its feature grid, a few kilobytes. Every number a study tunes acts on it afterwards.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging.images import quantise
from hairline.imaging.windows import PatchGrid
from hairline.io import bounds
from hairline.io.artefacts import read_arrays, repro, spoilt
from hairline.io.options import checked_dataclass
from hairline.labelling.cache import remembered
from hairline.labelling.trace import Tell, silent

MAX_PIXELS = 1 << 30
"""Pixels of the largest image that evidence may be about."""

FAR = 8
"""Cells that one may look away from its place."""

Place = tuple[float, float]
"""Row and column in pixels; (0, 0) is the middle of the first pixel."""

Align = Literal["centre", "corner"]
"""Where cells are drawn: ``corner``, on the squares that begin in the image's corner, as common code does; ``centre``,
where the network's layers look by their strides and paddings: a ResNet's cells 15.5 px before the middle of these
squares, in both directions. A network that learned from mirrored patches comes to look near that middle all the same:
docs/labels.md."""


@dataclass(frozen=True)
class Votes:
    """Crack probabilities of the voting windows of one size.

    Attributes:
        window_px: Side of the windows in pixels.
        stride_px: Distance between windows in pixels.
        probabilities: float32 [rows, cols] in [0, 1], on the windows of ``PatchGrid(height, width, window, stride)``.
        centre_px: Where a vote looks in its window, see :mod:`hairline.nn.classifier.centres`; None where evidence of
            an older version does not tell.
    """

    window_px: int
    stride_px: int
    probabilities: NDArray[np.float32]
    centre_px: Place | None = None


@dataclass(frozen=True)
class ScaledCam:
    """Grad-CAM++ of the crack class on the image enlarged or reduced, before any normalisation.

    Attributes:
        scale: Size of the image that was looked at over that of the image.
        cells: float32 [rows, cols], values ≥ 0, laid over the scaled image as ``Evidence.cam`` over the image.
    """

    scale: float
    cells: NDArray[np.float32]


@dataclass(frozen=True)
class CellVotes:
    """Crack probabilities of the cells of the feature map, each asked about as if it were an image of its own.

    Attributes:
        scale: Size of the image that was looked at over that of the image.
        probabilities: float32 [rows, cols] in [0, 1], laid over the scaled image as ``Evidence.cam`` over the image.
    """

    scale: float
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class Evidence:
    """Raw evidence about one image.

    Attributes:
        height: Image height in pixels.
        width: Image width in pixels.
        votes: One entry a window size, in the order asked for.
        cam: Grad-CAM++ of the crack class before any normalisation, float32 [rows, cols], values ≥ 0; one cell a
            ``cam_cell_px`` square, the image being mirrored to whole squares.
        cam_cell_px: Pixels from one cell of ``cam`` to the next.
        crack_probability: The classifier's probability of crack for the full image, in [0, 1].
        scaled: Activation maps at further scales, in the order asked for.
        cells: Votes of cells at scale 1 and at those scales.
        centre_px: Where the first cell looks, on every scale; None where evidence of an older version does not tell.
    """

    height: int
    width: int
    votes: tuple[Votes, ...]
    cam: NDArray[np.float32]
    cam_cell_px: int
    crack_probability: float
    scaled: tuple[ScaledCam, ...] = ()
    cells: tuple[CellVotes, ...] = ()
    centre_px: Place | None = None

    def save(self, path: Path) -> None:
        """Write as a compressed NumPy archive without pickled objects, some kilobytes; :meth:`load` reads it.

        Args:
            path: The file, whose folder is there; by custom it ends in ``.npz``. Equal evidence gives equal content but
                for the times inside the archive.

        Raises:
            OSError: If it cannot be written.
        """
        arrays = {f"votes_{vote.window_px}_{vote.stride_px}": vote.probabilities for vote in self.votes}
        arrays |= {f"cam_{cam.scale!r}": cam.cells for cam in self.scaled}
        arrays |= {f"cells_{votes.scale!r}": votes.probabilities for votes in self.cells}
        places = {f"centre_{vote.window_px}_{vote.stride_px}": vote.centre_px for vote in self.votes}
        places |= {"centre": self.centre_px}
        arrays |= {name: np.array(place) for name, place in places.items() if place is not None}
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                size=np.array([self.height, self.width, self.cam_cell_px]),
                cam=self.cam,
                crack_probability=np.float64(self.crack_probability),
                **arrays,  # type: ignore[arg-type]
            )

    @classmethod
    def load(cls, path: Path) -> "Evidence":
        """Read what :meth:`save` wrote, so that labels can be made again without the classifier.

        Args:
            path: The file.

        Returns:
            The same arrays, bit for bit.

        Raises:
            HairlineError: If the file is missing, cannot be read, holds no evidence, or its maps do not lie over an
                image of the size that it tells.
        """
        maker = repro(f"localize@{path.parts[-3]}-{path.parts[-2]}" if len(path.parts) > 2 else "localize")
        arrays = read_arrays(path, maker)
        try:
            return cls._of(arrays)
        except (HairlineError, KeyError, IndexError, TypeError, ValueError) as error:
            raise spoilt(path, f"holds no evidence ({error})", "what 'localize' writes", maker) from None

    @classmethod
    def _of(cls, arrays: Mapping[str, NDArray[Any]]) -> "Evidence":
        height, width, cam_cell_px = (int(value) for value in arrays["size"])
        names = [name.split("_") for name in arrays if name.startswith("votes_")]
        places = {name: _place(values) for name, values in arrays.items() if name.startswith("centre")}
        votes = [
            Votes(int(name[1]), int(name[2]), arrays["_".join(name)], places.get("_".join(("centre", *name[1:]))))
            for name in names
        ]
        scaled = [ScaledCam(float(name[4:]), arrays[name]) for name in arrays if name.startswith("cam_")]
        cells = [CellVotes(float(name[6:]), arrays[name]) for name in arrays if name.startswith("cells_")]
        found = cls(height, width, tuple(votes), arrays["cam"], cam_cell_px, float(arrays["crack_probability"]),
                    tuple(scaled), tuple(cells), places.get("centre"))  # fmt: skip
        found._refuse_misfits()
        return found

    def _refuse_misfits(self) -> None:
        """Raise ValueError unless the maps are such as lie over an image of this size."""
        if min(self.height, self.width, self.cam_cell_px) < 1 or self.height * self.width > MAX_PIXELS:
            raise ValueError(f"its image has {self.height} x {self.width} pixels in cells of {self.cam_cell_px}")
        for votes in self.votes:
            grid = PatchGrid(self.height, self.width, votes.window_px, votes.stride_px)
            if votes.probabilities.shape != (grid.rows, grid.cols):
                raise ValueError(f"votes of windows of {votes.window_px} px do not lie over the image")
            if votes.centre_px is not None and not all(0 <= at < votes.window_px for at in votes.centre_px):
                raise ValueError(f"votes of windows of {votes.window_px} px look at {votes.centre_px} in these")
        if self.centre_px is not None and not all(abs(at) <= FAR * self.cam_cell_px for at in self.centre_px):
            raise ValueError(f"its first cell looks at {self.centre_px}")
        for name, cells in self._maps():
            if cells.ndim != 2 or not cells.size or cells.dtype != np.float32 or not np.isfinite(cells).all():
                raise ValueError(f"{name} is no map of numbers")

    def _maps(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        yield "the activation map", self.cam
        yield from ((f"the activation map on scale {cam.scale:g}", cam.cells) for cam in self.scaled)
        yield from (("a map of votes", votes.probabilities) for votes in self.votes)
        yield from (("a map of votes of cells", cells.probabilities) for cells in self.cells)


def _place(values: NDArray[Any]) -> Place:
    row, col = (float(value) for value in values)
    return row, col


@dataclass(frozen=True)
class Needs:
    """What a label set asks of the evidence.

    Attributes:
        windows_px: Sizes of voting windows, to be in ``localize.vote_windows_px``.
        scales: Scales of activation maps besides 1, to be in ``localize.cam_scales``.
    """

    windows_px: tuple[int, ...]
    scales: tuple[float, ...]


def scaled_size(height: int, width: int, scale: float) -> tuple[int, int]:
    """Height and width of an image that is looked at on a scale, at least one pixel each.

    Args:
        height: Of the image, in pixels.
        width: Likewise.
        scale: What both sides are multiplied by, above 0.

    Returns:
        Both in whole pixels, rounded to the nearest.

    Example:
        >>> scaled_size(300, 401, 0.5), scaled_size(1, 1, 0.1)
        ((150, 200), (1, 1))
    """
    return max(round(height * scale), 1), max(round(width * scale), 1)


@checked_dataclass
class Options:
    """How evidence becomes a localization map.

    Attributes:
        vote_window_px: Which of the cached voting windows to use.
        cells: How votes become the cells of the patch map: ``mean``, a cell is the mean of all windows over it (the
            paper's), or ``window``, a cell is one window's vote, as in the public code, and lies on its middle.
        quantise: Whether both maps are rounded to 256 levels before they are enlarged, and stay on such levels, as in
            the public code, which cuts off where this rounds (docs/method.md §8).
        upsampling: Filter that enlarges both maps to the image: ``lanczos`` (the paper's), ``hamming`` (the public
            code's) or ``bilinear``.
        patch_weight: Share of the patch map in the average, the rest is the activation map's; 0.5 in the paper.
        cam_guard: ``image`` weighs the activation map by the image's crack probability, so that noise on a crack-free
            image is not stretched to full confidence; ``none`` is the paper's.
        cut: Values up to here become 0, in [0, 1); 0.5 in the paper.
        erosion_px: Side of the square of the grey erosion, odd; 3 in the paper.
        erosion_iterations: How often it is eroded; 4 in the paper.
        align: Where cells and votes are drawn, see :data:`Align`; the paper does not tell.
    """

    vote_window_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]
    cells: Literal["mean", "window"]
    quantise: bool
    upsampling: Literal["lanczos", "hamming", "bilinear"]
    patch_weight: Annotated[float, Ge(0), Le(1)]
    cam_guard: Literal["none", "image"]
    cut: Annotated[float, Ge(0), Lt(1)]
    erosion_px: Annotated[int, Gt(0), Le(bounds.KERNEL_PX)]
    erosion_iterations: Annotated[int, Ge(0), Le(bounds.REPEATS)]
    align: Align

    def __post_init__(self) -> None:
        if self.erosion_px % 2 == 0:
            raise ValueError(f"erosion_px must be odd, found {self.erosion_px}")


PAPER = Options(
    vote_window_px=32,
    cells="mean",
    quantise=False,
    upsampling="lanczos",
    patch_weight=0.5,
    cam_guard="none",
    cut=0.5,
    erosion_px=3,
    erosion_iterations=4,
    align="corner",
)
"""Windows, Lanczos, average, cut and erosion of König et al. 2021, sections III-B and IV-C. How votes become cells and
where cells look is left open there: docs/method.md §2."""


_FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "hamming": Image.Resampling.HAMMING,
    "bilinear": Image.Resampling.BILINEAR,
}


BAND_PX = 1024
"""Rows of a map that are enlarged at once."""


def upsample(
    cells: NDArray[np.floating],
    cell_px: int,
    height: int,
    width: int,
    upsampling: str,
    quantised: bool = False,
    start_px: Place = (0, 0),
) -> NDArray[np.float32]:
    """Enlarge a map of cells to pixels, each cell staying centred on the square it stands for.

    It is made :data:`BAND_PX` rows at a time: Pillow holds a picture several times over.

    Args:
        cells: Values in [0, 1], [rows, cols].
        cell_px: Side of the square a cell stands for.
        height: Rows of the image.
        width: Columns of the image.
        upsampling: See :class:`Options`.
        quantised: See ``quantise`` of :class:`Options`.
        start_px: Row and column of the image, edge of a pixel, where the first cell's square begins; negative before
            it. The outermost cells stand for what lies before and beyond them, too.

    Returns:
        float32 [height, width], clipped to [0, 1] since Lanczos overshoots.
    """
    beyond = [
        size - cell_px * count - start
        for size, count, start in zip((height, width), cells.shape, start_px, strict=True)
    ]
    around = math.ceil(max(*(abs(start) for start in start_px), *beyond) / cell_px)
    padded = np.pad(cells, around, mode="edge")
    picture = Image.fromarray(quantise(padded) if quantised else padded.astype(np.float32))
    (above, before), found = (around - start / cell_px for start in start_px), np.empty((height, width), np.float32)
    for top in range(0, height, BAND_PX):
        bottom = min(top + BAND_PX, height)
        box = (before, above + top / cell_px, before + width / cell_px, above + bottom / cell_px)
        pixels = np.asarray(picture.resize((width, bottom - top), _FILTERS[upsampling], box))
        if quantised:
            np.divide(pixels, np.float32(255), out=found[top:bottom])
        else:
            np.clip(pixels, 0, 1, out=found[top:bottom])
    return found


def _beside(place: Place | None, middle: float, align: str) -> Place:
    """How far what is seen lies from the middle of the square that it is about, in pixels.

    Raises:
        HairlineError: If it is asked for and not known.
    """
    if align == "corner":
        return (0, 0)
    if place is None:
        raise HairlineError(
            "a label set asks for 'align: centre', but this evidence was collected by an older version, which did not "
            "keep where its cells look; collect it again (dvc repro localize) or set align: corner in params.yaml"
        )
    return place[0] - middle, place[1] - middle


def _cam_start(evidence: Evidence, align: str) -> Place:
    return _beside(evidence.centre_px, (evidence.cam_cell_px - 1) / 2, align)


@remembered
def patch_map(
    evidence: Evidence,
    window_px: int,
    upsampling: str,
    cells: str = "mean",
    quantised: bool = False,
    align: str = "corner",
) -> NDArray[np.float32]:
    """Crack probability of the windows over each position, float32 [height, width] in [0, 1].

    Args:
        evidence: What the classifier says about an image.
        window_px: Which of its voting windows to use.
        upsampling: See :class:`Options`.
        cells: See :class:`Options`.
        quantised: See ``quantise`` of :class:`Options`.
        align: See :class:`Options`.

    Raises:
        HairlineError: If the evidence holds no votes of that window, or not where they look and that is asked for.
    """
    height, width = evidence.height, evidence.width
    for votes in evidence.votes:
        if votes.window_px == window_px:
            down, right = _beside(votes.centre_px, (votes.window_px - 1) / 2, align)
            if cells == "window":
                middle = (votes.window_px - votes.stride_px) / 2
                start = (middle + down, middle + right)
                return upsample(votes.probabilities, votes.stride_px, height, width, upsampling, quantised, start)
            grid = PatchGrid(height, width, votes.window_px, votes.stride_px)
            mean = grid.mean(votes.probabilities)
            return upsample(mean, grid.cell_px, height, width, upsampling, quantised, (down, right))
    cached = ", ".join(str(votes.window_px) for votes in evidence.votes)
    raise HairlineError(
        f"vote_window_px is {window_px}, but the evidence was collected for windows of {cached} px; "
        f"choose one of them or add {window_px} to localize.vote_windows_px"
    )


@remembered
def activation_map(
    evidence: Evidence, guard: str, upsampling: str, quantised: bool = False, align: str = "corner"
) -> NDArray[np.float32]:
    """Grad-CAM++ as a share of its maximum, enlarged to the image (König et al. 2021, section III-B).

    Args:
        evidence: What the classifier says about an image.
        guard: ``none``, the paper's, or ``image``, which weighs the map by the image's probability of crack.
        upsampling: See :class:`Options`.
        quantised: See ``quantise`` of :class:`Options`.
        align: See :class:`Options`.

    Returns:
        float32 [height, width] in [0, 1]; all 0 where nothing speaks for crack.

    Raises:
        HairlineError: If the evidence does not tell where its cells look and that is asked for.
    """
    peak = float(evidence.cam.max(initial=0.0))
    share = evidence.cam / peak if peak > 0 else np.zeros_like(evidence.cam)
    share = share * evidence.crack_probability if guard == "image" else share
    start = _cam_start(evidence, align)
    return upsample(share, evidence.cam_cell_px, evidence.height, evidence.width, upsampling, quantised, start)


@remembered
def scaled_activation_map(
    evidence: Evidence, scale: float, upsampling: str, align: str = "corner"
) -> NDArray[np.float32]:
    """Grad-CAM++ on a scale as a share of its maximum, brought back to the size of the image.

    Args:
        evidence: What the classifier says about an image.
        scale: 1, or one of those that it holds activation maps on; below 1 the map shows wide cracks, above 1 thin
            ones.
        upsampling: See :class:`Options`.
        align: See :class:`Options`.

    Returns:
        float32 [height, width] in [0, 1].

    Raises:
        HairlineError: If the evidence holds no activation map on that scale, or not where it looks and that is asked
            for.
    """
    if scale == 1:
        return activation_map(evidence, "none", upsampling, align=align)
    for cam in evidence.scaled:
        if cam.scale == scale:
            peak = float(cam.cells.max(initial=0.0))
            return _brought_back(evidence, cam.cells / peak if peak > 0 else cam.cells, scale, upsampling, align)
    raise _missing(scale, "the activation map", (1.0, *(cam.scale for cam in evidence.scaled)))


def cell_map(evidence: Evidence, scale: float, upsampling: str, align: str = "corner") -> NDArray[np.float32]:
    """Crack probability of the cells on a scale, each asked about as an image of its own, brought to the image.

    Args:
        evidence: What the classifier says about an image.
        scale: One of those that it holds votes of cells on.
        upsampling: See :class:`Options`.
        align: See :class:`Options`.

    Returns:
        float32 [height, width] in [0, 1].

    Raises:
        HairlineError: If the evidence holds no votes of cells on that scale, or not where they look and that is asked
            for.
    """
    for votes in evidence.cells:
        if votes.scale == scale:
            return _brought_back(evidence, votes.probabilities, scale, upsampling, align)
    raise _missing(scale, "votes of cells", [votes.scale for votes in evidence.cells])


def _brought_back(
    evidence: Evidence, cells: NDArray[np.float32], scale: float, upsampling: str, align: str
) -> NDArray[np.float32]:
    """Cells [rows, cols] over the scaled image as a map of the image, float32 [height, width]."""
    height, width = scaled_size(evidence.height, evidence.width, scale)
    start = _cam_start(evidence, align)
    enlarged = upsample(cells, evidence.cam_cell_px, height, width, upsampling, start_px=start)
    if scale == 1:
        return enlarged
    size = (evidence.width, evidence.height)
    return np.asarray(cv2.resize(enlarged, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _missing(scale: float, what: str, there: Sequence[float]) -> HairlineError:
    cached = ", ".join(f"{each:g}" for each in there) or "none"
    return HairlineError(
        f"a label set asks for {what} on scale {scale:g}, but the evidence was collected on {cached}; "
        f"choose one of them or add {scale:g} to localize.cam_scales"
    )


def localize(evidence: Evidence, options: Options, tell: Tell = silent) -> NDArray[np.float32]:
    """Coarse localization (docs/method.md §2): average of both maps, what is not above the cut set to 0, grey erosion.

    Args:
        evidence: What the classifier says about an image.
        options: How the two maps become one.
        tell: Hears of ``patch map``, ``activation map`` and ``average``.

    Returns:
        float32 [height, width] in [0, 1].
    """
    filtering, quantised, align = options.upsampling, options.quantise, options.align
    patch = patch_map(evidence, options.vote_window_px, filtering, options.cells, quantised, align)
    tell("patch map", patch)
    cam = activation_map(evidence, options.cam_guard, filtering, quantised, align)
    tell("activation map", cam)
    merged = options.patch_weight * patch + (1 - options.patch_weight) * cam
    tell("average", merged)
    kept = np.where(merged > options.cut, merged, 0).astype(np.float32)
    kernel = np.ones((options.erosion_px, options.erosion_px), dtype=np.uint8)
    return np.asarray(cv2.erode(kept, kernel, iterations=options.erosion_iterations), dtype=np.float32)


def heat(evidence: Evidence) -> NDArray[np.float32]:
    """Both maps averaged, before any cut: what there is to see in the evidence, for galleries and pages.

    Args:
        evidence: What the classifier says about an image, with votes of one window size at least; the first is taken.

    Returns:
        float32 [height, width] in [0, 1], cells drawn where they look, as far as the evidence tells.

    Raises:
        IndexError: If it holds no votes of windows.
    """
    align = "corner" if evidence.centre_px is None else "centre"
    patch = patch_map(evidence, evidence.votes[0].window_px, "lanczos", align=align)
    return np.asarray((patch + activation_map(evidence, "none", "lanczos", align=align)) / 2, dtype=np.float32)
