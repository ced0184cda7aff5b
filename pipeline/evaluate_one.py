"""What a segmenter says of one image, and how that is scored, as ``evaluate_segmenter`` hands it out."""

import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.data.names import labels_stage
from hairline.data.samples import load_image, load_mask
from hairline.errors import HairlineError
from hairline.imaging.images import read_scores, write_scores
from hairline.io.artefacts import repro, spoilt
from hairline.io.atomic import whole_file
from hairline.metrics.full_score_table import first_pass, second_pass
from hairline.metrics.score_table import Ignored, pair
from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import scaling
from hairline.nn.segmenter.segmenter import Segmenter


@dataclass(frozen=True)
class Answered:
    """The network's scores of an image, joined with a share of the image's own pseudo-label.

    Attributes:
        model: The segmenter.
        placement: Device and precision.
        factor: That images are asked about at.
        labels: Folder of the pseudo-labels.
        label_set: Whose they are.
        fused: Their share; 0 for the network alone.
    """

    model: Segmenter
    placement: Placement
    factor: float
    labels: Path
    label_set: str
    fused: float

    def __call__(self, sample_id: str, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Scores float32 [height, width] in [0, 1] of an image RGB uint8 [height, width, 3]."""
        scores = scaling.predict_at(self.model, image, self.placement, self.factor)
        if not self.fused:
            return scores
        label = _label(self.labels, self.label_set, sample_id, scores.shape)
        return np.float32(1 - self.fused) * scores + np.float32(self.fused) * label


@dataclass(frozen=True)
class First:
    """The first pass over an image: its scores, kept as a picture where it is of the gallery, and their row.

    Attributes:
        answered: Gives scores.
        dataset: The canonical data set.
        ignored_of: Id to the pixels that count nowhere.
        gallery: Ids of the images whose predictions are kept.
        folder: Where they are kept.
    """

    answered: Answered
    dataset: Path
    ignored_of: Ignored
    gallery: frozenset[str]
    folder: Path

    def scores(self, sample_id: str) -> tuple[NDArray[np.float32], float]:
        """Scores of an image, and the seconds that they took."""
        image, start = load_image(self.dataset, sample_id), time.perf_counter()
        scores = self.answered(sample_id, image)
        spent = time.perf_counter() - start
        if sample_id in self.gallery:
            _keep(self.folder, sample_id, scores)
        return scores, spent

    def __call__(self, waiting: Path, named: tuple[str, str]) -> tuple[dict[str, Any], float]:
        """Score an image by its id and group; its row and the network's seconds. What is left waits in a file."""
        sample_id, group = named
        scores, spent = self.scores(sample_id)
        scores_and_mask = pair(sample_id, lambda _: scores, lambda name: load_mask(self.dataset, name))
        found, left = first_pass((*scores_and_mask, self.ignored_of(sample_id)))
        with whole_file(waiting / f"{sample_id}.pickle") as partial:
            partial.write_bytes(pickle.dumps(left, protocol=5))
        return {"id": sample_id, "group": group} | found, spent


def second(waiting: Path, threshold: float, sample_id: str) -> dict[str, Any]:
    """The second pass over an image that waits in a file."""
    return second_pass(pickle.loads((waiting / f"{sample_id}.pickle").read_bytes()), threshold)


def show(answered: Answered, dataset: Path, folder: Path, sample_id: str) -> None:
    """Keep the prediction of an image as a picture."""
    _keep(folder, sample_id, answered(sample_id, load_image(dataset, sample_id)))


def _label(folder: Path, label_set: str, sample_id: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The pseudo-label of an image, float32 of its shape [height, width] in [0, 1]."""
    path, expected = folder / f"{sample_id}.png", f"the label of an image of {shape[0]}x{shape[1]} pixels"
    maker = repro(labels_stage(label_set))
    try:
        levels = read_scores(path)
    except HairlineError:
        raise spoilt(path, "is not there, or no image", expected, maker) from None
    if levels.shape != shape:
        raise spoilt(path, f"is {levels.shape[0]}x{levels.shape[1]} pixels", expected, maker)
    return levels.astype(np.float32) / np.float32(255)


def _keep(folder: Path, sample_id: str, scores: NDArray[np.float32]) -> None:
    write_scores(folder / "predictions" / f"{sample_id}.png", scores)
