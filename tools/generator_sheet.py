"""Make the sheet of docs/generator.md: images of the style ``wide``, the outline of the mask on the right half of each.

    python tools/generator_sheet.py docs/pictures/generated.jpg

``--only masonry`` shows a surface, ``--only wires`` images with a distractor, ``--masks`` the masks below the images.
"""

import argparse
import dataclasses
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.data import synthetic
from hairline.io import bounds

COLUMNS = 8
LEAST_PX = 32
OUTLINE = (255, 60, 60)


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="JPEG or PNG to write")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--side", type=int, default=256, help="of an image, in pixels")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--only", default=None, help="a surface or a distractor that all images show")
    parser.add_argument("--masks", action="store_true", help="masks below the images instead of outlines")
    args = parser.parse_args()
    if args.images < 1 or not LEAST_PX <= args.side <= bounds.SYNTHETIC_SIDE_PX:
        parser.error(f"expected --images of 1 or more and a --side from {LEAST_PX} to {bounds.SYNTHETIC_SIDE_PX}")
    options = synthetic.Options(
        args.seed, args.images, 0, 0, args.side, args.side, 0.1, style="wide", ingredients=_ingredients(args.only)
    )
    pairs = [synthetic.make(options, "train", index) for index in range(args.images)]
    sheet = _sheet([_row(pairs[first : first + COLUMNS], args.masks) for first in range(0, args.images, COLUMNS)])
    if not cv2.imwrite(str(args.file), sheet[..., ::-1], _coding(args.file)):
        raise SystemExit(f"{args.file}: cannot be written; give a folder that exists and the ending .jpg or .png")


def _coding(file: Path) -> list[int]:
    return [cv2.IMWRITE_JPEG_QUALITY, 72] if file.suffix.lower() in (".jpg", ".jpeg") else []


def _ingredients(only: str | None) -> synthetic.Ingredients:
    surfaces = [field.name for field in dataclasses.fields(synthetic.Surfaces)]
    distractors = [field.name for field in dataclasses.fields(synthetic.Distractors)]
    if only in surfaces:
        return synthetic.Ingredients(surfaces=synthetic.Surfaces(**{name: float(name == only) for name in surfaces}))
    if only in distractors:
        return synthetic.Ingredients(distractors=synthetic.Distractors(**{only: 1.0}))
    if only:
        raise SystemExit(f"--only {only}: expected one of {', '.join(surfaces + distractors)}")
    return synthetic.Ingredients()


def _sheet(rows: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Rows one below the other; the last, where it is shorter, with white behind it."""
    missing = rows[0].shape[1] - rows[-1].shape[1]
    rows[-1] = np.pad(rows[-1], ((0, 0), (0, missing), (0, 0)), constant_values=255)
    return np.concatenate(rows)


def _row(pairs: list[tuple[NDArray[np.uint8], NDArray[np.bool_]]], masks: bool) -> NDArray[np.uint8]:
    """Images side by side, with outlines, or with the masks below them."""
    if not masks:
        return np.concatenate([_outlined(image, mask) for image, mask in pairs], axis=1)
    return np.concatenate([np.concatenate([image, _mask(mask)]) for image, mask in pairs], axis=1)


def _outlined(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The image, its right half with the outline of its mask."""
    drawn = image.copy()
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, outlines, -1, OUTLINE, 1)
    half = image.shape[1] // 2
    drawn[:, :half] = image[:, :half]
    return drawn


def _mask(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.repeat(mask[..., None] * np.uint8(255), 3, axis=2)


if __name__ == "__main__":
    main()
