"""The public API as a user's type checker sees it: `make lint` checks this file, `make release` does so on the wheel.

Nothing here runs. An error that is expected is a `type: ignore`, of which mypy says where it is not needed.
"""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import hairline


def inspected(photo: NDArray[np.uint8]) -> None:
    """From a photo to a table."""
    network = hairline.load_segmenter()
    assert_type(network, hairline.Predictor)
    assert_type(network.card, str)
    scores = network.predict(photo, scale="auto")
    assert_type(scores, hairline.Scores)
    assert_type(network.predict(Path("wall.jpg"), 0.5), hairline.Scores)
    assert_type(scores.mask(), NDArray[np.bool_])
    found = scores.measure(mm_per_px=0.2)
    assert_type(found, hairline.Inspection)
    assert_type(found.length_mm, float | None)
    assert_type(found.table(), pd.DataFrame)
    assert_type(found.to_geojson(), dict[str, Any])


def measured(mask: NDArray[np.bool_]) -> float:
    """From a mask to a length."""
    found = hairline.measure(mask)
    assert_type(found, hairline.Measured)
    assert_type([crack.length_px for crack in found.cracks], list[float])
    return found.length_px


def labelled(photo: NDArray[np.uint8], mask: NDArray[np.bool_]) -> hairline.Difference:
    """From a photo to a label, and to a score."""
    classifier = hairline.load_classifier(Path("classifier"))
    assert_type(classifier, hairline.PatchClassifier)
    evidence = classifier.localize(photo)
    assert_type(evidence, hairline.Evidence)
    options = classifier.fitted(hairline.konig.PAPER)
    assert_type(options, hairline.konig.Options)
    label = hairline.label(photo, evidence, options)
    assert_type(label, NDArray[np.float32])
    scores = hairline.score([label], [mask])
    assert_type(scores, hairline.Evaluation)
    assert_type((scores.ods, scores.ois, scores.ap), tuple[float, float, float])
    assert_type(scores.table, pd.DataFrame)
    assert_type(scores.interval("ap"), tuple[float, float] | None)
    return hairline.score(label, mask).against(scores)


def refused() -> None:
    """What is no part of the API, or of another type, is an error before anything runs."""
    hairline.load_segmentor()  # type: ignore[attr-defined]
    hairline.load_segmenter(3)  # type: ignore[arg-type]
    hairline.load_segmenter().predict("wall.jpg", scale="big")  # type: ignore[arg-type]
    hairline.label(np.zeros((4, 4, 3), np.uint8), None, "konig")  # type: ignore[arg-type]
    hairline.score([], []).interval("f1")  # type: ignore[arg-type]
    raise hairline.HairlineError("told")
