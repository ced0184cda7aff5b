"""hairline: weakly supervised crack segmentation, from cheap labels to measured masks.

What is public is loaded when it is asked for, so that importing this package takes no time:

    import hairline
    scores = hairline.load_segmenter().predict("wall.jpg")     # float32 [height, width] in [0, 1]
    found = scores.measure(mm_per_px=0.2)                      # lengths, widths and areas of cracks
    found.table(), found.to_geojson()

    classifier = hairline.load_classifier("clicks/classifier")
    evidence = classifier.localize(photo)                      # RGB uint8 [height, width, 3]
    label = hairline.label(photo, evidence, hairline.konig.PAPER)
    hairline.score(label, mask)                                # .ods .ois .ap .table

Methods of labelling are modules, each with its ``Options`` and those that it ships: ``crf``, ``konig``, ``local_otsu``,
``multi_otsu``, ``multiscale``, ``niblack``, ``otsu``, ``sauvola``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hairline.errors import HairlineError
    from hairline.inspection.measuring.measure import Measured, measure
    from hairline.inspection.patch_classifier import PatchClassifier, load_classifier
    from hairline.inspection.prediction import Predictor, load_segmenter
    from hairline.inspection.scores import Inspection, Scores
    from hairline.labelling.labels import label
    from hairline.labelling.localization import Evidence
    from hairline.labelling.methods import (
        crf,
        konig,
        local_otsu,
        multi_otsu,
        multiscale,
        niblack,
        otsu,
        sauvola,
    )
    from hairline.metrics.evaluation import Difference, Evaluation, score

__all__ = [
    "Difference",
    "Evaluation",
    "Evidence",
    "HairlineError",
    "Inspection",
    "Measured",
    "PatchClassifier",
    "Predictor",
    "Scores",
    "crf",
    "konig",
    "label",
    "load_classifier",
    "load_segmenter",
    "local_otsu",
    "measure",
    "multi_otsu",
    "multiscale",
    "niblack",
    "otsu",
    "sauvola",
    "score",
]

_METHODS = "hairline.labelling.methods"
_HOMES = {
    "Difference": "hairline.metrics.evaluation",
    "Evaluation": "hairline.metrics.evaluation",
    "Evidence": "hairline.labelling.localization",
    "HairlineError": "hairline.errors",
    "Inspection": "hairline.inspection.scores",
    "Measured": "hairline.inspection.measuring.measure",
    "PatchClassifier": "hairline.inspection.patch_classifier",
    "Predictor": "hairline.inspection.prediction",
    "Scores": "hairline.inspection.scores",
    "crf": _METHODS,
    "konig": _METHODS,
    "label": "hairline.labelling.labels",
    "load_classifier": "hairline.inspection.patch_classifier",
    "load_segmenter": "hairline.inspection.prediction",
    "local_otsu": _METHODS,
    "measure": "hairline.inspection.measuring.measure",
    "multi_otsu": _METHODS,
    "multiscale": _METHODS,
    "niblack": _METHODS,
    "otsu": _METHODS,
    "sauvola": _METHODS,
    "score": "hairline.metrics.evaluation",
}


if not TYPE_CHECKING:  # to whom every other name would be one of ours

    def __getattr__(name: str) -> Any:
        """What is public, from the module it lives in."""
        if name not in _HOMES:
            raise AttributeError(f"module 'hairline' has no attribute '{name}'")
        home = _HOMES[name]
        return import_module(f"{home}.{name}") if home == _METHODS else getattr(import_module(home), name)


def __dir__() -> list[str]:
    """What is public, and what is loaded."""
    return sorted({*globals(), *__all__})
