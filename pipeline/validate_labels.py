"""The gate of the labels: whether a segmenter can learn from those of a training set."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.config.params import Learned, Params
from hairline.data import training_table
from hairline.data.names import MASKS
from hairline.data.samples import load_image
from hairline.data.training_table import Images
from hairline.errors import HairlineError
from hairline.gates import conclude, facts
from hairline.gates import labels_gate as gate
from hairline.gates.engine import check
from hairline.imaging.images import IGNORED, read_scores
from hairline.io.atomic import whole_folder
from hairline.labelling.fusion import crack
from hairline.metrics import learned as faults
from hairline.reporting.gate_page import page, thumbnails
from pipeline import stage

_log = logging.getLogger("hairline.gates")


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the labels that segmenters learn from, each part by itself; images said to be crack-free aside.

    Every part has a page DATASET-SPLIT; where all pass, each has a verdict.
    """
    args = stage.arguments(__doc__, argv, "label-set", "training-set")
    params, paths = stage.opened(args.params)
    images = training_table.read(paths.training_table(args.training_set, args.label_set), paths.data)
    pages = paths.labels_gate(args.training_set, args.label_set)
    rows, stops = images.table[images.table["role"] == "train"], []
    verdicts = paths.labels_verdicts(args.training_set, args.label_set)
    with whole_folder(verdicts) as folder, whole_folder(paths.findings_of(verdicts)) as findings:
        for (dataset, split), part in rows.groupby(["dataset", "split"], sort=False):
            name = f"{dataset}-{split}"
            try:
                places = pages / name, folder / f"{name}.json", findings / f"{name}.json"
                _judge(params, paths.dataset(str(dataset)), images, part, *places)
            except HairlineError as stop:
                stops.append(str(stop))
        stops += _marking_nothing(params.learned, args.label_set, rows)
        if stops:
            raise HairlineError("\n\n".join(stops))


def _marking_nothing(learned: Learned, label_set: str, rows: pd.DataFrame) -> list[str]:
    """What stops where the labels of all parts mark nothing, too little, or more than half of every photo."""
    judged = training_table.may_show_crack(rows)
    fault = faults.fault(judged["crack_pixels"].to_numpy(), judged["pixels"].to_numpy())
    if len(rows) and not rows["trainable"].any():
        fault = fault or faults.NONE_TRAINABLE
    if not fault or learned == "off":
        return []
    told = gate.worthless(label_set, fault, fault != faults.MARKS_MOST, len(judged))
    if learned == "error":
        return [told]
    _log.warning("%s", told)
    return []


def _judge(
    params: Params, dataset: Path, images: Images, part: pd.DataFrame, page_folder: Path, verdict_file: Path,
    findings_file: Path,
) -> None:  # fmt: skip
    """Judge the labels of one part: its label set is the same for all its rows, but for masks among pseudo-labels."""
    found = part["label_set"].unique().tolist()
    label_set = next((name for name in found if name not in MASKS), found[0])
    rule, options = params.trainable, params.labels_gate(dataset.name)
    judged = training_table.may_show_crack(part).reset_index(drop=True)
    flags = facts.label_flags(judged, judged["pixels"], rule.min_crack_pixels, options.full_share)
    verdict = check("labels", label_set, gate.RULES, {"labels": flags}, options, params.waivers("labels", label_set))
    masks = set(judged.loc[judged["label_set"].isin(MASKS), "id"])
    files = dict(zip(judged["id"], judged["label"], strict=True))

    def crack_of(sample_id: str) -> NDArray[np.bool_]:
        levels = read_scores(images.data / files[sample_id])
        return levels > IGNORED if sample_id in masks else crack(levels / np.float64(255), rule)

    pictures = thumbnails(verdict, partial(load_image, dataset), crack_of, conclude.THUMBNAIL_PX)
    told = f"{len(judged)} training labels of {page_folder.name}, {int(judged['trainable'].sum())} of them trainable"
    conclude.conclude(verdict, page(verdict, told, {}, pictures), page_folder, verdict_file, findings_file)


if __name__ == "__main__":
    stage.run(main)
