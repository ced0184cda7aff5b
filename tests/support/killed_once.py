"""Work whose process is killed -9 in the middle, once."""

import os
import signal
from pathlib import Path

from hairline.data.samples import load_image
from hairline.imaging.images import write_scores
from hairline.labelling.methods import otsu


def label(dataset: Path, out: Path, marker: Path, fatal: str, sample_id: str) -> float:
    """Label an image by Otsu's threshold, write that, and give the share of crack; at ``fatal`` die, the first time."""
    if sample_id == fatal and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    scores = otsu.label(load_image(dataset, sample_id), None, otsu.PAPER)  # type: ignore[arg-type] # it looks at none
    write_scores(out / f"{sample_id}.png", scores)
    return float(scores.mean())
