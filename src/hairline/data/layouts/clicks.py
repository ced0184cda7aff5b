"""Photos, and what people said of patches of them: a click each, on the page of ``hairline click`` or elsewhere.

    ROOT/images/…/NAME.jpg    photos of any format, also in folders below
    ROOT/clicks/NAME.csv      photo, x, y, size, label, who, when: the page's files, and tables of your own (the last
                              two columns may be missing)
    ROOT/clicks/NAME.json     classifications exported from Label Studio as JSON
    ROOT/clicks/LABEL/PHOTO_X_Y.png    patches cut from these photos and sorted, a folder a label
    ROOT/patches/LABEL/NAME.png        patches cut from photos that are not here, sorted (:mod:`sorted_patches`)

``photo`` is a path below ``images``, ``label`` one of crack, no_crack, unsure. Of one person the last word about a
patch counts; where people disagree, and where they are unsure, it takes no part (:mod:`hairline.data.clicks`).

A sample is a photo; patches of it that have a label teach the classifier, wherever they lie. An image of ``patches`` is
a photo, too, that is one patch as a whole; ``images`` may be missing where there are such. An id is the path without
suffix: ``wall``, ``north-day 2_wall``, ``crack_7001-115``. Groups are photos (see ``parent`` and ``capture_s`` for what
joins them), and are assigned to splits by a hash of their name.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, NoReturn

from annotated_types import Ge, Le

from hairline.data import clicked, clicks, photo_files, samples, sorted_patches
from hairline.data.clicks import CRACK, UNSURE, Label, Place
from hairline.data.layout_files import LeavesOut, LeftOut, found_instead
from hairline.data.samples import LabelledPatch, RawSample
from hairline.data.splits import Shares, refuse_shares, split_of
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES, upright_size
from hairline.io import bounds
from hairline.io.file_names import printable
from hairline.io.options import checked_dataclass

log = logging.getLogger(__name__)

WITHOUT_MASKS = True
IMAGES, CLICKS, PATCHES = "images", "clicks", "patches"
LEAVES_OUT = LeavesOut(sub_folders=True, labels=CLICKS)


@checked_dataclass
class Options:
    """What labels mean, and how photos become splits.

    Attributes:
        labels: Names of labels made elsewhere → crack, no_crack or unsure; these three need no entry.
        shares: Split → expected share of the photos, summing to 1.
        exclude: Ids to leave out, whether or not their files are there.
        min_val: Photos with a crack patch, and photos with one without, that ``val`` has at least, however few its
            share of them is; never more than a quarter of them (:mod:`hairline.data.held_out`).
    """

    labels: dict[str, Label]
    shares: Shares
    exclude: list[str]
    min_val: Annotated[int, Ge(0), Le(bounds.IMAGES)] = 0

    def __post_init__(self) -> None:
        refuse_shares(self.shares)


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples in order of id, all without a mask, those that were clicked on with their labelled patches.

    Raises:
        HairlineError: If there are no photos, no patch has a label, a table cannot be read, or a patch is of no photo.
    """
    photos, left_out = _photos(root / IMAGES), LeftOut(options.exclude)
    ids = {name: photo_files.id_of(name) for name in photos}
    kept = {name: path for name, path in photos.items() if not left_out.has(ids[name])}
    whole = _whole(root / PATCHES, options, left_out)
    if not kept and not whole:
        folder = root / IMAGES
        raise HairlineError(
            f"{folder}: no images found ({found_instead(folder, root)}); expected photos ({', '.join(IMAGE_SUFFIXES)}) "
            "in it or below; put them there"
        )
    labelled = _patches(root / CLICKS, photos, options.labels)
    if not whole and not any(labelled.get(name) for name in kept):
        sorted_patches.refuse_loose(root / CLICKS)
        raise HairlineError(
            f"{root / CLICKS}: no patch of the {len(kept)} photos has the label crack or no_crack yet; click some with "
            "'hairline click' (docs/clicking.md), or put tables made elsewhere there"
        )
    found = [_sample(path, ids[name], labelled.get(name, ()), options.shares) for name, path in kept.items()]
    return sorted([*found, *whole], key=lambda sample: sample.id)


def _photos(folder: Path) -> Mapping[str, Path]:
    found = photo_files.find(folder)
    if found.passed_over:
        log.warning("%s: %d photos passed over whose names cannot stand in a table, first '%s'; rename them", folder,
                    len(found.passed_over), found.passed_over[0])  # fmt: skip
    return found.files


def _whole(folder: Path, options: Options, left_out: LeftOut) -> list[RawSample]:
    """The images that are one patch as a whole; those that nobody is sure of take no part."""
    words, shares = {True: samples.CRACK, False: samples.NO_CRACK}, options.shares
    return [
        RawSample(name, split_of(name, shares), name, path, None, no_mask, words[label == CRACK], shares)
        for name, path, label in sorted_patches.whole(folder, options.labels)
        if label != UNSURE and not left_out.has(name)
    ]


def no_mask(path: Path) -> NoReturn:
    """Stands where other layouts read masks; never called, as no sample has one."""
    raise RuntimeError(f"{path}: asked for a mask, but sets of clicks have none")


def _sample(path: Path, name: str, patches: Iterable[LabelledPatch], shares: Shares) -> RawSample:
    return RawSample(name, split_of(name, shares), name, path, None, no_mask, shares=shares, patches=tuple(patches))


def _patches(folder: Path, photos: Mapping[str, Path], meanings: Mapping[str, Label]) -> dict[str, list[LabelledPatch]]:
    """Name of a photo → its patches with a label, in the order of their places."""
    labels = clicked.labels(folder, folder.parent / IMAGES, photos, meanings)
    _refuse_outside(folder, labels, photos)
    sorted_patches.refuse_other_places(folder, photos)
    counts = Counter(labels.values())
    log.info("%s: %s", folder, ", ".join(f"{counts[label]} {label}" for label in clicks.LABELS))
    found = dict[str, list[LabelledPatch]]()
    for place, label in sorted(labels.items()):
        if label != UNSURE:
            found.setdefault(place.photo, []).append(LabelledPatch(place.y, place.x, place.size, label == CRACK))
    return found


def _refuse_outside(folder: Path, labels: Iterable[Place], photos: Mapping[str, Path]) -> None:
    by_photo = dict[str, list[Place]]()
    for place in labels:
        by_photo.setdefault(place.photo, []).append(place)
    for name, places in by_photo.items():
        width, height = upright_size(photos[name])
        for place in places:
            if place.x >= width or place.y >= height or place.size > max(width, height, bounds.WINDOW_PX):
                raise HairlineError(
                    f"{folder}: a patch of {place.size} px at x {place.x}, y {place.y} of '{printable(name)}' does not "
                    f"lie in that photo, which has {width} x {height} px; put the photo back that was clicked on, or "
                    "take its rows out"
                )
