"""Photos decoded once, and kept where the system pages them in: files without a name, which end with the process."""

import logging
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.imaging.images import read_image

log = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]
REDUCED = 4
"""Of how many pixels a side one pixel of the reduced photo is the mean: for looking at large parts at once."""
BYTES = 4 << 30
"""What photos take on the disk of temporary files, all together; those that were asked for last stay."""


class Decoded:
    """The pixels of photos, by name. Threads may ask at one time; each photo is decoded by one of them."""

    def __init__(self, files: Mapping[str, Path], most_bytes: int = BYTES) -> None:
        """Decode nothing yet.

        Args:
            files: Name → file.
            most_bytes: What is kept at most; the last photo is kept whatever it takes.
        """
        self._files, self._most_bytes = files, most_bytes
        self._kept: OrderedDict[str, tuple[Pixels, Pixels]] = OrderedDict()
        self._lock = threading.Lock()
        self._decoding = {name: threading.Lock() for name in files}

    def pixels(self, name: str) -> Pixels:
        """A photo upright, RGB uint8 [height, width, 3], not to be written to.

        Raises:
            KeyError: If there is no photo of this name.
            HairlineError: If its file cannot be decoded.
        """
        return self._both(name)[0]

    def reduced(self, name: str) -> Pixels:
        """A photo as :meth:`pixels`, :data:`REDUCED` times smaller; a last row and column that are not whole are cut.

        Raises:
            KeyError: If there is no photo of this name.
            HairlineError: If its file cannot be decoded.
        """
        return self._both(name)[1]

    def _both(self, name: str) -> tuple[Pixels, Pixels]:
        with self._decoding[name]:
            with self._lock:
                if name in self._kept:
                    self._kept.move_to_end(name)
                    return self._kept[name]
            whole = read_image(self._files[name])
            found = _on_disk(whole), _on_disk(_reduced(whole))
            with self._lock:
                self._kept[name] = found
                while len(self._kept) > 1 and self._bytes() > self._most_bytes:
                    self._kept.popitem(last=False)
            return found

    def _bytes(self) -> int:
        return sum(whole.nbytes + reduced.nbytes for whole, reduced in self._kept.values())


def _reduced(pixels: Pixels) -> Pixels:
    height, width = (max(side // REDUCED, 1) for side in pixels.shape[:2])
    whole = pixels[: height * REDUCED, : width * REDUCED]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _on_disk(pixels: Pixels) -> Pixels:
    """The same pixels in a file without a name; as they are where there is no room for it."""
    with tempfile.TemporaryFile() as file:
        try:
            pixels.tofile(file)
            file.flush()
        except OSError as error:  # a map of a file that the disk has no room for would end the process when it is read
            log.warning("no room for decoded photos in %s (%s); they stay in memory", tempfile.gettempdir(), error)
            return pixels
        return np.memmap(file, np.uint8, "r", shape=pixels.shape)
