"""Which pictures of any data sets show the same: equal ones, turned and mirrored ones, copies, parts of one place.

A data set's identities are a table, a row an image, by which its pictures are compared with those of others without
being read again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hairline.data.samples import digest, in_turn, load_image
from hairline.data.uses import Pictures
from hairline.gates import near_duplicates, overlaps
from hairline.io.artefacts import BYTES, FLAG, TEXT, read_parquet, repro

KINDS = {"id": TEXT, "split": TEXT, "group": TEXT, "has_mask": FLAG, "image_sha256": TEXT, "turned_sha256": TEXT}
PACKED = ("print", "strengths", "places", "bits", "mirrored")
"""Columns that hold the bytes of arrays."""
MAX_APART = 0.15
"""Up to which the strengths of two pictures differ that are one; see :func:`near_duplicates.strengths`."""

KNOWN = ["key", "photo", "turned_sha256"]
BLOCK = 512

Each = Callable[[Callable[[Any], Any], list[Any]], list[Any]]


def turned_digest(image: NDArray[np.uint8]) -> str:
    """SHA-256 of an image [height, width, 3] that is the same for all its eight turns and flips.

    It is that of the view whose bytes come first in order.
    """
    views = near_duplicates.symmetries(np.moveaxis(image, -1, 0))
    views = [np.moveaxis(view, 0, -1) for view in views]
    flattest = min(view.shape for view in views)
    views = [view for view in views if view.shape == flattest]
    for rows in (1, len(views[0])):  # one row nearly always decides
        texts = [np.ascontiguousarray(view[:rows]).tobytes() for view in views]
        first = min(texts)
        views = [view for view, text in zip(views, texts, strict=True) if text == first]
        if len(views) == 1:
            break
    return digest(views[0])


def of_image(image: NDArray[np.uint8]) -> dict[str, Any]:
    """What a picture, RGB uint8 [height, width, 3], is known by: the columns behind ``image_sha256``."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    print_, found = near_duplicates.fingerprint(grey), overlaps.corners(grey)
    return {
        "turned_sha256": turned_digest(image),
        "print": print_.tobytes(),
        "strengths": near_duplicates.strengths(print_[None])[0].tobytes(),
        "places": found.places.astype("<f4").tobytes(),
        "bits": found.bits.tobytes(),
        "mirrored": found.mirrored.tobytes(),
    }


def identify(samples: pd.DataFrame, folder: Path, each: Each = in_turn) -> pd.DataFrame:
    """The identities of a data set, a row an image in order of the samples.

    Args:
        samples: Table of :mod:`hairline.data.samples`.
        folder: The canonical data set.
        each: Applies work to every item, in order; may do so in threads.
    """
    rows = each(lambda sample_id: of_image(load_image(folder, sample_id)), list(samples["id"]))
    known = samples[["id", "split", "group", "has_mask", "image_sha256"]].reset_index(drop=True)
    return known.join(pd.DataFrame(rows, columns=["turned_sha256", *PACKED]))


def read(path: Path) -> pd.DataFrame:
    """The identities that the stage ``identify`` wrote.

    Raises:
        HairlineError: If the file holds none.
    """
    return read_parquet(path, KINDS | dict.fromkeys(PACKED, BYTES), repro(f"identify@{path.stem}"))


def prints(table: pd.DataFrame) -> NDArray[np.uint8]:
    """Fingerprints, uint8 [n, 32, 32]."""
    side = near_duplicates.SIDE
    return np.frombuffer(b"".join(table["print"]), np.uint8).reshape(-1, side, side)


def strengths(table: pd.DataFrame) -> NDArray[np.uint8]:
    """Strengths of frequencies, uint8 [n, 64]."""
    return np.frombuffer(b"".join(table["strengths"]), np.uint8).reshape(-1, near_duplicates.BITS)


def corners(table: pd.DataFrame) -> list[overlaps.Corners]:
    """Corners of every picture."""
    columns = (table[name] for name in ("places", "bits", "mirrored"))
    return [
        overlaps.Corners(
            np.frombuffer(places, "<f4").reshape(-1, 2),
            np.frombuffer(bits, np.uint8).reshape(-1, 32),
            np.frombuffer(mirrored, np.uint8).reshape(-1, 32),
        )
        for places, bits, mirrored in zip(*columns, strict=True)
    ]


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
    alike = [*near_duplicates.same(prints(own)), *_by_strengths(own, others, same)]
    return Pictures(
        tuple(both["key"]), same, _photos(same, photos[: len(both)], linked, len(names)), _pairs(alike), _pairs([])
    )  # fmt: skip


def _by_strengths(own: pd.DataFrame, others: pd.DataFrame, same: NDArray[np.intp]) -> Iterator[tuple[int, int]]:
    """Pairs of an image and another that have no equal pixels and are one picture by their strengths."""
    count = len(own)
    equal = np.isin(same[count:], same[:count])
    for start in range(0, len(others), BLOCK):
        rows = start + np.flatnonzero(~equal[start : start + BLOCK])
        found = near_duplicates.apart(strengths(others.iloc[rows]), strengths(own))
        for row, column in np.argwhere(found <= MAX_APART).tolist():
            yield column, count + int(rows[row])


def _photos(same: NDArray[np.intp], photos: NDArray[np.intp], linked: NDArray[np.intp], names: int) -> NDArray[np.intp]:
    """A number for each image that those of one photo share; equal pictures are of one photo."""
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
    pairs = overlaps.pairs(corners(own.iloc[at]), [str(kinds[index]) for index in at])
    return replace(found, overlapping=_pairs([(int(at[i]), int(at[j])) for i, j in pairs]))


def _pairs(pairs: Sequence[tuple[int, int]]) -> NDArray[np.intp]:
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)
