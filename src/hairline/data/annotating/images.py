"""Annotated images, whichever tool they come from: regions with labels, and the levels of the mask they make."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hairline.data.layout_files import NAMED
from hairline.errors import HairlineError
from hairline.imaging import limits
from hairline.imaging.images import IGNORED as IGNORED
from hairline.io.file_names import printable

CRACK, NONE = 255, 0
"""Levels of a corrected mask, beside IGNORED, which reads as no crack where masks are read by brightness alone."""
CRACK_LABEL, IGNORE_LABEL = "crack", "ignore"
"""Labels that are written."""
IGNORE_LABELS = (IGNORE_LABEL, "unsure", "unknown", "void")
"""Labels whose regions are ignored unless others are named."""
MOST = 10_000
"""Most regions of an image."""
DRAWN = ("mask", "polygon")
"""Kinds of regions that may be crack; the others say roughly where something is, which is enough to ignore it."""


@dataclass(frozen=True)
class Region:
    """A part of an image with a label.

    Attributes:
        label: As the tool has it.
        kind: ``mask`` where its pixels are stated one by one, else the outline that is filled: ``polygon``, ``box``, …
        draw: Its pixels, bool [height, width]; raises ValueError where it cannot be drawn.
        odd: What drawing it found odd, each to follow what names it.
    """

    label: str
    kind: str
    draw: Callable[[], NDArray[np.bool_]]
    odd: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class AnnotatedImage:
    """An image and what somebody drew on it.

    Attributes:
        where: The file and the place in it, to begin a message with.
        name: The image as the file names it.
        height: In pixels, upright.
        width: In pixels, upright.
        regions: What is drawn; nothing where the image shows no crack.
        corrected: Whether the file says that a person has looked at it; None where files of its format do not say.
        who: Who did; empty where the file does not say.
        when: Date and time as the file has them, or empty.
        said: Path of the image as the file has it, where ``name`` is what was made of it; empty: ``name``.
    """

    where: str
    name: str
    height: int
    width: int
    regions: tuple[Region, ...]
    corrected: bool | None
    who: str = ""
    when: str = ""
    said: str = ""


@dataclass(frozen=True)
class Labels:
    """Which labels are crack, and which regions are ignored; ValueError where a label is both.

    Attributes:
        crack: Labels; empty: all that are not ignored.
        ignore: Labels of regions in which nobody can say where the crack is.
    """

    crack: tuple[str, ...] = ()
    ignore: tuple[str, ...] = IGNORE_LABELS

    def __post_init__(self) -> None:
        both = [label for label in self.crack if _plain(label) in map(_plain, self.ignore)]
        if both:
            raise ValueError(f"the label '{both[0]}' is named as crack and as ignored; expected one of the two")

    def unseen(self, seen: Iterable[str]) -> list[str]:
        """The labels named as crack that are none of those seen."""
        plain = set(map(_plain, seen))
        return [label for label in self.crack if _plain(label) not in plain]

    def level(self, label: str) -> int:
        """What a region with this label means, upper and lower case and spaces aside."""
        plain = _plain(label)
        if plain in map(_plain, self.ignore):
            return IGNORED
        return CRACK if not self.crack or plain in map(_plain, self.crack) else NONE


@dataclass(frozen=True)
class Drawn:
    """A corrected mask.

    Attributes:
        levels: uint8 [height, width]: 255 crack, 127 ignored, 0 neither. Where both are drawn, the pixel is ignored.
        outlines: Regions whose outline was filled, so that their edges are those of the rule that fills it.
        crack: Labels of regions that are crack.
        left_out: Labels of regions that count for nothing.
        remarks: What is odd about it.
    """

    levels: NDArray[np.uint8]
    outlines: int
    crack: tuple[str, ...]
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]


def drawn(image: AnnotatedImage, labels: Labels) -> Drawn:
    """Draw the regions of an image.

    Raises:
        HairlineError: If there are too many, one cannot be drawn, or is crack and has no pixels of its own.
    """
    levels = np.zeros((image.height, image.width), np.uint8)
    if len(image.regions) > MOST:
        raise HairlineError(
            f"{image.where}: '{printable(image.name)}' has {len(image.regions):,} regions; expected {MOST:,} at most; "
            "join them in the annotation tool"
        )
    crack, left_out, remarks, outlines = list[str](), list[str](), list[str](), 0
    for region in image.regions:
        _refuse_unlabelled(image, region)
        level = labels.level(region.label)
        if level == NONE:
            left_out.append(region.label)
            continue
        _refuse_rough(image, region, level)
        try:
            pixels = region.draw()
        except ValueError as error:
            raise HairlineError(
                f"{image.where}: a region of '{printable(image.name)}' with the label '{printable(region.label)}': "
                f"{error}; correct it in the annotation tool, or leave the image out"
            ) from None
        levels[pixels & (levels != IGNORED)] = level
        outlines += region.kind != "mask"
        crack += [region.label] if level == CRACK else []
        remarks += [f"a {region.kind} of '{printable(region.label)}' {odd}" for odd in region.odd]
        thin = region.kind != "mask" and not pixels.any()
        remarks += [f"a {region.kind} of '{printable(region.label)}' is so thin that it has no pixel"] if thin else []
    return Drawn(
        levels, outlines, tuple(dict.fromkeys(crack)), tuple(dict.fromkeys(left_out)), tuple(dict.fromkeys(remarks))
    )


def _refuse_unlabelled(image: AnnotatedImage, region: Region) -> None:
    if not _plain(region.label):
        raise HairlineError(
            f"{image.where}: a region of '{printable(image.name)}' has no label; expected one, as '{CRACK_LABEL}' or "
            f"'{IGNORE_LABEL}'; give it one, or delete it"
        )


def _refuse_rough(image: AnnotatedImage, region: Region, level: int) -> None:
    if level == CRACK and region.kind not in DRAWN:
        raise HairlineError(
            f"{image.where}: '{printable(image.name)}' has a region of the kind {region.kind} with the label "
            f"'{printable(region.label)}', which does not say which pixels are crack; expected masks or polygons; draw "
            "it with the brush, or name its label among those that are ignored"
        )


def refuse_size(where: str, name: str, height: object, width: object) -> tuple[int, int]:
    """Height and width that a file states of an image.

    Raises:
        HairlineError: If they are no whole numbers from 1 on, or more pixels together than an image may have.
    """
    if type(height) is not int or type(width) is not int or min(height, width) < 1:
        raise HairlineError(
            f"{where}: '{printable(name)}' has the width {width!r:.20} and the height {height!r:.20}; expected whole "
            "numbers of pixels; export the annotations again"
        )
    if height * width > limits.PIXELS:
        raise HairlineError(
            f"{where}: '{printable(name)}' has {width} x {height} pixels; expected {limits.PIXELS:,} at most; cut the "
            "photo into smaller ones"
        )
    return height, width


def some(names: Sequence[str]) -> str:
    """The first of some names, in quotes, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(f"'{printable(name)[:80]}'" for name in names[:NAMED]) + more


def _plain(label: str) -> str:
    return " ".join(label.casefold().split())
