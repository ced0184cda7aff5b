"""Code that only shows: no number comes from it, so that nothing is computed again when it changes."""

from collections.abc import Sequence

TRACKS = ("hairline.cli", "hairline.config", "hairline.tracking", "hairline.io.progress", "pipeline.stage")
"""Code that no number and no picture on disk comes from: it hands on what DVC compares by itself, or tells of runs."""
DRAWS = ("hairline.reporting", "hairline.tuning.figures")
"""Code that turns numbers into tables, pictures and pages: followed for the stages alone that show them."""


def computes(module: str, left_out: Sequence[str] = (*TRACKS, *DRAWS)) -> bool:
    """Whether a module of this project is none of those that are left out, nor inside one.

    >>> computes("hairline.metrics.thresholds"), computes("hairline.tracking.runs"), computes("hairline.reporting")
    (True, False, False)
    """
    return module != "hairline" and not any(module == each or module.startswith(f"{each}.") for each in left_out)
