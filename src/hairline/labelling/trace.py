"""How a computation tells of its steps: maps to look at and counts to keep, without holding on to them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Tell = Callable[[str, NDArray[np.generic] | int], None]
"""Called with the name of a step and what came of it: a map (uint8, float in [0, 1] or bool) or a count.

A map may change once the call is over: whoever keeps it copies it.
"""


def silent(name: str, value: NDArray[np.generic] | int) -> None:
    """Let the steps pass."""
