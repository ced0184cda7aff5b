"""Photos in the order in which correcting their labels is expected to gain most, each with its numbers and why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from hairline.imaging.images import IGNORED
from hairline.metrics import ranking

Maps = Mapping[str, NDArray[np.float32]]
"""Name of a source, such as a label set → its score map of a photo, float32 [height, width] in [0, 1]."""


@dataclass(frozen=True)
class Measured:
    """What the maps of a photo say.

    Attributes:
        name: The photo's name.
        group: What takes turns with others: the photo that a crop is of, or the name.
        values: Measure → value, of :data:`hairline.metrics.ranking.MEASURES`.
        marked: Source → pixels that its mask has.
        pixels: Pixels of the photo.
        why: The same in words.
    """

    name: str
    group: str
    values: Mapping[str, float]
    marked: Mapping[str, int]
    pixels: int
    why: str


def without_ignored(maps: Maps, masks: Collection[str]) -> Maps:
    """Score maps with no crack wherever one that is a corrected mask says nothing: it would pass for a score of ½.

    Args:
        maps: Of a photo, of one size.
        masks: The sources whose maps are masks of the levels 0, 127 (ignored) and 255.
    """
    ignored = [np.rint(maps[source] * 255) == IGNORED for source in maps if source in masks]
    if not any(each.any() for each in ignored):
        return maps
    counts = ~np.logical_or.reduce(ignored)
    return {source: scores * counts for source, scores in maps.items()}


def measured(name: str, group: str, maps: Maps) -> Measured:
    """All measures of a photo.

    Args:
        name: Its name.
        group: What takes turns with others.
        maps: Its score maps, one or more, of one size.

    >>> line = np.eye(8, dtype=np.float32)
    >>> measured("wall", "wall", {"labels": line, "network": 0 * line}).why
    'labels has 8 px, network 0 px; on 0 px of 8 they agree'
    """
    values = {measure: value(list(maps.values())) for measure, value in ranking.MEASURES.items()}
    masks = {source: scores >= ranking.CUT for source, scores in maps.items()}
    marked = {source: int(mask.sum()) for source, mask in masks.items()}
    return Measured(name, group, values, marked, next(iter(maps.values())).size, _why(masks, marked, values))


def _why(masks: Mapping[str, NDArray[np.bool_]], marked: Mapping[str, int], values: Mapping[str, float]) -> str:
    if len(masks) == 1:
        (source, count), *_ = marked.items()
        return f"{source} has {count:,} px, with an expected F1 of {1 - values['expected']:.2f}"
    one, other = max(combinations(masks, 2), key=lambda pair: _apart(masks[pair[0]], masks[pair[1]]))
    both, either = (int(part.sum()) for part in (masks[one] & masks[other], masks[one] | masks[other]))
    furthest = ", the two furthest apart," if len(masks) > 2 else ""
    told = f"{one} has {marked[one]:,} px, {other} {marked[other]:,} px"
    if not either:
        return f"none of the {len(masks)} sources has a pixel"
    return f"{told}{furthest or ';'} on {both:,} px of {either:,} they agree".replace(",,", ",")


def _apart(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return ranking.disagreement([one.astype(np.float32), other.astype(np.float32)])


def ordered(photos: Sequence[Measured], by: str, in_turn: bool) -> list[Measured]:
    """Photos, the largest value first, equal ones by name; groups take turns where that is asked.

    Args:
        photos: In any order.
        by: A measure.
        in_turn: Whether the first of each group comes before the second of any.
    """
    named = sorted(photos, key=lambda photo: photo.name)
    order = ranking.descending([photo.values[by] for photo in named])
    if in_turn:
        order = ranking.in_turn(order, [photo.group for photo in named])
    return [named[position] for position in order]
