"""Wide score tables: beside the two histograms of an image, all that the other conventions of scoring need.

What depends on pixels rather than on counts, skeletons and boundaries, is taken at two thresholds: 0.5, and that of the
whole table's ODS. The latter is known only when all images have been scored. So there are two passes; in between each
image waits as its bins (one byte a pixel, compressed), which hold all that any threshold can tell. The table then needs
neither model nor picture again.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.metrics import calibration, lines, score_table, shape, thresholds
from hairline.metrics import tolerance as tolerances
from hairline.metrics.score_table import ABOVE, HALF, HISTOGRAMS, SHAPE_THRESHOLD, Ignored
from hairline.metrics.shape import Shape
from hairline.metrics.tolerance import TOLERANCES

Scores = NDArray[np.uint8] | NDArray[np.floating]
Triple = tuple[Scores, NDArray[np.bool_], NDArray[np.bool_] | None]
"""Scores of an image, its mask, and the pixels that are ignored."""


@dataclass(frozen=True)
class Waiting:
    """An image between the passes: size, compressed bins and mask, both without what is ignored."""

    size: tuple[int, int]
    binned: bytes
    mask: bytes


def wide_table(
    samples: pd.DataFrame,
    scores_of: Callable[[str], NDArray[np.uint8] | NDArray[np.floating]],
    mask_of: Callable[[str], NDArray[np.bool_]],
    threads: int,
    ignored_of: Ignored = score_table.nothing,
) -> pd.DataFrame:
    """A score table with further columns, one row an image.

    Beside :data:`hairline.metrics.score_table.COLUMNS`: ``height_px`` and ``width_px``; the histograms ``ABOVE`` of
    that module and those of each tolerance, named by its ``columns``; ``score_sums`` and ``squared_errors`` of
    :mod:`hairline.metrics.calibration`; ``cldice``, ``hd95`` and the lines of :mod:`hairline.metrics.lines`, each
    ``_half`` and ``_ods``; ``shape_threshold``.

    Args:
        samples: Rows with ``id`` and ``group``, all with a mask.
        scores_of: Id to score map [height, width]; called in order, from the caller's thread.
        mask_of: Id to mask [height, width]; likewise.
        threads: How many threads score.
        ignored_of: Id to the pixels that count nowhere; likewise. On them there is neither crack nor prediction, and
            they are no background.

    Raises:
        HairlineError: If a score map and its mask differ in size, or a score is no number.
    """
    rows: list[dict[str, Any]] = []
    waiting: list[Waiting] = []
    with ThreadPoolExecutor(threads) as pool:
        for chunk in _chunks(samples, 2 * threads):
            triples = [(*score_table.pair(name, scores_of, mask_of), ignored_of(name)) for name, _ in chunk]
            for named, (found, kept) in zip(chunk, pool.map(first_pass, triples), strict=True):
                rows.append(dict(zip(("id", "group"), named, strict=True)) | found)
                waiting.append(kept)
        return assembled(rows, lambda threshold: pool.map(lambda kept: second_pass(kept, threshold), waiting))


def assembled(rows: Sequence[Mapping[str, Any]], again: Callable[[float], Iterable[Mapping[str, Any]]]) -> pd.DataFrame:
    """The table of what both passes found.

    Args:
        rows: Of each image ``id``, ``group`` and what :func:`first_pass` found.
        again: From the threshold of the table's ODS to what :func:`second_pass` finds of each image, in order.
    """
    table = pd.DataFrame(rows)
    threshold = thresholds.best_threshold(thresholds.f1(score_table.counts(table))) if rows else HALF
    return table.assign(**pd.DataFrame(list(again(threshold)), index=table.index), **{SHAPE_THRESHOLD: threshold})


def _chunks(samples: pd.DataFrame, size: int) -> Iterator[list[tuple[str, str]]]:
    """Ids with groups, a few at a time, so that no more pictures than that are in memory."""
    named = list(zip(samples["id"], samples["group"], strict=True))
    return (named[start : start + size] for start in range(0, len(named), size))


def first_pass(triple: Triple) -> tuple[dict[str, Any], Waiting]:
    """What is told of an image by itself, by columns, and what the second pass needs of it."""
    scores, mask, ignored = _blanked(*triple)
    binned = thresholds.bins(scores)
    height, width = mask.shape
    found = dict(zip(HISTOGRAMS, thresholds.split(binned, mask), strict=True))
    found |= zip(ABOVE, thresholds.histograms(scores, mask, thresholds.EXCEEDS), strict=True)
    for tolerance in TOLERANCES:
        pair_of = tolerances.histograms(binned, mask, tolerance.radius(height, width), ignored)
        found |= zip(tolerance.columns, pair_of, strict=True)
    for background in (HISTOGRAMS[1], ABOVE[1]):
        found[background][0] -= 0 if ignored is None else int(np.count_nonzero(ignored))
    score_sums, squared_errors = calibration.sums(scores, binned, mask)
    sums = {"squared_errors": squared_errors, "score_sums": score_sums}
    kept = Waiting((height, width), zlib.compress(binned.tobytes(), 1), zlib.compress(np.packbits(mask).tobytes(), 1))
    return {**found, **sums, "height_px": height, "width_px": width}, kept


def _blanked(scores: Scores, mask: NDArray[np.bool_], ignored: NDArray[np.bool_] | None) -> Triple:
    """A score of 0 and no crack where pixels are ignored, so that they are in nothing but the lowest bin."""
    if ignored is None:
        return scores, mask, None
    return np.where(ignored, scores.dtype.type(0), scores), mask & ~ignored, ignored


def second_pass(kept: Waiting, threshold: float) -> dict[str, Any]:
    """What is told of an image at 0.5 and at a threshold, by columns."""
    height, width = kept.size
    binned = np.frombuffer(zlib.decompress(kept.binned), np.uint8).reshape(kept.size)
    bits = np.frombuffer(zlib.decompress(kept.mask), np.uint8)
    mask = shape.shape(np.unpackbits(bits, count=height * width).reshape(kept.size).astype(bool))
    reached = {name: thresholds.place(at) for name, at in (("half", HALF), ("ods", threshold))}
    taken = {place: _shapes(shape.shape(binned > place), mask) for place in set(reached.values())}
    return {f"{start}_{name}": value for name, place in reached.items() for start, value in taken[place].items()}


def _shapes(predicted: Shape, mask: Shape) -> dict[str, Any]:
    """What is told of a prediction at one threshold, by the start of its columns."""
    size = mask.pixels.shape
    apart = shape.gaps(predicted, mask)
    edges = {line.start: lines.boundaries(apart, line.tolerance.radius(*size)) for line in lines.BOUNDARIES}
    return {
        "cldice": shape.cldice(predicted, mask),
        "hd95": shape.hausdorff95(apart, *size),
        lines.SKELETON.start: lines.skeletons(predicted, mask, lines.SKELETON.tolerance.radius(*size)),
        **edges,
    }
