"""The score from which on a pixel is crack: what a network was found best at on validation images, or one half."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hairline.metrics import operating_point


@dataclass(frozen=True)
class Threshold:
    """A threshold and where it comes from.

    Attributes:
        value: The score, in (0, 1].
        told: Where it comes from, in words.
    """

    value: float
    told: str


def of(info: Mapping[str, Any]) -> Threshold:
    """The threshold of a network, by its model.json.

    Raises:
        HairlineError: If what is kept there can be none.

    >>> of({}).value
    0.5
    """
    value, kept = operating_point.of(info), info.get(operating_point.NAME)
    if info.get("calibration"):
        return Threshold(value, "to which the network is calibrated")
    if not isinstance(kept, Mapping):
        return Threshold(value, "as none is kept with the network: look at some masks")
    if not {"labels", "images"} <= set(kept):
        return Threshold(value, "as model.json has it")
    without = "" if kept["labels"] == operating_point.MASKS else ", so that it has their faults"
    own = kept.get("learned_from")
    which = f"images ({own} of them learned from)" if own else "validation images"
    return Threshold(value, f"the best on {kept['images']} {which}, against their {kept['labels']}{without}")
