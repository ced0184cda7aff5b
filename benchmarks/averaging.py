"""What `hairline predict --average` gains, on masks of CRACK500's training crops, and what it costs.

    python benchmarks/averaging.py data/raw/crack500/traincrop --scale 1 --images 30 [--json FILE]

Crops are evenly spaced over those whose mask shows crack, one a photo. Every view of a crop is looked at once, and the
ways to average share it. ODS is that of hairline.metrics.thresholds; the interval is of the difference to no averaging,
over 1000 draws of the crops (2.5 % to 97.5 %). Time is the processor's, as a multiple of one view.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.imaging.images import read_image, read_mask
from hairline.inspection import averaging, prediction
from hairline.metrics import thresholds

View = tuple[int, int, float]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("crops", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--images", type=int, default=30)
    parser.add_argument("--model", default="shipped")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    files = chosen(args.crops, args.images)
    predictor = prediction.load_segmenter(args.model)
    f1: dict[str, list[NDArray[np.float64]]] = {name: [] for name in averaging.CHOICES}
    spent = dict.fromkeys(averaging.CHOICES, 0.0)
    for file in files:
        image, mask = read_image(file), read_mask(file.with_suffix(".png"))
        views = {view: seen(predictor, image, args.scale, view) for view in averaging.views("both")}
        for name in averaging.CHOICES:
            some = [views[view] for view in averaging.views(name)]
            crack, background = thresholds.histograms(np.mean([scores for scores, _ in some], axis=0), mask)
            f1[name].append(thresholds.f1(thresholds.counts(crack[None], background[None]))[0])
            spent[name] += sum(seconds for _, seconds in some)
    rows = [row(name, np.stack(f1[name]), np.stack(f1["none"]), spent[name] / spent["none"]) for name in f1]
    if args.json:
        args.json.write_text(json.dumps({"images": len(files), "scale": args.scale, "rows": rows}, indent=2) + "\n")
    print(f"{len(files)} crops at scale {args.scale:g}\n\n| --average | ODS | gain | interval | time |\n"
          "| --- | --- | --- | --- | --- |")  # fmt: skip
    for each in rows:
        low, high = each["interval"]
        print(f"| {each['average']} | {each['ods']:.3f} | {each['gain']:+.3f} | {low:+.3f} … {high:+.3f} | "
              f"{each['time']:.1f} |")  # fmt: skip


def chosen(folder: Path, count: int) -> list[Path]:
    """Crops evenly spaced over those with crack, the first of each photo."""
    photos = {file.stem[: len("20160222_081011")]: file for file in sorted(folder.glob("*.jpg"), reverse=True)}
    some = [file for _, file in sorted(photos.items()) if read_mask(file.with_suffix(".png")).any()]
    return [some[index] for index in np.linspace(0, len(some) - 1, min(count, len(some))).round().astype(int)]


def seen(
    predictor: prediction.Predictor, image: NDArray[np.uint8], scale: float, view: View
) -> tuple[NDArray[np.float32], float]:
    """Scores of a view, turned back, and the processor's seconds."""
    rows, columns, factor = view
    start = time.process_time()
    found = predictor.predict(np.ascontiguousarray(image[::rows, ::columns]), scale * factor)[::rows, ::columns]
    return found, time.process_time() - start


def row(name: str, f1: NDArray[np.float64], plain: NDArray[np.float64], times: float) -> dict[str, object]:
    """ODS of F1 [crops, 99] and its lead over no averaging."""
    draws = np.random.default_rng(1).integers(len(f1), size=(1000, len(f1)))
    leads = [thresholds.ods(f1[draw]) - thresholds.ods(plain[draw]) for draw in draws]
    return {"average": name, "ods": thresholds.ods(f1), "gain": thresholds.ods(f1) - thresholds.ods(plain),
            "interval": np.quantile(leads, (0.025, 0.975)).tolist(), "time": times}  # fmt: skip


if __name__ == "__main__":
    main()
