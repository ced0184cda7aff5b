"""COCO annotation files, as CVAT, Label Studio and Roboflow export them: polygons and run lengths.

    ROOT/FILE.json     for each FILE of the option ``annotations``: the lists images, annotations and categories
    ROOT/IMAGES/NAME   for each ``file_name`` of its images; NAME may have folders

where IMAGES is the option ``images``:

    CVAT           annotations/instances_default.json, images/NAME                       images: images
    Label Studio   result.json, which names its images images/NAME                       images: .
    Roboflow       train/_annotations.coco.json, train/NAME, valid/…, test/…             images: ''

The empty string stands for the folder an annotation file lies in. An id is the path of an image below IMAGES (below
ROOT where that is empty), folders joined by ``-``, without suffix; every image is a group of its own, unless it has the
name of a copy (:mod:`hairline.data.parents`).

A mask is the union of the image's annotations of the chosen categories, filled as COCO's own tools do it. An image
without any has an empty mask: that is what a tool means by it that was shown the image and left it unmarked. Parts of
polygons that lie outside of the image are cut off.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import Literal

from hairline.data.annotating.options import refuse_outside
from hairline.data.coco_annotations import Entry, read_annotations
from hairline.data.layout_files import NAMED, LeavesOut, LeftOut, contents
from hairline.data.outlines import Outline, read_outline
from hairline.data.polygons import mask_of
from hairline.data.samples import Mask, RawSample
from hairline.data.splits import Shares, refuse_shares, split_of
from hairline.errors import HairlineError
from hairline.imaging.images import SIDEWAYS, orientation, upright_size
from hairline.io.file_names import Tree, printable
from hairline.io.options import checked_dataclass
from hairline.io.reading import composed

LEAVES_OUT = LeavesOut("in no annotation file", folders=True, sub_folders=True)
LONGEST_NAME = 1_000
"""Most characters of a ``file_name``."""
MAX_LENGTH_PX = 3_000_000
"""Longest that the outlines of an image may be together, in pixels, which drawing takes time for."""
MAX_ANNOTATIONS = 10_000
"""Most annotations of an image."""


@checked_dataclass
class Options:
    """Which annotation files to read, what in them is crack, and what their images become.

    Attributes:
        annotations: Annotation file, relative to the root → the split of its images, or ``shares``.
        images: Folder, relative to the root, below which ``file_name`` is found; empty: where the annotation file lies.
        categories: Names of the categories that are crack; empty: all there are.
        shares: Split → expected share of the images, summing to 1; used where ``annotations`` says ``shares``.
        exclude: Ids to leave out, whether or not their files are there.
    """

    annotations: dict[str, Literal["train", "val", "test", "shares"]]
    images: str
    categories: list[str]
    shares: Shares
    exclude: list[str]

    def __post_init__(self) -> None:
        if not self.annotations:
            raise ValueError("annotations names no file; expected e.g. {annotations/instances_default.json: shares}")
        refuse_outside([*self.annotations, self.images], "annotations/instances_default.json")
        if "shares" in self.annotations.values():
            refuse_shares(self.shares)


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples of all annotation files, in order of id; their outlines are drawn when their masks are read.

    Raises:
        HairlineError: If an annotation file cannot be read (see
            :func:`hairline.data.coco_annotations.read_annotations`), a
            ``file_name`` leaves its folder, two images have one, or image files are missing.
    """
    found = [sample for name, split in options.annotations.items() for sample in _file(root, name, split, options)]
    seen = dict[Path, Path | None]()
    for sample in found:
        if sample.image in seen:
            raise HairlineError(
                f"{sample.mask}: the image {sample.image} is listed in {seen[sample.image]} before; expected each "
                "image once over options.annotations of this data set; take one of the two out"
            )
        seen[sample.image] = sample.mask
    absent = [sample for sample in found if not sample.image.is_file()]
    if absent:
        folder = absent[0].image.parent
        raise HairlineError(
            f"{absent[0].mask}: {len(absent)} of the {len(found)} images are missing, first "
            f"{printable(str(absent[0].image))} (in "
            f"{folder}: {contents(folder)}); put them there, or correct options.images or options.exclude of this data "
            "set"
        )
    return sorted(found, key=lambda sample: sample.id)


def draw(file: Path, image: Path, height: int, width: int, annotations: Sequence[Entry]) -> Mask:
    """Mask of an image: the union of its annotations.

    Args:
        file: The annotation file they come from, for messages.
        image: The image file, whose upright size must be the one annotated.
        height: Annotated height in pixels.
        width: Annotated width in pixels.
        annotations: The annotations of the chosen categories.

    Raises:
        HairlineError: If the size is another, an annotation's outline does not fit the image or what the annotation
            states (see :func:`hairline.data.outlines.read_outline`), or all outlines together draw no pixel.
    """
    _refuse_size(file, image, width, height)
    if len(annotations) > MAX_ANNOTATIONS:
        raise HairlineError(
            f"{file}: {image.name} has {len(annotations):,} annotations; expected at most {MAX_ANNOTATIONS:,}; join "
            "them in the annotation tool or add the image to options.exclude of this data set"
        )
    outlines, length_px = dict[tuple[int, str], Outline](), 0.0
    for number, annotation in enumerate(annotations):
        name = f"number {number}" if annotation.get("id") is None else f"{annotation['id']!s:.40}"
        try:
            outlines[number, name] = read_outline(annotation, height, width)
            length_px += outlines[number, name].length_px
            if length_px > MAX_LENGTH_PX:
                raise ValueError(f"the outlines up to it are longer than {MAX_LENGTH_PX:,} px together")
        except ValueError as error:
            raise HairlineError(
                f"{file}: annotation {name} of {image.name}: {error}; correct it in the annotation tool or add the "
                "image to options.exclude of this data set"
            ) from None
    packed = [outline.packed for outline in outlines.values() if outline.packed is not None]
    crack = mask_of(packed, height, width)
    if packed and not crack.any():
        raise HairlineError(
            f"{file}: the annotations of {image.name} ({', '.join(name for _, name in [*outlines][:NAMED])}) draw no "
            "pixel, as their outlines are thinner than one, so that it would pass for an image without crack; widen "
            "them in the annotation tool or add the image to options.exclude of this data set"
        )
    return Mask(crack, {}, _remarks(outlines))


def _remarks(outlines: Mapping[tuple[int, str], Outline]) -> list[str]:
    told = [f"annotation {name} {remark}" for (_, name), outline in outlines.items() for remark in outline.remarks]
    drawn = dict[bytes, str]()
    for (_, name), outline in outlines.items():
        if outline.packed is not None:
            before = drawn.setdefault(outline.packed["counts"], name)
            if before is not name:
                told.append(f"annotation {name} draws the same as {before}")
    ids = Counter(name for _, name in outlines)
    return told + [f"{times} annotations have the id {name}" for name, times in ids.items() if times > 1]


def _refuse_size(file: Path, image: Path, width: int, height: int) -> None:
    real, turn = upright_size(image), orientation(image)
    stored = real[::-1] if turn >= SIDEWAYS else real
    if real == (width, height):
        return
    if stored == (width, height):
        raise HairlineError(
            f"{file}: annotates {image} as {width} x {height} pixels, its size before its EXIF orientation {turn} is "
            f"applied, which makes it {real[0]} x {real[1]}; where the outlines fit the picture as it is stored, "
            "remove the orientation from the file, else store the picture upright without it and annotate it again"
        )
    raise HairlineError(
        f"{file}: annotates {image} as {width} x {height} pixels; the file has {real[0]} x {real[1]}; put the "
        "image there that was annotated"
    )


def _file(root: Path, name: str, split: str, options: Options) -> Iterator[RawSample]:
    path = root / name
    annotations = read_annotations(path, options.categories)
    below, base = (root / options.images, root / options.images) if options.images else (path.parent, root)
    files, left_out = Tree(below), LeftOut(options.exclude)
    for image in annotations.images:
        file = files.find(_relative(path, image["file_name"]))
        sample = composed("-".join(file.relative_to(base).with_suffix("").parts))
        if left_out.has(sample):
            continue
        shares = options.shares if split == "shares" else None
        chosen = split if shares is None else split_of(sample, shares)
        outlines = annotations.of[image["id"]]
        mask = partial(draw, image=file, height=image["height"], width=image["width"], annotations=outlines)
        yield RawSample(sample, chosen, sample, file, path, mask, shares=shares)


def _relative(path: Path, name: str) -> Path:
    """The path a file_name means, whose separators may be those of Windows."""
    if "\0" in name or len(name) > LONGEST_NAME or re.search("[\ud800-\udfff]", name):
        raise HairlineError(
            f"{path}: names the image {ascii(name)[:80]}, which cannot be the name of a file; correct it or export the "
            "annotations again"
        )
    written = PureWindowsPath(name)
    if not written.name or written.anchor or ".." in written.parts:
        raise HairlineError(
            f"{path}: names the image '{name}'; expected a path inside the folder of images, without '..'; correct "
            f"its file_name, to '{written.name or 'NAME'}' where the image lies in that folder itself"
        )
    return Path(*written.parts)
