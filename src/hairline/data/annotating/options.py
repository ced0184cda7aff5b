"""Options of the layouts that read the files of annotation tools."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from hairline.data.annotating.images import Labels
from hairline.data.splits import Shares, refuse_shares
from hairline.io.options import checked_dataclass


@checked_dataclass
class Options:
    """Which annotation files to read, what in them is crack, and what their images become.

    Attributes:
        annotations: Annotation file, relative to the root → the split of its images, or ``shares``.
        images: Folder, relative to the root, below which the photos lie.
        labels: Labels that are crack; empty: all that are not among ``ignore``.
        ignore: Labels of regions in which nobody can say where the crack is.
        shares: Split → expected share of the images, summing to 1; used where ``annotations`` says ``shares``.
        exclude: Ids to leave out, whether or not their files are there.
    """

    annotations: dict[str, Literal["train", "val", "test", "shares"]]
    images: str
    labels: list[str]
    ignore: list[str]
    shares: Shares
    exclude: list[str]

    example: ClassVar[str]
    """Name that the tool gives an annotation file."""

    def __post_init__(self) -> None:
        if not self.annotations:
            raise ValueError(f"annotations names no file; expected e.g. {{{self.example}: shares}}")
        refuse_outside([*self.annotations, self.images], self.example)
        Labels(tuple(self.labels), tuple(self.ignore))  # which refuses a label that is both
        if "shares" in self.annotations.values():
            refuse_shares(self.shares)


def refuse_outside(names: Sequence[str], example: str) -> None:
    """Raise ValueError unless names are paths inside the root."""
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"'{name}' is no path inside the root; expected e.g. {example}")
