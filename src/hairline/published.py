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
LABEL_TABLES = ("II", "VII")
BACKBONES = ("resnet50", "resnet101", "resnet152")
CRACK500 = "crack500-train"
TRAINED_ON: Mapping[str, tuple[str, ...]] = {
    CRACK500: ("crack500",),
    "crack500-train+test": ("crack500",),
    "deepcrack-train+cfd-71+ael-38": ("ael", "cfd", "deepcrack"),
}
"""What the paper's segmenters were trained on, by its name in the table → layouts of these data sets."""
TESTED_ON = {("crack500",): "crack500-test", ("ael", "cfd", "deepcrack"): "deepcrack+cfd+ael-rest"}
"""Names of data sets that a segmenter was scored on together → their name in the table, where it is another one."""
SEARCHED = "crf"
"""The label set whose options the paper searched itself."""


@cache
def results() -> pd.DataFrame:
    """All printed values, one a row: table, trained_on, tested_on, labels, model, metric, value."""
    with files("hairline").joinpath("published_results.csv").open(encoding="utf-8") as file:
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


def segmenter(trained_on: str, label_set: str, architecture: str, datasets: Iterable[str]) -> dict[str, float]:
    """Printed ods, ois and ap of a segmenter.

    Args:
        trained_on: A key of :data:`TRAINED_ON`; anything else has no printed value.
        label_set: ``manual``, ``konig``, ``crf`` or ``crf_tuned``; any other has no printed value.
        architecture: Name of the network, as ``unet`` or ``oed``.
        datasets: Names of the sets it was tested on, together where there are several; ``crack500`` stands for its
            test split.

    Returns:
        Metric name to value, empty where the paper printed nothing.
    """
    names = tuple(sorted(datasets))
    return _metrics(SEGMENTER_TABLES, trained_on, label_set, architecture, TESTED_ON.get(names, "+".join(names)))


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
    own_name = label_set.replace(f"_{backbone}", "", 1) if backbone else label_set
    model = backbone if backbone in BACKBONES else BACKBONES[0]
    return _metrics(LABEL_TABLES, CRACK500, own_name, model, labelled)


def _metrics(tables: tuple[str, ...], trained_on: str, labels: str, model: str, tested_on: str) -> dict[str, float]:
    printed, names = results(), {f"{SEARCHED}_tuned": SEARCHED}
    rows = printed[
        printed["table"].isin(tables)
        & (printed["trained_on"].replace("crack500", CRACK500) == trained_on)  # VIII repeats III-VI under this name
        & (printed["labels"] == names.get(labels, labels).replace("_", "-"))
        & (printed["model"] == model)
        & (printed["tested_on"] == tested_on)
    ]
    return {str(metric): float(value) for metric, value in zip(rows["metric"], rows["value"], strict=True)}
