r"""Lengths and widths of manual masks against those of predictions, on real photos of thin cracks.

    python benchmarks/widths_real.py widths_cfd.json data/EXPERIMENT/sets/cfd --scale 2

measures the manual mask and the prediction of the network that ships (threshold 0.5) of all test images of a folder
that the stage ``ingest`` wrote, each without and with the photo. Compared are images: length of all cracks, their
mean width weighted by length, and their area; and the widths at all places where both have a line within 3 px.
``pairs`` in the file has every image.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial import cKDTree
from tqdm import tqdm

from hairline.data.samples import evenly, load_image, load_mask, read_samples
from hairline.inspection.measuring.measure import Measured, measure
from hairline.inspection.prediction import SHIPPED, load_segmenter
from hairline.io.atomic import write_json

PAIRS = (
    ("manual", "predicted"),
    ("manual_photo", "predicted_photo"),
    ("manual", "manual_photo"),
    ("predicted", "predicted_photo"),
)
NUMBERS = ("length", "width", "area")
NEAR_PX = 3.0
KINDS = ("", "_photo")


def numbers(found: Measured) -> dict[str, float]:
    """Length, mean width and area of all cracks of an image."""
    length = found.length_px
    widths = [crack.width_mean_px * crack.length_px for crack in found.cracks]
    return {"length": length, "width": sum(widths) / length if length else np.nan, "area": float(found.area_px)}


def at_one_place(one: Measured, other: Measured) -> NDArray[np.float64]:
    """Widths at points of the first whose nearest point of the second is within ``NEAR_PX``, [points, 2]."""
    lines = [
        [np.column_stack([branch.line, branch.widths_px]) for crack in each.cracks for branch in crack.branches]
        for each in (one, other)
    ]
    if not all(lines):
        return np.empty((0, 2))
    first, second = (np.concatenate(each) for each in lines)
    far, which = cKDTree(second[:, :2]).query(first[:, :2])
    return np.column_stack([first[far <= NEAR_PX, 2], second[which[far <= NEAR_PX], 2]])


def compared(table: pd.DataFrame) -> pd.DataFrame:
    """Correlation and bias of the second of each pair against the first."""
    rows = []
    for one, other in PAIRS:
        for number in NUMBERS:
            both = table[[f"{one}_{number}", f"{other}_{number}"]].dropna().to_numpy()
            rows.append({"of": number, "first": one, "second": other, **_agreement(both)})
    return pd.DataFrame(rows)


def _places(kind: str, found: Sequence[NDArray[np.float64]]) -> dict[str, Any]:
    both = np.concatenate(found)
    return {"of": "width at one place", "first": f"manual{kind}", "second": f"predicted{kind}", **_agreement(both)}


def _agreement(both: NDArray[np.float64]) -> dict[str, Any]:
    first, second = both.T
    return {
        "count": len(both),
        "pearson": float(np.corrcoef(first, second)[0, 1]),
        "spearman": float(stats.spearmanr(first, second).statistic),
        "mean_first": float(first.mean()),
        "bias": float((second - first).mean()),
        "sd": float((second - first).std(ddof=1)),
        "median_ratio": float(np.median(second / first)),
    }


def main(given: Sequence[str] | None = None) -> None:
    """Predict, measure, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--model", default=SHIPPED)
    parser.add_argument("--limit", type=int, help="so many images, evenly spaced, for a try")
    args = parser.parse_args(given)
    samples = read_samples(args.set, "test")
    ids = samples["id"].tolist()
    ids = [ids[place] for place in evenly(len(ids), args.limit or len(ids))]
    network = load_segmenter(args.model)
    rows, places = [], {kind: list[NDArray[np.float64]]() for kind in KINDS}
    for name in tqdm(ids, "images"):
        photo, manual = load_image(args.set, name), load_mask(args.set, name)
        predicted = network.predict(photo, args.scale) >= 0.5
        row: dict[str, Any] = {"id": name}
        measured: dict[str, Measured] = {}
        for way, mask in (("manual", manual), ("predicted", predicted)):
            for kind, of in zip(KINDS, (None, photo), strict=True):
                found = measured[way + kind] = measure(mask, of)
                row |= {f"{way}{kind}_{number}": value for number, value in numbers(found).items()}
                row[f"{way}{kind}_cracks"] = len(found.cracks)
                row[f"{way}{kind}_told"] = found.photo_share
        for kind in KINDS:
            places[kind].append(at_one_place(measured[f"manual{kind}"], measured[f"predicted{kind}"]))
        rows.append(row)
    table = pd.DataFrame(rows)
    told = pd.concat([compared(table), pd.DataFrame([_places(kind, places[kind]) for kind in KINDS])])
    pd.set_option("display.width", 200, "display.max_columns", 20, "display.precision", 3)
    print(told.to_string(index=False))
    print(table.drop(columns="id").median().to_string())
    write_json(
        args.out,
        {
            "scale": args.scale,
            "compared": told.to_dict("records"),
            "pairs": table.astype(object).where(table.notna(), None).to_dict("records"),
        },
    )


if __name__ == "__main__":
    main()
