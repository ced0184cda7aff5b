r"""Which features of patches a line learns cracks from: networks, sizes of the photo, and what of a network.

    python benchmarks/click_features.py data/EXPERIMENT/sets/crack500:train --every 3

Patches at random of half the parent photos teach, F1 is that on all patches of the others: means over seeds, for each
set of features with the penalty that is best over all numbers of clicks. What the networks say is kept in ``--cache``.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from clicks import SIDE_PX, starts
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from hairline.clicking import estimating
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.imaging.windows import PatchGrid
from hairline.nn.classifier import backbones, folding
from hairline.nn.segmenter import segmenter, shipped

CLICKS = (50, 100, 200, 500, 1000)
STRENGTHS = (0.003, 0.01, 0.1, 1.0)
DOUBTS = (-3, -1.5, 0, 1.5, 3)
FOUND = NDArray[np.float32]


def main() -> None:
    """Look, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clicked", metavar="FOLDER[:SPLIT]")
    parser.add_argument("--every", type=int, default=3, help="so many-th image, from the second on")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--cache", type=Path, default=Path("state/clicks/features"))
    args = parser.parse_args()
    told, _, split = args.clicked.partition(":")
    folder, table = Path(told), read_samples(Path(told), *([split] if split else []))
    ids, parents = list(table["id"])[1 :: args.every], dict(zip(table["id"], table["group"], strict=True))
    squares = {name: places(load_mask(folder, name)) for name in ids}
    crack = np.array([shown for name in ids for _, shown in squares[name]])
    parent = np.array([parents[name] for name in ids for _ in squares[name]])
    seen = {key: kept(args.cache, key, folder, ids) for key in ("1", "0.5", "0.25", "imagenet")}
    print(f"{len(ids)} images, {len(set(parent))} parents, {len(crack)} patches, {crack.mean():.3f} with a crack")
    for name, parts in candidates(seen).items():
        values = np.concatenate([part for part, _ in parts], 1)
        emphasis = np.concatenate([np.full(part.shape[1], by, np.float32) for part, by in parts])
        strength, f1 = best(values, emphasis, crack, parent, args.seeds)
        print(f"| {name} ({values.shape[1]:,}) | {' | '.join(f'{one:.3f}' for one in f1)} | {strength:g} |", flush=True)


def candidates(seen: dict[str, dict[str, FOUND]]) -> dict[str, list[tuple[FOUND, float]]]:
    """Name of a set of features → its parts with their emphasis."""

    def scores(*sizes: str) -> FOUND:
        names = [f"sg{doubt}max{side}" for side in (2, 8) for doubt in DOUBTS]
        return np.concatenate([seen[size][name] for size in sizes for name in names], 1)

    def levels(size: str, *numbers: int) -> FOUND:
        return np.concatenate([signed(seen[size][f"enc{number}"]) for number in numbers], 1)

    logit = seen["1"]["logit"][:, 1:]
    return {
        "ImageNet's EfficientNet-Lite0, last layer": [(seen["imagenet"]["head"], 1)],
        "the network that ships: last level of its encoder, either sign": [(levels("1", 5), 1)],
        "the same and the level before": [(levels("1", 4, 5), 1)],
        "the greatest score of a patch": [(logit, 1)],
        "its scores": [(scores("1"), 1)],
        "the two levels, photo at half its size": [(levels("0.5", 4, 5), 1)],
        "scores, at a quarter": [(scores("0.25"), 1)],
        "scores, at all three sizes": [(scores("1", "0.5", "0.25"), 1)],
        "scores at all three, two levels at half": [(scores("1", "0.5", "0.25"), 1), (levels("0.5", 4, 5), 1)],
        "the same, scores emphasised by 10": [(scores("1", "0.5", "0.25"), 10), (levels("0.5", 4, 5), 1)],
    }  # fmt: skip


def signed(both: FOUND) -> FOUND:
    """Means of what is above and of what is below 0, from means of all and of what is above."""
    mean, above = np.split(both, 2, axis=1)
    return np.concatenate([above, above - mean], 1)


def best(values: FOUND, emphasis: FOUND, crack: Any, parent: Any, seeds: int) -> tuple[float, list[float]]:
    """The strength whose F1 is best over all numbers of clicks, and F1 at each."""
    found = np.zeros((seeds, len(CLICKS), len(STRENGTHS)))
    for seed in range(seeds):
        draws = np.random.default_rng(seed)
        names = np.unique(parent)
        half = np.isin(parent, draws.permutation(names)[: len(names) // 2])
        mean, spread = values[half].mean(0), values[half].std(0)
        varies = spread > 1e-6
        scaled = (values[:, varies] - mean[varies]) / spread[varies] * emphasis[varies]
        order, scored = draws.permutation(np.flatnonzero(half)), np.flatnonzero(~half)
        for row, clicks in enumerate(CLICKS):
            taught, asked = scaled[order[:clicks]], scaled[scored]
            if taught.shape[1] > clicks:  # a line lies in the span of what it learns from
                base, right = np.linalg.qr(taught.T)
                taught, asked = right.T, asked @ base
            for column, strength in enumerate(STRENGTHS):
                line = LogisticRegression(C=strength, class_weight="balanced", max_iter=300)
                line.fit(taught, crack[order[:clicks]])
                said = line.predict(asked).astype(bool)
                found[seed, row, column] = estimating.scores(said, crack[scored])[2] or 0
    means = found.mean(0)
    chosen = int(means.mean(0).argmax())
    return STRENGTHS[chosen], [float(one) for one in means[:, chosen]]


def places(mask: Any) -> list[tuple[tuple[int, int], bool]]:
    """Top and left of each patch, and whether it shows a crack."""
    return [((top, left), bool(mask[top : top + SIDE_PX, left : left + SIDE_PX].any()))
            for top in starts(mask.shape[0]) for left in starts(mask.shape[1])]  # fmt: skip


def kept(cache: Path, key: str, folder: Path, ids: list[str]) -> dict[str, FOUND]:
    """Map → what is under the patches of all images, from the cache where it is there."""
    file = cache / f"f_{key}.npz"
    if not file.exists():
        maps, found = imagenet() if key == "imagenet" else of_shipped(), dict[str, list[FOUND]]()
        size = 1.0 if key == "imagenet" else float(key)
        for name in tqdm(ids, key):
            for part, values in under_patches(load_image(folder, name), size, maps).items():
                found.setdefault(part, []).append(values)
        cache.mkdir(parents=True, exist_ok=True)
        np.savez(file, **{part: np.concatenate(values) for part, values in found.items()})
    with np.load(file) as arrays:
        return {part: arrays[part].astype(np.float32) for part in arrays.files}


Maps = Callable[[Tensor], dict[str, Tensor]]


def under_patches(image: Any, size: float, maps: Maps) -> dict[str, FOUND]:
    """Map → means under the patches of an image [patches, values], and what else :func:`means` tells."""
    height, width = image.shape[:2]
    if size != 1:
        how = cv2.INTER_AREA if size < 1 else cv2.INTER_CUBIC
        image = cv2.resize(image, (round(width * size), round(height * size)), interpolation=how)
    padded = np.ascontiguousarray(PatchGrid(image.shape[0], image.shape[1], 32, 32).pad(image))
    with torch.inference_mode():
        found = maps(torch.from_numpy(padded[None]).permute(0, 3, 1, 2))
    covered = (padded.shape[0] / size, padded.shape[1] / size)
    return {name: means(name, values, starts(height), starts(width), covered) for name, values in found.items()}


def means(name: str, values: Tensor, tops: list[int], lefts: list[int], covered: tuple[float, float]) -> FOUND:
    """Means under patches; also of what is above 0 (encoder), or the greatest (logit)."""
    count, height, width = values.shape
    down, across = covered[0] / height, covered[1] / width
    rows = torch.from_numpy(np.stack([share(top, down, height) for top in tops]))
    cols = torch.from_numpy(np.stack([share(left, across, width) for left in lefts])).T

    def mean(of: Tensor) -> Tensor:
        return (rows @ (of @ cols)).permute(1, 2, 0).reshape(-1, count)

    found = [mean(values)]
    if name.startswith("enc"):
        found.append(mean(values.relu()))
    elif name == "logit":
        parts = [values[0, int(top / down) : int((top + SIDE_PX) / down), int(left / across) :
                        int((left + SIDE_PX) / across)] for top in tops for left in lefts]  # fmt: skip
        found.append(torch.stack([part.max() for part in parts])[:, None])
    return torch.cat(found, 1).numpy().astype(np.float16)


def share(start: int, side: float, count: int) -> FOUND:
    """Of each cell along an axis in a patch, float32 [cells] with the sum 1."""
    edges = np.arange(count + 1) * side
    inside = np.minimum(edges[1:], start + SIDE_PX) - np.maximum(edges[:-1], start)
    return np.asarray(np.maximum(inside, 0) / np.maximum(inside, 0).sum(), np.float32)


def imagenet() -> Maps:
    """The last features of the classifier that ImageNet taught."""
    model = folding.folded(backbones.build("tf_efficientnet_lite0", "imagenet")[0].eval())
    return lambda images: {"head": model.features(images)[0]}


def of_shipped() -> Maps:
    """Maps of the encoder and the scores of the network that ships."""
    model, found = segmenter.load(shipped.folder())[0].eval(), dict[str, Tensor]()
    network = model.get_submodule("network")
    network.get_submodule("encoder").register_forward_hook(
        lambda _, __, given: found.update({f"enc{number}": level[0] for number, level in enumerate(given) if number})
    )

    def maps(images: Tensor) -> dict[str, Tensor]:
        logits = model(images)[0]
        greatest, before = logits, 1
        for side in (2, 8):
            greatest, before = F.max_pool2d(greatest, side // before, ceil_mode=True), side
            for doubt in DOUBTS:
                found[f"sg{doubt}max{side}"] = (2 * (greatest - doubt)).sigmoid()
        return {**found, "logit": logits}

    return maps


if __name__ == "__main__":
    main()
