"""Where the definitions of MONAI, torchmetrics and OmniCrack30k meet ours, they say the same."""

import cv2
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_dilation
from skimage.morphology import disk, skeletonize
from sklearn.metrics import jaccard_score

from hairline.metrics import conventions, full_score_table

PAIRS = 60


def masks(seed):
    """Two masks of one odd size: noise or blobs, of little or of nearly all of it."""
    rng = np.random.default_rng(seed)
    size = rng.integers(8, 50, 2)
    noise = [rng.random(size) for _ in range(2)]
    smooth = [cv2.GaussianBlur(each, (0, 0), float(rng.uniform(0.6, 3))) for each in noise]
    shares = rng.choice([0.02, 0.1, 0.3, 0.9], 2)
    return [each < np.quantile(each, share) for each, share in zip(smooth if seed % 3 else noise, shares, strict=True)]


def at_half(predicted, mask):
    """Every convention at 0.5 of a prediction and a mask."""
    sample = pd.DataFrame({"id": ["a"], "group": ["a"]})
    wide = full_score_table.wide_table(sample, lambda _: predicted * 0.9, lambda _: mask, 1)
    return conventions.table(wide).groupby("convention")["at_half"].first()


@pytest.fixture(scope="module")
def pairs():
    return [masks(seed) for seed in range(PAIRS)]


@pytest.fixture(scope="module")
def ours(pairs):
    return pd.DataFrame([at_half(*pair) for pair in pairs])


@pytest.fixture(scope="module")
def monai():
    return pytest.importorskip("monai.metrics", reason="MONAI, of the extra 'dev', is not installed")


@pytest.fixture(scope="module")
def tensors(pairs):
    torch = pytest.importorskip("torch")
    return [[torch.from_numpy(each[None, None].astype(np.float32)) for each in pair] for pair in pairs]


@pytest.mark.slow
def test_surface_dice_is_monais(monai, ours, tensors):
    theirs = [monai.compute_surface_dice(*pair, [2.0], include_background=True).item() for pair in tensors]
    assert ours["surface Dice, tolerance 2 px"].to_list() == pytest.approx(theirs, abs=1e-6)


@pytest.mark.slow
def test_hausdorff_95_is_monais(monai, ours, tensors):
    theirs = [
        monai.compute_hausdorff_distance(*pair, include_background=True, percentile=95).item() for pair in tensors
    ]
    assert ours["Hausdorff 95, px"].to_list() == pytest.approx(theirs, rel=1e-5)


@pytest.mark.slow
def test_dice_and_iou_of_images_are_monais(monai, ours, tensors):
    dice = [monai.compute_dice(*pair, include_background=True).item() for pair in tensors]
    iou = [monai.compute_iou(*pair, include_background=True).item() for pair in tensors]
    assert ours["F1, score ≥ t"].to_list() == pytest.approx(dice, rel=1e-6)
    assert ours["crack IoU (mean over t: AIU)"].to_list() == pytest.approx(iou, rel=1e-6)


def test_pooled_cliou_is_the_jaccard_index_of_centre_lines_after_matching():
    """As OmniCrack30k counts: true pixels are matched within 4 px, predicted ones stay only where they are false."""
    pairs, truth, matched = [masks(seed) for seed in range(12)], [], []
    for predicted, mask in pairs:
        one, other = skeletonize(predicted), skeletonize(mask)
        near_one, near_other = (binary_dilation(each, disk(4)) for each in (one, other))
        truth.append(other.ravel())
        matched.append((other & near_one | one & ~near_other).ravel())
    samples = pd.DataFrame({"id": [f"{i:02}" for i in range(12)], "group": "g"})
    wide = full_score_table.wide_table(samples, lambda i: pairs[int(i)][0] * 0.9, lambda i: pairs[int(i)][1], 1)
    found = conventions.table(wide).set_index("convention").loc["clIoU on pooled counts, tolerance 4 px", "at_half"]
    assert found.iloc[0] == pytest.approx(jaccard_score(np.concatenate(truth), np.concatenate(matched)))


def test_torchmetrics_dice_calibration_and_average_precision():
    torch = pytest.importorskip("torch")
    from torchmetrics.functional.classification import binary_average_precision, binary_calibration_error
    from torchmetrics.functional.segmentation import dice_score

    from hairline.metrics import thresholds

    rng = np.random.default_rng(8)
    scores = np.clip(rng.beta(0.4, 2, (4, 20, 30)), 0, 0.999)
    truth = rng.random(scores.shape) < scores**1.5
    samples = pd.DataFrame({"id": list("0123"), "group": "g"})
    wide = full_score_table.wide_table(samples, lambda i: scores[int(i)], lambda i: truth[int(i)], 1)
    counted = conventions.table(wide).groupby("convention").first()

    guess, target = torch.from_numpy(scores), torch.from_numpy(truth).long()
    dice = dice_score((guess[:, None] > 0.5).long(), target[:, None], 1, input_format="one-hot", average="micro")
    assert counted.loc["F1, score > t", "at_half"] == pytest.approx(dice.mean().item(), rel=1e-6)
    error = binary_calibration_error(guess, target, n_bins=10, norm="l1").item()
    assert counted.loc["expected calibration error of pixels", "threshold_free"] == pytest.approx(error, abs=1e-6)
    area = binary_average_precision(guess, target, torch.from_numpy(thresholds.THRESHOLDS.copy())).item()
    assert counted.loc[conventions.PAPER, "ap"] == pytest.approx(area, rel=1e-6)
