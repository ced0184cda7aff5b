"""What stages that run in the process of a test need not do every time, or at full size."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import grimp
import pytest

from hairline.io import source
from hairline.reporting.figures import canvas
from hairline.tuning import figures

DPI = 60
"""Of figures that are only there or not: six tenths of their size, in half the time."""


@contextmanager
def quick() -> Iterator[None]:
    """Have figures drawn small, and which of our modules imports which read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(canvas, "DPI", DPI)
        patch.setattr(figures, "DPI", DPI)
        patch.setattr(source.Source, "_graph", _graph())
        yield


@cache
def _graph() -> grimp.ImportGraph:
    return source.Source()._graph
