"""Which images a segmenter has seen, beside its weights: what starts from it, elsewhere, is signed by them too.

The images are known by what :class:`hairline.labelling.chosen_options.ChosenOn` holds: hashes and strengths of
frequencies, from which no picture can be made again.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from hairline.data.uses import Part
from hairline.errors import HairlineError
from hairline.io.artefacts import read_json, spoilt
from hairline.io.atomic import write_json
from hairline.io.reading import there
from hairline.labelling.chosen_options import ChosenOn
from hairline.nn.runtime.recipes import SHIPPED

FILE = "seen.json"
COPY = "a fresh copy of the segmenter's folder (dvc pull, where it is under dvc add)"
"""What makes anew what others start from: no stage of the experiment that does so."""


@dataclass(frozen=True)
class Way(Part):
    """One way in which images of a record took part, as :class:`hairline.data.uses.Use`.

    Attributes:
        images: Their numbers in the record; empty for what took part without the images being known.
    """

    images: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Record:
    """What a segmenter has seen.

    Attributes:
        ways: The ways in which images took part.
        images: The images, each once.
    """

    ways: list[Way]
    images: list[ChosenOn]


def write(folder: Path, record: Record) -> None:
    """Write a record beside the weights of its segmenter."""
    write_json(folder / FILE, asdict(record))


def read(folder: Path) -> Record | None:
    """The record in the folder of a segmenter; None where it has none, as those of older versions.

    Raises:
        HairlineError: If there is no such folder, or what lies there is no record.
    """
    if not folder.is_dir():
        raise HairlineError(f"{folder}: not found; it is the segmenter that others start from: fetch it (dvc pull)")
    if not there(folder / FILE):
        return None
    kind = "the images that a segmenter has seen"
    told = read_json(folder / FILE, Record, COPY, kind)
    images = [ChosenOn(**image) for image in told["images"]]
    ways = [Way(**way) for way in told["ways"]]
    for way in ways:
        if not all(0 <= number < len(images) for number in way.images):
            raise spoilt(folder / FILE, "names images that it does not list", kind, COPY)
    return Record(ways, images)


def inherited(what: str, init: str, before: Record | None) -> list[Way]:
    """How images took part in a segmenter by the one that it started from.

    Args:
        what: The segmenter, for the sentences.
        init: Name of the other, as ``segmenter.init``.
        before: What the other has seen; None where that is not on record.
    """
    if init == SHIPPED:
        how = f"{what} started from the segmenter inside hairline, which learned from generated images alone"
        return [Way(how, "unseen", "no labels")]
    if before is None:
        return [Way(unknown(what, init), "unseen", "no labels")]
    return [replace(way, how=f"{what} started from {init}, for which {way.how}") for way in before.ways]


def joined(own: Record, ways: Iterable[Way], images: Iterable[ChosenOn]) -> Record:
    """A record with the ways and images of another behind its own."""
    count = len(own.images)
    moved = (replace(way, images=[number + count for number in way.images]) for way in ways)
    return Record([*own.ways, *moved], [*own.images, *images])


def unknown(what: str, start: str) -> str:
    """That nobody knows what a start has seen."""
    return f"{what} started from {start}: which images that has seen is not known"


def keys(init: str, numbers: Iterable[int]) -> list[str]:
    """Keys of images of the segmenter that others start from, apart from those of data sets."""
    return [f"init {init}:{number}" for number in numbers]
