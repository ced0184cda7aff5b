"""A folder in which single stages can run: an ingested tiny data set, tables of it, and verdicts to go on."""

from pathlib import Path

from hairline.data import synthetic as synthesis
from hairline.data.layouts import synthetic
from hairline.data.samples import ingest
from hairline.data.training_set import Part, TrainingSet
from hairline.data.training_table import table


def make(folder: Path, size_px: int = 96) -> None:
    """Ingest six training and two validation images into sets/synthetic; verdicts without waivers."""
    (folder / "raw").mkdir()
    synthesis.write(folder / "raw", synthesis.Options(11, 6, 2, 0, size_px, size_px, 0.2))
    (folder / "sets" / "synthetic").mkdir(parents=True)
    ingest(synthetic.read(folder / "raw", synthetic.Options()), folder / "sets" / "synthetic")
    (folder / "verdict.json").write_text('{"waivers": []}')
    (folder / "verdicts").mkdir()
    (folder / "verdicts" / "synthetic-train.json").write_text('{"waivers": []}')


def list_training_images(folder: Path, label_set: str) -> None:
    """Write LABEL_SET.parquet, the table of the training set, once its labels are made under labels/."""
    training_set = TrainingSet((Part("synthetic", "train"),))
    table(training_set, label_set, folder).to_parquet(folder / f"{label_set}.parquet", index=False)
