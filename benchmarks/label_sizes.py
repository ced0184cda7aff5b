r"""Sizes inside a label method, as they ship and by the side of a patch, on photos of another resolution.

    python benchmarks/label_sizes.py benchmarks/results/label_sizes.json data/raw/crack500/traincrop --scale 0.5

Training crops (NAME.jpg, NAME.png) are resized; a linear classifier of the features that `hairline click` uses learns
from all patches of some, of 128 px times the scale; crops of other days, cut to 640 x 360 px around the crack where
they are larger, are labelled. ODS of `multiscale` with the options that ship, with all sizes times the scale, and with
all but the bilateral filter's.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.clicking import grid
from hairline.data.samples import evenly
from hairline.imaging.images import read_image, read_mask
from hairline.io.atomic import write_json
from hairline.labelling import sizes
from hairline.labelling.methods import multiscale
from hairline.metrics import thresholds
from hairline.nn.classifier import evidence, folding, frozen, linear
from hairline.nn.classifier.backbones import Classifier
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME

DAY = 8
"""Letters of a name that tell the day."""
MOST_PX = 360, 640
"""Height and width of what is labelled of a photo."""


def resized(path: Path, scale: float) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Photo and mask."""
    image, mask = read_image(path), read_mask(path.with_suffix(".png"))
    size = round(image.shape[1] * scale), round(image.shape[0] * scale)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    covered = cv2.resize(mask.astype(np.float32), size, interpolation=how if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(cv2.resize(image, size, interpolation=how), np.uint8), covered >= 0.5


def around_crack(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """At most :data:`MOST_PX` of both, around the middle of the crack, so that large photos take no longer."""
    middle = np.argwhere(mask).mean(axis=0)
    top, left = (int(np.clip(at - most / 2, 0, max(side - most, 0)))
                 for at, most, side in zip(middle, MOST_PX, mask.shape, strict=True))  # fmt: skip
    rows, cols = slice(top, top + MOST_PX[0]), slice(left, left + MOST_PX[1])
    return np.ascontiguousarray(image[rows, cols]), np.ascontiguousarray(mask[rows, cols])


def main() -> None:
    """Teach, label, score, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=0.5)
    parser.add_argument("--taught", type=int, default=120)
    parser.add_argument("--labelled", type=int, default=20)
    args = parser.parse_args()
    photos = sorted(args.folder.glob("*.jpg"))
    days = sorted({path.name[:DAY] for path in photos})
    teach, ask = ([path for path in photos if (days.index(path.name[:DAY]) % 2 == part)] for part in (0, 1))
    network, patch_px = frozen.network(), round(sizes.PATCH_PX * args.scale)
    model = classifier(network, [teach[n] for n in evenly(len(teach), args.taught)], args.scale, patch_px)
    by_patch = sizes.times(multiscale.EXAMPLE, args.scale)
    options = {
        "as they ship": multiscale.EXAMPLE,
        "by the patch": by_patch,
        "by the patch, filter as it ships": replace(by_patch, bilateral=multiscale.EXAMPLE.bilateral),
    }
    found = {name: list[tuple[NDArray[np.int64], NDArray[np.int64]]]() for name in options}
    for path in tqdm([ask[n] for n in evenly(len(ask), args.labelled)], "labels"):
        image, mask = around_crack(*resized(path, args.scale))
        for name, each in options.items():
            needs = each.needs()
            seen = evidence.collect(model, image, needs.windows_px, 16, needs.scales, 1024, 128,
                                    device.resolve(RUNTIME))  # fmt: skip
            found[name].append(thresholds.histograms(multiscale.label(image, seen, each), mask))
    ods = {name: score(histograms) for name, histograms in found.items()}
    print("\n".join(f"{name}: {value:.3f}" for name, value in ods.items()))
    settings = {name: value for name, value in vars(args).items() if name in ("scale", "taught", "labelled")}
    write_json(
        args.out, {"command": "python benchmarks/label_sizes.py …", **settings, "patch_px": patch_px, "ods": ods}
    )


def classifier(network: Classifier, photos: list[Path], scale: float, patch_px: int) -> Classifier:
    """Of all patches of photos."""
    asked, features, crack = frozen.Frozen(network), [], []
    for path in tqdm(photos, "features"):
        image, mask = resized(path, scale)
        patches = grid.of_photo(path.name, image.shape[1], image.shape[0], patch_px)
        features.append(asked.features(image, [(patch.x, patch.y, patch.size) for patch in patches]))
        crack += [bool(mask[p.y : p.y + p.size, p.x : p.x + p.size].any()) for p in patches]
    rows = np.concatenate(features)
    line = linear.fit(rows, np.array(crack), linear.standard([rows]))
    assert line is not None
    return folding.folded(frozen.linear(network, line.weight, line.bias))


def score(histograms: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> float:
    """ODS."""
    counts = thresholds.counts(*(np.stack(part) for part in zip(*histograms, strict=True)))
    return float(thresholds.ods(thresholds.f1(counts)))


if __name__ == "__main__":
    main()
