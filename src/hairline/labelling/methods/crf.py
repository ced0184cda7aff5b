"""What König et al. 2021 compare with (section IV-D): a dense conditional random field on the class activation map.

Every pixel is crack or not. What a pixel says by itself (the unary) comes from the activation map; pairs of pixels pay
for being different, w1·exp(−|Δp|²/2θα² − |ΔI|²/2θβ²) + w2·exp(−|Δp|²/2θγ²), so that the label follows the edges of the
image. Inference is mean field (Krähenbühl and Koltun 2011) by pydensecrf, which approximates the sums over all pairs on
a permutohedral lattice and divides each kernel, symmetrically, by its sums over pixels. The bright and the dark side
of an edge are alike to it: unlike ``konig`` it does not know that cracks are dark.
"""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from numpy.typing import NDArray
from pydensecrf.densecrf import DenseCRF2D

from hairline.io import bounds
from hairline.io.options import checked_dataclass
from hairline.labelling.localization import Align, Evidence, Needs, activation_map
from hairline.labelling.trace import Tell, silent


@checked_dataclass
class Options:
    """Energy, inference and unary.

    Attributes:
        theta_alpha_px: Standard deviation over pixels of the kernel that looks at colour, θα.
        theta_beta: Standard deviation over the levels 0..255 of each colour channel, θβ.
        theta_gamma_px: Standard deviation over pixels of the smoothing kernel, θγ.
        w1: Weight of the kernel that looks at colour.
        w2: Weight of the smoothing kernel.
        iterations: Steps of mean field; 0 leaves the unary.
        confidence: Largest probability that the unary gives a class is (1 + confidence) / 2.
        neutral: Share of the map's maximum at which the unary speaks for neither class; 0.5 reads the map as a
            probability.
        upsampling: Filter that enlarges the map to the image: ``lanczos``, ``hamming`` or ``bilinear``.
        cam_guard: ``image`` weighs the map by the image's crack probability; ``none`` leaves it at its own maximum.
        align: Where its cells are drawn, see :data:`hairline.labelling.localization.Align`.
    """

    theta_alpha_px: Annotated[float, Gt(0), Le(bounds.FACTOR)]
    theta_beta: Annotated[float, Gt(0), Le(bounds.FACTOR)]
    theta_gamma_px: Annotated[float, Gt(0), Le(bounds.FACTOR)]
    w1: Annotated[float, Ge(0), Le(bounds.FACTOR)]
    w2: Annotated[float, Ge(0), Le(bounds.FACTOR)]
    iterations: Annotated[int, Ge(0), Le(bounds.REPEATS)]
    confidence: Annotated[float, Gt(0), Lt(1)]
    neutral: Annotated[float, Gt(0), Lt(1)]
    upsampling: Literal["lanczos", "hamming", "bilinear"]
    cam_guard: Literal["none", "image"]
    align: Align

    def needs(self) -> Needs:
        """What the evidence must hold: the activation map of the image itself, which is always there."""
        return Needs((), ())


EXAMPLE = Options(
    theta_alpha_px=67,
    theta_beta=3,
    theta_gamma_px=1,
    w1=4,
    w2=3,
    iterations=5,
    confidence=0.9,
    neutral=0.2,
    upsampling="lanczos",
    cam_guard="none",
    align="corner",
)
"""A point of the grid of docs/method.md §7. König et al. 2021 state no values: section IV-D searches those with the
highest mean IoU for each classifier, on a grid that is not public."""


def label(image: NDArray[np.uint8], evidence: Evidence, options: Options, tell: Tell = silent) -> NDArray[np.float32]:
    """Pseudo-label of an image: the marginal probability of crack.

    Args:
        image: RGB uint8 [height, width, 3].
        evidence: What the classifier says about it; only the activation map is used.
        options: Energy, inference and unary.
        tell: Hears of the ``activation map`` and of the probability of crack in the ``unary``.

    Returns:
        Probability of crack, float32 [height, width] in [0, 1].
    """
    activation = activation_map(evidence, options.cam_guard, options.upsampling, align=options.align)
    tell("activation map", activation)
    crack = unary(activation, options.confidence, options.neutral)
    tell("unary", crack)
    return mean_field(image, crack, options)


def unary(activation: NDArray[np.float32], confidence: float, neutral: float) -> NDArray[np.float32]:
    """Probability of crack that each pixel has before it hears of any other, float32 in (0, 1).

    (1 + confidence · d) / 2, where d goes in two straight pieces from −1 at activation 0 over 0 at ``neutral`` to 1 at
    activation 1.

    Args:
        activation: Activation map as a share of its maximum, float32 [height, width] in [0, 1].
        confidence: In (0, 1).
        neutral: In (0, 1).
    """
    away = activation - np.float32(neutral)
    decided = np.where(away > 0, away / np.float32(1 - neutral), away / np.float32(neutral))
    return np.asarray((1 + np.float32(confidence) * decided) / 2, dtype=np.float32)


def mean_field(image: NDArray[np.uint8], crack: NDArray[np.float32], options: Options) -> NDArray[np.float32]:
    """Marginal probability of crack after ``options.iterations`` steps of mean field.

    Args:
        image: RGB uint8 [height, width, 3].
        crack: Probability of crack in the unary, float32 [height, width] in (0, 1).
        options: Energy and number of steps.

    Returns:
        float32 [height, width] in [0, 1].
    """
    height, width = crack.shape
    field = DenseCRF2D(width, height, 2)
    energies = -np.log(np.stack([1 - crack, crack]).reshape(2, -1))
    field.setUnaryEnergy(np.ascontiguousarray(energies, dtype=np.float32))
    if options.w2:
        field.addPairwiseGaussian(sxy=options.theta_gamma_px, compat=options.w2)
    if options.w1:
        pixels = np.array(image, order="C")  # its own copy: the binding takes no read-only array
        field.addPairwiseBilateral(sxy=options.theta_alpha_px, srgb=options.theta_beta, rgbim=pixels, compat=options.w1)
    marginals = np.asarray(field.inference(options.iterations), dtype=np.float32)
    return np.asarray(marginals[1].reshape(height, width).clip(0, 1))
