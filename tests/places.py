"""A folder in which single stages can run: an ingested tiny data set and verdicts to go on."""

from pathlib import Path

from hairline import synthesis
from hairline.datasets import synthetic
from hairline.samples import ingest


def make(folder: Path, size_px: int = 96) -> None:
    """Ingest six training and two validation images into sets/synthetic; a verdict.json without waivers."""
    (folder / "raw").mkdir()
    synthesis.write(folder / "raw", synthesis.Options(11, 6, 2, 0, size_px, size_px, 0.2))
    (folder / "sets" / "synthetic").mkdir(parents=True)
    ingest(synthetic.read(folder / "raw", synthetic.Options()), folder / "sets" / "synthetic")
    (folder / "verdict.json").write_text('{"waivers": []}')
