"""Exports of Label Studio in its format JSON: brush masks and polygons of photos, corrected or drawn there.

    ROOT/FILE.json     for each FILE of the option ``annotations``
    ROOT/IMAGES/NAME   for the photo of each task: what ``photo`` of its data says, or what its address ends with

A mask is the union of the regions whose labels are crack; regions with a label of ``ignore`` say of no pixel whether it
is. Tasks with a submitted annotation get a mask, also where it has no region and so shows no crack; the others get
none. Of several annotations the one marked as ground truth counts, or else the newest.
"""

from pathlib import Path
from typing import ClassVar

from hairline.data.annotating import options, sampled
from hairline.data.annotating.formats import labelstudio
from hairline.data.samples import RawSample
from hairline.io.options import checked_dataclass

LEAVES_OUT = sampled.LEAVES_OUT


@checked_dataclass
class Options(options.Options):
    """Which annotation files of Label Studio to read, what in them is crack, and what their images become."""

    example: ClassVar[str] = "project.json"


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples of all annotation files, in order of id; their masks are drawn when they are read.

    Raises:
        HairlineError: If an annotation file cannot be read, an image is missing, or is annotated twice.
    """
    return sampled.samples(labelstudio.read, root, options)
