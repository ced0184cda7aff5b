r"""What two choices of the public code change in labels of `konig`: cutting off to 8 bits, Grad-CAM++ of the softmax.

    python benchmarks/public_code.py data/raw/crack500 models/labels-cpu/classifiers/lite0 \
        data/labels-cpu/evidence/lite0/crack500 --every 4

Validation crops of CRACK500, evenly spaced. Truncation takes the place of rounding wherever `konig` goes to 8 bits. The
softmax's derivative is the logit's of the same classifier after the other output's weights were subtracted from both
outputs, which leaves every probability as it is.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.config.params import Params
from hairline.data.layouts import crack500
from hairline.imaging.images import quantise, read_image
from hairline.labelling import fusion, localization
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import konig
from hairline.metrics import thresholds
from hairline.nn.classifier import backbones, evidence
from hairline.nn.runtime import device


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("classifier", type=Path)
    parser.add_argument("evidence", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    args = parser.parse_args()
    params = Params(args.params)
    model, placement = by_softmax(args.classifier), device.resolve(params.runtime)
    modes = {name: params.label_set(name).options for name in ("konig", "reference")}
    found: dict[tuple[str, str], list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = {}
    apart, moved = [], dict[str, list[float]]()
    samples = crack500.read(args.root, crack500.Options({"valcrop": "val"}, {}, []))[:: args.every]
    for sample in tqdm(samples):
        image, seen = read_image(sample.image), Evidence.load(args.evidence / f"{sample.id}.npz")
        other = evidence.collect(model, image, (32,), 32, (), params.localize.tile_px, params.localize.batch, placement)
        apart.append(float(np.abs(over_maximum(seen.cam) - over_maximum(other.cam)).mean()))
        assert sample.mask is not None
        mask = sample.read_mask(sample.mask).crack
        for mode, options in modes.items():
            plain = konig.label(image, seen, options)
            with truncated():
                cut = konig.label(image, seen, options)
            soft = konig.label(image, replace(seen, cam=other.cam), options)
            for change, scores in (("as it is", plain), ("truncated", cut), ("softmax", soft)):
                found.setdefault((mode, change), []).append(thresholds.histograms(quantise(scores), mask))
                moved.setdefault(f"{mode} {change}", []).append(float(np.abs(scores - plain).mean() * 255))
    print(f"{len(samples)} crops; activation maps over their maximum differ by {np.mean(apart):.4f} on average")
    print("| mode | change | ODS | OIS | mean difference of a score, of 255 |\n| --- | --- | --- | --- | --- |")
    for (mode, change), pairs in found.items():
        f1 = thresholds.f1(thresholds.counts(*(np.stack(part) for part in zip(*pairs, strict=True))))
        cells = f"{thresholds.ods(f1):.4f} | {thresholds.ois(f1):.4f} | {np.mean(moved[f'{mode} {change}']):.3f}"
        print(f"| {mode} | {change} | {cells} |")


def by_softmax(folder: Path) -> backbones.Classifier:
    """The classifier with the weights of its other output subtracted from both."""
    model = backbones.load(folder)[0].eval()
    assert model.linear is not None
    with torch.no_grad():
        for values in (model.linear.weight, model.linear.bias):
            values -= values[1 - backbones.CRACK].clone()
    return model


@contextmanager
def truncated() -> Iterator[None]:
    """While it lasts, `konig` cuts off what does not fill a level."""
    for module in (localization, fusion):
        module.quantise = cut_off  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in (localization, fusion):
            module.quantise = quantise  # type: ignore[attr-defined]


def cut_off(scores: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Scores in [0, 1] as the level of 256 that they reach."""
    return np.asarray(np.clip(scores, 0, 1) * 255, dtype=np.uint8)


def over_maximum(cam: NDArray[np.float32]) -> NDArray[np.float32]:
    """An activation map in [0, 1]."""
    return np.asarray(cam / max(float(cam.max()), 1e-10), dtype=np.float32)


if __name__ == "__main__":
    main()
