"""Images and the masks that somebody is to correct: of two folders, or of a set and one of its label sets."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from hairline.data import photo_files
from hairline.data.annotating import bringing
from hairline.data.annotating.formats.masks import FOLDER, read_levels
from hairline.data.annotating.images import CRACK, some
from hairline.data.annotating.written import FILE, Pre
from hairline.data.names import MANUAL, MASKS
from hairline.data.samples import image_path, mask_path, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import read_scores, upright_size
from hairline.io.file_names import Names, no_formula, printable
from hairline.io.reading import composed, read_table, read_text, there

BESIDE_MASKS = ("predictions.csv", bringing.TABLE, FILE)
"""What 'hairline predict' and 'label', 'annotate import' and 'annotate export' write beside masks/."""
COLUMNS = ("id", "name", "image", "photo")
"""Columns of a table of images, the first of them that it has."""


@dataclass(frozen=True)
class Source:
    """An image whose mask is to be corrected.

    Attributes:
        name: With suffix and ``/`` between folders.
        image: The image file.
        mask: The file of its mask.
        levels: Reads the mask, as :mod:`hairline.data.annotating.images` has its levels.
    """

    name: str
    image: Path
    mask: Path
    levels: Callable[[], NDArray[np.uint8]]


def read(source: Source) -> Pre:
    """The mask of an image, which must have its size.

    Raises:
        HairlineError: If either cannot be read, the values of the mask do not say what is crack, or sizes differ.
    """
    levels, (width, height) = source.levels(), upright_size(source.image)
    if levels.shape != (height, width):
        raise HairlineError(
            f"{printable(str(source.mask))}: has {levels.shape[1]} x {levels.shape[0]} px, and its image "
            f"{printable(str(source.image))} {width} x {height}; expected one size; make the mask again from this image"
        )
    return Pre(source.name, levels)


def of_folders(photos: Path, masks: Path, threshold: float | None) -> tuple[list[Source], list[str]]:
    """The photos below a folder that have a mask below another, and the names of those that have none.

    Args:
        photos: The folder of photos.
        masks: Masks named like them, whatever the suffix; or what 'hairline predict', 'label' or 'annotate' wrote.
        threshold: From which on a pixel is crack, where the files are scores (255 is 1); None: they are masks.

    Raises:
        HairlineError: If there are no photos or no masks, no mask has a photo, or one has two.
    """
    files = _files(photos, "photos")
    own = any((masks / name).is_file() for name in BESIDE_MASKS) and (masks / FOLDER).is_dir()
    folder = masks / FOLDER if own and threshold is None else masks
    of = _files(folder, "masks")
    stems = {name: _stem(name) for name in files}
    names, found, lost = Names(stems.values()), dict[str, tuple[str, Path]](), list[str]()
    for written, mask in of.items():
        stem = names.find(_stem(written))
        if stem is None:
            lost.append(written)
            continue
        fitting = [name for name in files if stems[name] == stem]
        if len(fitting) > 1 or stem in found:
            others = fitting if len(fitting) > 1 else [found[stem][0]]
            raise HairlineError(
                f"{printable(str(mask))}: its name fits {some(others)}, too; expected one mask a photo; rename one"
            )
        found[stem] = fitting[0], mask
    if not found:
        raise HairlineError(
            f"{printable(str(folder))}: none of its {len(of)} masks ({some(lost)}) has the name of a photo in "
            f"{printable(str(photos))} ({some(list(files))}); expected the same names, suffixes aside; name the folder "
            "that was predicted or labelled"
        )
    reads = partial(read_levels) if threshold is None else partial(_above, threshold)
    made = [Source(name, files[name], mask, partial(reads, mask)) for name, mask in sorted(found.values())]
    strange = photo_files.find(photos).passed_over
    return made, [*sorted(set(files) - {source.name for source in made}), *strange]


def of_set(folder: Path, labels: Path, label_set: str, splits: Collection[str], threshold: float) -> list[Source]:
    """The images of a set in canonical form that have a label.

    Args:
        folder: The set.
        labels: Folder of the labels of the set, ID.png; of the label set of the masks themselves, not looked at.
        label_set: Its name.
        splits: Which images; none: all.
        threshold: Confidence from which on a pixel is crack, of pseudo-labels.

    Raises:
        HairlineError: If the set was not read yet, or no image has a label.
    """
    table = read_samples(folder, *splits)
    manual = label_set == MANUAL
    files = {str(name): mask_path(folder, str(name)) if manual else labels / f"{name}.png" for name in table["id"]}
    there_are = {name: file for name, file in files.items() if there(file)}
    if not there_are:
        raise HairlineError(
            f"{folder if manual else labels}: has no label for any of the {len(files)} images; run the stage that "
            f"makes the label set '{label_set}' (dvc repro), or name another by --labels"
        )
    reads = partial(read_levels) if label_set in MASKS else partial(_above, threshold)
    return [
        Source(f"{name}.png", image_path(folder, name), file, partial(reads, file))
        for name, file in sorted(there_are.items())
    ]


def chosen(sources: Sequence[Source], only: Path | None, first: int | None) -> list[Source]:
    """The images that a list names, in its order, or the first of them.

    Args:
        sources: All there are.
        only: A name a line, or a table whose column ``id``, ``name``, ``image`` or ``photo`` has them; None: all.
        first: How many; None: all.

    Raises:
        HairlineError: If a name is none of theirs, or the list is empty.
    """
    if only is not None:
        listed = _listed(only)
        by_name = {source.name: source for source in sources}
        names = Names([*by_name, *map(_stem, by_name)])
        there_too = {no_formula(name): name for name in (*by_name, *map(_stem, by_name))}
        stems = {_stem(name): name for name in by_name}
        found = [names.find(name) or there_too.get(name) for name in listed]
        absent = [name for name, one in zip(listed, found, strict=True) if one is None]
        if absent or not listed:
            what = f"names {some(absent)}, which have no mask here" if absent else "names no image"
            raise HairlineError(f"{only}: {what}; expected the names of images, a line each; correct the list")
        wanted = [stems.get(name, name) for name in dict.fromkeys(found) if name is not None]
        sources = [by_name[name] for name in dict.fromkeys(wanted)]
    return list(sources[:first])


def _listed(path: Path) -> list[str]:
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    if lines and any(separator in lines[0] for separator in ",;\t"):
        header, rows = read_table(path)
        column = next((name for name in COLUMNS if name in header), None)
        if column is None:
            raise HairlineError(
                f"{path}: has the columns {', '.join(header)[:80]}; expected one of {', '.join(COLUMNS)}; rename the "
                "one that names images"
            )
        return [row[column] for row in rows]
    return lines[1:] if lines and lines[0] in COLUMNS else lines


def _files(folder: Path, what: str) -> Mapping[str, Path]:
    if not folder.is_dir():
        raise HairlineError(f"{printable(str(folder))}: no such folder; expected a folder of {what}; correct the path")
    found = photo_files.find(folder)
    if not found.files:
        raise HairlineError(
            f"{printable(str(folder))}: has no {what}; expected image files in it or below; name the folder they lie in"
        )
    return found.files


def _stem(name: str) -> str:
    return composed(PurePosixPath(name).with_suffix("").as_posix())


def _above(threshold: float, path: Path) -> NDArray[np.uint8]:
    return np.where(read_scores(path) >= threshold * 255, np.uint8(CRACK), np.uint8(0))
