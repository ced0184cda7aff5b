"""What is asked of a run over many photos, and what came of it."""

from dataclasses import dataclass

from hairline.inspection.averaging import Average


@dataclass(frozen=True)
class Options:
    """What is written.

    Attributes:
        scale: That the network sees photos at.
        threshold: From which score on a pixel is crack.
        overlay: Whether a picture of photo and mask is drawn too.
        again: Whether photos are predicted that have been before.
        average: Over which views scores are averaged.
        tiled: Whether large photos are looked at in tiles; what must see them as a whole is not.
        workers: Photos that are worked on at a time, each on a thread.
    """

    scale: float
    threshold: float
    overlay: bool
    again: bool
    average: Average = "none"
    tiled: bool = False
    workers: int = 1


@dataclass(frozen=True)
class Done:
    """What came of it.

    Attributes:
        predicted: Photos that were predicted now.
        skipped: Photos that had been before, from the same bytes, with the same network and options.
        failed: Photos that could not be, each told of.
    """

    predicted: int
    skipped: int
    failed: int
