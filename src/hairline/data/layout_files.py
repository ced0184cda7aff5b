"""What published layouts have in common: image files by name, what lies in a folder, limits."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hairline.data.samples import RawSample, evenly
from hairline.data.splits import Split
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.io.file_names import Names, printable
from hairline.io.reading import entries, id_of

NAMED = 8

UNREAD = {
    **dict.fromkeys((".heic", ".heif", ".hif"), "convert them to JPEG (a phone's setting 'most compatible' does)"),
    **dict.fromkeys(
        (".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".pef", ".srw", ".raw"),
        "develop them to JPEG, PNG or TIFF",
    ),
    **dict.fromkeys(
        (".psd", ".xcf", ".svg", ".eps", ".ai", ".jxl", ".jxr", ".exr", ".hdr", ".tga", ".ico", ".j2k", ".jpx", ".apng",
         ".npy", ".npz"),
        "convert them to PNG",
    ),
}  # fmt: skip
"""Suffix of pictures that are not read → what to do with them."""


@dataclass(frozen=True)
class LeavesOut:
    """What a layout passes over by design; a module says otherwise than these defaults as ``LEAVES_OUT``.

    Attributes:
        unlisted: What an image lacks that lies among those read and is none of them.
        by_design: Whether the published set has such images.
        folders: Whether the options say which folders are read, so that others are left out by choice.
        sub_folders: Whether folders inside of those are read, too.
        labels: Folder of the root in whose folders images say something of others, and are none themselves.
    """

    unlisted: str = "without an entry in the set"
    by_design: bool = False
    folders: bool = False
    sub_folders: bool = False
    labels: str = ""


def contents(folder: Path) -> str:
    """What lies in a folder, for messages: its first names, ``nothing``, or ``no such folder``."""
    if not folder.is_dir():
        return "no such folder"
    found = sorted(printable(path.name) for path in folder.iterdir())
    return (", ".join(found[:NAMED]) + (", …" if len(found) > NAMED else "")) or "nothing"


def found_instead(folder: Path, root: Path) -> str:
    """What lies in a folder that should hold images and holds none, or in the root where there is no such folder.

    Pictures that are not read are named with what to do.
    """
    nearest = folder if folder.is_dir() else root
    unread = Counter(path.suffix.lower() for path in entries(folder) if path.suffix.lower() in UNREAD)
    hints = [f"; {count} {suffix}: {UNREAD[suffix]}" for suffix, count in unread.items()]
    return f"in {nearest}: {contents(nearest)}{''.join(hints)}"


class LeftOut:
    """The ids that ``exclude`` of a set's options names, however they are written (:class:`Names`)."""

    def __init__(self, exclude: Iterable[str]) -> None:
        """Keep ids, or names of image files, to compare with."""
        self._names = Names(each for name in exclude for each in (name, without_suffix(name)))

    def has(self, sample_id: str) -> bool:
        """Whether a sample is left out."""
        return bool(self._names.all(sample_id))


def image_files(folder: Path, exclude: Collection[str]) -> dict[str, Path]:
    """Image files directly in a folder: name without suffix → path, in order; empty where there is no folder.

    Hidden files are passed over, as are the names in ``exclude``; names are composed
    (:func:`hairline.io.reading.id_of`).

    Raises:
        HairlineError: If the folder cannot be read, or two files differ in their suffix only.
    """
    files: dict[str, Path] = {}
    left_out = LeftOut(exclude)
    for path in entries(folder):
        name = id_of(path)
        if path.suffix.lower() not in IMAGE_SUFFIXES or left_out.has(name):
            continue
        if name in files:
            raise HairlineError(f"{path}: {files[name].name} has the same name; rename or remove one of them")
        files[name] = path
    return files


def without_suffix(name: str) -> str:
    """A name without the suffix of an image file, where it has one."""
    return Path(name).stem if Path(name).suffix.lower() in IMAGE_SUFFIXES else name


def paired(images: Mapping[str, Path], masks: Mapping[str, Path]) -> tuple[dict[str, Path], list[str]]:
    """Masks by the names of their images, and the names of masks that have none.

    A name may be written otherwise than that of the image (:class:`Names`).

    Raises:
        HairlineError: If two masks belong to one image.
    """
    names, found, single = Names(images), dict[str, Path](), []
    for written in sorted(masks, key=lambda name: (name not in images, name)):
        name = names.find(written)
        if name is None:
            single.append(written)
        elif name in found:
            raise HairlineError(
                f"{masks[written]}: {found[name].name} is the mask of {images[name].name}, too (upper and lower case "
                "count as the same); rename or remove one of them"
            )
        else:
            found[name] = masks[written]
    return found, single


def limited(samples: Sequence[RawSample], split: Split, limit: Mapping[Split, int]) -> list[RawSample]:
    """The samples of one split, evenly spaced where its limit is lower than their number; 0 or no limit keeps all."""
    chosen = [sample for sample in samples if sample.split == split]
    return [chosen[index] for index in evenly(len(chosen), limit.get(split, 0) or len(chosen))]
