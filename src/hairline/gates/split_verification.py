"""Whether the files under a root are those of a published split: which are missing, extra, or other than they were."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data import published_splits
from hairline.data.layouts import cfd
from hairline.data.published_splits import Entry, Manifest
from hairline.data.samples import RawSample, digest, read_binary_mask
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES, read_image
from hairline.io.file_names import Names, Tree, printable
from hairline.io.hashing import content_hash

State = Literal["same file", "same pixels", "saved again", "another", "unreadable", "missing", "none listed"]
"""How a file is beside the one of the split, from equal to gone.

``same file``: byte by byte. ``same pixels``: another file of the same image, or of the same crack mask.
``saved again``: an image of other pixels that looks the same, as after JPEG; of masks there is no such thing.
``none listed``: the split has no mask for the image.
"""
STATES: tuple[State, ...] = get_args(State)
GOOD: tuple[State, ...] = ("same file", "same pixels", "saved again", "none listed")
SIDE = 8
MOST_BITS = 12
"""Of 128, in which two looks may differ: images saved again differ in 0 to 9, others in 22 and more (docs/data.md)."""


@dataclass(frozen=True)
class Verified:
    """What a look at a root came to.

    Attributes:
        manifest: The split.
        images: Id → how its image is.
        masks: Id → how its mask is.
        moved: Number of files that lie elsewhere than the split says, or have another suffix, found by their names.
        extra: Folder below the root, with forward slashes → number of pictures in it that the split does not list.
    """

    manifest: Manifest
    images: Mapping[str, State]
    masks: Mapping[str, State]
    moved: int
    extra: Mapping[str, int]

    def ids(self, *states: State, split: str | None = None) -> list[str]:
        """Ids, in the split's order, whose image or mask is in one of some states."""
        return [
            entry.id
            for entry in self.manifest.entries
            if split in (None, entry.split) and {self.images[entry.id], self.masks[entry.id]} & set(states)
        ]

    @property
    def complete(self) -> bool:
        """Whether every image and every mask is there, and shows what it showed."""
        return not self.ids("another", "unreadable", "missing")

    @property
    def identical(self) -> bool:
        """Whether every image and every mask has the pixels that it had."""
        return self.complete and not self.ids("saved again")


def verify(
    root: Path, manifest: Manifest, each: Callable[[Callable[[Any], Any], Any], list[Any]] | None = None
) -> Verified:
    """Hold the files under a root against a split.

    A file is looked for where the split has it, else by its name anywhere under the root, else there by its name with
    the suffix of another format.

    Args:
        root: The root of the set.
        manifest: The split.
        each: Applies work to every entry, in order; may do so in threads. None: one after the other.

    Raises:
        HairlineError: If the root is no folder.
    """
    _refuse_no_folder(root)
    there = _Files(root, manifest)
    places = [(entry, image, there.find(entry.mask, image) if entry.mask else None)
              for entry in manifest.entries for image in [there.find(entry.image)]]  # fmt: skip
    work = each or (lambda do, items: [do(item) for item in items])
    found = work(lambda item: (_image(item[0], item[1]), _mask(item[0], item[2])), places)
    states = dict(zip([entry.id for entry in manifest.entries], found, strict=True))
    used = {path for _, *both in places for path in both if path}
    extra = Counter(path.parent.relative_to(root).as_posix() for path in there.pictures if path not in used)
    moved = sum(path is not None and path != there.published(listed) for entry, *both in places
                for path, listed in zip(both, (entry.image, entry.mask), strict=True))  # fmt: skip
    return Verified(manifest, {name: image for name, (image, _) in states.items()},
                    {name: mask for name, (_, mask) in states.items()}, moved, dict(sorted(extra.items())))  # fmt: skip


def fitting(root: Path) -> Manifest:
    """The published split of which most images lie under a root, by their names; of equals the first.

    Raises:
        HairlineError: If the root is no folder, or there is no image of any published split under it.
    """
    _refuse_no_folder(root)
    shares = {name: _share(root, published_splits.read(name)) for name in published_splits.PUBLISHED}
    best = max(shares, key=lambda name: shares[name])
    if not shares[best]:
        raise HairlineError(
            f"{root}: holds no image of {', '.join(shares)}; expected the root of one of these sets as published, or "
            "name another split by --split"
        )
    return published_splits.read(best)


def _share(root: Path, manifest: Manifest) -> float:
    there = _Files(root, manifest)
    return sum(there.find(entry.image) is not None for entry in manifest.entries) / len(manifest.entries)


def entry(sample: RawSample, root: Path) -> Entry:
    """The row of a manifest for a sample of a set under a root."""
    image, mask = read_image(sample.image), sample.read_mask(sample.mask) if sample.mask else None
    return Entry(
        sample.id, sample.split, sample.image.relative_to(root).as_posix(),
        sample.mask.relative_to(root).as_posix() if sample.mask else "",
        content_hash(sample.image), digest(image), look(image),
        content_hash(sample.mask) if sample.mask else "", digest(mask.crack) if mask else "",
    )  # fmt: skip


def look(image: NDArray[np.uint8]) -> str:
    """How an image looks in 128 bits, as 32 hexadecimal digits: where its grey grows to the right, and where downwards.

    Args:
        image: RGB uint8 [height, width, 3].
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    right = np.diff(cv2.resize(grey, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA), axis=1)
    down = np.diff(cv2.resize(grey, (SIDE, SIDE + 1), interpolation=cv2.INTER_AREA), axis=0)
    return np.packbits(np.stack([right, down]) > 0).tobytes().hex()


def bits_apart(one: str, other: str) -> int:
    """In how many bits two looks differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def _refuse_no_folder(root: Path) -> None:
    if not root.is_dir():
        raise HairlineError(f"{root}: no such folder; expected the root of a set, such as data/raw/crack500")


def _image(listed: Entry, path: Path | None) -> State:
    if path is None:
        return "missing"
    try:
        if content_hash(path) == listed.image_sha256:
            return "same file"
        pixels = read_image(path)
    except (HairlineError, OSError):
        return "unreadable"
    if digest(pixels) == listed.pixels_sha256:
        return "same pixels"
    return "saved again" if bits_apart(look(pixels), listed.look) <= MOST_BITS else "another"


def _mask(listed: Entry, path: Path | None) -> State:
    if not listed.mask:
        return "none listed"
    if path is None:
        return "missing"
    try:
        if content_hash(path) == listed.mask_sha256:
            return "same file"
        crack = (cfd.read_truth if path.suffix.lower() == ".mat" else read_binary_mask)(path).crack
    except (HairlineError, OSError):
        return "unreadable"
    return "same pixels" if digest(crack) == listed.crack_sha256 else "another"


class _Files:
    """The files under a root, to be found where a split has them, or else by their names."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self._tree = Tree(root)
        paths = sorted(_below(root))
        self.pictures = [path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES]
        self._by_name = _Places((path.name, path) for path in paths)
        listed = [each for entry in manifest.entries for each in (entry.image, entry.mask) if each]
        in_place, named = {self.published(each) for each in listed}, {self._named(each) for each in listed}
        self._beside = _Places((path.stem, path) for path in self.pictures if path not in in_place)
        self._by_stem = _Places((path.stem, path) for path in self.pictures if path not in named)

    def published(self, listed: str) -> Path:
        """Where a split has a file."""
        return self._tree.find(listed)

    def find(self, listed: str, but: Path | None = None) -> Path | None:
        """Where a file of a split is, which is not ``but``; None where it is nowhere."""
        place, stem = self.published(listed), PurePosixPath(listed).stem
        if place.is_file():
            return place
        beside = self._beside.find(listed, stem, but)
        if beside and beside.parent == place.parent:
            return beside
        return self._named(listed, but) or self._by_stem.find(listed, stem, but)

    def _named(self, listed: str, but: Path | None = None) -> Path | None:
        place = self.published(listed)
        return place if place.is_file() else self._by_name.find(listed, PurePosixPath(listed).name, but)


class _Places:
    """Files by their names, of which several may have one."""

    def __init__(self, named: Iterable[tuple[str, Path]]) -> None:
        self._of: dict[str, list[Path]] = {}
        for name, path in named:
            self._of.setdefault(name, []).append(path)
        self._names = Names(self._of)

    def find(self, listed: str, name: str, but: Path | None) -> Path | None:
        """The file of a name that has most of its folders in common with where it is listed; of equals the first."""
        known = self._names.find(name)
        fitting = [path for path in self._of[known] if path != but] if known else []
        return max(fitting, key=lambda path: _shared_folders(path, listed), default=None)


def _shared_folders(path: Path, listed: str) -> int:
    """How many folders above a file are those of a path, from the last one up."""
    pairs = zip(path.parts[-2::-1], PurePosixPath(listed).parts[-2::-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].casefold() == pair[1].casefold(), pairs))


def _below(root: Path) -> Iterator[Path]:
    """Files below a folder, hidden ones apart; links are followed, but each folder is looked into once."""
    seen = set[tuple[int, int]]()
    for folder, folders, names in os.walk(root, followlinks=True):
        told = Path(folder).stat()
        if (told.st_dev, told.st_ino) in seen:
            folders.clear()
            continue
        seen.add((told.st_dev, told.st_ino))
        yield from (Path(folder, name) for name in names if name[0] != ".")


def lines(found: Verified, named: int = 8) -> list[str]:
    """What a look at a root came to, for a terminal.

    Args:
        found: What was found.
        named: Ids to name of each kind of fault, at most.
    """
    of, told = found.manifest, []
    for split, count in of.counts.items():
        left = len(found.ids("another", "unreadable", "missing", split=split))
        told.append(f"{split:6} {count - left} of {count}")
    for what, states in (("images", found.images), ("masks", found.masks)):
        counted = Counter(states.values())
        told.append(f"{what:6} " + ", ".join(f"{counted[state]} {state}" for state in STATES if counted[state]))
    for state in ("missing", "unreadable", "another"):
        ids = found.ids(state)
        more = f", … and {len(ids) - named} more" if len(ids) > named else ""
        told += [f"{state}: {', '.join(ids[:named])}{more}"] if ids else []
    if found.moved:
        told.append(f"{found.moved} files lie elsewhere than published, or have another suffix: found by their names")
    told += [f"extra  {count} pictures in {printable(folder)}, which the split does not list"
             for folder, count in found.extra.items()]  # fmt: skip
    return told


def quotation(found: Verified) -> str:
    """The line to put into a paper."""
    of = found.manifest
    counts = ", ".join(f"{count} {split}" for split, count in of.counts.items())
    masks = sum(state in ("same file", "same pixels", "none listed") for state in found.masks.values())
    exact = sum(state in ("same file", "same pixels") for state in found.images.values())
    again = sum(state == "saved again" for state in found.images.values())
    return (
        f"Split {of.name} (hairline; SHA-256 {of.sha256[:16]}…; {counts}): {len(found.images)} images, "
        f"{exact} with the listed pixels{f', {again} saved again' if again else ''}; {masks} masks as listed."
    )
