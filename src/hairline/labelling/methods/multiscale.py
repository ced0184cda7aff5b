"""Our own labeller: where the classifier sees cracks on several scales, times how dark, times how continuous.

It departs from the paper in five ways. Localization is a mean of activation maps on several scales, of votes of
cells on several scales and of votes of windows, so that wide and hair-thin cracks are found with one setting. Darkness
is graded: the share of Otsu windows that call a pixel dark, and its contrast to its surroundings, in place of a
unanimous vote. A crack is a line: darkness is also asked for along the darkest line through a pixel, which tells cracks
from spots. It is also long: scores count in so far as the pixels around them hang together over a length, on rising
levels: hysteresis without a hard cut. And nothing is cut hard: the scores stay graded until they are used.

Localization is a share of its maximum, and the strongest pixels of every image are stretched to the same score. An
image without cracks would get as much confidence as one with cracks, so a guard weighs the label by how surely there
is one.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Annotated, Literal

import cv2
import numpy as np
from annotated_types import Ge, Gt, Le, Lt, MinLen
from numpy.typing import NDArray

from hairline.io import bounds
from hairline.io.options import checked_dataclass
from hairline.labelling import darkness
from hairline.labelling.extent import extent
from hairline.labelling.localization import Align, Evidence, Needs, cell_map, patch_map, scaled_activation_map
from hairline.labelling.thresholding import Bilateral, grey, smooth
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Scale:
    """A part in the mean: that of an activation map, or of votes of cells, on a scale.

    Attributes:
        scale: Of the image that was looked at; scales besides 1 must be in ``localize.cam_scales``.
        weight: In the mean.
    """

    scale: Annotated[float, Gt(0), Le(bounds.POWER)]
    weight: Annotated[float, Gt(0), Le(bounds.FACTOR)]


@checked_dataclass
class Window:
    """A window size's part in the mean.

    Attributes:
        window_px: Side of the windows in pixels.
        weight: In the mean.
    """

    window_px: Annotated[int, Gt(0), Le(bounds.WINDOW_PX)]
    weight: Annotated[float, Gt(0), Le(bounds.FACTOR)]


@checked_dataclass
class Options:
    """Every number of the labeller.

    Attributes:
        cams: Activation maps, at least one.
        cells: Maps of votes of cells, on scales as above.
        gate_power: Exponent by which the mean of ``cells`` multiplies the mean of all maps; 0 asks for none. A place
            must then look like a crack by itself, too, however strong what surrounds it.
        votes: Maps of voting windows; their sizes must be in ``localize.vote_windows_px``.
        cam_guard: What the scores of an image are weighed by: ``none``, nothing; ``image``, its crack probability p;
            ``image_or_windows``, 1 - (1 - p) (1 - q) with q the mean probability of the windows of ``votes``, for
            classifiers that are unsure of whole images. See docs/method.md for what each costs and saves.
        cut: Localization below this share of its maximum counts as nothing.
        localization_power: Exponent of localization in the score.
        bilateral: Filter on the colour image before it turns grey.
        otsu: Sizes of Otsu windows, of which the share that calls a pixel dark counts.
        otsu_strides: Windows a window's side, in each direction: the stride is the side over this.
        classes: Classes of multi-Otsu.
        contrast: Sizes of windows, odd, to which the contrast counts; at least one.
        darkness_power: Exponent of darkness in the score.
        line_px: Length of the lines along which a crack is to be dark; 0 asks for none.
        line_contrast_px: Side of the window, odd, of the contrast that is looked at along lines.
        line_power: Exponent of the darkness along lines.
        closing_px: Side of the square of the grey closing, odd; 1 closes nothing.
        full_percentile: The score that this percentile of an image's pixels reaches counts as :data:`FULL`.
        extent_levels: Scores above which pixels that touch count as one piece, see :mod:`hairline.labelling.extent`;
            none leaves the scores as they are.
        extent_px: Length of a piece that counts as long.
        extent_power: Exponent of the share of that length in the score.
        gamma: Exponent of the final score: it moves the threshold at which labels are best to about 0.5 and changes
            no ranking.
        align: Where cells and votes are drawn, see :data:`hairline.labelling.localization.Align`.
    """

    cams: Annotated[tuple[Scale, ...], MinLen(1)]
    cells: tuple[Scale, ...]
    gate_power: Annotated[float, Ge(0), Le(bounds.POWER)]
    votes: tuple[Window, ...]
    cam_guard: Literal["none", "image", "image_or_windows"]
    cut: Annotated[float, Ge(0), Lt(1)]
    localization_power: Annotated[float, Gt(0), Le(bounds.POWER)]
    bilateral: Bilateral
    otsu: tuple[Window, ...]
    otsu_strides: Annotated[int, Ge(1), Le(bounds.REPEATS)]
    classes: Annotated[int, Ge(2), Le(4)]
    contrast: Annotated[tuple[Window, ...], MinLen(1)]
    darkness_power: Annotated[float, Gt(0), Le(bounds.POWER)]
    line_px: Annotated[int, Ge(0), Le(bounds.KERNEL_PX)]
    line_contrast_px: Annotated[int, Gt(0), Le(bounds.KERNEL_PX)]
    line_power: Annotated[float, Gt(0), Le(bounds.POWER)]
    closing_px: Annotated[int, Gt(0), Le(bounds.KERNEL_PX)]
    full_percentile: Annotated[float, Gt(0), Le(100)]
    extent_levels: tuple[Annotated[float, Ge(0), Lt(1)], ...]
    extent_px: Annotated[float, Gt(0), Le(bounds.SIDE_PX)]
    extent_power: Annotated[float, Gt(0), Le(bounds.POWER)]
    gamma: Annotated[float, Gt(0), Le(bounds.POWER)]
    align: Align

    def __post_init__(self) -> None:
        odd = [("closing_px", self.closing_px), ("line_contrast_px", self.line_contrast_px)]
        odd += [("window_px of contrast", part.window_px) for part in self.contrast]
        for name, side in odd:
            if side % 2 == 0:
                raise ValueError(f"{name} must be odd, found {side}")
        if self.gate_power and not self.cells:
            raise ValueError("gate_power needs cells; name a scale there, e.g. {scale: 1, weight: 1}, or make it 0")

    def needs(self) -> Needs:
        """What the evidence must hold."""
        scales = tuple(dict.fromkeys(part.scale for part in (*self.cams, *self.cells) if part.scale != 1))
        return Needs(tuple(part.window_px for part in self.votes), scales)


EXAMPLE = Options(
    cams=(Scale(0.5, 2), Scale(1.5, 1)),
    cells=(Scale(1, 0.5),),
    gate_power=0.25,
    votes=(Window(32, 1),),
    cam_guard="image_or_windows",
    cut=0.15,
    localization_power=1,
    bilateral=Bilateral(radius_px=4, sigma_range=120, sigma_space=120),
    otsu=(Window(64, 1),),
    otsu_strides=4,
    classes=3,
    contrast=(Window(31, 0.5), Window(61, 1), Window(121, 1)),
    darkness_power=1,
    line_px=31,
    line_contrast_px=121,
    line_power=1,
    closing_px=9,
    full_percentile=99,
    extent_levels=(0.1, 0.2, 0.3),
    extent_px=200,
    extent_power=1.5,
    gamma=0.25,
    align="corner",
)
"""The values of the profiles, chosen on training crops of CRACK500: docs/labels.md."""


FULL = 0.8
"""Score that an image's strongest pixels get, so that one threshold serves faint and strong cracks."""

CLOSED = 0.02
"""Votes of cells below this multiply as if they were this: no place is ruled out by them alone."""

LEAST = 1e-3
"""Localization is not divided by less than this."""

FAINT = 0.02
"""Scores are not stretched beyond this: an image without evidence stays empty."""


def label(image: NDArray[np.uint8], evidence: Evidence, options: Options, tell: Tell = silent) -> NDArray[np.float32]:
    """Pseudo-label of an image.

    Args:
        image: RGB uint8 [height, width, 3].
        evidence: What the classifier says about it.
        options: The method's numbers.
        tell: Hears of the ``localization``, the ``smoothed`` image, ``dark``, ``along lines``, the ``product`` and the
            ``extent``.

    Returns:
        Confidence of crack, float32 [height, width] in [0, 1].

    Raises:
        HairlineError: If the evidence lacks a scale or a window size that is asked for.
    """
    smoothed = smooth(image, options.bilateral)
    tell("smoothed", smoothed)
    levels, scores = grey(smoothed), localized(evidence, options)
    tell("localization", scores)
    scores **= options.localization_power
    darkest = dark(levels, options)
    tell("dark", darkest)
    scores *= darkest**options.darkness_power
    if options.line_px:
        lines = darkness.along_lines(darkness.contrast(levels, options.line_contrast_px), options.line_px)
        tell("along lines", lines)
        scores *= lines**options.line_power
    tell("product", scores)
    kernel = np.ones((options.closing_px, options.closing_px), np.uint8)
    closed = np.asarray(cv2.morphologyEx(scores, cv2.MORPH_CLOSE, kernel), dtype=np.float32)
    strongest = max(float(np.percentile(closed, options.full_percentile)), FAINT)
    stretched = np.asarray(np.clip(closed * np.float32(FULL / strongest), 0, 1), dtype=np.float32)
    if options.extent_levels:
        long = extent(stretched, options.extent_levels, options.extent_px)
        tell("extent", long)
        stretched *= long**options.extent_power
    stretched *= np.float32(certainty(evidence, options))
    return stretched**options.gamma


def certainty(evidence: Evidence, options: Options) -> float:
    """How surely the image holds a crack at all, by which the whole label is weighed.

    Args:
        evidence: What the classifier says about it.
        options: Of which ``cam_guard`` says what is asked: nothing, the image's probability p, or 1 - (1 - p) (1 - q)
            with q the mean probability of the windows of ``votes``.

    Returns:
        A number in [0, 1]; 1 where nothing is asked.
    """
    if options.cam_guard == "none":
        return 1.0
    sizes = {part.window_px for part in options.votes} if options.cam_guard == "image_or_windows" else set()
    windows = [float(votes.probabilities.mean()) for votes in evidence.votes if votes.window_px in sizes]
    return 1 - (1 - evidence.crack_probability) * (1 - float(np.mean(windows or [0.0])))


def localized(evidence: Evidence, options: Options) -> NDArray[np.float32]:
    """Where the classifier sees cracks, on all scales and window sizes together.

    The weighted mean of all maps over its maximum, multiplied by the votes of cells (``gate_power``), less the cut.

    Args:
        evidence: What the classifier says about the image.
        options: Maps, weights, gate and cut.

    Returns:
        A new array, float32 [height, width] in [0, 1], 1 at the strongest place.

    Raises:
        HairlineError: If the evidence lacks a scale or a window size that is asked for.
    """
    align = options.align
    cams = (scaled_activation_map(evidence, part.scale, "bilinear", align) for part in options.cams)
    cells = (cell_map(evidence, part.scale, "bilinear", align) for part in options.cells)
    votes = (patch_map(evidence, part.window_px, "bilinear", align=align) for part in options.votes)
    weights = [part.weight for part in (*options.cams, *options.cells)] + [part.weight for part in options.votes]
    mean = _mean(weights, chain(cams, cells, votes))
    mean /= max(float(mean.max(initial=0)), LEAST)
    if options.gate_power:
        again = (cell_map(evidence, part.scale, "bilinear", align) for part in options.cells)
        gate = _mean([part.weight for part in options.cells], again)
        mean *= np.maximum(gate, CLOSED, out=gate) ** options.gate_power
        mean /= max(float(mean.max(initial=0)), LEAST)
    cut = np.float32(options.cut)
    mean -= cut
    mean /= 1 - cut
    return np.clip(mean, 0, 1, out=mean)


def dark(levels: NDArray[np.uint8], options: Options) -> NDArray[np.float32]:
    """How dark each pixel is: the weighted mean of its contrasts and of the shares of Otsu windows.

    Args:
        levels: Grey levels of the smoothed image, uint8 [height, width].
        options: Windows of both kinds and their weights.

    Returns:
        A new array, float32 [height, width] in [0, 1]; see :mod:`hairline.labelling.darkness` for both measures.
    """
    contrasts = (darkness.contrast(levels, part.window_px) for part in options.contrast)
    strides = [max(part.window_px // options.otsu_strides, 1) for part in options.otsu]
    shares = (
        darkness.otsu_share(levels, part.window_px, stride, options.classes)
        for part, stride in zip(options.otsu, strides, strict=True)
    )
    return _mean([part.weight for part in (*options.contrast, *options.otsu)], chain(contrasts, shares))


def _mean(weights: Sequence[float], maps: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Weighted mean of maps, float32; one is held at a time, since a map of 64 megapixels takes 256 MB."""
    total = sum(weights)
    shares = (np.float32(weight / total) * values for weight, values in zip(weights, maps, strict=True))
    found = next(shares)
    for share in shares:
        found += share
    return found
