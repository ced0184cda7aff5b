"""A photo and what was measured in it: what every output is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from hairline.inspection.georeference import Georeference
from hairline.inspection.measuring.cracks import Crack


@dataclass(frozen=True)
class MeasuredPhoto:
    """A photo, where its mask lies, and its cracks.

    Attributes:
        path: The photo's file; None where there is a mask alone.
        file: What it is called below the folder that was named, with suffix and ``/`` between folders.
        name: What it is called in cracks.csv, and below masks/, scores/ and overlays/: without suffix.
        width: In pixels, upright.
        height: In pixels, upright.
        mask: File of its mask, 0 or 255.
        cracks: What was measured in that mask.
        classes: Width class of each crack, by its name; None where the scale is not known. Empty: none of them has one.
        scores: File of its scores, 8-bit grey; None where there is none.
        georeference: Where it lies on a map; None where that is not known.
        mm_per_px: Millimetres that a pixel shows; None where that is not known.
    """

    path: Path | None
    file: str
    name: str
    width: int
    height: int
    mask: Path
    cracks: Sequence[Crack]
    classes: Sequence[str | None] = ()
    scores: Path | None = None
    georeference: Georeference | None = None
    mm_per_px: float | None = None

    def class_of(self, crack: Crack) -> str | None:
        """Width class of one of its cracks."""
        return self._classes.get(crack.number)

    @cached_property
    def _classes(self) -> Mapping[int, str | None]:
        return dict(zip((each.number for each in self.cracks), self.classes, strict=False))


@dataclass(frozen=True)
class WidthClass:
    """A band of widths.

    Attributes:
        name: As cracks have it.
        told: What it stands for, in words, as ``0.1 to 0.3 mm``; may be empty.
        up_to_mm: The largest width in it; None for all that are wider.
    """

    name: str
    told: str = ""
    up_to_mm: float | None = None


class Band(Protocol):
    """A band of widths as width_bands.Bands has it."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def up_to_mm(self) -> float | None:
        """The largest width in it; None for all that are wider."""
        ...

    @property
    def meaning(self) -> str:
        """What that says of a crack; may be empty."""
        ...


def width_classes(bands: Sequence[Band]) -> list[WidthClass]:
    """Width classes of bands, the narrowest first, told by their limits and what they mean.

    >>> from types import SimpleNamespace as Made
    >>> two = [Made(name="A", up_to_mm=0.1, meaning="dry"), Made(name="B", up_to_mm=None, meaning="")]
    >>> [each.told for each in width_classes(two)]
    ['up to 0.1 mm: dry', 'above 0.1 mm']
    """
    below = [None, *(band.up_to_mm for band in bands)]
    limits = [_limit(band.up_to_mm, least) for band, least in zip(bands, below, strict=False)]
    return [
        WidthClass(band.name, f"{limit}: {band.meaning}" if band.meaning else limit, band.up_to_mm)
        for band, limit in zip(bands, limits, strict=True)
    ]


def _limit(up_to_mm: float | None, above_mm: float | None) -> str:
    if up_to_mm is not None:
        return f"up to {up_to_mm:g} mm"
    return "any width" if above_mm is None else f"above {above_mm:g} mm"


@dataclass(frozen=True)
class Provenance:
    """How all of it came about; every file that has room for it says so.

    Attributes:
        settings: Name → value, as they are shown: network, scale, threshold, hashes, versions.
        classes: Width classes, from thin to wide.
        classed_by: Which width of a crack tells its class, in words, as ``the 95th percentile of its width``.
        card: Model card of the network, Markdown; empty where there is none.
        by_network: Whether a network found the cracks, and no person.
        failed: What could not be measured, a sentence each, for the page.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    classes: Sequence[WidthClass] = ()
    classed_by: str = ""
    card: str = ""
    by_network: bool = True
    failed: Sequence[str] = ()
