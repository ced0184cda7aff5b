r"""How fast labels are made, against the plain way, in one run on one machine with one network's weights.

    python benchmarks/labelling.py --threads 1 --images 5 [--crops data/real/sets/crack500] [--thresholding]
    python benchmarks/labelling.py --bits --images 20 --crops data/real/sets/crack500 \
        --classifier models/crack500-cpu/classifiers/lite0

Crops of 640 x 360 of an ingested set, or generated ones where none is named. The reference is
tests/support/plain_konig.py (windows cut one by one and thresholded by scikit-image) behind the same network as
timm has it: batches of windows in a loop, Grad-CAM++ by autograd. Both are timed in turn, image after image, and
medians are told. ``--thresholding`` leaves the network out. ``--bits`` tells instead how far labels differ between
runs, threads, batches and precisions.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.flop_counter import FlopCounterMode

from hairline.config.params import Params
from hairline.data import synthetic
from hairline.data.samples import load_image, read_samples
from hairline.imaging import images
from hairline.imaging.windows import PatchGrid
from hairline.labelling import fusion, localization, thresholding
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import konig
from hairline.nn.classifier import backbones, evidence, folding
from hairline.nn.classifier.backbones import CRACK, Classifier
from hairline.nn.runtime import device
from hairline.nn.runtime.recipes import ALONE, Runtime

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from support import plain_konig  # noqa: E402

HEIGHT, WIDTH = 360, 640
WINDOW, STRIDE, TILE = 32, 16, 1024
PLAIN_BATCH = 64

Image = NDArray[np.uint8]


def main() -> None:
    """Run the benchmark."""
    args = arguments()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    torch.manual_seed(0)
    crops, network = pictures(args.crops, args.images), classifier(args.classifier)
    options = Params(ROOT / "profiles" / "base" / "params.yaml").label_set("konig").options
    if args.bits:
        bits(network, crops, args.batch, options)
        return
    rows = thresholding_rows(crops, options)
    if not args.thresholding:
        rows += label_rows(network, crops, args.batch, options)
    print("| what | ours ms | plain ms | ratio |\n| --- | --- | --- | --- |")
    print("\n".join(rows))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch", type=int, default=128, help="windows a forward pass of ours")
    parser.add_argument("--crops", type=Path, default=None, help="folder of an ingested set with crops of 640 x 360")
    parser.add_argument(
        "--classifier", type=Path, default=None, help="folder of a trained one; else a random ResNet-50"
    )
    parser.add_argument("--thresholding", action="store_true", help="thresholding alone")
    parser.add_argument("--bits", action="store_true", help="how far labels differ, in place of times")
    return parser.parse_args()


def now() -> float:
    """A clock in seconds: on one thread that of the processor, which other work on the machine disturbs less."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def pictures(folder: Path | None, count: int) -> list[Image]:
    """Crops of 640 x 360: evenly spaced ones of an ingested set, or generated ones."""
    if folder is None:
        options = synthetic.Options(3, count, 0, 0, HEIGHT, WIDTH, 0)
        return [synthetic.make(options, "train", index)[0] for index in range(count)]
    found, ids = [], list(read_samples(folder)["id"])
    for sample_id in ids[:: max(len(ids) // (2 * count), 1)]:  # some crops of CRACK500 stand upright
        image = load_image(folder, sample_id)
        if image.shape == (HEIGHT, WIDTH, 3) and len(found) < count:
            found.append(image)
    return found


def classifier(folder: Path | None) -> Classifier:
    """A trained classifier, or a random ResNet-50 whose normalisation layers have seen generated pictures."""
    if folder is not None:
        return backbones.load(folder)[0]
    network, _ = backbones.build("resnet50", "none")
    side = synthetic.Options(5, 32, 0, 0, 96, 96, 0)
    seen = [torch.from_numpy(synthetic.make(side, "train", index)[0]).permute(2, 0, 1) for index in range(32)]
    with torch.no_grad():
        for start in range(0, len(seen), 8):
            network(torch.stack(seen[start : start + 8]))
        network.linear.weight.mul_(20)  # a random head answers 0.5 everywhere
    return network.eval()


def in_turn(crops: list[Image], ours: Callable[[Image], object], plain: Callable[[Image], object]) -> tuple[float, ...]:
    """Median milliseconds of both ways, one after the other on every crop, after one unmeasured run of ours."""
    ours(crops[0])
    taken: tuple[list[float], list[float]] = ([], [])
    for crop in crops:
        for way, times in zip((ours, plain), taken, strict=True):
            start = now()
            way(crop)
            times.append(1000 * (now() - start))
    return statistics.median(taken[0]), statistics.median(taken[1])


def row(name: str, ours: float, plain: float) -> str:
    """One line of the table of both ways."""
    return f"| {name} | {ours:.1f} | {plain:.0f} | {plain / ours:.1f} |"


def thresholding_rows(crops: list[Image], options: konig.Options) -> list[str]:
    """Thresholding with and without the filter before it, which both ways have from OpenCV."""
    raw = thresholding.Options(**{**vars(options.thresholding), "bilateral": thresholding.Bilateral(0, 1, 1)})

    def plain(image: Image) -> object:
        return plain_konig.dark_pixels(plain_konig.filtered_grey(image))

    whole = in_turn(crops, lambda image: thresholding.dark_pixels(image, options.thresholding), plain)
    smoothed = [thresholding.smooth(crop, options.thresholding.bilateral) for crop in crops]
    windows = in_turn(
        smoothed,
        lambda image: thresholding.dark_pixels(image, raw),
        lambda image: plain_konig.dark_pixels(thresholding.grey(image)),
    )
    return [row("Otsu windows and their vote", *windows), row("thresholding with its bilateral filter", *whole)]


def label_rows(network: Classifier, crops: list[Image], batch: int, options: konig.Options) -> list[str]:
    """The whole labeller, its steps and the arithmetic floor; what does not fit the table is printed at once."""
    quick, placement = folding.folded(network), device.resolve(Runtime("cpu", "32", 0, 0, ALONE, 60))
    labels: list[list[Image]] = [[], []]
    rates = []

    def asked(image: Image, windows: tuple[int, ...] = (WINDOW,)) -> Evidence:
        return evidence.collect(quick, image, windows, STRIDE, [], TILE, batch, placement)

    def ours(image: Image) -> None:
        labels[0].append(images.quantise(konig.label(image, asked(image), options)))

    def plain(image: Image) -> None:
        labels[1].append(images.quantise(plain_label(network, image)))
        rates.append(peak())

    whole = in_turn(crops, ours, plain)
    steps = step_times(crops, asked, options)
    print("| step of ours | ms an image |\n| --- | --- |")
    print("\n".join(f"| {name} | {value:.1f} |" for name, value in steps.items()) + "\n")
    print(floor(network, max(rates), steps["windows' forward"] + steps["full image's forward"], whole[0]), "\n")
    same = [np.mean(np.abs(a.astype(int) - b) <= 1) for a, b in zip(labels[0][1:], labels[1], strict=True)]
    share = f"{100 * float(np.mean(same)):.3f} % of pixels within one level"
    return [row(f"whole label, {network.backbone}, {torch.get_num_threads()} thread(s); {share}", *whole)]


def plain_label(network: Classifier, image: Image) -> NDArray[np.float64]:
    """The labeller the plain way, the network as timm has it."""
    grid = PatchGrid(HEIGHT, WIDTH, WINDOW, STRIDE)
    padded, votes = grid.pad(image), []
    windows = [padded[y : y + WINDOW, x : x + WINDOW] for y, x in grid.origins()]
    for start in range(0, len(windows), PLAIN_BATCH):
        stacked = torch.from_numpy(np.stack(windows[start : start + PLAIN_BATCH])).permute(0, 3, 1, 2).contiguous()
        with torch.no_grad():
            votes.extend(network(stacked).softmax(1)[:, CRACK].tolist())
    whole = PatchGrid(HEIGHT, WIDTH, network.cell_px, network.cell_px).pad(image)
    features = network.features(torch.from_numpy(whole[None]).permute(0, 3, 1, 2).contiguous())
    (gradient,) = torch.autograd.grad(network.head(features)[0, CRACK], features, retain_graph=False)
    alpha = 1 / (2 + features.sum((2, 3), keepdim=True) * gradient)
    weight = (gradient.relu() * alpha / alpha.sum((2, 3), keepdim=True)).sum((2, 3), keepdim=True)
    cam = (weight * features).sum(1).relu()[0].detach().numpy()
    return plain_konig.label(image, np.array(votes, np.float32).reshape(grid.rows, grid.cols), cam)


def step_times(crops: list[Image], asked: Callable[..., Evidence], options: konig.Options) -> dict[str, float]:
    """Median milliseconds of every step of ours."""
    taken: dict[str, list[float]] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        start = now()
        yield
        taken.setdefault(name, []).append(1000 * (now() - start))

    raw = thresholding.Options(**{**vars(options.thresholding), "bilateral": thresholding.Bilateral(0, 1, 1)})
    with tempfile.TemporaryDirectory() as name:
        for number, crop in enumerate(crops):
            picture, archive = Path(name) / f"{number}.png", Path(name) / f"{number}.npz"
            images.write_image(picture, crop)
            with timed("I/O"):
                images.read_image(picture)
            with timed("full image's forward"):
                asked(crop, ())
            with timed("both forwards"):
                found = asked(crop)
            with timed("bilateral filter"):
                smoothed = thresholding.smooth(crop, options.thresholding.bilateral)
            with timed("thresholding"):
                dark = thresholding.dark_pixels(smoothed, raw)
            with timed("localization"):
                located = localization.localize(found, options.localization)
            with timed("fusion"):
                scores = fusion.fuse(dark, located, options.fusion)
            with timed("writing"):
                found.save(archive)
                Evidence.load(archive)
                images.write_scores(picture, scores)
    median = {step: statistics.median(times) for step, times in taken.items()}
    median["windows' forward"] = median.pop("both forwards") - median["full image's forward"]
    median["I/O"] += median.pop("writing")
    return median


def peak() -> float:
    """Floating point operations a second of a product of two square matrices in 32 bit, on the threads in use."""
    matrix = torch.rand(2048, 2048)
    start = now()
    matrix @ matrix
    return 2 * 2048**3 / (now() - start)


def floor(network: Classifier, rate: float, forward_ms: float, whole_ms: float) -> str:
    """What the network's arithmetic would take at the machine's best rate, and the share of it that is reached."""
    grid = PatchGrid(HEIGHT, WIDTH, WINDOW, STRIDE)
    whole = PatchGrid(HEIGHT, WIDTH, network.cell_px, network.cell_px)
    operations = 0
    for count, height, width in ((grid.rows * grid.cols, WINDOW, WINDOW), (1, whole.padded_height, whole.padded_width)):
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            network(torch.zeros(1, 3, height, width, dtype=torch.uint8))
        operations += count * counter.get_total_flops()
    floor_ms = 1000 * operations / rate
    return (
        f"Arithmetic of {grid.rows * grid.cols} windows and the image: {operations / 1e9:.0f} GFLOP. Matrix products "
        f"reach {rate / 1e9:.0f} GFLOP/s: floor {floor_ms:.0f} ms. Share reached by the forward passes "
        f"({forward_ms:.0f} ms): {100 * floor_ms / forward_ms:.0f} %; by the whole label ({whole_ms:.0f} ms): "
        f"{100 * floor_ms / whole_ms:.0f} %."
    )


def bits(network: Classifier, crops: list[Image], batch: int, options: konig.Options) -> None:
    """Print how far evidence and labels are from those of one thread, the batch asked for and 32 bit."""
    quick = folding.folded(network)

    def label(image: Image, model: Classifier, threads: int, size: int, precision: str) -> tuple[Evidence, Image]:
        torch.set_num_threads(threads)
        placement = device.resolve(Runtime("cpu", precision, 0, 0, ALONE, 60))  # type: ignore[arg-type]
        found = evidence.collect(model, image, [WINDOW], STRIDE, [], TILE, size, placement)
        return found, images.quantise(konig.label(image, found, options))

    ways = {
        "again": (quick, 1, batch, "32"),
        "2 threads": (quick, 2, batch, "32"),
        "5 threads": (quick, 5, batch, "32"),
    }
    ways |= {f"batches of {size}": (quick, 1, size, "32") for size in (16, 37, 512)}
    ways |= {"nothing folded": (network, 1, batch, "32"), "bf16": (quick, 1, batch, "bf16")}
    first = [label(crop, quick, 1, batch, "32") for crop in crops]
    against = f"{len(crops)} crops, {network.backbone}, against one thread and batches of {batch}"
    print(f"| {against} | equal evidence | equal labels | pixels that differ | by more than a level | at most |")
    print("| --- " * 6 + "|")
    for name, way in ways.items():
        print(difference(name, first, [label(crop, *way) for crop in crops]), flush=True)


def difference(name: str, first: list[tuple[Evidence, Image]], other: list[tuple[Evidence, Image]]) -> str:
    """One line of the table of differences, in grey levels of labels."""
    pairs = list(zip(first, other, strict=True))
    evidence_equal = sum(
        np.array_equal(a.cam, b.cam) and np.array_equal(a.votes[0].probabilities, b.votes[0].probabilities)
        for (a, _), (b, _) in pairs
    )
    apart = np.concatenate([np.abs(a.astype(int) - b).ravel() for (_, a), (_, b) in pairs])
    labels_equal = sum(np.array_equal(a, b) for (_, a), (_, b) in pairs)
    shares = f"{100 * float((apart > 0).mean()):.4f} % | {100 * float((apart > 1).mean()):.4f} %"
    return f"| {name} | {evidence_equal} | {labels_equal} | {shares} | {apart.max()} |"


if __name__ == "__main__":
    main()
