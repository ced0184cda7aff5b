r"""How good the network that ships is on real sets, for its card: at scale 1, and at the scale that it finds itself.

    python benchmarks/shipped.py scores.json "CRACK500 validation=data/EXPERIMENT/sets/crack500" \
        "CFD test=data/EXPERIMENT/sets/cfd" --failures docs/pictures/shipped_failures.jpg
    python benchmarks/shipped.py scores.json --failures docs/pictures/shipped_failures.jpg    # the pictures alone anew

writes a JSON file as ``tools/release_card.py`` has it: ODS with its interval over photos, OIS, F1 at the threshold
that ships, which images took part in making the network or the rule for its scale, by the ledger (docs/ledger.md), ODS
of those that did not, the share of pixels called crack on crack-free patches of ``PATCH_PX``, seconds a megapixel.
The sets are folders that the stage ``ingest`` wrote, named as the layout that read them, or with it behind them, as
``CFD=elsewhere@cfd``; all their test images with masks are scored. ``--failures`` draws generated images that the
network fails on.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shipped_failures
import shipped_seen
from numpy.typing import NDArray
from shipped_seen import ScoredSet, SeenImages
from tqdm import tqdm

from hairline.data.samples import evenly, load_image, load_mask, read_samples
from hairline.errors import HairlineError
from hairline.io.atomic import write_json
from hairline.io.hashing import content_hash
from hairline.metrics import bootstrap, thresholds
from hairline.nn.runtime import device, weights
from hairline.nn.runtime.device import Placement
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.segmenter import scaling, segmenter, shipped
from hairline.reporting import seen_signs

BOOTSTRAP = bootstrap.BootstrapOptions(2000, 0.95, 1)
PATCH_PX = 128
HALF = 0.5


def main() -> None:
    """Score the network on every set at both scales; draw what it fails on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", nargs="*", metavar="NAME=FOLDER")
    parser.add_argument("--network", type=Path, help="folder of another segmenter")
    parser.add_argument("--limit", type=int, help="so many images a set, evenly spaced, for a try")
    parser.add_argument("--failures", type=Path, help="JPEG to draw generated images to that the network fails on")
    parser.add_argument("--generated", type=int, default=shipped_failures.IMAGES, help="images to find these among")
    args = parser.parse_args()
    if not args.sets and not (args.failures and args.out.exists()):
        raise HairlineError(f"no set is named; name one, or --failures alone where {args.out} has figures already")
    if args.limit is not None and args.limit < 1:
        raise HairlineError(
            f"--limit {args.limit}: expected 1 image a set or more; correct it, or leave it out for all"
        )
    sets = [shipped_seen.parsed(each) for each in args.sets]
    twice = [each.name for number, each in enumerate(sets) if each.name in {other.name for other in sets[:number]}]
    if twice:
        raise HairlineError(
            f"two sets are called '{twice[0]}', by which their images are looked up; call one otherwise"
        )
    model, info = segmenter.load(args.network or shipped.folder())
    placement = device.resolve(RUNTIME)
    told = _scored(model, placement, sets, args) if sets else json.loads(args.out.read_text(encoding="utf-8"))
    if args.failures:
        told["failures"] = shipped_failures.write(args.failures, model, info, placement, args.generated)
    write_json(args.out, told)


def _scored(
    model: segmenter.Segmenter, placement: Placement, sets: Sequence[ScoredSet], args: argparse.Namespace
) -> dict[str, Any]:
    """The content of scores.json without the failures."""
    seen = SeenImages(sets, args.network)
    rows: list[dict[str, Any]] = []
    free: list[dict[str, Any]] = []
    pace: list[float] = []
    for each in sets:
        for row, patches, seconds in _of_set(model, placement, each, seen, args.limit):
            rows.append(row)
            free.append(patches)
            pace.append(seconds)
            print(json.dumps(row), json.dumps(patches), f"{seconds:.2f} s/MP")
    named = " ".join(f'"{each.name}=…"' for each in sets) + (f" --limit {args.limit}" if args.limit else "")
    weights_sha256 = content_hash((args.network or shipped.folder()) / weights.WEIGHTS_FILE)
    return {
        weights.HASH: weights_sha256,
        "command": f"python benchmarks/shipped.py scores.json {named}",
        "machine": device.machine(placement), "seconds_per_megapixel": float(np.median(pace)),
        "rows": rows, "chosen_on": [] if args.network else shipped_seen.chosen_on(), "crack_free": free,
    }  # fmt: skip


def _of_set(
    model: segmenter.Segmenter, placement: Placement, each: ScoredSet, seen: SeenImages, limit: int | None
) -> Iterator[tuple[dict[str, Any], dict[str, Any], float]]:
    """Figures of a set at the found scale, and at scale 1 where that is another."""
    folder = each.folder
    samples = read_samples(folder, "test")
    masked = samples[samples["has_mask"]]
    if masked.empty:
        raise HairlineError(f"{folder}: has no test image with a mask, so there is nothing to score; leave it out")
    masked = masked.iloc[evenly(len(masked), limit or len(masked))]
    found = scaling.chosen("auto", (None, None), model, folder, placement)
    for factor in dict.fromkeys((found.factor, 1.0)):
        counted, free, spent, pixels = [], [], 0.0, 0
        for key in tqdm(masked["id"].to_list(), desc=f"{each.name} x{factor:.3g}"):
            image, mask = load_image(folder, key), load_mask(folder, key)
            start = time.perf_counter()
            scores = scaling.predict_at(model, image, placement, factor)
            spent, pixels = spent + time.perf_counter() - start, pixels + mask.size
            counted.append(thresholds.histograms(scores, mask))
            free += list(_crack_free(scores, mask))
        auto = factor == found.factor
        by = f"auto ({factor:.3g})" if auto else f"{factor:g}"
        known, unseen = seen.of(each.name, masked["id"], auto)
        row = {
            "set": each.name, "images": len(masked), "scale": by,
            **_figures(counted, masked["group"].to_list(), np.array(unseen)),
            **seen_signs.columns(known), "seen_counts": dict(known.images),
        }  # fmt: skip
        patches = {
            "set": f"{each.name} at scale {by}",
            "images": len(free),
            "share": float(np.mean(free)) if free else 0.0,
        }
        yield row, patches, spent / pixels * 1e6


def _figures(
    counted: list[tuple[NDArray[np.int64], NDArray[np.int64]]], groups: list[str], unseen: NDArray[np.bool_]
) -> dict[str, float]:
    """ODS with interval, OIS, F1 at the threshold that ships on pixels pooled, ODS of unseen images, of histograms."""
    crack, background = (np.stack(column) for column in zip(*counted, strict=True))
    counts = thresholds.counts(crack, background)
    f1, place = thresholds.f1(counts), thresholds.place(HALF)
    tp, fp, fn = (int(np.asarray(part)[:, place].sum()) for part in (counts.tp, counts.fp, counts.fn))
    some = 2 * tp + fp + fn
    alone = thresholds.f1(thresholds.counts(crack[unseen], background[unseen])) if unseen.any() else None
    names = [group for group, free in zip(groups, unseen, strict=True) if free]
    return {
        **_ods("ods", f1, groups), "ois": thresholds.ois(f1), "at_half": 2 * tp / some if some else 1.0,
        **({} if alone is None else _ods("ods_unseen", alone, names)),
    }  # fmt: skip


def _ods(name: str, f1: NDArray[np.float64], groups: list[str]) -> dict[str, float]:
    """ODS with its interval over photos."""
    drawn = bootstrap.resampled_ods(f1, bootstrap.resample_weights(groups, BOOTSTRAP))
    return {name: thresholds.ods(f1), **bootstrap.interval(name, drawn, groups, BOOTSTRAP)}


def _crack_free(scores: NDArray[np.float32], mask: NDArray[np.bool_]) -> Iterator[float]:
    """Share of pixels called crack in every whole patch without crack."""
    for top in range(0, mask.shape[0] - PATCH_PX + 1, PATCH_PX):
        for left in range(0, mask.shape[1] - PATCH_PX + 1, PATCH_PX):
            part = np.s_[top : top + PATCH_PX, left : left + PATCH_PX]
            if not mask[part].any():
                yield float((scores[part] >= HALF).mean())


if __name__ == "__main__":
    try:
        main()
    except HairlineError as error:
        sys.exit(f"shipped: {error}")
