"""How networks are trained and run, as plain values: no torch here, so that parameters stay quick to read."""

from dataclasses import replace
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from hairline.data.names import Name
from hairline.engine import options as engines
from hairline.io import bounds
from hairline.io.options import checked_dataclass

FROM_CLASSIFIER = "classifier"
"""Initial weights of a segmenter's encoder that are those of a classifier."""
SHIPPED = "shipped"
"""The segmenter inside hairline, to start another from."""
AMID = "hairline_scales"
"""The backbone that looks at whole photos, whose last layer alone learns: :mod:`hairline.nn.classifier.scales`."""

Share = Annotated[float, Ge(0), Le(1)]
Factor = Annotated[float, Ge(1 / 16), Le(16)]
"""By which the sides of an image are multiplied."""
Wait = Annotated[float, Gt(0), Le(3600)]


@checked_dataclass
class Parallel:
    """Training in several processes, one a device (docs/scale.md); asking a network uses one.

    Attributes:
        devices: Devices of each machine; ``auto`` takes all GPUs, and one process on processors.
        strategy: A name that Lightning knows: ``auto`` and ``ddp`` are the same, ``fsdp``, …
        nodes: Machines, each of which starts the stage by ``torchrun``, whose numbers then count.
    """

    devices: Annotated[int, Gt(0), Le(bounds.PROCESSES)] | Literal["auto"]
    strategy: str
    nodes: Annotated[int, Gt(0), Le(bounds.PROCESSES)]


ALONE = Parallel(1, "auto", 1)
"""One device of one machine."""
TRACKING_WAIT_S = 20.0
"""Where a file of an earlier version does not say it."""


@checked_dataclass
class Runtime:
    """Where and how a network runs. None of it but precision and seed changes what a training gives (up to rounding).

    Attributes:
        device: ``auto`` takes a CUDA device where there is one.
        precision: ``bf16`` is autocast; ``auto`` is bf16 where it pays (CUDA devices with bfloat16, processors with
            AMX, AMD's with AVX512-BF16), else 32 bit.
        workers: Processes that prepare training batches; 0 prepares them in the training process.
        seed: Seed of initialisation, sampling and augmentation, below 2**32 as NumPy's generator asks.
        parallel: The devices of a training.
        checkpoint_s: Seconds between two states of a training on disk, besides those at the end of every epoch; 0
            writes one after every step. What is lost when a training is killed.
        tracking_wait_s: Seconds that a stage waits for a tracking server, all its waits together; what is not sent by
            then is kept for ``hairline sync``.
        engine: Where work over many images runs: this machine, or a cluster.
    """

    device: Literal["auto", "cpu", "cuda"]
    precision: Literal["auto", "bf16", "32"]
    workers: Annotated[int, Ge(0), Le(bounds.PROCESSES)]
    seed: Annotated[int, Ge(0), Lt(2**32)]
    parallel: Parallel
    checkpoint_s: Annotated[float, Ge(0), Le(bounds.SECONDS)]
    tracking_wait_s: Wait = TRACKING_WAIT_S
    engine: engines.Options = engines.LOCAL

    def seeded(self, seed: int | None) -> "Runtime":
        """With the seed of a training that has one of its own."""
        return self if seed is None else replace(self, seed=seed)


@checked_dataclass
class Augmentation:
    """Changes to training images: the paper has eight symmetries, jitter and two kinds of noise (docs/method.md §1).

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


@checked_dataclass
class Stopping:
    """Ending a training early, with the weights of its best epoch in place of its last.

    Attributes:
        monitor: What every epoch is judged by: ``val/loss`` (low is good), ``val/f1`` (high is good), ….
        patience: Epochs without an improvement after which the training ends.
    """

    monitor: str
    patience: Annotated[int, Gt(0), Le(bounds.EPOCHS)]


@checked_dataclass
class Recipe:
    """An optimisation from first to last step.

    Attributes:
        epochs: Passes over the training items.
        batch: Items a forward pass, on all devices together, so that their number changes nothing.
        accumulate: Forward passes whose gradients make a step.
        optimizer: ``sgd`` (with momentum) or ``adamw`` (which ignores it).
        learning_rate: Initial rate; the peak for ``one_cycle``.
        momentum: Momentum of SGD.
        weight_decay: L2 penalty (SGD) or decoupled decay (AdamW).
        schedule: ``step`` divides the rate by ``step_divisor`` every ``step_epochs``; ``one_cycle`` rises and falls
            once over all steps; ``cosine`` falls to 0 over them along half a cosine; ``constant`` keeps it.
        step_epochs: Epochs between divisions.
        step_divisor: What the rate is divided by.
        stopping: null trains all epochs and keeps the last weights, as the paper does.
    """

    epochs: Annotated[int, Gt(0), Le(bounds.EPOCHS)]
    batch: Annotated[int, Gt(0), Le(bounds.BATCH)]
    accumulate: Annotated[int, Gt(0), Le(bounds.BATCH)]
    optimizer: Literal["sgd", "adamw"]
    learning_rate: Annotated[float, Gt(0), Le(bounds.FACTOR)]
    momentum: Annotated[float, Ge(0), Lt(1)]
    weight_decay: Annotated[float, Ge(0), Le(bounds.FACTOR)]
    schedule: Literal["step", "one_cycle", "cosine", "constant"]
    step_epochs: Annotated[int, Gt(0), Le(bounds.EPOCHS)]
    step_divisor: Annotated[float, Ge(1), Le(bounds.FACTOR)]
    stopping: Stopping | None


PAPER_CLASSIFIER = Recipe(
    epochs=3,
    batch=16,
    accumulate=1,
    optimizer="sgd",
    learning_rate=0.001,
    momentum=0.9,
    weight_decay=0,
    schedule="step",
    step_epochs=1,
    step_divisor=10,
    stopping=None,
)
"""Training of the patch classifiers of König et al. 2021, section IV-C (table I); that there is no weight decay is left
open there: docs/method.md §1."""

PAPER_SEGMENTER = replace(PAPER_CLASSIFIER, epochs=30, batch=4, step_epochs=10)
"""Training of the segmenters of König et al. 2021, section IV-E (tables III-VI), weight decay as above:
docs/method.md §5."""


@checked_dataclass
class ClassifierOptions:
    """A patch classifier and its training (docs/method.md §1).

    Attributes:
        dataset: Data set whose training patches it learns from.
        backbone: A timm model: ``resnet18`` … ``resnet152``, ``efficientnet_b0`` …
        weights: ``auto``, ``imagenet``, ``none`` or the path of a safetensors file; ``auto`` of the backbone
            ``hairline_scales`` is the segmenter that ships (:mod:`hairline.nn.classifier.scales`).
        augmentation: Changes to training patches.
        sides_px: Sides that training batches are resized to, one drawn a batch, for a classifier that is asked about
            several scales; empty keeps them as they are.
        recipe: The optimisation.
        seed: Of the training; None takes ``runtime.seed``.
        head_only: The network stays as it is, and its last layer is a logistic regression on features of the patches
            (:mod:`hairline.nn.classifier.heads`): for some hundred patches. Nothing is augmented or drawn, and of the
            recipe only ``batch`` counts, for asking.
    """

    dataset: Name
    backbone: str
    weights: str
    augmentation: Augmentation
    sides_px: tuple[Annotated[int, Ge(32), Le(bounds.WINDOW_PX)], ...]
    recipe: Recipe
    seed: Annotated[int, Ge(0), Lt(2**32)] | None = None
    head_only: bool = False

    def __post_init__(self) -> None:
        if self.backbone == AMID and (not self.head_only or self.weights == "imagenet"):
            raise ValueError(
                f"backbone '{AMID}' has the weights of the segmenter that ships, and its last layer alone learns; set "
                f"weights to auto and head_only to true, or choose another backbone (found weights {self.weights}, "
                f"head_only {str(self.head_only).lower()})"
            )
        side = max(self.sides_px, default=0)
        if self.recipe.batch * side**2 > bounds.BATCH_PIXELS:
            raise ValueError(
                f"recipe.batch {self.recipe.batch} of patches of {side} px are more than {bounds.BATCH_PIXELS} pixels "
                "a batch; lower recipe.batch or sides_px"
            )


@checked_dataclass
class Loss:
    """What a segmenter minimises; its formulas stand in :mod:`hairline.nn.segmenter.losses`.

    Attributes:
        name: ``bce``, the paper's, which takes soft targets too; ``bce_dice``; ``focal``; ``gce`` for noisy labels.
        positive_weight: Weight of crack against background in the terms over pixels; 1 is none.
        gamma: Exponent of ``focal``, 2 where it was published.
        q: Exponent of ``gce`` in (0, 1]: near 0 it is ``bce``, at 1 the mean absolute error; published
            with 0.7.
    """

    name: Literal["bce", "bce_dice", "focal", "gce"]
    positive_weight: Annotated[float, Gt(0), Le(bounds.FACTOR)]
    gamma: Annotated[float, Ge(0), Le(bounds.POWER)]
    q: Annotated[float, Gt(0), Le(1)]


@checked_dataclass
class SegmenterOptions:
    """Training of segmenters, the same for every label set and architecture (docs/method.md §5).

    Attributes:
        classifier: Classifier whose weights ``weights: classifier`` starts from.
        weights: ``auto``, ``imagenet``, ``none``, ``classifier`` or the path of a safetensors file, for the encoder.
        targets: ``soft`` trains on the label's confidence, ``binary`` on confidence ≥ ``binary_score``.
        binary_score: Lowest confidence that counts as crack in a binary target, in (0, 1].
        max_images: Most training images used, evenly spaced over the training set, the same for every label set; of
            these, those with a trainable label are learned from. 0 uses all.
        crop_px: Side of the random training crop, a multiple of 32; 0 trains on whole images, which a batch mirrors to
            its largest.
        crops_per_image: Crops drawn from each image an epoch.
        items_per_epoch: Crops (or whole images) of an epoch, however many images there are; 0 takes ``crops_per_image``
            of each. With shares (``training_sets``) it is the length of an epoch alone: which items it has, the shares
            say.
        loss: What is minimised, for every output of networks with several.
        sheet_epochs: Epochs between two pictures of what the network says to a few images, in MLflow; 0 makes none.
        seed: Of the training; None takes ``runtime.seed``.
        augmentation: Changes to training crops (``symmetries: all`` is for patches only).
        recipe: The optimisation.
        scales: Least and most that a crop is enlarged by, a factor an item being drawn between their logarithms; below
            1 it is shrunk, by areas so that nothing aliases. ``(1, 1)`` leaves crops as they are.
        init: Another segmenter that the whole network starts from, of the same network and options: ``shipped``, the
            one inside hairline, or the folder of one; ``weights`` is then not used. None: ``weights`` says it.
        ignore: Two levels; pixels of a pseudo-label with a confidence strictly between them are left out of the loss.
            None leaves out none.
    """

    classifier: Name
    weights: str
    targets: Literal["soft", "binary"]
    binary_score: Annotated[float, Gt(0), Le(1)]
    max_images: Annotated[int, Ge(0), Le(bounds.NUMBER)]
    crop_px: Annotated[int, Ge(0), Le(bounds.SIDE_PX)]
    crops_per_image: Annotated[int, Gt(0), Le(bounds.IMAGES)]
    loss: Loss
    sheet_epochs: Annotated[int, Ge(0), Le(bounds.EPOCHS)]
    seed: Annotated[int, Ge(0), Lt(2**32)] | None
    augmentation: Augmentation
    recipe: Recipe
    scales: tuple[Factor, Factor] = (1.0, 1.0)
    items_per_epoch: Annotated[int, Ge(0), Le(bounds.IMAGES)] = 0
    init: str | None = None
    ignore: tuple[Share, Share] | None = None

    def __post_init__(self) -> None:
        if self.scales[0] > self.scales[1]:
            raise ValueError(
                f"scales must be the least and the most factor, found {list(self.scales)}; swap the two numbers"
            )
        if not self.crop_px and self.scales != (1, 1):
            raise ValueError(
                f"scales {list(self.scales)} need crops, but crop_px 0 trains on whole images; set scales to [1, 1] or "
                "crop_px to a multiple of 32"
            )
        if self.crop_px / self.scales[0] > bounds.SIDE_PX:
            raise ValueError(
                f"crop_px {self.crop_px} at the scale {self.scales[0]} is cut from more than {bounds.SIDE_PX} px a "
                "side; lower crop_px or raise the least of scales"
            )
        if self.ignore is not None and self.ignore[0] >= self.ignore[1]:
            raise ValueError(f"ignore must be two levels, the lower one first, found {list(self.ignore)}")
        if self.crop_px % 32:
            raise ValueError(f"crop_px must be a multiple of 32, found {self.crop_px}")
        if self.recipe.batch * self.crop_px**2 > bounds.BATCH_PIXELS:
            raise ValueError(
                f"recipe.batch {self.recipe.batch} of crops of {self.crop_px} px are more than {bounds.BATCH_PIXELS} "
                "pixels a batch; lower recipe.batch or crop_px"
            )
        if self.augmentation.symmetries == "all":
            raise ValueError("symmetries 'all' is for patches; use 'random' or 'none' for segmenters")
