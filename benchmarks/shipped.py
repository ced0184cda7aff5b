r"""How good the network that ships is on real sets, for its card: at scale 1, and at the scale that it finds itself.

    python benchmarks/shipped.py scores.json CRACK500=data/EXPERIMENT/sets/crack500 CFD=data/EXPERIMENT/sets/cfd

writes a JSON file as ``tools/release_card.py`` has it: ODS with its interval over photos, OIS, F1 at the threshold
that ships, the share of pixels called crack on crack-free patches of ``PATCH_PX``, seconds a megapixel. The sets are
folders that the stage ``ingest`` wrote; all their test images with masks are scored.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.data.samples import evenly, load_image, load_mask, read_samples
from hairline.io.atomic import write_json
from hairline.metrics import bootstrap, thresholds
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.segmenter import scale_rules, scaling, segmenter, shipped

BOOTSTRAP = bootstrap.BootstrapOptions(2000, 0.95, 1)
PATCH_PX = 128
HALF = 0.5


def main() -> None:
    """Score the network on every set at both scales."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", nargs="+", metavar="NAME=FOLDER")
    parser.add_argument("--network", type=Path, help="folder of another segmenter")
    args = parser.parse_args()
    model, _ = segmenter.load(args.network or shipped.folder())
    rows: list[dict[str, Any]] = []
    free: list[dict[str, Any]] = []
    pace: list[float] = []
    for name, _, folder in (each.partition("=") for each in args.sets):
        for row, patches, seconds in _of_set(model, name, Path(folder)):
            rows.append(row)
            free.append(patches)
            pace.append(seconds)
            print(json.dumps(row), json.dumps(patches), f"{seconds:.2f} s/MP")
    sets = " ".join(name.partition("=")[0] + "=…" for name in args.sets)
    write_json(args.out, {
        "command": f"python benchmarks/shipped.py scores.json {sets}",
        "machine": f"{torch.get_num_threads()} CPU threads", "seconds_per_megapixel": float(np.median(pace)),
        "rows": rows, "crack_free": free,
    })  # fmt: skip


def _of_set(
    model: segmenter.Segmenter, name: str, folder: Path
) -> Iterator[tuple[dict[str, Any], dict[str, Any], float]]:
    """Figures of a set at the found scale, and at scale 1 where that is another."""
    samples, placement = read_samples(folder, "test"), device.resolve(RUNTIME)
    some = samples.iloc[evenly(len(samples), scale_rules.IMAGES)]
    sizes = zip(some["height"].tolist(), some["width"].tolist(), strict=True)
    images = (load_image(folder, key) for key in some["id"])
    found = scaling.find(model, images, scale_rules.candidates(sizes), placement)
    masked = samples[samples["has_mask"]]
    for factor in dict.fromkeys((found.factor, 1.0)):
        counted, free, spent, pixels = [], [], 0.0, 0
        for key in tqdm(masked["id"].to_list(), desc=f"{name} x{factor:.3g}"):
            image, mask = load_image(folder, key), load_mask(folder, key)
            start = time.perf_counter()
            scores = scaling.predict_at(model, image, placement, factor)
            spent, pixels = spent + time.perf_counter() - start, pixels + mask.size
            counted.append(thresholds.histograms(scores, mask))
            free += list(_crack_free(scores, mask))
        by = f"auto ({factor:.3g})" if factor == found.factor else f"{factor:g}"
        row = {
            "set": name,
            "split": "test",
            "images": len(masked),
            "scale": by,
            **_figures(counted, masked["group"].to_list()),
        }
        patches = {"set": f"{name} at scale {by}", "images": len(free), "share": float(np.mean(free)) if free else 0.0}
        yield row, patches, spent / pixels * 1e6


def _figures(counted: list[tuple[NDArray[np.int64], NDArray[np.int64]]], groups: list[str]) -> Mapping[str, float]:
    """ODS with interval, OIS, and F1 at the threshold that ships on pixels pooled, of the histograms of all images."""
    crack, background = (np.stack(column) for column in zip(*counted, strict=True))
    counts = thresholds.counts(crack, background)
    f1, place = thresholds.f1(counts), thresholds.place(HALF)
    drawn = bootstrap.resampled_ods(f1, bootstrap.resample_weights(groups, BOOTSTRAP))
    told = bootstrap.interval("ods", drawn, groups, BOOTSTRAP)
    tp, fp, fn = (np.asarray(part)[:, place].sum() for part in (counts.tp, counts.fp, counts.fn))
    return {"ods": thresholds.ods(f1), **told, "ois": thresholds.ois(f1), "at_half": float(2 * tp / (2 * tp + fp + fn))}


def _crack_free(scores: NDArray[np.float32], mask: NDArray[np.bool_]) -> Iterator[float]:
    """Share of pixels called crack in every whole patch without crack."""
    for top in range(0, mask.shape[0] - PATCH_PX + 1, PATCH_PX):
        for left in range(0, mask.shape[1] - PATCH_PX + 1, PATCH_PX):
            part = np.s_[top : top + PATCH_PX, left : left + PATCH_PX]
            if not mask[part].any():
                yield float((scores[part] >= HALF).mean())


if __name__ == "__main__":
    main()
