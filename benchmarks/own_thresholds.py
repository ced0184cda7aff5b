r"""Which rule finds a segmenter's threshold where there are no masks: several small sets of "own photos".

    python benchmarks/own_thresholds.py benchmarks/results/own_thresholds.json data/raw/crack500/traincrop

A set is 15 photos of different parents, parts of 320 x 256 px of training crops around the crack, five of them held
out, and eight others to try thresholds on. A linear classifier of the features that `hairline click` uses learns from
patches of the ten; its `multiscale` labels of the 15 are what a threshold of the network that ships is chosen on. Told
is how much F1 (mean over the eight, against masks) is lost to the threshold that is best for them.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.imaging.images import read_image, read_mask
from hairline.io.atomic import write_json
from hairline.labelling.methods import multiscale
from hairline.nn.classifier import evidence, folding, frozen, linear
from hairline.nn.classifier.backbones import Classifier
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.segmenter import segmenter, shipped

PARENT = re.compile(r"\d{8}_\d{6}|IMG_\d+")
HELD_OUT, OWN, TRIED = 5, 15, 8
SIDES = 256, 320
SHIFT = 41, 61
PATCH_PX, STRIDE_PX, TILE_PX, BATCH = 128, 16, 1024, 128
LEVELS, THRESHOLDS = 20, 99
Photo = tuple[NDArray[np.uint8], NDArray[np.bool_]]
Counts = NDArray[np.int64]
"""Pixels by threshold reached, by level of the label and by mask: int [100, LEVELS, 2]."""


def part(path: Path, rng: np.random.Generator) -> Photo:
    """A part of a crop near the middle of its crack, and its mask."""
    image, mask = read_image(path), read_mask(path.with_suffix(".png"))
    corner = []
    for middle, side, whole, shift in zip(np.argwhere(mask).mean(0).astype(int), SIDES, mask.shape, SHIFT, strict=True):
        corner.append(int(np.clip(middle - side // 2 + rng.integers(1 - shift, shift), 0, max(whole - side, 0))))
    rows, cols = (slice(start, start + side) for start, side in zip(corner, SIDES, strict=True))
    return np.ascontiguousarray(image[rows, cols]), mask[rows, cols]


def taught(photos: list[Photo], base: Classifier, network: frozen.Frozen) -> Classifier:
    """A classifier of all patches of photos."""
    features, crack = [], []
    for image, mask in photos:
        height, width = mask.shape
        across = sorted({0, (width - PATCH_PX) // 2, width - PATCH_PX})
        squares = [(x, y, PATCH_PX) for y in sorted({0, height - PATCH_PX}) for x in across]
        features.append(network.features(image, squares))
        crack += [bool(mask[y : y + side, x : x + side].any()) for x, y, side in squares]
    rows = np.concatenate(features)
    line = linear.fit(rows, np.array(crack), linear.standard([rows], network.emphasis))
    assert line is not None
    return folding.folded(frozen.linear(base, line.weight, line.bias))


def counted(scores: NDArray[np.float32], label: NDArray[np.float32], mask: NDArray[np.bool_]) -> Counts:
    """A photo's pixels."""
    reached = np.searchsorted(np.arange(1, THRESHOLDS + 1) / 100, scores.ravel(), "right")
    level = np.minimum((label * LEVELS).astype(int), LEVELS - 1).ravel()
    size = (THRESHOLDS + 1) * LEVELS * 2
    return np.bincount((reached * LEVELS + level) * 2 + mask.ravel(), minlength=size).reshape(-1, LEVELS, 2)


def one_set(crops: dict[str, list[Path]], seed: int) -> tuple[Counts, Counts]:
    """Counts of the own photos, those held out first, and of the others (at level 0)."""
    rng, placement = np.random.default_rng(100 + seed), device.resolve(RUNTIME)
    parents = rng.permutation(sorted(crops))[: OWN + TRIED]
    photos = [part(crops[name][rng.integers(len(crops[name]))], rng) for name in parents]
    base = frozen.of_shipped()
    model = taught(photos[HELD_OUT:OWN], base, frozen.Frozen(base, placement))
    asked, needs, found = segmenter.load(shipped.folder())[0], multiscale.EXAMPLE.needs(), []
    for number, (image, mask) in enumerate(photos):
        scores, label = segmenter.predict(asked, image, placement), np.zeros(mask.shape, np.float32)
        if number < OWN:
            seen = evidence.collect(model, image, needs.windows_px, STRIDE_PX, needs.scales, TILE_PX, BATCH, placement)
            label = multiscale.label(image, seen, multiscale.EXAMPLE)
        found.append(counted(scores, label, mask))
    return np.stack(found[:OWN]), np.stack(found[OWN:])


def f1(crack: Counts, rest: Counts) -> NDArray[np.float64]:
    """F1 at every threshold, float64 [..., 99], of pixels by thresholds reached [..., 100]."""
    hits, false = (np.cumsum(part[..., ::-1], axis=-1)[..., ::-1] for part in (crack, rest))
    return np.asarray((2 * hits / np.maximum(hits + false + hits[..., :1], 1))[..., 1:])


def against(photos: Counts, level: float) -> tuple[Counts, Counts]:
    """Crack and the rest by labels from a level on, int [photos, 100] each."""
    first = round(level * LEVELS)
    return photos[:, :, first:].sum(axis=(2, 3)), photos[:, :, :first].sum(axis=(2, 3))


def mean(photos: Counts, level: float = 0.5) -> int:
    """The threshold, in hundredths, of the best mean F1."""
    return int(f1(*against(photos, level)).mean(axis=0).argmax()) + 1


def pooled(photos: Counts) -> int:
    """Of the best F1 of all pixels."""
    crack, rest = against(photos, 0.5)
    return int(f1(crack.sum(axis=0), rest.sum(axis=0)).argmax()) + 1


def median(photos: Counts) -> int:
    """The median of those that are best for a photo each."""
    return int(np.median(f1(*against(photos, 0.5)).argmax(axis=1) + 1))


def soft(photos: Counts) -> int:
    """Of the best expected F1, labels being probabilities."""
    share, pixels = (np.arange(LEVELS) + 0.5) / LEVELS, photos.sum(axis=-1)
    return int(f1((pixels * share).sum(axis=2), (pixels * (1 - share)).sum(axis=2)).mean(axis=0).argmax()) + 1


RULES: dict[str, Callable[[Counts], int]] = {
    "mean F1": mean,
    "mean F1, labels from 0.3 on": lambda photos: mean(photos, 0.3),
    "pixels pooled": pooled,
    "median of photos": median,
    "labels as probabilities": soft,
}


def lost(own: Counts, tried: Counts) -> dict[str, float]:
    """Rule → F1 lost on the photos tried."""
    by_mask = f1(tried[..., 1].sum(axis=2), tried[..., 0].sum(axis=2)).mean(axis=0)
    chosen = {f"{name}: {who}": rule(photos) for name, rule in RULES.items()
              for who, photos in (("held out", own[:HELD_OUT]), ("all", own))}  # fmt: skip
    chosen |= {"halfway to 0.5": (mean(own[:HELD_OUT]) + 50) // 2, "0.5": 50}
    return {name: float(by_mask.max() - by_mask[value - 1]) for name, value in chosen.items()}


def table(sets: list[tuple[Counts, Counts]]) -> dict[str, dict[str, float]]:
    """Rule → mean and greatest loss over sets."""
    rows = [lost(*each) for each in sets]
    return {name: {"mean": float(np.mean([row[name] for row in rows])), "worst": max(row[name] for row in rows)}
            for name in rows[0]}  # fmt: skip


def main() -> None:
    """Make the sets, try the rules, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", type=int, default=6)
    args = parser.parse_args()
    crops = dict[str, list[Path]]()
    for path in sorted(args.folder.glob("*.jpg")):
        found = PARENT.match(path.name)
        assert found is not None, path
        crops.setdefault(found[0], []).append(path)
    rules = table([one_set(crops, seed) for seed in tqdm(range(1, args.sets + 1), "sets")])
    for name, values in sorted(rules.items(), key=lambda item: item[1]["mean"]):
        print(f"{values['mean']:.3f} {values['worst']:.3f}  {name}")
    write_json(args.out, {"command": "python benchmarks/own_thresholds.py …", "sets": args.sets, "lost": rules})


if __name__ == "__main__":
    main()
