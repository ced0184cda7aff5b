"""Our scores beside those of MONAI and torchmetrics on the same pairs of prediction and mask: how far they differ.

    python benchmarks/scores_elsewhere.py [--random 1000] [--images FOLDER --masks FOLDER --pairs 100]

Random pairs are noise and blobs of odd sizes. Real ones are the masks of a folder, PNG with crack above 0, against what
the local threshold of Sauvola calls dark in the picture of the same name. The rows that say "another definition" do
not have to be equal: they tell how much the definition matters.
"""

import argparse
import warnings
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from monai.losses import SoftclDiceLoss
from monai.metrics import compute_dice, compute_hausdorff_distance, compute_iou, compute_surface_dice
from numpy.typing import NDArray
from skimage.filters import threshold_sauvola
from torchmetrics.functional.classification import binary_f1_score, binary_jaccard_index

from hairline.metrics import lines, shape

torch.set_num_threads(1)
Pair = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def main() -> None:
    """Compare and print one table a kind of pairs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, default=1000)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--masks", type=Path)
    parser.add_argument("--pairs", type=int, default=100)
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # MONAI warns of every empty set
    print("| pairs | number | score | mean of ours | largest difference | mean difference |")
    print("| --- | --- | --- | --- | --- | --- |")
    report("random", map(random_pair, range(args.random)))
    if args.images and args.masks:
        report("real", real_pairs(args.images, args.masks, args.pairs))


def report(told: str, pairs: Iterator[Pair]) -> None:
    """Print the lines of one kind of pairs; a pair with an empty side is left out, as MONAI has no distance there."""
    found = [beside(*pair) for pair in pairs if pair[0].any() and pair[1].any()]
    for name in found[0]:
        ours, theirs = np.array([each[name] for each in found]).T
        gaps = theirs - ours
        print(f"| {told} | {len(found)} | {name} | {ours.mean():.4f} | {np.abs(gaps).max():.1e} | {gaps.mean():+.1e} |")


def beside(predicted: NDArray[np.bool_], mask: NDArray[np.bool_]) -> dict[str, tuple[float, float]]:
    """Score → ours and theirs; MONAI's where nothing else is said."""
    mine, truth = shape.shape(predicted), shape.shape(mask)
    apart = shape.gaps(mine, truth)
    right, guessed, found, crack = lines.boundaries(apart, 2.0)
    surface = (right + found) / (guessed + crack)
    overlap, total = int((predicted & mask).sum()), int(predicted.sum() + mask.sum())
    pair = [torch.from_numpy(each[None, None].astype(np.float32)) for each in (predicted, mask)]
    soft = SoftclDiceLoss(iter_=30, smooth=1e-6)(pair[1], pair[0]).item()
    whole = {"include_background": True}
    return {
        "F1 = Dice": (2 * overlap / total, compute_dice(*pair, **whole).item()),
        "crack IoU": (overlap / (total - overlap), compute_iou(*pair, **whole).item()),
        "F1, torchmetrics": (2 * overlap / total, binary_f1_score(*pair).item()),
        "crack IoU, torchmetrics": (overlap / (total - overlap), binary_jaccard_index(*pair).item()),
        "Hausdorff 95, px": (
            shape.hausdorff95(apart, *mask.shape),
            compute_hausdorff_distance(*pair, percentile=95, **whole).item(),
        ),
        "surface Dice, 2 px": (surface, compute_surface_dice(*pair, [2.0], **whole).item()),
        "surface Dice, 2 px, of contours between pixels (another definition)": (
            surface,
            compute_surface_dice(*pair, [2.0], use_subvoxels=True, **whole).item(),
        ),
        "clDice of soft skeletons (another definition)": (shape.cldice(mine, truth), 1 - soft),
    }


def random_pair(seed: int) -> Pair:
    """Two masks of one odd size: noise or blobs, of little or of nearly all of it."""
    rng = np.random.default_rng(seed)
    size = rng.integers(8, 80, 2)
    found = []
    for _ in range(2):
        noise = rng.random(size)
        if rng.random() < 0.6:
            noise = cv2.GaussianBlur(noise, (0, 0), float(rng.uniform(0.6, 3)))
        found.append(noise < np.quantile(noise, rng.choice([0.02, 0.1, 0.3, 0.9])))
    return found[0], found[1]


def real_pairs(images: Path, masks: Path, count: int) -> Iterator[Pair]:
    """Dark pixels by Sauvola's local threshold, against the mask of the same name."""
    for path in sorted(masks.glob("*.png"))[:count]:
        picture = next(images.glob(f"{path.stem}.jp*g"))
        grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
        yield grey < threshold_sauvola(grey, 33, 0.2), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) > 0


if __name__ == "__main__":
    main()
