"""A chooser that keeps the classifier of all clicks on disk, and shows what it finds."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.clicking import groups
from hairline.clicking.choosing import Chooser, Features
from hairline.clicking.estimating import Estimate
from hairline.clicking.features import Kept
from hairline.clicking.order import Picture
from hairline.clicking.patches import Patch
from hairline.clicking.session import Session
from hairline.inspection.patch_classifier import BATCH, STRIDE_PX
from hairline.inspection.pictures import overlay
from hairline.io.atomic import whole_folder
from hairline.labelling.methods import multiscale
from hairline.nn.classifier import backbones, frozen, looking
from hairline.nn.classifier.linear import Line
from hairline.nn.runtime import origins

THRESHOLD = 0.5
PREVIEW_PX = (576, 768)
"""Height and width of the part of a photo whose labels are shown: a few seconds of one core, the first time."""


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
        self._parts = dict[str, NDArray[np.uint8]]()
        self._seen = dict[str, looking.Seen]()
        self._line: Line | None = None
        self._chooser: Chooser | None = None

    def made(self, patches: Sequence[Patch], features: Features, seed: int) -> "Learner":
        """This chooser, ready to choose."""
        self._chooser = Chooser(patches, features, seed, self._places, self._network.emphasis)
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
                info = {
                    "initialisation": "clicks", "origin": origin, "window_px": self._session.size,
                    "clicked": asdict(found),
                }  # fmt: skip
                backbones.save(made, partial, info)
            self._line = line
        return found

    def preview(self, photo: str) -> Picture:
        """A part of a photo with the labels that it would get, RGB uint8 [height, width, 3].

        The network looks at the part once; each new classifier is applied to what it saw. A photo's part and what is
        seen there are kept, some 12 MB a photo.
        """
        line = self._line
        with self._looking:
            if photo not in self._parts:
                self._parts[photo] = middle(self._session.pixels(photo))
            part = self._parts[photo]
            if line is None:
                return part
            if photo not in self._seen:
                needs = multiscale.EXAMPLE.needs()
                self._seen[photo] = self._network.look(part, needs.windows_px, STRIDE_PX, needs.scales, BATCH)
            label = multiscale.label(part, self._seen[photo].evidence(line.weight, line.bias), multiscale.EXAMPLE)
            return overlay(part, label >= THRESHOLD)


def middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The middle of a photo, at most :data:`PREVIEW_PX`; a copy."""
    height, width = (min(most, side) for most, side in zip(PREVIEW_PX, pixels.shape, strict=False))
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width].copy()
