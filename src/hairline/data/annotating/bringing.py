"""Corrected masks back from an annotation tool: a PNG an image, and a table of who corrected which and when."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from types import ModuleType

from hairline.data import photo_files
from hairline.data.annotating import images as annotated
from hairline.data.annotating import naming, written
from hairline.data.annotating.images import CRACK, IGNORED, AnnotatedImage, Drawn, Labels
from hairline.errors import HairlineError
from hairline.imaging.images import upright_size, write_image
from hairline.io.atomic import whole_folder
from hairline.io.file_names import Names, no_formula, printable
from hairline.io.reading import composed

TABLE, MASKS = "corrections.csv", "masks"
OWN = frozenset({TABLE, MASKS})
"""Names of what is written."""
YES, NO = "yes", "no"
RENAME = "rename the photo and correct the export"


@dataclass(frozen=True)
class Row:
    """A row of corrections.csv.

    Attributes:
        name: Of the image, without suffix and with ``/`` between folders; its mask is masks/NAME.png.
        who: Who corrected it, as the tool names people; empty where it does not say.
        when: Date and time as the tool has them, or empty.
        changed: ``yes`` or ``no`` against what was exported; empty where that is not known.
        crack_pixels: Number of pixels that are crack.
        ignored_pixels: Number of pixels that are ignored.
        outlines: Regions whose outline was filled, so that the mask is not theirs to the pixel.
    """

    name: str
    who: str
    when: str
    changed: str
    crack_pixels: int
    ignored_pixels: int
    outlines: int


@dataclass(frozen=True)
class Brought:
    """What came back.

    Attributes:
        rows: A row a corrected image.
        left: Names of images that nobody has corrected.
        unsaid: Number of corrected images of which nothing says so, neither the file nor a change.
        notes: What is odd, for people.
    """

    rows: Sequence[Row]
    left: Sequence[str]
    unsaid: int
    notes: Sequence[str]


@dataclass(frozen=True)
class Known:
    """The images that may come back.

    Attributes:
        sizes: Name → height and width; empty where they are not known.
        before: Name → image as it was exported; empty where that is not known.
    """

    sizes: Mapping[str, tuple[int, int]]
    before: Mapping[str, written.Before]


def known(before: Path | None, photos: Path | None) -> Known:
    """The images of an earlier export, or of a folder of photos.

    Raises:
        HairlineError: If the export has no list, or the folder no photos.
    """
    if before is not None:
        exported = written.read_list(before)
        return Known({name: (each.height, each.width) for name, each in exported.items()}, exported)
    if photos is None:
        return Known({}, {})
    files = photo_files.find(photos).files
    if not files:
        raise HairlineError(
            f"--photos {printable(str(photos))}: has no photos; expected the folder of the photos that were annotated; "
            "correct it"
        )
    return Known({name: upright_size(file)[::-1] for name, file in files.items()}, {})


def bring_back(
    form: ModuleType,
    path: Path,
    out: Path,
    labels: Labels,
    images: Known,
    everything: bool = False,
    step: Callable[[], object] = lambda: None,
) -> Brought:
    """Write the masks of corrected images, and the table of them, into a folder that appears whole or not at all.

    An image counts as corrected where the file says so. Where files of its format cannot, it does where its mask is
    another than the one that was exported, and everywhere where nothing is known of that.

    Args:
        form: A module of :mod:`hairline.data.annotating.formats`.
        path: The file of the tool, or a folder with a file of the name that was exported.
        out: The folder to write.
        labels: What labels mean.
        images: The images that may come back; a name that is none of them is refused, if there are any.
        everything: Whether images are also corrected that did not change; for files that do not say.
        step: Called after each image.

    Raises:
        HairlineError: If the file cannot be read, an image is not known or has another size, a name is none, or no
            image was corrected.
    """
    found = form.read(path, images.sizes)
    names = _names(found, images.sizes)
    _refuse_one_for_two(found, names)
    rows, left, unsaid, notes, crack = dict[str, Row](), list[str](), 0, list[str](), dict[str, None]()
    with whole_folder(out) as folder:
        for image, name in zip(found, names, strict=True):
            step()
            made = None if image.corrected is False else _drawn(image, name, labels, images)
            changed = "" if made is None else _changed(made, images.before.get(name))
            if made is None or (image.corrected is None and changed == NO and not everything):
                left.append(name)
                continue
            stem = naming.safe(image.where, name, RENAME)
            _refuse_twice(image, name, stem in rows)
            rows[stem] = _written(folder, stem, image, made, changed)
            unsaid += image.corrected is None and not changed
            notes += _notes(stem, made)
            crack |= dict.fromkeys(made.crack)
        _refuse_none(path, rows, found, images)
        ordered = [rows[name] for name in sorted(rows)]
        _write_table(folder / TABLE, ordered)
    if len(crack) > 1 and not labels.crack:
        notes.append(
            f"regions with the labels {annotated.some(list(crack))} all count as crack; --label names those that do"
        )
    unseen = labels.unseen(crack)
    if unseen:
        notes.insert(0, f"--label names {annotated.some(unseen)}, which no region has; see whether it is spelt so")
    return Brought(ordered, left, unsaid, list(dict.fromkeys(notes)))


def _refuse_one_for_two(found: Sequence[AnnotatedImage], names: Sequence[str]) -> None:
    """Two images whose folders nothing here knows, as of one file name in two folders, would pass for one."""
    said = dict[str, str]()
    for image, name in zip(found, names, strict=True):
        written = composed((image.said or image.name).replace("\\", "/"))
        before = said.setdefault(name, written)
        if before != written:
            raise HairlineError(
                f"{image.where}: shows '{printable(written)[:200]}', and an image before it "
                f"'{printable(before)[:200]}', which both would be '{printable(name)}'; expected a name for each; name "
                "the folder that holds both photos by --photos, or what was exported of it by --before"
            )


def _refuse_twice(image: AnnotatedImage, name: str, twice: bool) -> None:
    if twice:
        raise HairlineError(
            f"{image.where}: '{printable(name)}' was corrected twice; expected each image once; take one of the two "
            "out of the export"
        )


def _refuse_none(path: Path, rows: Mapping[str, Row], found: Sequence[AnnotatedImage], images: Known) -> None:
    if not rows:
        raise HairlineError(
            f"{path}: none of its {len(found)} images was corrected; expected annotations that were submitted"
            f"{', or masks that differ from those exported' if images.before else ''}; correct an image and export "
            "again"
        )


def _names(found: Sequence[AnnotatedImage], sizes: Mapping[str, tuple[int, int]]) -> list[str]:
    """The name of each image as it is known, or else as the file has it."""
    whole, stems = Names(sizes), {PurePosixPath(name).with_suffix("").as_posix(): name for name in sizes}
    bare, made, lost = Names(stems), list[str](), list[AnnotatedImage]()
    for image in found:
        name = whole.find(image.name)
        if name is None and sizes:
            stem = bare.find(naming.stem(image.name)) or bare.find(naming.stem(PurePosixPath(image.name).name))
            name = stems.get(stem or "")
            lost += [] if name is not None else [image]
        made.append(composed(image.name) if name is None else name)
    if lost:
        raise HairlineError(
            f"{lost[0].where}: shows '{printable(lost[0].name)}', which is none of the {len(sizes)} images that are "
            f"known ({len(lost)} such images); expected {annotated.some(list(sizes))}; name the folder that was "
            "exported, or that of the photos"
        )
    return made


def _drawn(image: AnnotatedImage, name: str, labels: Labels, images: Known) -> Drawn:
    size = images.sizes.get(name, (image.height, image.width))
    if size != (image.height, image.width):
        raise HairlineError(
            f"{image.where}: '{printable(name)}' has {image.width} x {image.height} px there; expected {size[1]} x "
            f"{size[0]} px, as the image has; export the annotations of that image"
        )
    return annotated.drawn(image, labels)


def _changed(made: Drawn, before: written.Before | None) -> str:
    if before is None:
        return ""
    return NO if written.digest(made.levels) == before.sha256 else YES


def _written(folder: Path, stem: str, image: AnnotatedImage, made: Drawn, changed: str) -> Row:
    """Write a mask; its row."""
    write_image(folder / MASKS / f"{stem}.png", made.levels)
    crack, ignored = (int((made.levels == level).sum()) for level in (CRACK, IGNORED))
    return Row(stem, no_formula(image.who), no_formula(image.when), changed, crack, ignored, made.outlines)


def _notes(name: str, made: Drawn) -> list[str]:
    told = [f"'{printable(name)}': {remark}" for remark in made.remarks]
    if made.left_out:
        told.append(
            f"regions with the label {annotated.some(made.left_out)} count for nothing, for --label names others"
        )
    return told


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Row)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(row) | {"name": no_formula(row.name)} for row in rows)
