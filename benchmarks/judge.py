"""Does `hairline score` give what other libraries give? And what does it take?

    python benchmarks/judge.py [--pairs 1000] [--datasets DIR] [--real 100] [--experiment DIR] [--many 10000]

The first table: ``--pairs`` random pairs of any size up to 40 x 40, and ``--real`` pairs of the masks of CRACK500 and
DeepCrack below ``--datasets`` with the labels of Sauvola's threshold and with inverted grey, are written as files and
scored by the command; the numbers are set beside those of torchmetrics and, where it can be imported, of MONAI (``pip
install --no-deps --target DIR monai``, ``PYTHONPATH=DIR``). What is shown is the largest difference of all images and
thresholds. The Hausdorff distance is left out where a side is empty, which MONAI has no number for; DeepMind's
surface-distance weighs the pieces of a contour by their length, so that its percentile is another quantity.

The second: ``--experiment`` is a workspace after ``dvc repro``; every row of labels in its comparison.csv is scored
from the label files, and it is told whether every digit is the same. The third: ``--many`` images of
96 x 96, seconds and peak memory of the command.
"""

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.mask_values import channel
from hairline.imaging.images import read_image, write_image, write_mask
from hairline.labelling.methods import sauvola
from hairline.metrics import thresholds
from hairline.metrics.confusion import crack_iou, f1, matches
from hairline.reporting.formatting import csv, read_csv

PERCENTS = (1, 10, 20, 40, 50, 60, 80, 99)
SIDE_PX = 96
SMALL = 2000
COMMAND = [sys.executable, "-c", "from hairline.cli.app import main; main()", "score"]

Pair = tuple[NDArray[np.uint8], NDArray[np.bool_]]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--datasets", type=Path)
    parser.add_argument("--real", type=int, default=100)
    parser.add_argument("--experiment", type=Path)
    parser.add_argument("--many", type=int, default=0)
    args = parser.parse_args()
    if args.pairs:
        print("| pairs | what | library | compared | largest difference |\n| --- | --- | --- | --- | --- |", flush=True)
        compare(f"{args.pairs} random", [random_pair(seed) for seed in range(args.pairs)])
    if args.datasets:
        for called, label in (("Sauvola", of_sauvola), ("inverted grey", of_grey)):
            compare(f"{args.real} real, {called}", list(real_pairs(args.datasets, args.real, label)))
    if args.experiment:
        experiment(args.experiment)
    if args.many:
        many(args.many)


def random_pair(seed: int) -> Pair:
    """Levels and a mask; some empty, some full, many with scores on a threshold (51 is 0.2)."""
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(1, 41)), int(rng.integers(1, 41))
    levels = rng.choice([0, 51, 102, 153, 204, 255], shape) if seed % 3 else rng.integers(0, 256, shape)
    share = (0, 0.02, 0.2, 0.6)[seed % 4]
    return (levels * (seed % 7 > 0)).astype(np.uint8), rng.random(shape) < share


def real_pairs(datasets: Path, count: int, label: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Iterator[Pair]:
    """Images of CRACK500 and DeepCrack in equal numbers."""
    crack500 = [(path.with_suffix(".jpg"), path) for path in sorted((datasets / "crack500/valcrop").glob("*.png"))]
    deepcrack = [(datasets / "deepcrack/train_img" / f"{path.stem}.jpg", path)
                 for path in sorted((datasets / "deepcrack/train_lab").glob("*.png"))]  # fmt: skip
    for image, mask in [*crack500[: count // 2], *deepcrack[: count - count // 2]]:
        levels = channel(mask).levels
        yield label(read_image(image)), levels > levels.max() // 2


def of_sauvola(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The label of Sauvola's threshold, which looks at no evidence."""
    return (sauvola.label(image, None, sauvola.EXAMPLE) * 255).astype(np.uint8)  # type: ignore[arg-type]


def of_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The darker, the higher."""
    return np.asarray(255 - cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def compare(told: str, pairs: list[Pair]) -> None:
    """A row for each measure that another library defines as we do."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        for index, (levels, mask) in enumerate(pairs):
            write_image(place / "p" / f"{index:05}.png", levels)
            write_mask(place / "m" / f"{index:05}.png", mask)
        values = scored(place / "p", place / "m", "--out", place / "out", "--resamples", 100)
        table = pd.read_parquet(place / "out/scores.parquet")
    for what, library, compared, difference in differences(values, table, pairs):
        print(f"| {told} | {what} | {library} | {compared:,} | {difference:.1e} |", flush=True)


def scored(*words: object) -> Any:
    """The JSON of the command."""
    done = subprocess.run([*COMMAND, *map(str, words), "--json", "-"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.splitlines()[-1])
    return json.loads(done.stdout)


def differences(values: Any, table: pd.DataFrame, pairs: list[Pair]) -> Iterator[tuple[str, str, int, float]]:
    """What is compared, with which library, in how many cases, and the largest difference."""
    import torch
    from torchmetrics.functional import classification as theirs

    found = matches(table)
    truth = [torch.from_numpy(mask.astype(np.int64)).flatten() for _, mask in pairs]
    reached = {percent: [torch.from_numpy((levels.astype(np.int64) * 100 >= 255 * percent).astype(np.int64)).flatten()
                         for levels, _ in pairs] for percent in PERCENTS}  # fmt: skip
    places = [percent - 1 for percent in PERCENTS]

    def pairs_of(percent: int) -> Iterator[tuple[Any, Any]]:
        return zip(reached[percent], truth, strict=True)

    for what, measure, function in (("F1 of each image", f1, theirs.binary_f1_score),
                                    ("crack IoU of each image", crack_iou, theirs.binary_jaccard_index)):  # fmt: skip
        ours = measure(found)[:, places]
        other = np.array([[float(function(one, mask, zero_division=1)) for one, mask in pairs_of(percent)]
                          for percent in PERCENTS]).T  # fmt: skip
        yield what, "torchmetrics", ours.size, float(np.abs(ours - other).max())
    rows = {row["convention"]: row for row in values["predictions"]["conventions"] if row["empty_masks"] == "counted"}
    whole, masks = torch.cat(reached[50]), torch.cat(truth)
    for name, value in {
        "F1 on pooled counts": theirs.binary_f1_score(whole, masks),
        "crack IoU on pooled counts": theirs.binary_jaccard_index(whole, masks),
        "mIoU on pooled counts": theirs.multiclass_jaccard_index(whole, masks, num_classes=2),
    }.items():
        yield f"{name}, at 0.5", "torchmetrics", 1, abs(rows[name]["at_half"] - float(value))
    scores = torch.cat([torch.from_numpy(levels.astype(np.float64)).flatten() for levels, _ in pairs]) / 255
    ap = theirs.binary_average_precision(scores, masks, thresholds=torch.from_numpy(thresholds.THRESHOLDS))
    yield "AP", "torchmetrics", 1, abs(values["predictions"]["scores"]["ap"] - float(ap))
    yield from distances(table, pairs)


def distances(table: pd.DataFrame, pairs: list[Pair]) -> Iterator[tuple[str, str, int, float]]:
    """Hausdorff 95 of each image at 0.5."""
    import torch
    from torchmetrics.functional.segmentation.utils import mask_edges, surface_distance

    ours = table.sort_values("id")["hd95_half"].to_numpy()
    cases = [(index, levels.astype(int) * 100 >= 255 * 50, mask) for index, (levels, mask) in enumerate(pairs)]
    cases = [(index, predicted, mask) for index, predicted, mask in cases if predicted.any() and mask.any()]
    mine = ours[[index for index, _, _ in cases]]
    if all(mask.size <= SMALL for _, _, mask in cases):  # it takes all pairs of pixels, and squares alone
        found = []
        for _, predicted, mask in cases:
            square = [(0, max(mask.shape) - side) for side in mask.shape]
            edges = [
                each.bool()
                for each in mask_edges(*(torch.from_numpy(np.pad(one, square)) for one in (predicted, mask)))
            ]
            found.append(max(float(np.percentile(surface_distance(*way).numpy(), 95)) for way in (edges, edges[::-1])))
        yield "Hausdorff 95 of each image, at 0.5", "torchmetrics' edges and distances", len(cases), worst(mine, found)
    try:
        from monai.metrics.hausdorff_distance import compute_hausdorff_distance
    except ImportError:
        return
    found = [float(compute_hausdorff_distance(torch.from_numpy(predicted)[None, None].float(),
                                              torch.from_numpy(mask)[None, None].float(), include_background=True,
                                              percentile=95)) for _, predicted, mask in cases]  # fmt: skip
    yield "Hausdorff 95 of each image, at 0.5", "MONAI", len(cases), worst(mine, found)


def worst(ours: NDArray[np.float64], theirs: list[float]) -> float:
    """The largest difference."""
    return float(np.abs(ours - np.array(theirs)).max())


def experiment(folder: Path) -> None:
    """Rows of labels of a finished experiment, scored again from their files."""
    table = next(folder.glob("reports/*/comparison/comparison.csv"))
    name = table.parts[-3]
    print(f"\n| labels | images | ODS | OIS | AP | as comparison.csv |\n{'| --- ' * 6}|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        only = Path(temporary, "ids.txt")
        for row in read_csv(table).query("kind == 'label'").to_dict("records"):
            data, split = str(row["test_set"]).rsplit("-", 1)
            base = folder / "data" / name
            samples = pd.read_parquet(base / "sets" / data / "samples.parquet")
            chosen = samples[(samples["split"] == split) & samples["has_mask"]]
            only.write_text("\n".join(chosen["id"]), encoding="utf-8")
            told = scored(base / "labels" / row["labels"] / data, base / "sets" / data / "masks", "--only", only)
            found = pd.DataFrame([told["predictions"]["scores"]])[["ods", "ois", "ap", "ods_threshold", "ap_of_means"]]
            mine = pd.read_csv(io.StringIO(csv(found))).iloc[0]
            same = all(mine[each] == row[each] for each in found)
            numbers = " | ".join(str(mine[each]) for each in ("ods", "ois", "ap"))
            equal = "every digit" if same else "NO"
            print(f"| {row['labels']}, {row['test_set']} | {len(chosen)} | {numbers} | {equal} |", flush=True)


def many(count: int) -> None:
    """Seconds and peak memory of the command on many images."""
    with tempfile.TemporaryDirectory() as folder:
        place, rng = Path(folder), np.random.default_rng(0)
        for index in range(count):
            noise = cv2.GaussianBlur(rng.integers(0, 256, (SIDE_PX, SIDE_PX)).astype(np.uint8), (0, 0), 3)
            mask = np.abs(np.arange(SIDE_PX)[:, None] - index % SIDE_PX - rng.integers(-2, 3, SIDE_PX).cumsum()) < 2
            write_image(place / "p" / f"{index:06}.png", np.where(mask, np.maximum(noise, 120), noise // 2))
            write_mask(place / "m" / f"{index:06}.png", mask)
        start = time.perf_counter()
        scored(place / "p", place / "m", "--out", place / "out")
        spent = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"\n| images of {SIDE_PX} x {SIDE_PX} | clock s | processor s | peak MiB |\n| --- | --- | --- | --- |\n"
          f"| {count:,} | {spent:.0f} | {used.ru_utime + used.ru_stime:.0f} | {used.ru_maxrss >> 10:,} |")  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
