"""Score maps of photos from several folders, each understood as a whole, without any mask to compare them with."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.io.file_names import printable
from hairline.judge import values
from hairline.judge.files import files_below, paired, some
from hairline.judge.masks import THREADS


@dataclass(frozen=True)
class Opinion:
    """A folder of score maps or masks.

    Attributes:
        folder: Where they lie.
        files: Name of a photo → its map.
        meaning: What their values mean.
        missing: Names of photos without a map.
        remarks: What is odd about them.
    """

    folder: Path
    files: Mapping[str, Path]
    meaning: values.Meaning
    missing: Sequence[str]
    remarks: Sequence[str]

    def map(self, name: str) -> NDArray[np.float32]:
        """The map of a photo, float32 [height, width] in [0, 1].

        Raises:
            HairlineError: If it cannot be read.
        """
        found = values.scores(values.read(self.files[name]), self.meaning)
        return found.astype(np.float32) / np.float32(255 if found.dtype == np.uint8 else 1)


def opinion(
    folder: Path,
    photos: Sequence[str],
    scale: float | None = None,
    logits: bool = False,
    step: Callable[[], object] = lambda: None,
) -> Opinion:
    """The maps of a folder, by the names of the photos that they are of.

    Args:
        folder: With files of :data:`hairline.judge.values.SUFFIXES`, in the same sub-folders as the photos.
        photos: Names of the photos.
        scale: The value that is a score of 1, where the values do not say it.
        logits: Whether numbers in floating point that are no scores are logits.
        step: Called for each file that was looked at.

    Raises:
        HairlineError: If none has the name of a photo, names fit twice, or the values do not say what they mean.
    """
    if folder.is_file():
        raise HairlineError(
            f"{printable(str(folder))}: is a file; expected a folder of masks or score maps; name the one it lies in"
        )
    files = files_below(folder, values.SUFFIXES, "masks or score maps")
    pairs = paired(photos, files.keys())
    found = {name: files[map_name] for name, map_name in pairs.of.items() if map_name is not None}
    if not found:
        raise HairlineError(
            f"{printable(str(folder))}: no file has the name of a photo (files {some(list(files))}, photos "
            f"{some(list(photos))}); expected the same names but for the suffix; name the folder of these photos' maps"
        )

    def look(file: Path) -> values.Look:
        looked = values.look(file)
        step()
        return looked

    with ThreadPoolExecutor(THREADS) as pool:
        meaning = _decided(list(pool.map(look, found.values())), scale, logits)
    return Opinion(folder, found, meaning, pairs.missing, (*([pairs.how] if pairs.how else []), *meaning.remarks))


def _decided(looks: Sequence[values.Look], scale: float | None, logits: bool) -> values.Meaning:
    """What values mean by themselves, as those of masks beside scores; where they do not say it, what is stated."""
    try:
        return values.decide(looks)
    except HairlineError:
        if scale is None and not logits:
            raise
        return values.decide(looks, scale, logits)


def shared(photos: Sequence[str], opinions: Sequence[Opinion]) -> list[str]:
    """The photos that every folder has a map of, in their order.

    Raises:
        HairlineError: If there are none.
    """
    common = [name for name in photos if all(name in each.files for each in opinions)]
    if not common:
        folders = ", ".join(printable(str(each.folder)) for each in opinions)
        raise HairlineError(
            f"{folders}: no photo has a map in all of them; expected maps of the same photos; name such folders"
        )
    return common
