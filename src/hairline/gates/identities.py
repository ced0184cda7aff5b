"""What pictures are known by, whatever they are called: hashes, fingerprints, corners.

A data set's identities are a table, a row an image, by which its pictures are compared with those of others without
being read again (:mod:`hairline.gates.same_pictures`).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.samples import digest, in_turn, load_image
from hairline.gates import near_duplicates, overlaps
from hairline.io.artefacts import BYTES, FLAG, TEXT, read_parquet, repro

KINDS = {"id": TEXT, "split": TEXT, "group": TEXT, "has_mask": FLAG, "image_sha256": TEXT, "turned_sha256": TEXT}
PACKED = ("print", "strengths", "places", "bits", "mirrored")
"""Columns that hold the bytes of arrays."""

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


def briefly(image: NDArray[np.uint8]) -> tuple[str, str]:
    """What a picture is known by where it cannot be looked at again: its turned hash, and strengths as hexadecimals."""
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    found = near_duplicates.strengths(near_duplicates.fingerprint(grey)[None])[0]
    return turned_digest(image), found.tobytes().hex()


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
