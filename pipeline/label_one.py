"""The pseudo-label of one image, as ``label`` hands it out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.data.samples import load_image, load_mask, mask_path
from hairline.errors import HairlineError
from hairline.imaging.images import write_scores
from hairline.labelling import steps
from hairline.labelling.fusion import TrainableRule, crack_pixels
from hairline.labelling.localization import Evidence
from hairline.labelling.steps import Listener, Panel, panel

COUNTS = ("windows", "degenerate windows")


@dataclass(frozen=True)
class Labelled:
    """Labels an image of a data set and writes its score map, and the steps to it where it is chosen.

    Attributes:
        method: Labels an image by its evidence.
        dataset: The canonical data set.
        evidence: Folder of its evidence.
        folder: Folder to write to.
        rule: Which pixels of a label count as crack.
        chosen: Ids of the images whose steps are kept.
        blank: Ids of the images that get an empty label.
    """

    method: Callable[..., NDArray[np.float32]]
    dataset: Path
    evidence: Path
    folder: Path
    rule: TrainableRule
    chosen: frozenset[str]
    blank: frozenset[str]

    def __call__(self, sample_id: str) -> tuple[int | None, ...]:
        """Crack pixels of the label, and the sums of :data:`COUNTS` (None where the method tells of none)."""
        image, listener = load_image(self.dataset, sample_id), Listener(sample_id in self.chosen)
        scores = np.zeros(image.shape[:2], np.float32)
        if sample_id not in self.blank:
            scores = self.method(image, Evidence.load(self.evidence / f"{sample_id}.npz"), tell=listener)
        _refuse_no_scores(scores, image.shape[:2], f"label set on {self.dataset.name}/{sample_id}")
        write_scores(self.folder / f"{sample_id}.png", scores)
        if sample_id in self.chosen:
            panels = _panels(self.dataset, sample_id, image, listener, scores)
            steps.write(self.folder / "steps" / f"{sample_id}.npz", panels, listener.counts)
        return crack_pixels(scores, self.rule), *(listener.counts.get(name) for name in COUNTS)


def _refuse_no_scores(scores: NDArray[np.float32], shape: tuple[int, ...], where: str) -> None:
    """Raise HairlineError unless a labeller gave a score in [0, 1] for every pixel."""
    if scores.shape != shape or not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= 1):
        found = f"shape {scores.shape}, from {np.nanmin(scores):.3g} to {np.nanmax(scores):.3g}"
        raise HairlineError(f"{where}: the labeller gave no scores in [0, 1] for the {shape} pixels; found {found}, "
                            f"{np.isnan(scores).sum()} missing; mend its 'label'")  # fmt: skip


def _panels(
    dataset: Path, sample_id: str, image: NDArray[np.uint8], listener: Listener, scores: NDArray[np.float32]
) -> list[Panel]:
    """From the image over every step to the label and the mask, where there is one."""
    shown = [panel("image", image), *listener.panels, panel("label", scores)]
    if mask_path(dataset, sample_id).is_file():
        shown.append(panel("mask", load_mask(dataset, sample_id)))
    return shown
