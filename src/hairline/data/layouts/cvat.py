"""Annotations of CVAT in its format 'CVAT for images 1.1': masks and polygons of photos, corrected or drawn there.

    ROOT/FILE.xml      for each FILE of the option ``annotations``
    ROOT/IMAGES/NAME   for each ``name`` of its images; NAME may have folders

A mask is the union of the regions whose labels are crack; regions with a label of ``ignore`` say of no pixel whether it
is. Where any image of a file has the tag ``checked``, the images that have it get a mask and the others none; else all
get one, also those without a region, which show no crack.
"""

from pathlib import Path

from hairline.data.annotating import sampled
from hairline.data.annotating.formats import cvat
from hairline.data.annotating.images import Labels
from hairline.data.annotating.sampled import Files
from hairline.data.layout_files import LeavesOut
from hairline.data.samples import RawSample
from hairline.data.splits import Shares, refuse_shares
from hairline.io.options import checked_dataclass

LEAVES_OUT = LeavesOut("in no annotation file", folders=True, sub_folders=True)


@checked_dataclass
class Options:
    """Which annotation files to read, what in them is crack, and what their images become.

    Attributes:
        annotations: Annotation file of CVAT, relative to the root → the split of its images, or ``shares``.
        images: Folder, relative to the root, below which the photos lie.
        labels: Labels that are crack; empty: all that are not among ``ignore``.
        ignore: Labels of regions in which nobody can say where the crack is.
        shares: Split → expected share of the images, summing to 1; used where ``annotations`` says ``shares``.
        exclude: Ids to leave out, whether or not their files are there.
    """

    annotations: Files
    images: str
    labels: list[str]
    ignore: list[str]
    shares: Shares
    exclude: list[str]

    def __post_init__(self) -> None:
        if not self.annotations:
            raise ValueError("annotations names no file; expected e.g. {annotations.xml: shares}")
        sampled.refuse_outside([*self.annotations, self.images], "annotations.xml")
        if "shares" in self.annotations.values():
            refuse_shares(self.shares)


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples of all annotation files, in order of id; their masks are drawn when they are read.

    Raises:
        HairlineError: If an annotation file cannot be read, an image is missing, or is annotated twice.
    """
    labels = Labels(tuple(options.labels), tuple(options.ignore))
    return sampled.samples(
        cvat.read, root, options.annotations, options.images, labels, options.shares, options.exclude
    )
