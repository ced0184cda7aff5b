"""The numbers the paper prints, for the cells of a comparison that match one of its own.

Source: tables II and VII (pseudo-labels and their ablations), III-VI (segmenters trained on CRACK500), VIII (with
pseudo-labels of its test images as well) and IX (trained on several data sets) of König et al., arXiv 2109.00456, as
transcribed in ``published_results.csv`` beside this module. A number is given only where label set, model and test set
carry the paper's names. The name of the backbone may stand behind that of the label set (``crf_resnet50``). No other
name has a printed counterpart, nor has a tuned label set, except ``crf_tuned``: the paper, too, searched the options of
its crf. The table's ``konig-without-bilateral`` is ``konig_without_bilateral``, and so on.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

import pandas as pd

SEGMENTER_TABLES = ("III", "IV", "V", "VI", "VIII", "IX")
BACKBONES = ("resnet50", "resnet101", "resnet152")
CRACK500 = "crack500-train"
TRAINED_ON: Mapping[str, tuple[str, ...]] = {
    CRACK500: ("crack500",),
    "crack500-train+test": ("crack500",),
    "deepcrack-train+cfd-71+ael-38": ("ael", "cfd", "deepcrack"),
}
"""What the paper's segmenters were trained on, by its name in the table → layouts of these data sets."""
TESTED_ON = {"crack500": "crack500-test", "deepcrack_cfd_ael_rest": "deepcrack+cfd+ael-rest"}
"""Name of a test set, or of several pooled → its name in the table, where it is another one."""
IMAGES = {
    CRACK500: 1896, "crack500-train+test": 3020, "deepcrack-train+cfd-71+ael-38": 409,
    "crack500-test": 1124, "cfd": 117, "ael": 58, "deepcrack": 537, "deepcrack+cfd+ael-rest": 303,
}  # fmt: skip
"""Images of each of the paper's sets, trained on or tested on, by its name in the table (sections IV-A and V-E.1)."""
EPOCHS = {"classifier": 3, "segmenter": 30}
PRETRAINED = ("oed",)
"""The networks that the paper calls pretrained; of the others its text does not say what they start from."""
CELL = ["trained_on", "labels", "model", "tested_on"]
SEARCHED = "crf"
"""The label set whose options the paper searched itself."""


@cache
def results() -> pd.DataFrame:
    """All printed values, one a row: table, trained_on, tested_on, labels, model, metric, value."""
    with files("hairline.metrics").joinpath("published_results.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def misnamed(name: str, layouts: Iterable[str]) -> str:
    """What is wrong where a training set of data sets of some layouts is said to be the paper's; empty where nothing.

    Args:
        name: What it is said to be.
        layouts: Layouts of its data sets.
    """
    if name not in TRAINED_ON:
        return f"'{name}' is no training set of the paper; choose {', '.join(TRAINED_ON)}, or null for none"
    if set(layouts) != set(TRAINED_ON[name]):
        found, meant = (", ".join(sorted(set(each))) for each in (layouts, TRAINED_ON[name]))
        return f"'{name}' is of {meant}, the parts are of {found}; choose null, for these are not the paper's data"
    return ""


def segmenter(trained_on: str, label_set: str, network: str, test_set: str) -> str:
    """Name of the paper's cell for a segmenter; there need not be one.

    Args:
        trained_on: A key of :data:`TRAINED_ON`; anything else has no printed value.
        label_set: ``manual``, ``konig``, ``crf`` or ``crf_tuned``; any other has no printed value.
        network: The network, as ``unet`` or ``oed``.
        test_set: Name of the set it was tested on; ``crack500`` stands for its test split, and
            ``deepcrack_cfd_ael_rest`` for what table IX leaves of three sets.
    """
    return _name(trained_on, _labels(label_set), network, TESTED_ON.get(test_set, test_set))


def pseudo_labels(trained_on: str, label_set: str, backbone: str, labelled: str) -> str:
    """Name of the paper's cell for pseudo-labels; there need not be one.

    Args:
        trained_on: What the classifier learned from, :data:`CRACK500` or anything else.
        label_set: ``konig``, ``crf``, ``crf_tuned`` or one of table VII's ``konig_without_bilateral``,
            ``konig_without_morphology``, ``konig_two_class_otsu``, as they are or with the backbone (``crf_resnet50``,
            ``crf_resnet50_tuned``); any other has no printed value.
        backbone: The classifier's network; one that the paper did not use stands beside ``resnet50``, its best.
        labelled: Data set and split; only ``crack500-train`` has printed values.
    """
    own_name = label_set.replace(f"_{backbone}", "", 1) if backbone else label_set
    return _name(trained_on, _labels(own_name), _backbone(backbone), labelled)


def classifier(trained_on: str, backbone: str, scored: str) -> str:
    """Name of the paper's cell for a patch classifier scored on a data set and split, as ``crack500-test``."""
    return _name(trained_on, "patch", _backbone(backbone), scored)


def binary_labels(cell: object) -> bool:
    """Whether the labels behind a cell are binary in the paper: those of its crf, whose ODS is its OIS in table II.

    Ours are soft, as the marginals of the field are. Anything but the name of a cell has no labels.
    """
    return isinstance(cell, str) and cell.split(" · ")[1:2] == [SEARCHED]


def printed(cell: str) -> dict[str, float]:
    """Metric to the value printed in a cell; empty where the paper has no such cell."""
    rows = cells()
    found = rows[rows["cell"] == cell].drop_duplicates("metric")
    return {str(metric): float(value) for metric, value in zip(found["metric"], found["value"], strict=True)}


@cache
def cells() -> pd.DataFrame:
    """Every printed value, with the name of its cell in the column ``cell``; VIII repeats cells of III to VI."""
    rows = results().assign(trained_on=lambda rows: rows["trained_on"].replace("crack500", CRACK500))
    return rows.assign(cell=[_name(*values) for values in rows[CELL].itertuples(index=False)])


def _name(*parts: str) -> str:
    return " · ".join(parts)


def _labels(label_set: str) -> str:
    return (SEARCHED if label_set == f"{SEARCHED}_tuned" else label_set).replace("_", "-")


def _backbone(backbone: str) -> str:
    return backbone if backbone in BACKBONES else BACKBONES[0]
