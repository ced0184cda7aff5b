"""Training items: patches and crops, cut and augmented on the fly from uint8 images kept in memory.

An item is addressed by (epoch, index) and is a pure function of these two and the seed, so that it is the same
whatever the number of workers, and the same again after a training was interrupted.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from hairline.imaging.windows import mirrored_places
from hairline.nn.runtime.recipes import Augmentation

SYMMETRIES = 8

Pixels = NDArray[np.uint8]
T = TypeVar("T")
Key = tuple[int, int]
LoadImage = Callable[[str], Pixels]


def mirrored(image: NDArray[np.generic], height: int, width: int) -> NDArray[Any]:
    """Mirror an image [h, w, ...] at its bottom and right edge, as ``PatchGrid.pad`` does, to at least this size."""
    margins = [(0, max(height - image.shape[0], 0)), (0, max(width - image.shape[1], 0))]
    return np.pad(image, margins + [(0, 0)] * (image.ndim - 2), mode="reflect")


def symmetry(pixels: NDArray[Any], index: int) -> NDArray[Any]:
    """One of the eight rotations and flips of a square image [h, w, ...] as a view; 0 leaves it as it is."""
    turned = np.rot90(pixels, index % 4)
    return turned[:, ::-1] if index >= 4 else turned


def patch_images(patches: pd.DataFrame, load_image: LoadImage) -> dict[str, Pixels]:
    """Decode every image that patches are cut from once, and mirror it as far as its patches reach.

    Args:
        patches: Rows of :mod:`hairline.data.patch_index`; ``sample``, ``y``, ``x`` and ``side`` are used.
        load_image: Sample id → RGB uint8 [height, width, 3].
    """
    ends = patches.assign(y=patches["y"] + patches["side"], x=patches["x"] + patches["side"])
    reach = ends.groupby("sample", sort=False)[["y", "x"]].max()
    return {
        str(sample): mirrored(load_image(str(sample)), int(height), int(width))
        for sample, height, width in reach.itertuples()
    }


def cut(image: Pixels, y: int, x: int, side: int, window_px: int) -> Pixels:
    """A square of an image [h, w, 3] as uint8 [window, window, 3], resized where it has another side."""
    return resized(image[y : y + side, x : x + side], window_px)


def region(pixels: NDArray[Any], y: int, x: int, side: int) -> NDArray[Any]:
    """A square of an image [h, w, ...], mirrored at the edges that it reaches beyond, as often as it must.

    Args:
        pixels: The image.
        y: Row of its upper edge; may be negative.
        x: Column of its left edge; may be negative.
        side: Its side.
    """
    height, width = pixels.shape[:2]
    if min(y, x) >= 0 and y + side <= height and x + side <= width:
        return pixels[y : y + side, x : x + side]
    return pixels[np.ix_(mirrored_places(y, side, height), mirrored_places(x, side, width))]


def resized(square: NDArray[Any], side: int) -> NDArray[Any]:
    """A square image with another side: by areas where it shrinks, so that nothing aliases, else linearly."""
    if square.shape[0] == side:
        return square
    how = cv2.INTER_AREA if square.shape[0] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(square), (side, side), interpolation=how), square.dtype)


class Colours:
    """Colour jitter, Gaussian and multiplicative noise by albumentations, reproducible from a seed an image."""

    def __init__(self, augmentation: Augmentation) -> None:
        os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # importing it would ask the network for a newer version
        import albumentations as A  # here, because it is slow to import and only training needs it

        wish, transforms = augmentation, []
        if wish.jitter > 0 and wish.jitter_probability > 0:
            span = (1 - wish.jitter, 1 + wish.jitter)
            transforms.append(A.ColorJitter(span, span, span, (0, 0), p=wish.jitter_probability))
        if wish.gaussian_noise > 0 and wish.noise_probability > 0:
            deviation = (wish.gaussian_noise, wish.gaussian_noise)
            transforms.append(A.GaussNoise(std_range=deviation, mean_range=(0, 0), p=wish.noise_probability))
        if wish.multiplicative_noise > 0 and wish.noise_probability > 0:
            factors = (1 - wish.multiplicative_noise, 1 + wish.multiplicative_noise)
            transforms.append(A.MultiplicativeNoise(factors, elementwise=True, p=wish.noise_probability))
        self._compose = A.Compose(transforms) if transforms else None

    def __call__(self, image: Pixels, seed: int) -> Pixels:
        """Change an image uint8 [h, w, 3]; the same seed in [0, 2**31) gives the same change."""
        if self._compose is None:
            return image
        self._compose.set_random_seed(seed)
        cv2.setRNGSeed(seed)  # GaussNoise draws from OpenCV's generator, which forked workers would otherwise share
        changed: Pixels = self._compose(image=image)["image"]
        return changed


class PatchDataset(Dataset[tuple[Pixels, int]]):
    """Patches of a patch index: items (uint8 [window, window, 3], 1 for crack else 0)."""

    def __init__(
        self, patches: pd.DataFrame, images: Mapping[str, Pixels], window_px: int, augmentation: Augmentation, seed: int
    ) -> None:
        """Keep the rows as arrays.

        Args:
            patches: Rows of :mod:`hairline.data.patch_index`.
            images: Sample id → image that reaches as far as its patches, see :func:`patch_images`.
            window_px: Side of the patches.
            augmentation: Changes to each patch; ``symmetries: all`` makes eight items of a row.
            seed: Seed of the changes.
        """
        codes, names = pd.factorize(patches["sample"])
        self._images = [images[str(name)] for name in names]
        self._rows = np.column_stack([codes, patches[["y", "x", "side", "crack"]].astype(np.int32)]).astype(np.int32)
        self._window_px, self._symmetries, self._seed = window_px, augmentation.symmetries, seed
        self._colours = Colours(augmentation)

    def __len__(self) -> int:
        return len(self._rows) * (SYMMETRIES if self._symmetries == "all" else 1)

    def __getitem__(self, key: Key) -> tuple[Pixels, int]:
        epoch, index = key
        draws = np.random.default_rng([self._seed, epoch, index])
        row, turn = divmod(index, SYMMETRIES) if self._symmetries == "all" else (index, _turn(self._symmetries, draws))
        image, y, x, side, crack = self._rows[row].tolist()
        patch = cut(self._images[image], y, x, side, self._window_px)
        return self._colours(np.ascontiguousarray(symmetry(patch, turn)), int(draws.integers(2**31))), crack


class CropDataset(Dataset[tuple[Pixels, NDArray[Any]]]):
    """Random crops or whole images: items (image uint8 [h, w, 3], target uint8 [h, w], 255 being a score of 1).

    A target may have two channels, changed alike; resized ones are then float32 [h, w, 2], not rounded.
    """

    def __init__(
        self,
        images: Sequence[Pixels],
        targets: Sequence[Pixels],
        crop_px: int,
        crops_per_image: int,
        augmentation: Augmentation,
        seed: int,
        scales: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        """Mirror what is smaller than a crop.

        Args:
            images: RGB uint8 [height, width, 3] each.
            targets: uint8 [height, width] or [height, width, 2] each, of the same sizes.
            crop_px: Side of a crop; 0 gives whole images.
            crops_per_image: Items made of each image an epoch.
            augmentation: Changes to each crop, ``symmetries`` being ``random`` or ``none``.
            seed: Seed of places and changes.
            scales: Least and most that crops are enlarged by, as in
                :class:`hairline.nn.runtime.recipes.SegmenterOptions`; ``(1, 1)`` for whole images.
        """
        self._images = [mirrored(image, crop_px, crop_px) for image in images]
        self._targets = [mirrored(target, crop_px, crop_px) for target in targets]
        self._crop_px, self._crops, self._symmetries, self._seed = (
            crop_px, crops_per_image, augmentation.symmetries, seed
        )  # fmt: skip
        self._scales = scales
        self._colours = Colours(augmentation)

    def __len__(self) -> int:
        return len(self._images) * self._crops

    def smallest_px(self, multiple_px: int) -> tuple[int, int]:
        """Height and width of the smallest item, up to a multiple."""
        if self._crop_px:
            return self._crop_px, self._crop_px
        sizes = [tuple(-(-side // multiple_px) * multiple_px for side in target.shape[:2]) for target in self._targets]
        height, width = min(sizes, key=lambda size: (size[0] * size[1], size))
        return height, width

    def size(self, key: Key) -> tuple[int, int]:
        """Height and width of an item of whole images, which need not be made for that."""
        epoch, index = key
        target = self._targets[index // self._crops]
        *_, turn = self._place(target, np.random.default_rng([self._seed, epoch, index]))
        height, width = target.shape[:2]
        return (width, height) if turn % 2 else (height, width)

    def __getitem__(self, key: Key) -> tuple[Pixels, NDArray[Any]]:
        epoch, index = key
        draws = np.random.default_rng([self._seed, epoch, index])
        image, target = self._images[index // self._crops], self._targets[index // self._crops]
        if self._scales == (1, 1):
            crop, answer = self._cut(image, target, draws)
        else:
            crop, answer = self._cut_scaled(image, target, draws)
        return self._colours(crop, int(draws.integers(2**31))), answer

    def _cut(self, image: Pixels, target: Pixels, draws: np.random.Generator) -> tuple[Pixels, Pixels]:
        y, x, height, width, turn = self._place(target, draws)
        crop, answer = (
            np.ascontiguousarray(symmetry(pixels[y : y + height, x : x + width], turn)) for pixels in (image, target)
        )
        return crop, answer

    def _place(self, target: Pixels, draws: np.random.Generator) -> tuple[int, int, int, int, int]:
        """Row, column, height and width of an item, and how it is turned."""
        height, width = (self._crop_px, self._crop_px) if self._crop_px else target.shape[:2]
        y, x = draws.integers(0, np.array(target.shape[:2]) - (height, width) + 1).tolist()
        return y, x, height, width, _turn(self._symmetries, draws)

    def _cut_scaled(self, image: Pixels, target: Pixels, draws: np.random.Generator) -> tuple[Pixels, NDArray[Any]]:
        """A region as large as its factor asks, anywhere that shows as much of the image as it can."""
        side = max(round(self._crop_px / np.exp(draws.uniform(*np.log(self._scales)))), 1)
        room = np.array(target.shape[:2]) - side
        y, x = draws.integers(np.minimum(room, 0), np.maximum(room, 0) + 1).tolist()
        turn = _turn(self._symmetries, draws)
        squares = [symmetry(region(pixels, y, x, side), turn) for pixels in (image, target)]
        exact = squares[1] if target.ndim == 2 else squares[1].astype(np.float32)
        crop, answer = (resized(square, self._crop_px) for square in (squares[0], exact))
        return np.ascontiguousarray(crop), np.ascontiguousarray(answer)


def mirrored_together(
    items: Sequence[tuple[Pixels, Pixels]], multiple_px: int, least: tuple[int, int] = (0, 0)
) -> list[torch.Tensor]:
    """A batch of whole images of any sizes: mirrored to the largest height and width, up to a multiple.

    Args:
        items: Images uint8 [h, w, 3] and targets uint8 [h, w].
        multiple_px: What the sides of the batch are multiples of.
        least: Height and width that it has at least: the largest of all processes.

    Returns:
        uint8 [N, H, W, 3] and uint8 [N, H, W].
    """
    sides = np.array([least, *(target.shape for _, target in items)]).max(axis=0)
    height, width = (-(-sides // multiple_px) * multiple_px).tolist()
    whole = [(mirrored(image, height, width), mirrored(target, height, width)) for image, target in items]
    columns = zip(*whole, strict=True)
    return [torch.from_numpy(np.stack(column)) for column in columns]


def batches(items: int, batch: int, seed: int, epoch: int) -> list[list[Key]]:
    """Keys of the items of one epoch in random order, in batches of :func:`in_batches`."""
    order = np.random.default_rng([seed, epoch]).permutation(items).tolist()
    return in_batches([(epoch, index) for index in order], batch)


def in_batches(items: Sequence[T], batch: int) -> list[list[T]]:
    """Items in batches, in their order.

    One left over joins the batch before it, because batch normalisation cannot learn from one.
    """
    parts = [list(items[start : start + batch]) for start in range(0, len(items), batch)]
    if batch > 1 and len(parts) > 1 and len(parts[-1]) < 2:
        parts[-2:] = [parts[-2] + parts[-1]]
    return parts


def smallest_batch(items: int, batch: int) -> int:
    """Items of the smallest of the :func:`batches` of an epoch."""
    return min(map(len, batches(items, batch, 0, 0)))


def in_order(patches: pd.DataFrame, load_image: LoadImage, window_px: int, batch: int) -> Iterator[tuple[Any, Pixels]]:
    """Patches without augmentation, image by image, each image loaded once and only while it is needed.

    Yields:
        Positions of the rows in ``patches``, int [n], and their pixels, uint8 [n, window, window, 3], n ≤ ``batch``.
    """
    positions: list[int] = []
    pixels: list[Pixels] = []
    for sample, rows in patches.reset_index(drop=True).groupby("sample", sort=False):
        height, width = (rows["y"] + rows["side"]).max(), (rows["x"] + rows["side"]).max()
        image = mirrored(load_image(str(sample)), int(height), int(width))
        for position, y, x, side in zip(rows.index, rows["y"], rows["x"], rows["side"], strict=True):
            positions.append(position)
            pixels.append(cut(image, y, x, side, window_px))
            if len(positions) == batch:
                yield np.array(positions), np.stack(pixels)
                positions, pixels = [], []
    if positions:
        yield np.array(positions), np.stack(pixels)


def _turn(symmetries: str, draws: np.random.Generator) -> int:
    return int(draws.integers(SYMMETRIES)) if symmetries == "random" else 0
