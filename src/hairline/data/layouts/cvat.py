"""Annotations of CVAT in its format 'CVAT for images 1.1': masks and polygons of photos, corrected or drawn there.

    ROOT/FILE.xml      for each FILE of the option ``annotations``
    ROOT/IMAGES/NAME   for each ``name`` of its images; NAME may have folders

A mask is the union of the regions whose labels are crack; regions with a label of ``ignore`` say of no pixel whether it
is. Where any image of a file has the tag ``checked``, the images that have it get a mask and the others none; else all
get one, also those without a region, which show no crack.
"""

from pathlib import Path
from typing import ClassVar

from hairline.data.annotating import options, sampled
from hairline.data.annotating.formats import cvat
from hairline.data.samples import RawSample
from hairline.io.options import checked_dataclass

LEAVES_OUT = sampled.LEAVES_OUT


@checked_dataclass
class Options(options.Options):
    """Which annotation files of CVAT to read, what in them is crack, and what their images become."""

    example: ClassVar[str] = "annotations.xml"


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples of all annotation files, in order of id; their masks are drawn when they are read.

    Raises:
        HairlineError: If an annotation file cannot be read, an image is missing, or is annotated twice.
    """
    return sampled.samples(cvat.read, root, options)
