"""What to generate: how many images of which style, of which ingredients, and with which habits of annotators."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from hairline.io import bounds
from hairline.io.options import checked_dataclass

Probability = Annotated[float, Ge(0), Le(1)]
Weight = Annotated[float, Ge(0), Le(bounds.FACTOR)]
Width = Annotated[float, Ge(1), Le(40)]


@checked_dataclass
class Surfaces:
    """How often an image shows a surface: weights, of which 0 leaves a surface out and only their ratios matter."""

    asphalt: Weight = 0.42
    concrete: Weight = 0.2
    plaster: Weight = 0.1
    masonry: Weight = 0.12
    noise: Weight = 0.06
    textures: Weight = 0.1

    def __post_init__(self) -> None:
        if not sum(vars(self).values()) > 0:
            raise ValueError("every surface has the weight 0; give one of them a weight above 0")


@checked_dataclass
class Cracks:
    """How often the cracks of an image with cracks are of a kind; each kind is drawn for itself, 0 leaves it out.

    Attributes:
        least_px: Least width; main cracks are log-uniform between both.
        most_px: Greatest width.
        meshes: A mesh of cracks (alligator cracking) instead of single ones.
        branches: Branches at all.
        stepped: In masonry: along the joints.
        bright: Filled with salt or dust, so brighter than the surface.
        wet: In a dark, wet border.
        spalled: With edges that have broken off and that annotators fill.
        interrupted: Stones, dirt and bridges interrupt the darkness but not the mask.
        lit: One edge catches the light.
    """

    least_px: Width = 1
    most_px: Width = 40
    meshes: Probability = 0.1
    branches: Probability = 0.6
    stepped: Probability = 0.35
    bright: Probability = 0.04
    wet: Probability = 0.05
    spalled: Probability = 0.1
    interrupted: Probability = 0.5
    lit: Probability = 0.35

    def __post_init__(self) -> None:
        if self.least_px > self.most_px:
            raise ValueError("least_px is greater than most_px; swap them")


@checked_dataclass
class Distractors:
    """How often an image has something that is no crack; 0 leaves it out."""

    joints: Probability = 0.08
    paint: Probability = 0.1
    seams: Probability = 0.04
    wires: Probability = 0.05
    roots: Probability = 0.04
    leaves: Probability = 0.05
    tyres: Probability = 0.05
    scratches: Probability = 0.06
    pores: Probability = 0.1
    text: Probability = 0.03
    sealed: Probability = 0.04
    patches: Probability = 0.06
    stains: Probability = 0.3
    streaks: Probability = 0.06
    shadows: Probability = 0.3


@checked_dataclass
class Camera:
    """How often a photo has a fault; 0 leaves it out."""

    perspective: Probability = 0.3
    defocus: Probability = 0.4
    motion: Probability = 0.08
    vignetting: Probability = 0.2
    noise: Probability = 0.8
    sharpening: Probability = 0.3
    jpeg: Probability = 0.6
    tint: Probability = 0.6


@checked_dataclass
class Annotators:
    """Habits of those who draw the masks.

    Attributes:
        margin: Most that a mask is wider than its crack on each side, in parts of the crack's width; drawn evenly
            from 0 on for every image.
        margin_px: The same, in pixels.
        thin: How often a mask leaves out the soft border instead.
        shift_px: Most that a mask is off its crack, in whole pixels in both directions.
        coarse: How often a mask is drawn with a coarse brush, which smooths its outline.
    """

    margin: Annotated[float, Ge(0), Le(2)] = 0
    margin_px: Annotated[float, Ge(0), Le(20)] = 0
    thin: Probability = 0.1
    shift_px: Annotated[int, Ge(0), Le(20)] = 0
    coarse: Probability = 0.2


@checked_dataclass
class Ingredients:
    """What images of the style ``wide`` are made of; an ablation switches one of these numbers to 0."""

    surfaces: Surfaces = Surfaces()
    cracks: Cracks = Cracks()
    distractors: Distractors = Distractors()
    camera: Camera = Camera()


@checked_dataclass
class Options:
    """What to generate.

    Attributes:
        seed: Seed of everything; an image depends on it, on its split and on its index there only.
        train: Number of training images.
        val: Number of validation images.
        test: Number of test images.
        height_px: Height of the images.
        width_px: Width of the images.
        crack_free: Share of images without a crack, spread evenly over the indices of each split.
        style: ``easy``: cracks on concrete and asphalt that local contrast tells. ``wide``: everything that ingredients
            name, as different as real photos are.
        ingredients: What images of the style ``wide`` are made of.
        annotators: Whose masks images of the style ``wide`` have.
    """

    seed: Annotated[int, Ge(0), Le(bounds.SEED)]
    train: Annotated[int, Ge(0), Le(bounds.IMAGES)]
    val: Annotated[int, Ge(0), Le(bounds.IMAGES)]
    test: Annotated[int, Ge(0), Le(bounds.IMAGES)]
    height_px: Annotated[int, Ge(32), Le(bounds.SYNTHETIC_SIDE_PX)]
    width_px: Annotated[int, Ge(32), Le(bounds.SYNTHETIC_SIDE_PX)]
    crack_free: Annotated[float, Ge(0), Le(1)]
    style: Literal["easy", "wide"] = "easy"
    ingredients: Ingredients = Ingredients()
    annotators: Annotators = Annotators()

    def __post_init__(self) -> None:
        for name, default in (("ingredients", Ingredients()), ("annotators", Annotators())):
            if self.style == "easy" and getattr(self, name) != default:
                raise ValueError(
                    f"{name} change nothing in images of the style 'easy'; set style to wide, or take {name} out"
                )
