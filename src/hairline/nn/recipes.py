"""How networks are trained and run, as plain values: no torch here, so that parameters stay quick to read."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

FROM_CLASSIFIER = "classifier"
"""Initial weights of a segmenter's encoder that are those of a classifier."""

Share = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True)
class Runtime:
    """Where and how a network runs.

    Attributes:
        device: ``auto`` takes a CUDA device where there is one.
        precision: ``bf16`` is autocast; ``auto`` is bf16 where it pays (CUDA devices with bfloat16, processors with
            AMX), else 32 bit.
        workers: Processes that prepare training batches; 0 prepares them in the training process.
        seed: Seed of initialisation, sampling and augmentation, below 2**32 as NumPy's generator asks.
    """

    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "bf16", "32"]
    workers: Annotated[int, Ge(0)]
    seed: Annotated[int, Ge(0), Lt(2**32)]


@dataclass(frozen=True)
class Augmentation:
    """Changes to training images; the paper uses eight symmetries, colour jitter and two kinds of noise (METHOD §1).

    Attributes:
        symmetries: The eight rotations and flips: ``all`` visits each of them once an epoch, ``random`` draws one an
            item, ``none`` leaves the image as it is.
        jitter: Largest relative change of brightness, contrast and saturation.
        jitter_probability: Share of items jittered.
        gaussian_noise: Standard deviation of additive noise as a share of the grey range.
        multiplicative_noise: Largest deviation from 1 of the per-pixel factor.
        noise_probability: Share of items that get each kind of noise.
    """

    symmetries: Literal["all", "random", "none"]
    jitter: Annotated[float, Ge(0), Lt(1)]
    jitter_probability: Share
    gaussian_noise: Annotated[float, Ge(0), Lt(1)]
    multiplicative_noise: Annotated[float, Ge(0), Lt(1)]
    noise_probability: Share


@dataclass(frozen=True)
class Recipe:
    """An optimisation from first to last step.

    Attributes:
        epochs: Passes over the training items.
        batch: Items a step.
        optimizer: ``sgd`` (with momentum) or ``adamw`` (which ignores it).
        learning_rate: Initial rate; the peak for ``one_cycle``.
        momentum: Momentum of SGD.
        weight_decay: L2 penalty (SGD) or decoupled decay (AdamW).
        schedule: ``step`` divides the rate by ``step_divisor`` every ``step_epochs``; ``one_cycle`` rises and falls
            once over all steps; ``constant`` keeps it.
        step_epochs: Epochs between divisions.
        step_divisor: What the rate is divided by.
    """

    epochs: Annotated[int, Gt(0)]
    batch: Annotated[int, Gt(0)]
    optimizer: Literal["sgd", "adamw"]
    learning_rate: Annotated[float, Gt(0)]
    momentum: Annotated[float, Ge(0), Lt(1)]
    weight_decay: Annotated[float, Ge(0)]
    schedule: Literal["step", "one_cycle", "constant"]
    step_epochs: Annotated[int, Gt(0)]
    step_divisor: Annotated[float, Ge(1)]


@dataclass(frozen=True)
class ClassifierOptions:
    """A patch classifier and its training (METHOD §1).

    Attributes:
        dataset: Data set whose training patches it learns from.
        backbone: A timm model: ``resnet18`` … ``resnet152``, ``efficientnet_b0`` …
        weights: ``auto``, ``imagenet``, ``none`` or the path of a safetensors file.
        augmentation: Changes to training patches.
        sides_px: Sides that training batches are resized to, one drawn a batch, for a classifier that is asked about
            several scales; empty keeps them as they are.
        recipe: The optimisation.
    """

    dataset: str
    backbone: str
    weights: str
    augmentation: Augmentation
    sides_px: tuple[Annotated[int, Ge(32)], ...]
    recipe: Recipe


@dataclass(frozen=True)
class SegmenterOptions:
    """Training of segmenters, the same for every label set and architecture (METHOD §5).

    Attributes:
        dataset: Data set whose training images they learn from.
        classifier: Classifier whose weights ``weights: classifier`` starts from.
        weights: ``auto``, ``imagenet``, ``none``, ``classifier`` or the path of a safetensors file, for the encoder.
        targets: ``soft`` trains on the label's confidence, ``binary`` on confidence ≥ ``binary_score``.
        binary_score: Lowest confidence that counts as crack in a binary target, in (0, 1].
        max_images: Most training images used, evenly spaced over the training split, the same for every label set; of
            these, those with a trainable label are learned from. 0 uses all.
        crop_px: Side of the random training crop, a multiple of 32.
        crops_per_image: Crops drawn from each image an epoch.
        loss: ``bce`` (the paper's) or ``bce_dice``.
        augmentation: Changes to training crops (``symmetries: all`` is for patches only).
        recipe: The optimisation.
    """

    dataset: str
    classifier: str
    weights: str
    targets: Literal["soft", "binary"]
    binary_score: Annotated[float, Gt(0), Le(1)]
    max_images: Annotated[int, Ge(0)]
    crop_px: Annotated[int, Ge(32)]
    crops_per_image: Annotated[int, Gt(0)]
    loss: Literal["bce", "bce_dice"]
    augmentation: Augmentation
    recipe: Recipe

    def __post_init__(self) -> None:
        if self.crop_px % 32:
            raise ValueError(f"crop_px must be a multiple of 32, found {self.crop_px}")
        if self.augmentation.symmetries == "all":
            raise ValueError("symmetries 'all' is for patches; use 'random' or 'none' for segmenters")
