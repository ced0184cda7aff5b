"""hairline: weakly supervised crack segmentation, from cheap labels to measured masks.

What is public is loaded when it is asked for, so that importing this package takes no time:

    import hairline
    scores = hairline.load_segmenter().predict("wall.jpg")     # float32 [height, width] in [0, 1]
    found = scores.measure(mm_per_px=0.2)                      # lengths, widths and areas of cracks
    found.table(), found.to_geojson()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hairline.errors import HairlineError
    from hairline.inspection.measuring.measure import Measured, measure
    from hairline.inspection.prediction import Predictor, load_segmenter
    from hairline.inspection.scores import Inspection, Scores

__all__ = ["HairlineError", "Inspection", "Measured", "Predictor", "Scores", "load_segmenter", "measure"]

_HOMES = {
    "HairlineError": "hairline.errors",
    "Inspection": "hairline.inspection.scores",
    "Measured": "hairline.inspection.measuring.measure",
    "Predictor": "hairline.inspection.prediction",
    "Scores": "hairline.inspection.scores",
    "load_segmenter": "hairline.inspection.prediction",
    "measure": "hairline.inspection.measuring.measure",
}


if not TYPE_CHECKING:  # to whom every other name would be one of ours

    def __getattr__(name: str) -> Any:
        """What is public, from the module it lives in."""
        if name not in _HOMES:
            raise AttributeError(f"module 'hairline' has no attribute '{name}'")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """What is public, and what is loaded."""
    return sorted({*globals(), *__all__})
