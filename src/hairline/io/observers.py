"""Code that only shows: no number comes from it, so that nothing is computed again when it changes."""

TELLS = ("hairline.cli", "hairline.config", "hairline.tracking", "hairline.io.progress", "hairline.io.terminal",
         "hairline.engine", "pipeline.stage", "hairline.nn.classifier.serving", "hairline.nn.segmenter.serving",
         "hairline.nn.runtime.serving")  # fmt: skip
"""Code that hands on what DVC compares by itself or work that is done elsewhere, tells of runs, or serves what is
finished."""
COMPUTES_AMONG = ("hairline.config.merging", "hairline.config.training_sets", "hairline.config.uses",
                  "hairline.config.scored")  # fmt: skip
"""Modules among those that do compute: how values are merged, which images are learned from, which took part in what,
what is scored on which."""
DRAWS = ("hairline.reporting", "hairline.tuning.figures")
"""Code that turns numbers into tables, pictures and pages: part of the stages alone that show them."""
SHOWN_AMONG = ("hairline.tracking.costs", "hairline.tracking.environment", "hairline.tracking.git",
               "hairline.tracking.records")  # fmt: skip
"""Modules among those that tell, whose numbers stand in pages: part of the stages that show."""
EVERYWHERE = ("hairline.config.merging",)
"""Code that the values of every stage go through, although no stage imports it itself."""


def computes(module: str, shows: bool = False) -> bool:
    """Whether results come from a module of this project.

    Args:
        module: Its dotted name.
        shows: Whether tables, pictures and pages count as results.

    >>> computes("hairline.metrics.thresholds"), computes("hairline.tracking.runs"), computes("hairline.config.params")
    (True, False, False)
    >>> computes("hairline.reporting.page"), computes("hairline.reporting.page", shows=True)
    (False, True)
    """
    if _inside(module, COMPUTES_AMONG) or (shows and _inside(module, (*SHOWN_AMONG, *DRAWS))):
        return True
    return module != "hairline" and not _inside(module, (*TELLS, *DRAWS))


def _inside(module: str, places: tuple[str, ...]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in places)
