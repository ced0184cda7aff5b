"""Copies and crops of one photo, told by their names, so that they stay in one split and count as one photo.

A layout that knows the photo of an image says so in its group. Where the group is the image alone, the names are looked
at that exporters and people give to copies:

    NAME_jpg.rf.HASH            Roboflow, also over folders
    NAME_aug3, NAME_hflip,      scripts that augment
    NAME_rot90, NAME_mirrored
    NAME (1), NAME copy,        file managers; only where NAME itself is in the set, since people number photos so
    NAME - Copy

A photo of more than half of a set is none: such names number photos. A pattern for a data set (``parent`` in its entry)
takes the place of all of this.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hairline.data.samples import RawSample
from hairline.data.splits import split_of
from hairline.errors import HairlineError
from hairline.io.reading import id_of

log = logging.getLogger(__name__)

EXPORTED = re.compile(r"(?P<photo>.+?)(?:[._-](?:jpe?g|png|bmp|tiff?|webp|heic))?\.rf\.[0-9a-z]{8,}", re.IGNORECASE)
CHANGED = re.compile(
    r"(?P<photo>.+?)(?:[ ._-]+(?:aug(?:ment(?:ed|ation)?)?[ ._-]?\d*"
    r"|[hv]{0,2}[_-]?flip(?:ped)?(?:[_-]?[hvlrudxy]{1,2})?|mirror(?:ed)?|rot(?:at(?:e|ed|ion))?[_-]?\d+))+",
    re.IGNORECASE,
)
COPIED = re.compile(r"(?P<photo>.+?)(?: ?\(\d+\)|[ _-]+(?:copy|kopie|copie)(?: ?\(?\d+\)?)?)", re.IGNORECASE)


def with_parents(samples: Sequence[RawSample], pattern: str = "") -> list[RawSample]:
    """Samples whose group is the photo that they show, and whose split is that of the group where it is by a hash.

    Args:
        samples: As a layout read them.
        pattern: Regular expression that matches the photo at the start of an id: its first group, or all of it. An id
            it does not match is a photo of its own. Empty: what the layout knows, and names of copies.

    Raises:
        HairlineError: If the pattern matches none of the ids.
    """
    photos = _matched(samples, pattern) if pattern else _named(samples)
    found = [_of(sample, photo) for sample, photo in zip(samples, photos, strict=True)]
    changed = [new for old, new in zip(samples, found, strict=True) if new is not old]
    if changed:
        log.info(
            "%d images show %d photos by their names, e.g. '%s' shows '%s'; %s",
            len(found), len({sample.group for sample in found}), changed[0].id, changed[0].group,
            "a photo's images are one group, in one split where hairline splits (see parent in docs/data.md)",
        )  # fmt: skip
    return found


def _of(sample: RawSample, photo: str) -> RawSample:
    if photo == sample.group:
        return sample
    split = sample.split if sample.shares is None else split_of(photo, sample.shares)
    return replace(sample, group=photo, split=split)


def _matched(samples: Sequence[RawSample], pattern: str) -> list[str]:
    photo = re.compile(pattern)
    found = [photo.match(sample.id) for sample in samples]
    told = [(match.group(1) if photo.groups else match.group()) if match else None for match in found]
    if samples and not any(told):
        raise HairlineError(
            f"the pattern '{pattern}' (parent of this data set) matches the start of none of its {len(samples)} ids, "
            f"e.g. '{samples[0].id}'; correct it or take it out"
        )
    return [name or sample.id for name, sample in zip(told, samples, strict=True)]


def _named(samples: Sequence[RawSample]) -> list[str]:
    unknown = [sample.group == sample.id for sample in samples]
    names = {sample.id for sample in samples}
    photos = [_photo(sample, names) if alone else sample.group for sample, alone in zip(samples, unknown, strict=True)]
    crowded = _more_than_half(photos)
    return [sample.group if photo in crowded else photo for photo, sample in zip(photos, samples, strict=True)]


def _photo(sample: RawSample, names: Iterable[str]) -> str:
    exported = EXPORTED.fullmatch(id_of(sample.image))
    name = exported["photo"] if exported else sample.id
    if changed := CHANGED.fullmatch(name):
        name = changed["photo"]
    copied = COPIED.fullmatch(name)
    return copied["photo"] if copied and copied["photo"] in names else name


def _more_than_half(photos: Sequence[str]) -> set[str]:
    return {photo for photo, times in Counter(photos).items() if 2 * times > len(photos) > 4}
