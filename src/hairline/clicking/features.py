"""Features of the patches of photos, made once a photo and kept on disk."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hairline.clicking.patches import Patch
from hairline.errors import HairlineError
from hairline.imaging.images import read_image
from hairline.io.artefacts import read_arrays
from hairline.io.atomic import whole_file
from hairline.io.hashing import content_hash
from hairline.io.reading import refuse_no_file, there

SUFFIX = ".npz"


class Network(Protocol):
    """What makes features, such as :class:`hairline.nn.classifier.frozen.Frozen`."""

    sha256: str
    length: int

    def features(self, image: NDArray[np.uint8], squares: Sequence[tuple[int, int, int]]) -> NDArray[np.float32]:
        """Features under squares (left, top, side) of an image, float32 [squares, length]."""
        ...


class Kept:
    """Features of the patches of photos: those that :class:`hairline.clicking.choosing.Chooser` asks for.

    A file a photo, float16, called by a hash of the photo's content, the network's weights and where the patches lie:
    a photo that was renamed keeps its features, one that was edited gets others. What cannot be read is made again.
    """

    def __init__(self, files: Mapping[str, Path], patches: Sequence[Patch], network: Network, folder: Path) -> None:
        """Look at nothing yet.

        Args:
            files: Photo → its file.
            patches: All patches that may be asked about.
            network: What makes features.
            folder: Where they are kept; made when the first are.
        """
        self._files, self._network, self._folder = files, network, folder
        self._squares = defaultdict[str, list[tuple[int, int, int]]](list)
        for patch in patches:
            self._squares[patch.photo].append((patch.x, patch.y, patch.size))

    def __call__(self, photo: str) -> NDArray[np.float32]:
        """Features of the patches of a photo, float32 [patches, features], in their order.

        Raises:
            HairlineError: If the photo cannot be read.
        """
        file, squares = self._files[photo], self._squares[photo]
        refuse_no_file(file, "a photo")
        told = f"{content_hash(file)}\n{self._network.sha256}\n{squares}"
        kept = self._folder / f"{hashlib.sha256(told.encode()).hexdigest()[:40]}{SUFFIX}"
        found = self._read(kept, (len(squares), self._network.length))
        if found is None:
            limit = np.finfo(np.float16).max
            found = np.clip(self._network.features(read_image(file), squares), -limit, limit).astype(np.float16)
            with whole_file(kept) as partial, partial.open("wb") as content:
                np.savez(content, features=found)
        return found.astype(np.float32)

    def _read(self, kept: Path, shape: tuple[int, int]) -> NDArray[np.float16] | None:
        if not there(kept):
            return None
        try:
            found = read_arrays(kept, "looking at the photo again").get("features")
        except HairlineError:
            return None
        fits = found is not None and found.shape == shape and found.dtype == np.float16 and np.isfinite(found).all()
        return found if fits else None
