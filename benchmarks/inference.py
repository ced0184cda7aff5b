r"""How fast a segmenter answers: torch in 32 bit and bfloat16, onnxruntime in 32 bit and with --int8; and its ODS.

    python benchmarks/inference.py --threads 1
    python benchmarks/inference.py --crops CRACK500/traincrop --images 40

The first: megapixels a second of processor time and by the clock, every way in turn in every round, the best round of
each; beside the rate that the processor's arithmetic allows, which is that of the fastest of some large convolutions
and matrix products, timed in the same rounds. ``--photo 3000 4000`` times a whole photo in tiles instead.
``--architectures`` compares untrained networks with their files instead, one after the other.
The second: ODS of all ways on crops with masks, NAME.jpg and NAME.png, evenly spaced, at scales 1 and 0.25.
"""

import argparse
import dataclasses
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from hairline.data.samples import evenly
from hairline.imaging.images import read_image
from hairline.imaging.resized import asked_at
from hairline.inspection.prediction import load_segmenter
from hairline.metrics import thresholds
from hairline.nn.exporting import files, parity
from hairline.nn.exporting.sessions import Session, usual_threads
from hairline.nn.runtime import device
from hairline.nn.runtime.recipes import ALONE, Runtime
from hairline.nn.segmenter import networks, segmenter, shipped

Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
TORCH = {"torch, 32 bit": "32", "torch, bfloat16": "bf16"}
ONNX = {"onnxruntime, 32 bit": False, "onnxruntime, int8": True}
CONVOLUTIONS = ((64, 64, 256), (128, 128, 128), (256, 256, 64))
"""Channels in, channels out and side of the maps of convolutions of 3 x 3, whose fastest tells the processor's peak."""
PRODUCT = 2048
SIDE = 256
"""Of the image that architectures are timed on."""


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, help="folder of a segmenter; none: the one that ships")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 1024, 2048])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--photo", type=int, nargs=2, metavar=("HEIGHT", "WIDTH"), help="a photo in tiles, by onnxruntime"
    )
    parser.add_argument(
        "--architectures", nargs="+", metavar="NAME", help="untrained ones, as unet or smp:FPN:resnet18"
    )
    parser.add_argument("--crops", type=Path)
    parser.add_argument("--images", type=int, default=40)
    args = parser.parse_args()
    if args.architectures:
        _architectures(args.architectures, args.rounds)
        return
    folder = args.network or shipped.folder()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as made:
        chosen = ONNX if args.photo else (*TORCH, *ONNX)
        ways = {name: _way(folder, Path(made), name, args.threads) for name in chosen}
        if args.crops:
            _scores(ways, args.crops, args.images)
            return
        if args.photo:
            _photo(Path(made), *args.photo)
            return
        _speeds(ways, folder, args)


def _way(folder: Path, made: Path, name: str, threads: int) -> Ask:
    if name in TORCH:
        model, _ = segmenter.load(folder)
        placement = device.resolve(Runtime("cpu", TORCH[name], 0, 0, ALONE, 60))  # type: ignore[arg-type]
        return partial(segmenter.predict, model, placement=placement)
    file = made / f"{ONNX[name]}.onnx"
    files.export(folder, file, int8=ONNX[name])
    return Session(file, threads).scores


def _speeds(ways: dict[str, Ask], folder: Path, args: argparse.Namespace) -> None:
    flop = _flop(folder)
    print(f"{device.machine(device.resolve(files.CPU))}; {args.threads} threads; load {os.getloadavg()[0]:.1f}")
    print(f"{flop / 1e3:.1f} thousand operations a pixel (a multiplication and an addition are two)\n")
    print("| side px | way | MP/s of processor time | of the limit | MP/s by the clock | times torch, 32 bit |")
    print("| --- | --- | --- | --- | --- | --- |")
    for side in args.sides:
        (image,) = parity.generated(1, side, side)
        for ask in ways.values():
            ask(image)
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        peaks = []
        for _ in range(args.rounds):
            for name, ask in ways.items():
                spent[name].append(_timed(partial(ask, image)))
            peaks += _peaks()
        limit = max(peaks) / flop
        best = {name: np.min(times, axis=0) for name, times in spent.items()}
        plain = best["torch, 32 bit"][0]
        for name, (processor, clock) in best.items():
            rate, by_clock = side**2 / processor / 1e6, side**2 / clock / 1e6
            share = f"{rate * 1e6 / limit:.0%}" if "32" in name else "-"
            print(f"| {side} | {name} | {rate:.2f} | {share} | {by_clock:.2f} | {plain / processor:.2f} |")
        print(f"| {side} | limit: {max(peaks) / 1e9:.0f} GFLOP/s, median {np.median(peaks) / 1e9:.0f} "
              f"| {limit / 1e6:.2f} | | | |", flush=True)  # fmt: skip


def _architectures(names: list[str], rounds: int) -> None:
    """A row a network with its EXAMPLE of options: how far both are apart, and the processor time of both."""
    placement = device.resolve(files.CPU)
    (image,) = parity.generated(1, SIDE, SIDE)
    print(f"| network | largest difference | torch, ms | onnxruntime, ms | ratio |  ({SIDE} x {SIDE} px, one thread)")
    print("| --- | --- | --- | --- | --- |")
    for name in names:
        torch.manual_seed(0)
        module, (_, *words) = networks.module(name), name.split(":")
        changed = dict(zip(getattr(module, "WORDS", ()), words, strict=True))
        model = module.build(dataclasses.replace(module.EXAMPLE, **changed), "none")[0].eval()
        with tempfile.TemporaryDirectory() as made:
            file = Path(made) / "a.onnx"
            file.write_bytes(files.as_onnx(model, name).SerializeToString())
            ways = (partial(segmenter.predict, model, placement=placement), Session(file, 1).scores)
            found = parity.compared(*ways, [image, *parity.images()])
            plain, other = (min(_timed(partial(ask, image))[0] for _ in range(rounds)) for ask in ways)
        print(
            f"| {name} | {found.largest:.1e} | {1e3 * plain:.0f} | {1e3 * other:.0f} | {plain / other:.1f} |",
            flush=True,
        )


def _photo(made: Path, height: int, width: int) -> None:
    """Time of a whole photo in tiles, with as many threads as OMP_NUM_THREADS says."""
    (part,) = parity.generated(1, 512, 512)
    photo = np.pad(part, ((0, height - 512), (0, width - 512), (0, 0)), mode="symmetric")
    for name, int8 in ONNX.items():
        predictor = load_segmenter(made / f"{int8}.onnx")
        processor, clock = _timed(partial(predictor.predict, photo))
        print(f"{name}, {height} x {width} px, {usual_threads()} threads: {processor:.1f} s of processor time "
              f"({height * width / processor / 1e6:.2f} MP/s), {clock:.1f} s by the clock; "
              f"{_most_memory():.0f} MB at most", flush=True)  # fmt: skip


def _flop(folder: Path) -> float:
    model, _ = segmenter.load(folder)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(torch.zeros(1, 3, 512, 512, dtype=torch.uint8))
    return float(counter.get_total_flops()) / 512**2


def _peaks() -> list[float]:
    """Operations a second of processor time of large convolutions and a matrix product in 32 bit."""
    found = []
    with torch.inference_mode():
        for given, wide, side in CONVOLUTIONS:
            layer = torch.nn.Conv2d(given, wide, 3, padding=1).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            maps = torch.rand(1, given, side, side).to(memory_format=torch.channels_last)
            layer(maps)
            found.append(2 * given * wide * 9 * side**2 / _timed(partial(layer, maps))[0])
        left, right = torch.rand(PRODUCT, PRODUCT), torch.rand(PRODUCT, PRODUCT)
        found.append(2 * PRODUCT**3 / _timed(partial(torch.mm, left, right))[0])
    return found


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of processor time, all threads', and by the clock."""
    processor, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - processor, time.perf_counter() - clock


def _most_memory() -> float:
    """Most memory of this process so far, in MB."""
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def _scores(ways: dict[str, Ask], crops: Path, count: int) -> None:
    photos = sorted(crops.glob("*.jpg"))
    photos = [photos[index] for index in evenly(len(photos), count)]
    print("| scale | way | ODS | OIS | F1 at 0.5 | largest difference | pixels on the other side of 0.5 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for scale in (1.0, 0.25):
        counted: dict[str, list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = {name: [] for name in ways}
        apart, turned, pixels = dict.fromkeys(ways, 0.0), dict.fromkeys(ways, 0), 0
        for photo in photos:
            image, mask = read_image(photo), np.asarray(Image.open(photo.with_suffix(".png")).convert("L")) > 127
            pixels += mask.size
            found = {name: asked_at(image, scale, ask) for name, ask in ways.items()}
            plain = found["torch, 32 bit"]
            for name, scores in found.items():
                counted[name].append(thresholds.histograms(np.clip(scores, 0, 1), mask))
                apart[name] = max(apart[name], float(np.abs(scores - plain).max()))
                turned[name] += int(((scores >= 0.5) != (plain >= 0.5)).sum())
        for name, pairs in counted.items():
            crack, background = (np.array(each) for each in zip(*pairs, strict=True))
            f1 = thresholds.f1(thresholds.counts(crack, background))
            half = f1.mean(axis=0)[thresholds.place(0.5)]
            print(f"| {scale:g} | {name} | {thresholds.ods(f1):.4f} | {thresholds.ois(f1):.4f} | {half:.4f} "
                  f"| {apart[name]:.1e} | {turned[name] / pixels:.1e} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
