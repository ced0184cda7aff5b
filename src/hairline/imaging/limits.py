"""What decoding images may cost: pixels of a file, and bytes over all threads together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PIXELS = 178_956_970
"""Most pixels of an image file, as Pillow's own bound of decompression bombs."""

PAGES = 100
"""Most pages of a TIFF file that are counted for a message."""

DECODING_BYTES = 1 << 30
"""What images that are decoded at one time may take over all threads; a larger one is decoded alone."""

BYTES_PER_PIXEL = 8
"""What an image being decoded takes: 4 in Pillow, 3 as RGB array, 1 for its mask; 16-bit colour takes as much again."""


class Budget:
    """Bytes that threads share: who wants more than is free waits until others have given theirs back."""

    def __init__(self, total: int) -> None:
        """Share ``total`` bytes."""
        self._total, self._used = total, 0
        self._changed = threading.Condition()
        self._own = threading.local()

    @contextmanager
    def share(self, wanted: int) -> Iterator[None]:
        """Hold bytes inside the block; a thread that holds some already gets no more, so that none waits for itself."""
        if getattr(self._own, "holds", False):
            yield
            return
        part = min(wanted, self._total)
        with self._changed:
            self._changed.wait_for(lambda: self._used + part <= self._total)
            self._used += part
        self._own.holds = True
        try:
            yield
        finally:
            self._own.holds = False
            with self._changed:
                self._used -= part
                self._changed.notify_all()


DECODING = Budget(DECODING_BYTES)
