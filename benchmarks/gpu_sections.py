"""The sections of `benchmarks/gpu.py`: what each measures, and with how much of it."""

import argparse
import copy
import dataclasses
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pandas as pd
import torch
import training as engine
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from hairline.config.params import Params
from hairline.data import synthetic
from hairline.data.patch_index import COLUMNS, crack_flags
from hairline.imaging.images import quantise, read_image, read_mask
from hairline.imaging.windows import PatchGrid
from hairline.labelling import fusion, localization, thresholding
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import konig
from hairline.metrics import thresholds as scoring
from hairline.metrics.patch_scores import patch_scores
from hairline.nn.classifier import (
    backbones,
    device_evidence,
    device_labels,
    device_otsu,
    device_windows,
    evidence,
    folding,
    streaming,
)
from hairline.nn.classifier import training as classifier_training
from hairline.nn.classifier.backbones import Classifier
from hairline.nn.classifier.device_evidence import Questions
from hairline.nn.runtime import device
from hairline.nn.runtime.device import Placement, autocast
from hairline.nn.runtime.recipes import ALONE, ClassifierOptions, Recipe, Runtime, SegmenterOptions
from hairline.nn.segmenter import networks
from hairline.nn.segmenter import segmenter as segmenters
from hairline.nn.segmenter import training as segmentation
from hairline.nn.training.optimizers import optimizer

if TYPE_CHECKING:
    from gpu import Bench

ROOT = Path(__file__).parents[1]
Image = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Numbers = dict[str, Any]

WINDOW_PX, STRIDE_PX = 32, 16
UNET = ("unet", {"encoder": "resnet50"})
NETWORKS = {
    "unet": UNET,
    "deepcrack_liu": ("deepcrack_liu", {"guided_filter": False}),
    "deepcrack_zou": ("deepcrack_zou", {}),
    "oed": ("oed", {"encoder": "tf_efficientnet_b5"}),
}
TINY = "test_resnet"
"""The backbone of a dry run, timm's smallest."""
SMALL = {
    **NETWORKS,
    "unet": ("unet", {"encoder": f"tu-{TINY}", "decoder_channels": (32, 16, 16, 8, 8)}),
    "oed": ("oed", {"encoder": "efficientnet_b0"}),
}


# What all sections share


def reset() -> None:
    """What trainings switch on for good is off again: deterministic kernels."""
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.benchmark = False
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def placed(bench: "Bench", precision: str = "auto") -> Placement:
    """Where things run."""
    return device.resolve(Runtime(bench.device, precision, 0, 0, ALONE, 60))  # type: ignore[arg-type]


def on_cpu() -> Placement:
    """The processor in 32 bit, which all else is compared with."""
    return device.resolve(Runtime("cpu", "32", 0, 0, ALONE, 60))


def params() -> Params:
    """The values of the synthetic profile, which has the paper's for konig."""
    return Params(ROOT / "profiles" / "base" / "params.yaml")


def size(bench: "Bench") -> tuple[int, int]:
    """Height and width of a picture."""
    return (64, 96) if bench.dry else (360, 640)


def pictures(bench: "Bench", count: int) -> list[Image]:
    """Decoded pictures of one size: real ones where there is a pack, over and over if they are too few."""
    height, width = size(bench)
    found = [image for image, _ in pairs(bench, "train") if image.shape == (height, width, 3)]
    return [found[index % len(found)] for index in range(count)]


def pairs(bench: "Bench", split: str) -> list[tuple[Image, Mask]]:
    """Pictures with their masks, of ``train`` or ``val``."""
    return _pairs(bench.pack, split, *size(bench), 6 if bench.dry else 64)


@cache
def _pairs(pack: Path | None, split: str, height: int, width: int, count: int) -> list[tuple[Image, Mask]]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        if pack is None:
            options = synthetic.Options(3, count, count, 0, height, width, 0)
            return list(pool.map(lambda index: synthetic.make(options, split, index)[:2], range(count)))
        lines = [line.split() for line in (pack / f"{split}.txt").read_text().splitlines() if line.strip()]
        return list(pool.map(lambda pair: (read_image(pack / pair[0]), read_mask(pack / pair[1])), lines))


def classifier(backbone: str) -> Classifier:
    """A random network whose normalisation layers have seen pictures, and whose head tells them apart."""
    torch.manual_seed(0)
    network, _ = backbones.build(backbone, "none")
    _show_pictures(network.train())
    with torch.no_grad():
        assert network.linear is not None
        network.linear.weight.mul_(20)
    return network.eval()


def segmenter(network: tuple[str, Mapping[str, Any]]) -> segmenters.Segmenter:
    """A random segmenter whose normalisation layers have seen pictures."""
    torch.manual_seed(0)
    model = builder(network)()[0]
    _show_pictures(model.train())
    return model.eval()


def _show_pictures(model: nn.Module) -> None:
    options = synthetic.Options(5, 16, 0, 0, 96, 96, 0)
    seen = [torch.from_numpy(synthetic.make(options, "train", index)[0]).permute(2, 0, 1) for index in range(16)]
    with torch.no_grad():
        for start in range(0, len(seen), 8):
            model(torch.stack(seen[start : start + 8]))


def builder(network: tuple[str, Mapping[str, Any]]) -> Callable[[], tuple[segmenters.Segmenter, str]]:
    """What makes a segmenter from random weights."""
    module = networks.module(network[0])
    return partial(module.build, module.Options(**network[1]), "none")


def waited(placement: Placement) -> float:
    """The time, once the device has finished."""
    if placement.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def median_ms(work: Callable[[], object], placement: Placement, times: int) -> float:
    """Median milliseconds of some work, after two unmeasured times."""
    work()
    work()
    taken = []
    for _ in range(times):
        start = waited(placement)
        work()
        taken.append(1000 * (waited(placement) - start))
    return round(statistics.median(taken), 3)


@contextmanager
def peak_gib(placement: Placement, into: Numbers) -> Iterator[None]:
    """The most memory that was allocated on the device meanwhile, in GiB; none is told on processors."""
    if placement.device.type != "cuda":
        yield
        return
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    yield
    into["peak_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)


# Correctness


def correctness(bench: "Bench") -> None:
    """Evidence, labels and segmenters against the CPU; Otsu exactly; the same training twice; resuming."""
    count = 2 if bench.dry else 4
    crops = pictures(bench, count)
    backbone = TINY if bench.dry else "resnet50"
    network = classifier(backbone)
    options = params().label_set("konig").options
    questions = asked()
    reference = [evidence_alone(folding.folded(network), crop, on_cpu()) for crop in crops]
    for name, precision, tf32 in (("32", "32", False), ("32 with TF32", "32", True), ("bf16", "bf16", True)):
        placement = placed(bench, precision)
        with tensor_float(tf32):
            for way in ("alone", "group"):
                bench.attempt(
                    f"evidence, {name}, {way}",
                    partial(compared, network, crops, reference, options, questions, placement, way),
                )
            bench.attempt(f"segmenter, {name}", partial(segmenter_apart, bench, crops[:2], placement))
    bench.attempt("multi-Otsu", partial(otsu_apart, bench))
    bench.attempt("deterministic", partial(trained_twice, bench, None), needs_s=10)
    bench.attempt("resume", partial(trained_twice, bench, 1), needs_s=10)


@contextmanager
def tensor_float(allowed: bool) -> Iterator[None]:
    """Whether 32-bit convolutions and products may round to TF32, as torch lets convolutions do by itself."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = allowed
    torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


def asked(batch: int = 128) -> Questions:
    """What konig asks of a classifier."""
    return Questions((WINDOW_PX,), STRIDE_PX, (), 1024, batch)


def evidence_alone(model: Classifier, image: Image, placement: Placement) -> Evidence:
    """Evidence about one image."""
    return evidence.collect(model, image, [WINDOW_PX], STRIDE_PX, [], 1024, 128, placement)


def compared(
    network: Classifier,
    crops: Sequence[Image],
    reference: Sequence[Evidence],
    options: konig.Options,
    questions: Questions,
    placement: Placement,
    way: str,
) -> Numbers:
    """How far evidence and labels are from those of the CPU in 32 bit."""
    model = folding.folded(network)
    if way == "alone":
        found = [evidence_alone(model, crop, placement) for crop in crops]
    else:
        again = 12 if placement.device.type == "cuda" else 1  # the last groups repeat what the first recorded
        found = list(streaming.evidence_of(model, list(crops) * again, questions, placement))[-len(crops) :]
    labels = [quantise(konig.label(crop, each, options)) for crop, each in zip(crops, found, strict=True)]
    truth = [quantise(konig.label(crop, each, options)) for crop, each in zip(crops, reference, strict=True)]
    apart = np.concatenate([np.abs(a.astype(int) - b).ravel() for a, b in zip(labels, truth, strict=True)])

    def farthest(values: Callable[[Evidence], NDArray[np.float32]]) -> float:
        return max(float(np.abs(values(a) - values(b)).max()) for a, b in zip(found, reference, strict=True))

    return {
        "votes": farthest(lambda each: each.votes[0].probabilities),
        "cells": farthest(lambda each: each.cells[0].probabilities),
        "cam_share": farthest(lambda each: each.cam / each.cam.max()),
        "probability": farthest(lambda each: np.float32([each.crack_probability])),
        "label_pixels_apart_percent": 100 * float((apart > 0).mean()),
        "more_than_a_level_percent": 100 * float((apart > 1).mean()),
    }


def segmenter_apart(bench: "Bench", crops: Sequence[Image], placement: Placement) -> Numbers:
    """How far scores of a U-Net are from those of the CPU in 32 bit."""
    model = segmenter(SMALL["unet"] if bench.dry else UNET)
    truth = [segmenters.predict(model, crop, on_cpu()) for crop in crops]
    found = [segmenters.predict(model, crop, placement) for crop in crops]
    apart = np.concatenate([np.abs(a - b).ravel() for a, b in zip(found, truth, strict=True)])
    return {"scores": float(apart.max()), "mean": float(apart.mean()), "spread": float(np.std(np.stack(truth)))}


def otsu_apart(bench: "Bench") -> Numbers:
    """Windows whose threshold differs from the CPU's, and pixels that are dark on one of them alone."""
    crops = pictures(bench, 2 if bench.dry or placed(bench).device.type == "cpu" else 32)
    options = params().label_set("konig").options.thresholding
    grid = PatchGrid(*crops[0].shape[:2], options.window_px, options.stride_px)
    levels = [thresholding.grey(thresholding.smooth(crop, options.bilateral)) for crop in crops]
    there = torch.from_numpy(np.stack(levels)).to(placed(bench).device)
    found = {"windows": 0, "windows_apart": 0, "pixels_apart": 0}
    for classes in (2, 3, 4):
        thresholds = device_otsu.window_thresholds(there, grid, classes).cpu().numpy()
        truth = np.stack([thresholding.window_thresholds(each, grid, classes) for each in levels])
        found["windows"] += truth.size
        found["windows_apart"] += int((thresholds != truth).sum())
    dark = device_otsu.dark_pixels(there, options).cpu().numpy()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        expected = np.stack(list(pool.map(lambda crop: thresholding.dark_pixels(crop, options), crops)))
    found["pixels_apart"] = int((dark != expected).sum())
    return found


class EndedError(Exception):
    """A training that was ended on purpose."""


class Quiet:
    """A log that keeps the speed of the last epoch, and ends a training after an epoch where it is told to."""

    def __init__(self, ends_after: int | None = None) -> None:
        """Keep when to end."""
        self._ends_after = ends_after
        self.speed = 0.0

    def metrics(self, values: Any, step: int) -> None:
        """Keep the speed of the last epoch."""
        self.speed = values.get("images_per_second", self.speed)
        if step == self._ends_after:
            raise EndedError

    def curves(self, points: Any) -> None:
        """Forget."""

    def drawing(self, name: str, png: bytes) -> None:
        """Forget."""


def trained_twice(bench: "Bench", ended_after: int | None) -> Numbers:
    """Whether a training gives the same weights once more, or once more with an interruption after an epoch."""
    side = 64 if bench.dry else 128
    options = segmenter_options(epochs=2, batch=4, crop_px=side if not bench.dry else 32)
    chosen = pairs(bench, "train")[:8]
    images = {str(n): image for n, (image, _) in enumerate(chosen)}
    masks = {str(n): mask.astype(np.float32) for n, (_, mask) in enumerate(chosen)}
    wish = Runtime(bench.device, "auto", 0, 0, ALONE, 60)  # type: ignore[arg-type]

    def train(folder: Path, log: Quiet) -> segmenters.Segmenter:
        ids = list(images)
        made = builder(SMALL["unet"] if bench.dry else ("unet", {"encoder": "resnet18"}))
        return segmentation.train(
            ids, [], images.__getitem__, masks.__getitem__, made, options, wish, log, folder
        ).model  # fmt: skip

    name = f"twice-{ended_after}"
    first = train(bench.work / f"{name}-a", Quiet())
    if ended_after is not None:
        try:
            train(bench.work / f"{name}-b", Quiet(ended_after))
        except EndedError:
            pass
        else:
            raise RuntimeError("the training was not interrupted")
    second = train(bench.work / f"{name}-b", Quiet())
    weights = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    apart = max(float((a.double() - b.double()).abs().max()) for a, b in weights)
    return {"equal": apart == 0, "farthest": apart}


# Labels


def labels(bench: "Bench") -> None:
    """Images a second from decoded images to labels of konig, and where the time goes."""
    count = 4 if bench.dry else 1536
    crops = pictures(bench, count)
    options = params().label_set("konig").options
    bench.attempt("processor steps", partial(processor_steps, crops[: 2 if bench.dry else 12], options))
    nets = (TINY,) if bench.dry else ("resnet50", "resnet18", "resnet101")
    for backbone in nets:
        network = classifier(backbone)
        ways = [("auto", True), ("auto", False)] if backbone != "resnet101" else [("auto", True)]
        for precision, on_device in ways:
            name = f"{backbone}, Otsu on {'the device' if on_device else 'threads'}"
            measure = partial(label_rate, network, crops, options, placed(bench, precision), on_device)
            bench.attempt(name, measure, needs_s=8)
    network = classifier(TINY if bench.dry else "resnet50")
    for threads in (1,) if bench.dry else (4, 16):
        measure = partial(label_rate, network, crops, options, placed(bench), True, threads)
        bench.attempt(f"{network.backbone}, Otsu on the device, {threads} threads", measure, needs_s=8)
    few = crops[: 2 if bench.dry else 24]
    bench.attempt("one image at a time", partial(one_at_a_time, network, few, options, placed(bench)), needs_s=5)
    bench.attempt("32 bit", partial(label_rate, network, crops[: len(crops) // 2], options, placed(bench, "32"), True),
                  needs_s=8)  # fmt: skip
    for most, images in ((2, 1),) if bench.dry else ((1024, 16), (4096, 16), (8192, 16), (16384, 8), (32768, 32)):
        name = f"batches of {most}, groups of {images}"
        bench.attempt(name, partial(evidence_rate, network, crops, placed(bench), most, images), needs_s=5)
    bench.attempt("networks", partial(forward_times, bench, network), needs_s=40)


def processor_steps(crops: Sequence[Image], options: konig.Options) -> Numbers:
    """Median milliseconds a crop of what the processor does, on one thread."""
    network = folding.folded(classifier("resnet18"))
    taken: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = work()
        taken.setdefault(name, []).append(1000 * (time.perf_counter() - start))
        return found

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    raw = dataclasses.replace(options.thresholding, bilateral=thresholding.Bilateral(0, 1, 1))
    for crop in crops:
        found = evidence_alone(network, crop, on_cpu())
        smoothed = timed("bilateral filter", partial(thresholding.smooth, crop, options.thresholding.bilateral))
        dark = timed("multi-Otsu windows", partial(thresholding.dark_pixels, smoothed, raw))
        located = timed("localization", partial(localization.localize, found, options.localization))
        timed("fusion", partial(fusion.fuse, dark, located, options.fusion))
    cv2.setNumThreads(before)
    return {f"{name} ms": round(statistics.median(times), 2) for name, times in taken.items()}


def label_rate(
    network: Classifier,
    crops: Sequence[Image],
    options: konig.Options,
    placement: Placement,
    on_device: bool,
    threads: int | None = None,
) -> Numbers:
    """Images a second from decoded images to labels, and the shares of device and processor."""
    model, told = folding.folded(network), list[tuple[str, float]]()
    run = partial(device_labels.konig_labels, model, options=options, questions=asked(), placement=placement,
                  otsu_on_device=on_device, threads=threads)  # fmt: skip
    warm = len(crops) if len(crops) < 64 else 64
    drained(run(crops[:warm]))
    found: Numbers = {}
    with peak_gib(placement, found):
        start, used, main = waited(placement), time.process_time(), time.thread_time()
        done = drained(run(crops, clock=lambda part, seconds: told.append((part, seconds))))
        wall, used, main = waited(placement) - start, time.process_time() - used, time.thread_time() - main
    spent: dict[str, float] = {}
    for part, seconds in told:
        spent[part] = spent.get(part, 0) + seconds
    return found | {
        "images_per_second": round(done / wall, 1),
        "device_ms": {part: round(1000 * seconds / done, 3) for part, seconds in spent.items()},
        "device_share": round(sum(spent.values()) / wall, 3),
        "processor_ms": round(1000 * used / done, 2),
        "main_thread_ms": round(1000 * main / done, 2),
        "processor_share": round(used / wall / (os.cpu_count() or 1), 3),
        "images": done,
        "precision": placement.precision,
    }


def drained(labels: Iterable[object]) -> int:
    """How many there were."""
    return sum(1 for _ in labels)


def one_at_a_time(network: Classifier, crops: Sequence[Image], options: konig.Options, placement: Placement) -> Numbers:
    """Images a second without groups, threads or anything at the same time."""
    model = folding.folded(network)

    def label(crop: Image) -> object:
        return konig.label(crop, evidence_alone(model, crop, placement), options)

    label(crops[0])
    start = waited(placement)
    for crop in crops:
        label(crop)
    return {"images_per_second": round(len(crops) / (waited(placement) - start), 2)}


def evidence_rate(network: Classifier, crops: Sequence[Image], placement: Placement, most: int, images: int) -> Numbers:
    """Images a second of the evidence alone, with other sizes of batches and groups."""
    model = folding.folded(network)
    before = device_windows.MOST_WINDOWS, device_evidence.IMAGES
    device_windows.MOST_WINDOWS, device_evidence.IMAGES = most, images
    try:
        questions = asked()
        drained(streaming.evidence_of(model, crops[:64], questions, placement))
        start = waited(placement)
        done = drained(streaming.evidence_of(model, crops, questions, placement))
        return {"images_per_second": round(done / (waited(placement) - start), 1)}
    finally:
        device_windows.MOST_WINDOWS, device_evidence.IMAGES = before


def forward_times(bench: "Bench", network: Classifier) -> Numbers:
    """Milliseconds of a batch of windows through the network in several forms."""
    placement, found = placed(bench), dict[str, Any]()
    count, side = (4, 32) if bench.dry else (4096, WINDOW_PX)
    batch = torch.randint(0, 256, (count, side, side, 3), dtype=torch.uint8, device=placement.device)
    seen = batch.permute(0, 3, 1, 2)

    def forward(model: nn.Module) -> object:
        with torch.inference_mode(), autocast(placement):
            return model(seen)

    forms: dict[str, Callable[[], nn.Module]] = {
        "plain": lambda: copy.deepcopy(network),
        "folded": lambda: folding.folded(network),
        "plain, compiled": lambda: torch.compile(copy.deepcopy(network)),  # type: ignore[dict-item]
        "folded, compiled": lambda: torch.compile(folding.folded(network)),  # type: ignore[dict-item]
    }
    chosen = list(forms.items())[:2] if bench.dry else list(forms.items())
    for name, make in chosen:
        if not bench.dry and bench.left() < 20:
            break
        model = make().eval().to(placement.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        begun = time.perf_counter()
        forward(model)
        found[f"{name}: first s"] = round(waited(placement) - begun, 1)
        found[f"{name}: ms"] = median_ms(partial(forward, model), placement, 1 if bench.dry else 5)
    found["windows"] = count
    return found


# Training


def training(bench: "Bench") -> None:
    """Images a second of the engine against the same network fed from memory; compiled; other memory layouts."""
    ways: dict[str, tuple[bool, bool]] = {"from memory": (True, False), "NCHW": (False, False)}
    bench.attempt("classifier", partial(classifier_rates, bench), needs_s=15)
    for name, network in (SMALL if bench.dry else NETWORKS).items():
        bench.attempt(f"{name}: engine", partial(engine_rate, bench, network), needs_s=15)
        for way, how in ways.items():
            bench.attempt(f"{name}: {way}", partial(memory_rate, bench, network, *how), needs_s=8)
    for name, network in NETWORKS.items():
        if not bench.dry:
            bench.attempt(f"{name}: compiled", partial(memory_rate, bench, network, True, True), needs_s=40)


def workers() -> int:
    """Processes that prepare batches: one a core, but for two."""
    return max((os.cpu_count() or 1) - 2, 0)


def engine_rate(bench: "Bench", network: tuple[str, Mapping[str, Any]]) -> Numbers:
    """Images a second of the engine on whole pictures."""
    found: Numbers = {}
    wish, steps = measured_training(bench, 0 if bench.dry else workers(), 128)
    options = params().segmenter
    with peak_gib(device.resolve(wish), found):
        seconds = engine.by_engine(builder(network), engine.chosen(steps, options), wish, steps)
    return found | {"images_per_second": round(steps.batch / seconds, 1), "workers": wish.workers}


def memory_rate(bench: "Bench", network: tuple[str, Mapping[str, Any]], channels_last: bool, compiled: bool) -> Numbers:
    """Images a second of a bare loop over a batch on the device."""
    found: Numbers = {}
    wish, steps = measured_training(bench, 0, 24)
    options = params().segmenter
    with peak_gib(device.resolve(wish), found):
        seconds = engine.from_memory(builder(network), options, wish, steps, channels_last, compiled)
    return found | {"images_per_second": round(steps.batch / seconds, 1)}


def measured_training(bench: "Bench", loaders: int, steps: int) -> tuple[Runtime, argparse.Namespace]:
    """Where a training is measured, and on how much."""
    wish = Runtime(bench.device, "auto", loaders, 0, ALONE, 60)  # type: ignore[arg-type]
    if bench.dry:
        return wish, argparse.Namespace(crop=32, batch=2, steps=3)
    return wish, argparse.Namespace(crop=0, batch=8, steps=steps)


def classifier_rates(bench: "Bench") -> Numbers:
    """Patches a second of the engine and of a bare loop, ResNet-50 on patches of 128 px."""
    side, batch = (32, 8) if bench.dry else (128, 128)
    backbone = TINY if bench.dry else "resnet50"
    chosen = pairs(bench, "train")[: 2 if bench.dry else 200]
    table = patch_table(chosen, "train", side)
    wish = Runtime(bench.device, "auto", 0 if bench.dry else workers(), 0, ALONE, 60)  # type: ignore[arg-type]
    options, placement = classifier_options(backbone, 1, batch), device.resolve(wish)
    found: Numbers = {"workers": wish.workers, "patches": len(table)}
    log = Quiet()
    images = {str(n): image for n, (image, _) in enumerate(chosen)}
    with peak_gib(placement, found):
        classifier_training.train(table, images.__getitem__, side, options, wish, log, bench.work / "classifier-rate")
    found["engine"] = round(log.speed, 1)
    model = backbones.build(backbone, "none")[0].train().to(placement.device, memory_format=torch.channels_last)
    step, times = optimizer(model.parameters(), options.recipe), 3 if bench.dry else 30
    pixels = torch.randint(0, 256, (batch, side, side, 3), dtype=torch.uint8, device=placement.device)
    truth, marks = torch.randint(0, 2, (batch,), device=placement.device), []
    for number in range(times):
        engine.waited_at(number, times)
        marks.append(time.perf_counter())
        with autocast(placement):
            loss = F.cross_entropy(model(pixels.permute(0, 3, 1, 2)).float(), truth)
        step.zero_grad()
        loss.backward()
        step.step()
    found["from memory"] = round(batch / engine.per_step(marks), 1)
    return found


def patch_table(chosen: Sequence[tuple[Image, Mask]], split: str, side: int, first: int = 0) -> pd.DataFrame:
    """The patch index of some pictures, named by their numbers from ``first`` on."""
    parts = []
    for number, (_, mask) in enumerate(chosen, first):
        grid = PatchGrid(*mask.shape, side, side // 2)
        origins, flags = grid.origins(), crack_flags(mask, side, side // 2).ravel()
        rows = {"sample": str(number), "split": split, "y": origins[:, 0], "x": origins[:, 1], "side": side}
        parts.append(pd.DataFrame({**rows, "crack": flags}, columns=list(COLUMNS)))
    return pd.concat(parts, ignore_index=True)


def classifier_options(backbone: str, epochs: int, batch: int) -> ClassifierOptions:
    """A classifier as in the profile crack500-cpu, on another backbone."""
    plain = params().segmenter.augmentation
    recipe = dataclasses.replace(plain_recipe(), epochs=epochs, batch=batch, optimizer="sgd", learning_rate=0.05)
    return ClassifierOptions("crack500", backbone, "none", plain, (), recipe)


def plain_recipe() -> Recipe:
    """The synthetic profile's."""
    return params().segmenter.recipe


def segmenter_options(epochs: int, batch: int, crop_px: int) -> SegmenterOptions:
    """A segmenter's training on binary targets."""
    options = params().segmenter
    recipe = dataclasses.replace(options.recipe, epochs=epochs, batch=batch, learning_rate=0.001)
    return dataclasses.replace(options, crop_px=crop_px, crops_per_image=1, recipe=recipe, sheet_epochs=0)


# A large photo


def large(bench: "Bench") -> None:
    """A photo of 64 megapixels through a segmenter in one piece and a classifier in tiles, as both do today."""
    photo = mosaic(bench, 192 if bench.dry else 8000)
    chosen = {"U-Net": SMALL["unet"]} if bench.dry else {"U-Net": UNET, "OED": NETWORKS["oed"]}
    for name, network in chosen.items():
        bench.attempt(f"{name}, in one piece", partial(whole_photo, bench, network, photo), needs_s=8)
    backbone = TINY if bench.dry else "resnet50"
    bench.attempt("evidence, in tiles", partial(photo_evidence, bench, backbone, photo), needs_s=8)


def mosaic(bench: "Bench", side: int) -> Image:
    """A square photo of crops side by side."""
    crops = pictures(bench, 64)
    height, width = crops[0].shape[:2]
    down, across = -(-side // height), -(-side // width)
    rows = [np.concatenate([crops[(row * 7 + col) % len(crops)] for col in range(across)], 1) for row in range(down)]
    return np.ascontiguousarray(np.concatenate(rows, 0)[:side, :side])


def whole_photo(bench: "Bench", network: tuple[str, Mapping[str, Any]], photo: Image) -> Numbers:
    """Megapixels a second of a segmenter."""
    placement, model = placed(bench), segmenter(network)
    megapixels = photo.shape[0] * photo.shape[1] / 1e6
    found: Numbers = {"megapixels": round(megapixels, 2), "network": "random weights"}
    with peak_gib(placement, found):
        segmenters.predict(model, photo[:64, :64], placement)
        start = waited(placement)
        segmenters.predict(model, photo, placement)
        first = waited(placement)
        segmenters.predict(model, photo, placement)
        second = waited(placement)
    found["first megapixels_per_second"] = round(megapixels / (first - start), 2)
    return found | {"megapixels_per_second": round(megapixels / (second - first), 2)}


def photo_evidence(bench: "Bench", backbone: str, photo: Image) -> Numbers:
    """Megapixels a second of a classifier."""
    placement, model, found = placed(bench), folding.folded(classifier(backbone)), dict[str, Any]()
    spent: dict[str, float] = {}

    def count(part: str, seconds: float) -> None:
        spent[part] = spent.get(part, 0) + seconds

    with peak_gib(placement, found):
        evidence_alone(model, photo[: photo.shape[0] // 8], placement)
        start = waited(placement)
        evidence.collect(model, photo, [WINDOW_PX], STRIDE_PX, [], 1024, 128, placement, count)
        seconds = waited(placement) - start
    return found | {
        "megapixels_per_second": round(photo.shape[0] * photo.shape[1] / 1e6 / seconds, 2),
        "seconds": {part: round(value, 2) for part, value in spent.items()},
    }


# A real training


SCORING_S = 8
"""Seconds kept for the score of a trained network."""


def real(bench: "Bench") -> None:
    """Networks on real crops for as long as is left: masks as targets, then labels that were made here."""
    left = bench.left()
    networks_there = SMALL if bench.dry else NETWORKS
    share = {"U-Net on masks": 0.24, "classifier": 0.2, "U-Net on labels": 0.2}
    seconds = {name: part * left for name, part in share.items()}
    learn = partial(learned, bench)
    masks = [mask.astype(np.float32) for _, mask in pairs(bench, "train")]
    bench.attempt("U-Net on masks", partial(learn, networks_there["unet"], masks, seconds["U-Net on masks"]))
    found: dict[str, Any] = {}
    bench.attempt(
        "classifier and labels", partial(taught_and_labelled, bench, seconds["classifier"], found), needs_s=15
    )
    if "labels" in found:
        wait = seconds["U-Net on labels"]
        bench.attempt("U-Net on labels", partial(learn, networks_there["unet"], found["labels"], wait), needs_s=20)
    if not bench.dry:
        bench.attempt("OED on masks", partial(learn, networks_there["oed"], masks, bench.left()), needs_s=40)


def learned(
    bench: "Bench", network: tuple[str, Mapping[str, Any]], targets: Sequence[NDArray[np.float32]], seconds: float
) -> Numbers:
    """Train on whole crops for some seconds, then score the validation crops."""
    crops = pairs(bench, "train")
    kept = [n for n, target in enumerate(targets) if (target >= 0.5).sum() >= (1 if bench.dry else 100)]
    wish = Runtime(bench.device, "auto", 0 if bench.dry else workers(), 0, ALONE, 600)  # type: ignore[arg-type]
    placement, batch, build = device.resolve(wish), 2 if bench.dry else 8, builder(network)
    found: Numbers = {"batch": batch}

    def train(ids: Sequence[int], epochs: int) -> tuple[segmenters.Segmenter, float]:
        log = Quiet()
        trained = segmentation.train(
            [str(n) for n in ids],
            [],
            lambda name: crops[int(name)][0],
            lambda name: targets[int(name)],
            build,
            segmenter_options(epochs, batch, 0),
            wish,
            log,
            bench.work / f"learned-{time.monotonic_ns()}",
        )
        found["loss"] = round(trained.history[-1]["train/loss"], 4)
        return trained.model, log.speed

    begun, epochs = waited(placement), 1
    if not bench.dry:
        _, speed = train(kept[: 10 * batch], 2)
        images = (seconds - SCORING_S - (waited(placement) - begun)) * speed
        epochs, fit = max(int(images / len(kept)), 1), max(int(images), 2 * batch)
        kept = kept if fit >= len(kept) else kept[:: -(-len(kept) // fit)]
    start = waited(placement)
    model, speed = train(kept, epochs)
    found |= {"images": len(kept), "epochs": epochs, "train_s": round(waited(placement) - start, 1)}
    found["images_per_second"] = round(speed, 1)
    return found | scored(bench, lambda image: segmenters.predict(model, image, placement), "predict")


def scored(bench: "Bench", answer: Callable[[Image], NDArray[np.float32]], doing: str) -> Numbers:
    """ODS, OIS and AP on the validation crops."""
    val = pairs(bench, "val")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        start = time.perf_counter()
        counted = [pool.submit(scoring.histograms, answer(image), mask) for image, mask in val]
        seconds = time.perf_counter() - start
        tables = [each.result() for each in counted]
    return {f"{doing}_images_per_second": round(len(val) / seconds, 1)} | summary(tables)


def summary(tables: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> Numbers:
    """ODS, OIS and AP of histograms."""
    counts = scoring.counts(np.stack([crack for crack, _ in tables]), np.stack([other for _, other in tables]))
    scores = scoring.f1(counts)
    return {
        "val_images": len(tables),
        "ods": round(scoring.ods(scores), 4),
        "ois": round(scoring.ois(scores), 4),
        "ap": round(scoring.average_precision(counts), 4),
    }


def taught_and_labelled(bench: "Bench", seconds: float, into: dict[str, Any]) -> Numbers:
    """Train a classifier, label both splits by konig, score the labels; those of training images go to ``into``."""
    train_pairs, val = pairs(bench, "train"), pairs(bench, "val")
    side, batch, backbone = (32, 8, TINY) if bench.dry else (128, 128, "resnet50")
    crops = train_pairs + val
    table = pd.concat(
        [patch_table(train_pairs, "train", side), patch_table(val, "judged", side, len(train_pairs))]
    )  # the second only afterwards
    wish = Runtime(bench.device, "auto", 0 if bench.dry else workers(), 0, ALONE, 600)  # type: ignore[arg-type]
    placement, epochs = placed(bench), 1

    def load(name: str) -> Image:
        return crops[int(name)][0]

    start = waited(placement)
    if not bench.dry:
        log, once = Quiet(), classifier_options(backbone, 1, batch)
        few = table[table["sample"].astype(int) < 100]
        classifier_training.train(few, load, side, once, wish, log, bench.work / "taught-once")
        images = (seconds - SCORING_S - (waited(placement) - start)) * log.speed
        epochs = max(int(images / (table["split"] == "train").sum()), 1)
    options = classifier_options(backbone, epochs, batch)
    start = waited(placement)
    trained = classifier_training.train(table, load, side, options, wish, Quiet(), bench.work / "taught")
    found: Numbers = {"backbone": backbone, "epochs": epochs, "train_s": round(waited(placement) - start, 1)}
    judged = table[table["split"] == "judged"]
    probabilities = classifier_training.predict(trained.model, judged, load, side, 512, placement)
    found |= {f"patch_{k}": round(v, 4) for k, v in patch_scores(probabilities, judged["crack"].to_numpy(bool)).items()}
    reset()
    model, konig_options = folding.folded(trained.model), params().label_set("konig").options
    start = waited(placement)
    made = list(device_labels.konig_labels(model, [image for image, _ in crops], konig_options, asked(), placement))
    found["labels_images_per_second"] = round(len(made) / (waited(placement) - start), 1)
    into["labels"] = made[: len(train_pairs)]
    tables = [scoring.histograms(label, mask) for label, (_, mask) in zip(made[len(train_pairs) :], val, strict=True)]
    return found | {f"labels_{name}": value for name, value in summary(tables).items()}
