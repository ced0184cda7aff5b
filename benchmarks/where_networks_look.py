r"""Where the cells of networks look: by their layers, by dots shown to these, and by strokes shown to trained ones.

    PYTHONPATH=tests python benchmarks/where_networks_look.py resnet18 resnet50 efficientnet_b0 convnext_tiny
    python benchmarks/where_networks_look.py --classifier models/EXPERIMENT/classifiers/lite0 \
        --images data/EXPERIMENT/sets/cfd

The first asks :mod:`hairline.nn.classifier.centres` and draws a dot at 16 places evenly over a cell; weights are random
from channel to channel and even in every kernel, so that nothing but the layers moves what is seen. The second draws
dark strokes of 24 px on photos, one at a time, and takes the centre of mass of what the activation map gains by them:
there, what the network has learned counts as well.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from hairline.data.samples import load_image, read_samples
from hairline.nn.classifier import backbones, centres
from hairline.nn.classifier.cam import grad_cam_plus_plus

SIDE = 320
STROKE_PX, WIDTH_PX, DARKER = 24, 3, 0.5
AWAY_PX = 128
"""From the border of an image, as far as its edges are seen."""

PHOTOS, STROKES = 20, 4


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("backbones", nargs="*")
    parser.add_argument("--classifier", type=Path)
    parser.add_argument("--images", type=Path)
    args = parser.parse_args()
    if args.backbones:
        print("| backbone | first cell | votes of 32, 64, 128 px | dots, off by |\n| --- | --- | --- | --- |")
    for name in args.backbones:
        cell, windows = centres.of(name, (32, 64, 128))
        votes = ", ".join(f"{row:.1f}" for row, _ in windows)
        print(f"| {name} | {cell[0]:.1f} | {votes} | {np.abs(dots_off(name)).max():.2f} px |", flush=True)
    if args.classifier:
        found, error = strokes(backbones.load(args.classifier)[0].eval(), args.images)
        told = ", ".join(f"{at:.1f} ± {by:.1f}" for at, by in zip(found, error, strict=True))
        print(f"| {args.classifier.name} | {args.images.name} | first cell, row and column: {told} px |")


def dots_off(name: str) -> NDArray[np.float64]:
    """Mean distance between dots and where they are found, rows and columns, in pixels."""
    from support.dots import dotted, located, looking  # tests/support

    model, first = looking(name, seed=3), centres.of(name, (32, 64, 128))[0]
    places = [(144 + 2 * n, 144 + 10 * n % 32) for n in range(16)]
    off = [np.subtract(located(model, dotted(SIDE, SIDE, at), first), at) for at in places]
    return np.asarray(np.mean(off, axis=0), dtype=np.float64)


def strokes(model: backbones.Classifier, dataset: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the first cell looks, row and column, each stroke weighing as much as the map gains; standard errors."""
    ids, rng, found = list(read_samples(dataset)["id"]), np.random.default_rng(0), []
    for name in ids[:: max(len(ids) // PHOTOS, 1)]:
        image = load_image(dataset, name)
        height, width = (side // model.cell_px * model.cell_px for side in image.shape[:2])
        if min(height, width) <= 2 * AWAY_PX:
            continue
        before, image = None, image[:height, :width]
        for _ in range(STROKES):
            changed, place = stroked(image, rng)
            before = activation(model, image) if before is None else before
            gain = np.maximum(activation(model, changed) - before, 0)
            rows, cols = np.mgrid[: gain.shape[0], : gain.shape[1]] * model.cell_px
            gain *= (abs(rows - place[0]) < AWAY_PX) & (abs(cols - place[1]) < AWAY_PX)
            if gain.sum() > 0:
                seen = np.array([(gain * rows).sum(), (gain * cols).sum()]) / gain.sum()
                found.append((*(place - seen), gain.sum()))
    if not found:
        raise SystemExit(f"{dataset}: no photo of more than {2 * AWAY_PX} px on both sides; choose another set")
    table = np.array(found)
    shares = table[:, 2] / table[:, 2].sum()
    mean = (table[:, :2] * shares[:, None]).sum(0)
    return mean, np.sqrt((shares[:, None] ** 2 * (table[:, :2] - mean) ** 2).sum(0))


def stroked(image: NDArray[np.uint8], rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The image with a dark stroke, and the middle of that, row and column."""
    row, col = (rng.integers(AWAY_PX, side - AWAY_PX) for side in image.shape[:2])
    angle = rng.uniform(0, np.pi)
    half = np.array([np.sin(angle), np.cos(angle)]) * STROKE_PX / 2
    ends = [tuple(int(each) for each in (col + sign * half[1], row + sign * half[0])) for sign in (-1, 1)]
    drawn = np.zeros(image.shape[:2], np.uint8)
    cv2.line(drawn, ends[0], ends[1], 255, WIDTH_PX)
    share = cv2.GaussianBlur(drawn, (0, 0), 1)[..., None] / 255
    return (image * (1 - DARKER * share)).astype(np.uint8), np.array([each.mean() for each in np.nonzero(drawn)])


def activation(model: backbones.Classifier, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grad-CAM++ of an image, float32 [rows, cols]."""
    weight = model.crack_weight
    assert weight is not None, "a classifier whose last layer is linear"
    with torch.inference_mode():
        features = model.features(torch.from_numpy(image.copy()).permute(2, 0, 1)[None])
        return grad_cam_plus_plus(features, weight)[0].numpy()


if __name__ == "__main__":
    main()
