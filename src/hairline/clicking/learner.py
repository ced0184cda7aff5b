"""A chooser that keeps the classifier of all clicks on disk, and shows what it finds."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from hairline.clicking import groups
from hairline.clicking.choosing import Chooser, Features
from hairline.clicking.estimating import Estimate
from hairline.clicking.features import Kept
from hairline.clicking.order import Picture
from hairline.clicking.patches import Patch
from hairline.clicking.session import Session
from hairline.inspection.labeller import Labeller
from hairline.inspection.pictures import overlay
from hairline.io.atomic import whole_folder
from hairline.nn.classifier import backbones, frozen
from hairline.nn.runtime import origins

METHOD = "multiscale"
THRESHOLD = 0.5
PREVIEW_PX = (576, 768)
"""Height and width of the part of a photo whose labels are shown: a few seconds of one core."""


def learn(session: Session, folder: Path, parent: str = "", seconds: float = groups.SECONDS) -> None:
    """Look at all photos, then let patches be chosen.

    Args:
        session: What is clicked on.
        folder: See :func:`hairline.clicking.learning.begin`.
        parent: See :func:`hairline.clicking.groups.of_photos`.
        seconds: See :func:`hairline.clicking.groups.of_photos`.

    Raises:
        HairlineError: If there is no pretrained network, or ``parent`` matches no photo.
    """
    places = groups.of_photos(session.files, parent, seconds)
    model = frozen.network()
    network = frozen.Frozen(model)
    learner = Learner(session, network, folder, places)
    session.choose(learner.made, Kept(session.files, session.patches, network, folder / "features"), learner.preview)


class Learner:
    """Learns from all clicks after each screen."""

    def __init__(
        self, session: Session, network: frozen.Frozen, folder: Path, places: Mapping[str, str] | None = None
    ) -> None:
        """Learn nothing yet.

        Args:
            session: What is clicked on.
            network: What makes features.
            folder: See :func:`learn`.
            places: Photo → the first of those that show one place.
        """
        self._places = places or {}
        self._session, self._network, self._classifier = session, network, folder / "classifier"
        self._looking = threading.Lock()
        self._shown: tuple[int, Labeller] | None = None
        self._version = 0
        self._chooser: Chooser | None = None

    def made(self, patches: Sequence[Patch], features: Features, seed: int) -> "Learner":
        """This chooser, ready to choose."""
        self._chooser = Chooser(patches, features, seed, self._places)
        return self

    def next(self, labels: Mapping[Patch, bool | None], count: int) -> list[Patch]:
        """See :meth:`hairline.clicking.choosing.Chooser.next`."""
        assert self._chooser is not None
        return self._chooser.next(labels, count)

    def estimate(self, labels: Mapping[Patch, bool | None]) -> Estimate:
        """See :meth:`hairline.clicking.choosing.Chooser.estimate`; the classifier is on disk when this returns."""
        assert self._chooser is not None
        found, line = self._chooser.estimate(labels), self._chooser.classifier(labels)
        if line is not None:
            made = frozen.linear(self._network.model, line.weight, line.bias)
            with whole_folder(self._classifier) as partial:
                origin = origins.as_json(self._network.model.origin)
                backbones.save(
                    made,
                    partial,
                    {
                        "initialisation": "clicks",
                        "origin": origin,
                        "window_px": self._session.size,
                        "clicked": asdict(found),
                    },
                )
            self._version += 1
        return found

    def preview(self, photo: str) -> Picture:
        """A part of a photo with the labels that it would get, RGB uint8 [height, width, 3]."""
        pixels = self._session.pixels(photo)
        height, width = (min(most, side) for most, side in zip(PREVIEW_PX, pixels.shape, strict=False))
        top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
        part = np.ascontiguousarray(pixels[top : top + height, left : left + width])
        if not self._version:
            return part
        with self._looking:
            if self._shown is None or self._shown[0] != self._version:
                self._shown = self._version, Labeller(self._classifier, METHOD)
            return overlay(part, self._shown[1].predict(part) >= THRESHOLD)
