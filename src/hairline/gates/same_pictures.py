"""Which pictures of any data sets show the same: equal ones, turned and mirrored ones, copies, parts of one place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hairline.data.uses import Pictures
from hairline.gates import identities, near_duplicates, overlaps

KNOWN = ["key", "photo", "turned_sha256"]
BLOCK = 512
MAX_APART = 0.15
"""Up to which the strengths of two pictures differ that are one; see :func:`near_duplicates.strengths`."""


def pictures(own: pd.DataFrame, others: pd.DataFrame, also: Sequence[tuple[str, str]] = ()) -> Pictures:
    """Which images show the same, without parts of one place.

    Args:
        own: Identities with ``key``, and ``photo``, the same for parts of one photo.
        others: Images that are known by less: ``key``, ``photo``, ``turned_sha256`` and ``strengths``.
        also: Further pairs of photos that are one.

    Returns:
        The images of ``own``, then those of ``others``.
    """
    both = pd.concat([own[KNOWN], others[KNOWN]], ignore_index=True)
    same = pd.factorize(both["turned_sha256"])[0].astype(np.intp)
    names, photos = np.unique(
        np.array([*both["photo"], *(name for pair in also for name in pair)]), return_inverse=True
    )
    linked = photos[len(both) :].reshape(-1, 2)
    alike = [*near_duplicates.same(identities.prints(own)), *_by_strengths(own, others, same)]
    flat = np.array([not any(each) for each in [*own["strengths"], *others["strengths"]]], dtype=bool)
    telling = np.where(flat, same.max(initial=-1) + 1 + np.arange(len(same)), same)
    return Pictures(
        tuple(both["key"]), same, _photos(telling, photos[: len(both)], linked, len(names)), _pairs(alike), _pairs([])
    )  # fmt: skip


def _by_strengths(own: pd.DataFrame, others: pd.DataFrame, same: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Pairs of an image and another that have no equal pixels and are one picture by their strengths."""
    count = len(own)
    equal = np.isin(same[count:], same[:count])
    for start in range(0, len(others), BLOCK):
        rows = start + np.flatnonzero(~equal[start : start + BLOCK])
        found = near_duplicates.apart(identities.strengths(others.iloc[rows]), identities.strengths(own))
        for row, column in np.argwhere(found <= MAX_APART).tolist():
            yield column, count + int(rows[row])


def _photos(same: NDArray[np.intp], photos: NDArray[np.intp], linked: NDArray[np.intp], names: int) -> NDArray[np.intp]:
    """A number for each image that those of one photo share; equal pictures, unless they are flat, are of one photo."""
    pictures = int(same.max(initial=-1)) + 1
    here = np.concatenate([same, pictures + linked[:, 0]])
    there = np.concatenate([pictures + photos, pictures + linked[:, 1]])
    graph = coo_array((np.ones(len(here)), (here, there)), shape=(pictures + names,) * 2)
    return np.asarray(connected_components(graph, directed=False)[1][same], dtype=np.intp)


def with_overlaps(found: Pictures, own: pd.DataFrame, kinds: NDArray[np.intp], wanted: NDArray[np.bool_]) -> Pictures:
    """The same pictures with pairs of images that show a part of one place.

    Args:
        found: As :func:`pictures` gives them.
        own: The identities they were made of.
        kinds: A number for each image; those that share it are not compared.
        wanted: Which images to look at, bool [images of ``own``].
    """
    at = np.flatnonzero(wanted)
    pairs = overlaps.pairs(identities.corners(own.iloc[at]), [str(kinds[index]) for index in at])
    return replace(found, overlapping=_pairs([(int(at[i]), int(at[j])) for i, j in pairs]))


def _pairs(pairs: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)
