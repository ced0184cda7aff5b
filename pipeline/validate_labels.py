"""The gate of the labels: whether a segmenter can learn from those of a training set."""

from argparse import Namespace
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline import gate_tables, training_tables
from hairline.errors import HairlineError
from hairline.expectations import check
from hairline.fusion import crack
from hairline.gate_page import page, thumbnails
from hairline.gates import labels as gate
from hairline.images import read_scores
from hairline.outputs import whole_folder
from hairline.params import Params
from hairline.samples import load_image
from hairline.training_tables import Images
from pipeline import entry, gating


def main(argv: Sequence[str] | None = None) -> None:
    """Judge the training labels that ``--table`` lists, each part by itself; images said to be crack-free aside.

    Every part has a page DATASET-SPLIT under ``--page``; where all pass, each has a verdict in ``--verdicts``.
    """
    args = entry.arguments(__doc__, argv, paths=["data", "table", "verdicts", "page"])
    params, images = Params(args.params), training_tables.read(args.table, args.data)
    rows, stops = images.table[images.table["role"] == "train"], []
    with whole_folder(args.verdicts) as folder:
        for (dataset, split), part in rows.groupby(["dataset", "split"], sort=False):
            name = f"{dataset}-{split}"
            try:
                _judge(params, images, part, Namespace(page=args.page / name, verdict=folder / f"{name}.json"))
            except HairlineError as stop:
                stops.append(str(stop))
        if stops:
            raise HairlineError("\n\n".join(stops))


def _judge(params: Params, images: Images, part: pd.DataFrame, places: Namespace) -> None:
    """Judge the labels of one part; its label set is the same for all its rows."""
    dataset, label_set = part["dataset"].iloc[0], part["label_set"].iloc[0]
    rule, options = params.trainable, params.labels_gate(dataset)
    judged = part[~part["crack_free"] & (part["label"] != "")].reset_index(drop=True)
    flags = gate_tables.label_flags(judged, judged["pixels"], rule.min_crack_pixels, options.full_share)
    verdict = check("labels", label_set, gate.RULES, {"labels": flags}, options, params.waivers("labels", label_set))
    paths = dict(zip(judged["id"], judged["label"], strict=True))

    def crack_of(sample_id: str) -> NDArray[np.bool_]:
        return crack(read_scores(images.data / paths[sample_id]) / np.float64(255), rule)

    image_of = partial(load_image, images.data / "sets" / dataset)
    pictures = thumbnails(verdict, image_of, crack_of, gating.THUMBNAIL_PX)
    told = f"{len(judged)} training labels of {places.page.name}, {int(judged['trainable'].sum())} of them trainable"
    gating.conclude(verdict, page(verdict, told, {}, pictures), places)


if __name__ == "__main__":
    entry.run(main)
