"""The picture of the first screen: which image, of which result, and with which signs."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.results import BOOTSTRAP, labels, row, saw, segmenter

from hairline.config.paths import Paths, SegmenterName
from hairline.data.samples import image_path, mask_path
from hairline.imaging.images import write_image, write_mask
from hairline.metrics.score_table import image_f1
from hairline.reporting import comparison, typical

PARAMS = SimpleNamespace(matrix=SimpleNamespace(test_sets=["cfd"]))
NAMES = [f"s{number}" for number in range(5)]


def table(strength):
    """Five images that are told the worse the later they come; the last has no crack."""
    import pandas as pd

    rows = [row(name, name, {90: strength * (5 - at), 0: 10 * at}, {0: 900}) for at, name in enumerate(NAMES[:4])]
    return pd.DataFrame([*rows, row("s4", "s4", {}, {0: 900})])


@pytest.fixture
def paths(tmp_path):
    found = Paths(tmp_path, "mine")
    mask = np.zeros((20, 30), dtype=bool)
    mask[4:6] = True
    for name in NAMES:
        write_image(image_path(found.dataset("cfd"), name), np.full((20, 30, 3), 90, dtype=np.uint8))
        write_mask(mask_path(found.dataset("cfd"), name), mask)
    return found


def keep(folder: Path, *names):
    for name in names:
        write_image(folder / f"{name}.png", np.full((20, 30), 255, dtype=np.uint8))


def shown(paths, *results):
    return typical.stage(PARAMS, paths, list(results), comparison.summarise(results, BOOTSTRAP))


def test_it_is_of_the_headlines_result_and_nearest_to_the_median_of_what_was_kept(paths):
    best = saw(segmenter("konig", table(20)), chosen_on=2)
    kept = paths.segmenter_scores(SegmenterName("konig", "unet", "mine"), "cfd") / "predictions"
    keep(kept, "s0", "s1", "s4")
    keep(paths.labels("konig", "cfd"), *NAMES)
    others = [saw(segmenter("crf", table(1))), saw(segmenter("manual", table(9))),
              saw(labels("konig", table(9), "cfd-test"), tuned_on=1)]  # fmt: skip
    found = shown(paths, *others, best)
    f1 = image_f1(best.table)
    assert found is not None
    assert list(found.layers) == ["mask", "labels of konig ◕ tuned on", "unet trained on konig ◑ chosen on"]
    assert found.best == "unet trained on konig ◑ chosen on"
    nearest = min(("s0", "s1"), key=lambda name: abs(f1[name] - np.median([f1[each] for each in NAMES[:4]])))
    assert (
        f"{nearest} of cfd" in found.title and f"{f1[nearest]:.3f}" in found.title and "all 4 with crack" in found.title
    )


def test_without_segmenters_it_is_of_the_best_labels(paths):
    keep(paths.labels("konig", "cfd"), "s2")
    results = [saw(labels("konig", table(9), "cfd-test")), saw(labels("otsu", table(1), "cfd-test"))]
    found = shown(paths, *results)
    assert found is not None and list(found.layers) == ["mask", "labels of konig ○ unseen"]


def test_where_nothing_was_kept_or_nothing_scored_there_is_none(paths):
    assert shown(paths, saw(labels("konig", table(9), "cfd-test"))) is None
    assert shown(paths) is None
