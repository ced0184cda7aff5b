"""Runs of equal values in a row of pixels, counted and laid out by NumPy."""

import numpy as np
from numpy.typing import NDArray


def of(flat: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Lengths of runs that alternate, background first; the first is 0 where the row begins with crack.

    Args:
        flat: bool [pixels].

    >>> of(np.array([True, True, False])).tolist()
    [0, 2, 1]
    """
    if not flat.size:
        return np.zeros(0, np.int64)
    ends = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    return np.diff(ends, prepend=0, append=flat.size) if not flat[0] else np.diff([0, 0, *ends, flat.size])


def laid_out(lengths: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The row of pixels that lengths of alternating runs mean, background first; bool [their sum]."""
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
