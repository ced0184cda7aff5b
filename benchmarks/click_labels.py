"""Labels by classifiers of clicks, and how near they come to masks: resumed image by image.

What a label of an image scores is kept in an archive an image, under a hash of the image, its mask, the classifier, the
method's options and the source of all that takes part. What is there already is not made again.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.data.samples import evenly, load_image, load_mask
from hairline.imaging.images import quantise
from hairline.inspection.patch_classifier import BATCH, STRIDE_PX, TILE_PX
from hairline.io.atomic import whole_file
from hairline.io.hashing import content_hash
from hairline.io.source import Source
from hairline.labelling.cache import Cache
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import konig, multiscale
from hairline.metrics import thresholds
from hairline.nn.classifier import backbones, evidence, folding, frozen, looking
from hairline.nn.classifier.linear import Line
from hairline.nn.runtime import device
from hairline.nn.runtime.serving import RUNTIME
from hairline.nn.runtime.weights import WEIGHTS_FILE
from hairline.nn.segmenter import segmenter, shipped

METHODS: dict[str, tuple[Any, Any]] = {
    "multiscale": (multiscale, multiscale.EXAMPLE),
    "konig": (konig, konig.PAPER),
}
NEEDS = [options.needs() for _, options in METHODS.values()]
WINDOWS_PX = tuple(dict.fromkeys(chain.from_iterable(need.windows_px for need in NEEDS)))
SCALES = tuple(dict.fromkeys(chain.from_iterable(need.scales for need in NEEDS)))
SOURCE = ("hairline.inspection.labeller", "hairline.nn.classifier.frozen", "hairline.nn.segmenter.segmenter",
          *(f"hairline.labelling.methods.{name}" for name in METHODS))  # fmt: skip
TRAINED, SHIPPED = "trained", "shipped"
ALONE = "alone"
"""In the place of a method: the scores of the network that ships, which is no labeller."""

Cell = tuple[str, str]
"""Method, and the name of who made the evidence: a line, :data:`TRAINED` or :data:`SHIPPED`."""
Histograms = NDArray[np.int64]
"""Of an image's scores on crack and on background pixels, int64 [2, bins]."""


@dataclass(frozen=True)
class Labels:
    """Makes and scores labels of images.

    Attributes:
        network: What the lines stand on.
        lines: Name → classifier of clicks.
        trained: Folder of a classifier that the stages trained; None for none.
        kept: Folder of archives.
    """

    network: frozen.Frozen
    lines: Mapping[str, Line]
    trained: Path | None
    kept: Path

    @cached_property
    def _model(self) -> backbones.Classifier:
        assert self.trained is not None
        return folding.folded(backbones.load(self.trained)[0])

    @cached_property
    def cells(self) -> dict[Cell, str]:
        """Every cell there is to score, and a hash of all that its labels come from but the image."""
        source = Source()
        code = [source.closure(module) for module in SOURCE]

        def key(*parts: object) -> str:
            return hashlib.sha256(json.dumps([code, self.network.sha256, *parts]).encode()).hexdigest()

        found = {(ALONE, SHIPPED): key(ALONE)}
        known = {name: hashlib.sha256(line.weight.tobytes() + np.float64(line.bias).tobytes()).hexdigest()
                 for name, line in self.lines.items()}  # fmt: skip
        if self.trained is not None:
            known[TRAINED] = content_hash(self.trained / WEIGHTS_FILE)
        for name, told in known.items():
            found |= {(method, name): key(told, method, asdict(options), STRIDE_PX)
                      for method, (_, options) in METHODS.items()}  # fmt: skip
        return found

    def of(self, folder: Path, sample: str) -> dict[Cell, Histograms]:
        """All cells of an image; those that an earlier run left are read."""
        image, mask = load_image(folder, sample), load_mask(folder, sample)
        shows = hashlib.sha256(image.tobytes() + mask.tobytes()).hexdigest()[:16]
        archive = self.kept / f"{folder.name}-{sample}-{shows}.npz"
        known = read(archive)
        missing = [cell for cell, key in self.cells.items() if key not in known]
        if missing:
            made = {self.cells[cell]: histograms for cell, histograms in self._made(image, mask, missing)}
            known |= made
            write(archive, known)
        return {cell: known[key] for cell, key in self.cells.items()}

    def _made(
        self, image: NDArray[np.uint8], mask: NDArray[np.bool_], cells: Sequence[Cell]
    ) -> Iterator[tuple[Cell, Histograms]]:
        answer = self._asked(image)
        with Cache(1 << 30) as known:
            known.name(image, "image")
            for method, name in cells:
                scores = quantise(alone(image) if name == SHIPPED else label(image, method, answer(name)))
                yield (method, name), np.stack(thresholds.histograms(scores, mask))

    def _asked(self, image: NDArray[np.uint8]) -> Callable[[str], Evidence]:
        """What a classifier says about an image, by name; the networks look at it once, when first asked."""

        @cache
        def seen() -> looking.Seen:
            return self.network.look(image, WINDOWS_PX, STRIDE_PX, SCALES, BATCH)

        @cache
        def trained() -> Evidence:
            where = device.resolve(RUNTIME)
            return evidence.collect(self._model, image, WINDOWS_PX, STRIDE_PX, SCALES, TILE_PX, BATCH, where)

        def answer(name: str) -> Evidence:
            line = self.lines.get(name)
            return trained() if line is None else seen().evidence(line.weight, line.bias)

        return answer


def label(image: NDArray[np.uint8], method: str, found: Evidence) -> NDArray[np.float32]:
    """Label of an image by a method, with the options that ship."""
    module, options = METHODS[method]
    return np.asarray(module.label(image, found, options), np.float32)


def alone(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scores of the network that ships, at the image's own size."""
    return segmenter.predict(segmenter.load(shipped.folder())[0], image, device.resolve(RUNTIME))


def ods(labels: Labels, sets: Mapping[str, tuple[Path, Sequence[str]]], count: int) -> dict[Cell, dict[str, float]]:
    """Cell → set → ODS of its labels of so many images of the set, evenly spaced among those given.

    Args:
        labels: Makes them.
        sets: Name → folder of a set and ids of its images.
        count: Images of each.
    """
    found = dict[Cell, dict[str, float]]()
    for name, (folder, ids) in sets.items():
        chosen = [ids[place] for place in evenly(len(ids), count)]
        told = [labels.of(folder, sample) for sample in tqdm(chosen, f"labels {name}")]
        for cell in labels.cells:
            crack, background = np.stack([each[cell] for each in told], axis=1)
            counts = thresholds.counts(crack, background)
            found.setdefault(cell, {})[name] = float(thresholds.ods(thresholds.f1(counts)))
    return found


def read(archive: Path) -> dict[str, Histograms]:
    """What an archive holds, by key; nothing where there is none."""
    if not archive.exists():
        return {}
    with np.load(archive) as parts:
        return dict(zip(parts["keys"].tolist(), parts["histograms"], strict=True))


def write(archive: Path, known: Mapping[str, Histograms]) -> None:
    """Keep histograms by key."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(archive) as partial, partial.open("wb") as file:
        np.savez(file, keys=np.array(list(known)), histograms=np.stack(list(known.values())))
