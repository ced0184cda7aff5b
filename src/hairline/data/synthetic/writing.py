"""Writes generated images to files."""

import csv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2

from hairline.data.splits import ORDER, Split
from hairline.data.synthetic.making import make
from hairline.data.synthetic.options import Options
from hairline.imaging.images import write_image, write_mask

WORTH_PROCESSES = 200
CHUNK = 16


def write(folder: Path, options: Options, processes: int = 1) -> None:
    """Write images/ID.png, masks/ID.png and split.csv (id, split) under a folder that exists; ID is SPLIT_INDEX.

    Args:
        folder: The folder.
        options: What to generate.
        processes: How many processes work at a time; the files are the same for any number.
    """
    places = list(_places(options))
    one = partial(_write_one, folder, options)
    if processes > 1 and len(places) >= WORTH_PROCESSES:
        with ProcessPoolExecutor(processes, get_context("spawn"), cv2.setNumThreads, (1,)) as pool:
            names = list(pool.map(one, places, chunksize=CHUNK))
    else:
        names = [one(place) for place in places]
    rows = [("id", "split"), *((name, split) for name, (split, _) in zip(names, places, strict=True))]
    with (folder / "split.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _places(options: Options) -> Iterator[tuple[Split, int]]:
    for split, count in zip(ORDER, (options.train, options.val, options.test), strict=True):
        for index in range(count):
            yield split, index


def _write_one(folder: Path, options: Options, place: tuple[Split, int]) -> str:
    name, (image, mask) = f"{place[0]}_{place[1]:05d}", make(options, *place)
    write_image(folder / "images" / f"{name}.png", image)
    write_mask(folder / "masks" / f"{name}.png", mask)
    return name
