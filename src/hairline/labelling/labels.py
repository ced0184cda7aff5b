"""One label by any method: which one follows from the class of the options."""

from dataclasses import Field
from types import ModuleType
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging.rgb import refuse_image
from hairline.io import plugins
from hairline.labelling.localization import Evidence, Needs
from hairline.labelling.trace import Tell, silent

METHODS = "hairline.labelling.methods"
SHIPPED_OPTIONS = ("EXAMPLE", "PAPER")
"""Names of the options that a method's module ships, the first that it has being used."""


class MethodOptions(Protocol):
    """Options of a labelling method: an instance of ``Options`` of one of its modules, such as ``konig.PAPER``."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def label(
    image: NDArray[np.uint8], evidence: Evidence | None, options: MethodOptions, tell: Tell = silent
) -> NDArray[np.float32]:
    """Pseudo-label of an image: how surely each pixel is crack.

    The method is the module that the options are of: ``konig.PAPER`` labels as König et al. 2021 do (section III,
    docs/method.md), ``multiscale.EXAMPLE`` by the labeller of this package, ``otsu.PAPER`` by one global threshold.
    Other numbers are ``dataclasses.replace(konig.PAPER, …)``; a wrong one is refused there.

    Args:
        image: RGB uint8 [height, width, 3] of any size.
        evidence: What a classifier says about this image, from ``load_classifier(…).localize(image)``. None for methods
            that look at the image alone: ``otsu``, ``multi_otsu``, ``local_otsu``, ``niblack``, ``sauvola``.
        options: The method's numbers.
        tell: Called with the name and the map of every step on the way, to be drawn
            (:class:`hairline.labelling.steps.Listener`); a map may change after the call.

    Returns:
        A new array, float32 [height, width] in [0, 1]. From 0.5 on a pixel usually counts as crack.

    Raises:
        HairlineError: If the image is of another kind, the options are of no method, or the evidence is missing, of
            another image size, or lacks a window or scale that the options ask for.

    Example:
        >>> import hairline, numpy as np
        >>> wall = np.full((40, 60, 3), 200, np.uint8); wall[20] = 30
        >>> found = hairline.label(wall, None, hairline.otsu.PAPER)
        >>> found.dtype, found.shape, np.flatnonzero(found.any(axis=1)).tolist()
        (dtype('float32'), (40, 60), [20])
    """
    refuse_image(image)
    method = method_of(options)
    needs = needs_of(options)
    if needs is not None:
        _refuse_evidence(image, evidence, needs, method.__name__.rpartition(".")[2])
    found: NDArray[np.float32] = method.label(image, evidence, options, tell)
    return np.clip(found, 0, 1)


def method_of(options: object) -> ModuleType:
    """The module of the labelling method that options are of.

    Raises:
        HairlineError: If they are of none; the message lists the methods there are.
    """
    package, _, name = type(options).__module__.rpartition(".")
    if package == METHODS and name in plugins.names(METHODS):
        method = plugins.resolve(METHODS, name)
        if type(options) is method.Options:
            return method
    found = options.__name__ if isinstance(options, ModuleType) else type(options).__qualname__
    raise HairlineError(
        f"options: found {found}; expected options of one of the methods {', '.join(plugins.names(METHODS))}, as "
        "hairline.konig.PAPER or hairline.multiscale.EXAMPLE; give such"
    )


def needs_of(options: object) -> Needs | None:
    """What options ask of the evidence; None of a method that does not look at it."""
    needs: Needs | None = options.needs() if hasattr(options, "needs") else None
    return needs


def shipped(method: ModuleType) -> MethodOptions:
    """The options that a labelling method ships."""
    name = next(name for name in SHIPPED_OPTIONS if hasattr(method, name))
    options: MethodOptions = getattr(method, name)
    return options


def _refuse_evidence(image: NDArray[np.uint8], evidence: object, needs: Needs, method: str) -> None:
    if not isinstance(evidence, Evidence):
        raise HairlineError(
            f"evidence: found {'None' if evidence is None else type(evidence).__name__}; expected what a classifier "
            f"says about the image, which {method} looks at; give load_classifier(…).localize(image)"
        )
    if (evidence.height, evidence.width) != image.shape[:2]:
        raise HairlineError(
            f"evidence: is about an image of {evidence.height} x {evidence.width} pixels; expected that of this one, "
            f"{image.shape[0]} x {image.shape[1]}; collect it again (localize)"
        )
    windows = [f"windows of {each} px" for each in needs.windows_px if each not in _windows(evidence)]
    scales = [f"scale {each:g}" for each in needs.scales if each not in _scales(evidence)]
    if windows or scales:
        raise HairlineError(
            f"evidence: does not hold {', '.join([*windows, *scales])}; expected all that the options of {method} ask "
            "for; collect it with these options, localize(image, options)"
        )


def _windows(evidence: Evidence) -> set[int]:
    return {votes.window_px for votes in evidence.votes}


def _scales(evidence: Evidence) -> set[float]:
    return {cam.scale for cam in evidence.scaled} & {votes.scale for votes in evidence.cells}
