"""How many copies of published pictures the ledger finds, and how far apart pictures are that are none.

    python benchmarks/copies.py data/EXPERIMENT/sets/crack500 data/EXPERIMENT/sets/cfd data/EXPERIMENT/sets/deepcrack

Of each of ``--copies`` pictures, drawn from all sets, a copy is made in every way and looked for among all pictures: by
32 x 32 grey values, as the pictures of an experiment are, and by strengths, as those that options were chosen on are.
"""

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data.samples import image_path, read_samples
from hairline.gates import near_duplicates, same_pictures
from hairline.imaging.images import read_grey

Grey = NDArray[np.uint8]


def jpeg(grey: Grey, quality: int) -> Grey:
    """A picture as a JPEG file gives it back."""
    _, file = cv2.imencode(".jpg", np.ascontiguousarray(grey), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def levels(grey: Grey, of: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Grey:
    """A picture with its grey values, 0 to 1, changed."""
    return np.asarray(np.clip(255 * of(grey / 255), 0, 255), dtype=np.uint8)


def cropped(grey: Grey, share: float) -> Grey:
    """The middle of a picture."""
    height, width = (round(side * (1 - share) / 2) for side in grey.shape)
    return grey[height : grey.shape[0] - height, width : grey.shape[1] - width]


WAYS: Mapping[str, Callable[[Grey], Grey]] = {
    "mirrored": lambda grey: grey[:, ::-1],
    "turned by 90°, JPEG at 75": lambda grey: jpeg(np.rot90(grey), 75),
    "JPEG at 30": partial(jpeg, quality=30),
    "half as bright": partial(levels, of=lambda grey: grey / 2),
    "contrast by 1.5": partial(levels, of=lambda grey: 1.5 * (grey - 0.5) + 0.5),
    "gamma 1.5": partial(levels, of=lambda grey: grey**1.5),
    "blur of 3 px": lambda grey: np.asarray(cv2.GaussianBlur(grey, (0, 0), 3), dtype=np.uint8),
    "half the size": lambda grey: np.asarray(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)),
    "stretched to a square": lambda grey: np.asarray(cv2.resize(grey, (256, 256), interpolation=cv2.INTER_AREA)),
    "cropped to 98 %": partial(cropped, share=0.98),
    "cropped to 95 %": partial(cropped, share=0.95),
}


def main() -> None:
    """Print a table of ways."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--copies", type=int, default=100)
    args = parser.parse_args()
    paths = [image_path(folder, name) for folder in args.sets for name in read_samples(folder)["id"]]
    prints = np.stack([near_duplicates.fingerprint(read_grey(path)) for path in paths])
    strengths, equal = near_duplicates.strengths(prints), set(near_duplicates.same(prints))
    apart = near_duplicates.apart(strengths, strengths)
    apart[np.tril_indices(len(apart))] = 9
    for i, j in equal:
        apart[i, j] = 9
    print(f"{len(paths)} pictures, {len(equal)} pairs are one; strengths of others are {apart.min():.3f} apart or more")
    drawn = np.random.default_rng(5).choice(len(paths), args.copies, replace=False).tolist()
    print("| copy | by grey values | by strengths | largest difference of strengths |\n| --- | --- | --- | --- |")
    for way, change in WAYS.items():
        copies = np.stack([near_duplicates.fingerprint(change(read_grey(paths[index]))) for index in drawn])
        found = set(near_duplicates.same(np.concatenate([prints, copies])))
        by_grey = sum((index, len(prints) + number) in found for number, index in enumerate(drawn))
        own = near_duplicates.apart(near_duplicates.strengths(copies), strengths)[range(len(drawn)), drawn]
        by_strengths = int((own <= same_pictures.MAX_APART).sum())
        print(f"| {way} | {by_grey} | {by_strengths} | {own.max():.3f} |")


if __name__ == "__main__":
    main()
