"""The numbers the paper prints, for the cells of a comparison that match one of its own.

Source: tables II and VII (pseudo-labels and their ablations) and III-VI (segmenters trained on CRACK500) of König et
al., arXiv 2109.00456, as transcribed in ``published_results.csv`` beside this module. A number is given only where
label set, model and test set carry the paper's names. The name of the backbone may stand behind that of the label set
(``crf_resnet50``). No other name has a printed counterpart, nor has a tuned label set, except ``crf_tuned``: the paper,
too, searched the options of its crf. The table's ``konig-without-bilateral`` is ``konig_without_bilateral``, and so on.
"""

from functools import cache
from importlib.resources import files

import pandas as pd

SEGMENTER_TABLES = ("III", "IV", "V", "VI")
LABEL_TABLES = ("II", "VII")
BACKBONES = ("resnet50", "resnet101", "resnet152")
SEARCHED = "crf"
"""The label set whose options the paper searched itself."""


@cache
def results() -> pd.DataFrame:
    """All printed values, one a row: table, trained_on, tested_on, labels, model, metric, value."""
    with files("hairline").joinpath("published_results.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def segmenter(label_set: str, architecture: str, dataset: str) -> dict[str, float]:
    """Printed ods, ois and ap of a segmenter trained on CRACK500.

    Args:
        label_set: ``manual``, ``konig``, ``crf`` or ``crf_tuned``; any other has no printed value.
        architecture: Name of the network, as ``unet`` or ``oed``.
        dataset: Name of the set it was tested on; ``crack500`` stands for its test split.

    Returns:
        Metric name to value, empty where the paper printed nothing.
    """
    tested_on = "crack500-test" if dataset == "crack500" else dataset
    return _metrics(SEGMENTER_TABLES, label_set, architecture, tested_on)


def pseudo_labels(label_set: str, backbone: str, labelled: str) -> dict[str, float]:
    """Printed ods, ois and ap of pseudo-labels (and their images_per_second) on the training images of CRACK500.

    Args:
        label_set: ``konig``, ``crf``, ``crf_tuned`` or one of table VII's ``konig_without_bilateral``,
            ``konig_without_morphology``, ``konig_two_class_otsu``, as they are or with the backbone (``crf_resnet50``,
            ``crf_resnet50_tuned``); any other has no printed value.
        backbone: The classifier's network; one that the paper did not use gives the values of ``resnet50``, its best.
        labelled: Data set and split; only ``crack500-train`` has printed values.

    Returns:
        Metric name to value, empty where the paper printed nothing.
    """
    own_name = label_set.replace(f"_{backbone}", "", 1)
    return _metrics(LABEL_TABLES, own_name, backbone if backbone in BACKBONES else BACKBONES[0], labelled)


def _metrics(tables: tuple[str, ...], labels: str, model: str, tested_on: str) -> dict[str, float]:
    printed, names = results(), {f"{SEARCHED}_tuned": SEARCHED}
    rows = printed[
        printed["table"].isin(tables)
        & (printed["labels"] == names.get(labels, labels).replace("_", "-"))
        & (printed["model"] == model)
        & (printed["tested_on"] == tested_on)
    ]
    return {str(metric): float(value) for metric, value in zip(rows["metric"], rows["value"], strict=True)}
