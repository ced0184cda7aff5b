"""`hairline score` gives what torchmetrics gives where both define the same, on random pairs and on real ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import judged, other_judges
from support.judged import Score
from support.pictures import real

from hairline.imaging.images import read_image, read_mask

COUNT = 40
PERCENTS = (1, 20, 50, 99)
SMALL = 1000


def random_pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels and a mask of one of few sizes; some empty, some full, many with scores on a threshold (51 is 0.2)."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 14)), int(rng.integers(1, 14)))
    levels = rng.choice([0, 51, 102, 153, 204, 255], shape) if seed % 3 else rng.integers(0, 256, shape)
    share = (0, 0.05, 0.3, 0.6)[seed % 4]
    return (levels * (seed % 5 > 0)).astype(np.uint8), rng.random(shape) < share


def pairs_of(folder: Path, pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[Path, Path]:
    for index, (levels, mask) in enumerate(pairs):
        judged.picture(folder / "p" / f"{index:04}.png", levels)
        judged.picture(folder / "m" / f"{index:04}.png", mask.astype(np.uint8) * np.uint8(255))
    return folder / "p", folder / "m"


def assert_agrees(score: Score, folder: Path, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Every threshold of a convention that is chosen, and every image's distance."""
    levels, masks = zip(*pairs, strict=True)
    places, out = pairs_of(folder, pairs), folder / "out"
    told = None
    for percent in PERCENTS:
        told = score(*places, "--threshold", percent / 100, "--json", "-", "--out", out, "--resamples", 100).values
        at = told["predictions"]["at_threshold"]
        f1 = other_judges.f1(levels, masks, [percent])[:, 0]
        iou = other_judges.iou(levels, masks, [percent])[:, 0]
        assert at["f1"] == pytest.approx(f1.mean(), abs=1e-6)
        assert at["crack_iou"] == pytest.approx(iou.mean(), abs=1e-6)
        together = other_judges.pooled(levels, masks, percent)
        assert at["pooled_f1"] == pytest.approx(together["F1 on pooled counts"], abs=1e-6)
        assert at["pooled_crack_iou"] == pytest.approx(together["crack IoU on pooled counts"], abs=1e-6)
    assert told is not None
    assert told["predictions"]["scores"]["ap"] == pytest.approx(other_judges.average_precision(levels, masks), abs=1e-5)
    rows = {row["convention"]: row for row in told["predictions"]["conventions"] if row["empty_masks"] == "counted"}
    for name, value in other_judges.pooled(levels, masks, 50).items():
        assert rows[name]["at_half"] == pytest.approx(value, abs=1e-6)
    table = pd.read_parquet(out / "scores.parquet").sort_values("id")
    for (one, mask), found in zip(pairs, table["hd95_half"], strict=True):
        predicted = one.astype(int) * 100 >= 255 * 50
        if predicted.any() and mask.any() and mask.size < SMALL:
            assert found == pytest.approx(other_judges.hausdorff95(predicted, mask), abs=1e-5)


def test_on_random_pairs(score: Score, tmp_path: Path) -> None:
    assert_agrees(score, tmp_path, [random_pair(seed) for seed in range(COUNT)])


def test_on_real_pairs(score: Score, tmp_path: Path) -> None:
    folder = real("crack500") / "valcrop"
    found = []
    for path in sorted(folder.glob("*.png"))[:4]:
        image, mask = read_image(path.with_suffix(".jpg"))[:160, :240], read_mask(path)[:160, :240]
        grey = (255 - image.mean(axis=2)).astype(np.uint8)
        found.append((grey, mask))
    assert_agrees(score, tmp_path, found)
