"""A workspace in which single stages can run: an ingested tiny data set, tables of it, and verdicts to go on."""

from pathlib import Path

from hairline.config.paths import Paths
from hairline.data import synthetic as synthesis
from hairline.data.layouts import synthetic
from hairline.data.samples import ingest
from hairline.data.training_set import Part, TrainingSet
from hairline.data.training_table import table


def make(folder: Path, size_px: int = 96, test: int = 0) -> Paths:
    """Ingest six training, two validation and some test images as the set synthetic; verdicts without waivers.

    The paths given back are relative, as stages that run in the folder have them.
    """
    paths = Paths(folder, "tiny")
    raw, dataset = paths.synthetic_set("synthetic"), paths.dataset("synthetic")
    for made in (raw, dataset):
        made.mkdir(parents=True)
    synthesis.write(raw, synthesis.Options(11, 6, 2, test, size_px, size_px, 0.2))
    ingest(synthetic.read(raw, synthetic.Options()), dataset)
    learned = paths.labels_verdicts("synthetic", "manual") / "synthetic-train.json"
    for verdict in (paths.patches_verdict("lite0"), learned):
        verdict.parent.mkdir(parents=True)
        verdict.write_text('{"waivers": []}')
    return Paths(Path(), "tiny")


def list_training_images(paths: Paths, label_set: str) -> None:
    """Write the table of the training set, once its labels are made."""
    target = paths.training_table("synthetic", label_set)
    target.parent.mkdir(parents=True, exist_ok=True)
    training_set = TrainingSet((Part("synthetic", "train"),))
    table(training_set, label_set, paths.data).to_parquet(target, index=False)
