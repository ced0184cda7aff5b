"""A classifier of which the last layer alone learns: what clicks teach on the page, as a training of the chain.

The network stays as it is. Features of patches are those of :mod:`hairline.nn.classifier.frozen`, seen amid their photo
where the network is asked that way (:mod:`hairline.nn.classifier.amid`), else cut out. The last layer is the logistic
regression of :mod:`hairline.nn.classifier.linear`, solved at once. Some hundred patches are enough for it, where a
whole network would learn little from them.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.io.progress import progress
from hairline.nn.classifier import backbones, frozen, linear
from hairline.nn.classifier.backbones import CRACK, Classifier
from hairline.nn.runtime import device
from hairline.nn.runtime.recipes import AMID, SHIPPED, ClassifierOptions, Runtime
from hairline.nn.training.datasets import LoadImage, in_order
from hairline.nn.training.task import Trained


def train(
    patches: pd.DataFrame, load_image: LoadImage, window_px: int, options: ClassifierOptions, runtime: Runtime
) -> Trained[Classifier]:
    """Fit the last layer of a network to patches.

    Args:
        patches: Rows of :mod:`hairline.data.patch_index` to learn from, of both classes.
        load_image: Sample id → RGB uint8 [height, width, 3]; called once a sample, one image at a time.
        window_px: Side of the patches; see :func:`features_of` for those of another.
        options: Backbone, initial weights and batch.
        runtime: Device and precision.

    Returns:
        The classifier in evaluation mode; its history is one entry with ``train/loss``, the mean cross-entropy of the
        patches, both classes weighing the same.

    Raises:
        HairlineError: If the network cannot be had or its last layer is no linear one behind an average.
    """
    model, initial = network(options)
    seen_by = frozen.Frozen(model, device.resolve(runtime))
    features = features_of(seen_by, patches.reset_index(drop=True), load_image, window_px, options.recipe.batch)
    crack = patches["crack"].to_numpy(bool)
    line = linear.fit(features, crack, linear.standard([features], seen_by.emphasis))
    assert line is not None, "patches of both classes"
    said = np.clip(line.probabilities(features), 1e-12, 1 - 1e-12)
    loss = -(np.log(said[crack]).mean() + np.log(1 - said[~crack]).mean()) / 2
    return Trained(frozen.linear(model, line.weight, line.bias), initial, [{"train/loss": float(loss)}], 1)


def network(options: ClassifierOptions) -> tuple[Classifier, str]:
    """The network whose last layer is to learn, in evaluation mode, and its initialisation.

    Raises:
        HairlineError: If it cannot be had, or has no linear layer behind an average.
    """
    if options.backbone == AMID and options.weights == "auto":
        return frozen.of_shipped(), SHIPPED
    model, initial = backbones.build(options.backbone, options.weights)
    _refuse_no_line(model)
    return model.eval(), initial


def check(backbone: str) -> None:
    """Make sure that a network has a last layer that can learn alone, whatever its weights.

    Raises:
        HairlineError: If it has none, or there is no such network.
    """
    _refuse_no_line(backbones.build(backbone, "none")[0])


def _refuse_no_line(model: Classifier) -> None:
    if model.linear is None:
        raise HairlineError(
            f"backbone '{model.backbone}': its last layer is no linear one behind an average of its features, which "
            "head_only would teach; choose a ResNet, an EfficientNet or hairline_scales, or set head_only to false"
        )


def features_of(
    network: frozen.Frozen, patches: pd.DataFrame, load_image: LoadImage, window_px: int, batch: int
) -> NDArray[np.float32]:
    """Features of patches.

    Those seen amid their photo keep their size, whatever their side, since votes see the photo at its own size. Images
    that are a patch each, of another side than ``window_px``, are resized to it, and so are all others of another side.

    Args:
        network: What makes them.
        patches: Rows of :mod:`hairline.data.patch_index`, numbered from 0.
        load_image: Sample id → RGB uint8 [height, width, 3]; called twice a sample at most.
        window_px: Side of the patches.
        batch: Patches a forward pass, of those that are cut out.

    Returns:
        float32 [rows, length], in the order of the rows.
    """
    found, alone = np.empty((len(patches), network.length), np.float32), np.ones(len(patches), np.bool_)
    for positions, values in _amid(network, patches, load_image, window_px) if network.model.amid else ():
        found[positions], alone[positions] = values, False
    for positions, values in _alone(network, patches[alone], load_image, window_px, batch):
        found[positions] = values
    return found


def _amid(
    network: frozen.Frozen, patches: pd.DataFrame, load_image: LoadImage, window_px: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Positions in the table and features of the patches that are seen amid their photo, a photo after the other."""
    groups = patches.groupby("sample", sort=False)
    for sample, rows in progress(groups, "look at photos", groups.ngroups):
        image = load_image(str(sample))
        parts = rows[(rows["side"] == window_px) | (rows["side"] < max(image.shape[:2]))]
        if len(parts):
            squares = list(zip(parts["x"].tolist(), parts["y"].tolist(), parts["side"].tolist(), strict=True))
            yield parts.index.to_numpy(), network.features(image, squares)


def asked(
    model: Classifier, patches: pd.DataFrame, load_image: LoadImage, window_px: int, batch: int,
    placement: device.Placement,
) -> NDArray[np.float32]:  # fmt: skip
    """Probability of crack of patches seen amid their images; arguments as of :func:`training.predict`."""
    network = frozen.Frozen(model, placement)
    features = features_of(network, patches.reset_index(drop=True), load_image, window_px, batch)
    assert model.linear is not None
    rows, biases = (part.detach().cpu().double().numpy() for part in (model.linear.weight, model.linear.bias))
    weight, bias = rows[CRACK] - rows[1 - CRACK], biases[CRACK] - biases[1 - CRACK]
    return linear.Line(weight, float(bias)).probabilities(features).astype(np.float32)


def _alone(
    network: frozen.Frozen, patches: pd.DataFrame, load_image: LoadImage, window_px: int, batch: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Positions in the table and features of patches that are resized, each seen without what is around it."""
    for places, pixels in in_order(patches, load_image, window_px, batch):
        yield patches.index.to_numpy()[places], network.of_patches(pixels)
