"""The images of annotation files as samples of a data set: corrected ones with their mask, the others without."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

from hairline.data import photo_files
from hairline.data.annotating import images as annotated
from hairline.data.annotating.images import CRACK, IGNORED, AnnotatedImage, Labels
from hairline.data.annotating.options import Options
from hairline.data.layout_files import LeavesOut, LeftOut, found_instead
from hairline.data.masks import Mask
from hairline.data.samples import RawSample
from hairline.data.splits import Shares, split_of
from hairline.errors import HairlineError
from hairline.imaging.images import upright_size
from hairline.io.file_names import Names, Tree, printable
from hairline.io.reading import composed

_log = logging.getLogger(__name__)

LEAVES_OUT = LeavesOut("in no annotation file", folders=True, sub_folders=True)
Read = Callable[[Path, Mapping[str, tuple[int, int]]], list[AnnotatedImage]]


def samples(read: Read, root: Path, options: Options) -> list[RawSample]:
    """Samples of all annotation files, in order of id; their masks are drawn when they are read.

    Args:
        read: Reads an annotation file.
        root: The root of the set.
        options: Its files, where its images lie, and what labels mean.

    Raises:
        HairlineError: If an annotation file cannot be read, an image is missing, or is annotated twice.
    """
    folder, labels = root / options.images, Labels(tuple(options.labels), tuple(options.ignore))
    photos = photo_files.find(folder).files
    if not photos:
        raise HairlineError(
            f"{folder}: no images found ({found_instead(folder, root)}); expected the photos that were "
            "annotated; put them there, or correct options.images of this data set"
        )
    sizes = {name: upright_size(file)[::-1] for name, file in photos.items()}
    names, left_out = Names(photos), LeftOut(options.exclude)
    found, seen, regions = list[RawSample](), dict[str, str](), list[str]()
    for written, split in options.annotations.items():
        file = Tree(root).find(written)
        for image in read(file, sizes):
            name = _name(image, names, folder)
            sample = composed("-".join(PurePosixPath(name).with_suffix("").parts))
            if left_out.has(sample):
                continue
            if sample in seen:
                raise HairlineError(
                    f"{image.where}: '{printable(name)}' is also in {seen[sample]}; expected each image once; take one "
                    "of the two out of the annotation files"
                )
            seen[sample] = image.where
            regions += [region.label for region in image.regions]
            found.append(_sample(sample, image, file, photos[name], labels, split, options.shares))
    _tell(root, regions, labels)
    return sorted(found, key=lambda each: each.id)


def _tell(root: Path, regions: Iterable[str], labels: Labels) -> None:
    crack = [label for label in dict.fromkeys(regions) if labels.level(label) == CRACK]
    if len(crack) > 1 and not labels.crack:
        _log.warning(
            "%s: has regions with the labels %s, and all are read as crack; name those that are in options.labels of "
            "this data set", root, annotated.some(crack),
        )  # fmt: skip


def _sample(
    name: str, image: AnnotatedImage, file: Path, photo: Path, labels: Labels, split: str, shares: Shares
) -> RawSample:
    by = shares if split == "shares" else None
    chosen = split if by is None else split_of(name, by)
    mask = None if image.corrected is False else file
    draw = partial(_drawn, image=image, photo=photo, labels=labels)
    return RawSample(name, chosen, name, photo, mask, draw, shares=by)


def _name(image: AnnotatedImage, names: Names, folder: Path) -> str:
    """The name of the photo that an image is, with fewer and fewer folders of what the file says."""
    parts = PureWindowsPath(image.name).parts
    candidates = (names.find("/".join(parts[start:])) for start in range(len(parts)))
    found = next((name for name in candidates if name is not None), None)
    if found is None:
        raise HairlineError(
            f"{image.where}: shows {printable(str(folder.joinpath(*parts)))}, which is no image file that is there; "
            "expected the photo there; put it there, or correct options.images of this data set"
        )
    return found


def _drawn(path: Path, image: AnnotatedImage, photo: Path, labels: Labels) -> Mask:
    """The mask of a corrected image.

    Raises:
        HairlineError: If a region cannot be drawn, or the photo has another size.
    """
    width, height = upright_size(photo)
    if (height, width) != (image.height, image.width):
        raise HairlineError(
            f"{image.where}: '{printable(image.name)}' is annotated as {image.width} x {image.height} px, and the file "
            f"{printable(str(photo))} has {width} x {height}; put the photo there that was annotated"
        )
    made = annotated.drawn(image, labels)
    ignored = made.levels == IGNORED
    return Mask(made.levels == CRACK, {}, [*_remarks(made)], ignored if ignored.any() else None)


def _remarks(made: annotated.Drawn) -> Iterator[str]:
    yield from made.remarks
    if made.left_out:
        yield f"regions with the label {annotated.some(made.left_out)} count for nothing"
