"""Evidence about many images as files: one image after the other on processors, in groups on a device."""

import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hairline.imaging.images import read_image
from hairline.io.atomic import whole_file
from hairline.io.progress import progress
from hairline.labelling import timing
from hairline.labelling.localization import Evidence
from hairline.nn.classifier import backbones, evidence, streaming
from hairline.nn.classifier.device_evidence import Questions
from hairline.nn.runtime import device


def write(
    model: backbones.Classifier,
    files: Mapping[Path, Path],
    doing: str,
    questions: Questions,
    placement: device.Placement,
) -> Mapping[str, float]:
    """Write the evidence about many images in the way that is fastest where the network runs.

    Args:
        model: The classifier.
        files: Archive to write → image to read.
        doing: What stands beside the progress bar.
        questions: What the classifier is asked.
        placement: Device and precision.

    Returns:
        Part of the work (:mod:`hairline.labelling.timing`) → the seconds it took.
    """
    ask = one_by_one if placement.device.type == "cpu" or model.amid else together
    return ask(model, files, doing, questions, placement)


def write_some(
    model: backbones.Classifier,
    doing: str,
    questions: Questions,
    placement: device.Placement,
    files: Sequence[tuple[Path, Path]],
) -> list[Mapping[str, float]]:
    """The same of pairs of archive and image, as work that an engine hands out; its one result is the seconds."""
    return [write(model, dict(files), doing, questions, placement)]


def one_by_one(
    model: backbones.Classifier,
    files: Mapping[Path, Path],
    doing: str,
    questions: Questions,
    placement: device.Placement,
) -> Mapping[str, float]:
    """Write the evidence about many images, archive → image, one after the other; the seconds it took by parts."""
    spent = defaultdict[str, float](float)
    for archive, image in progress(files.items(), doing, len(files)):
        for part, seconds in _asked(model, image, archive, questions, placement).items():
            spent[part] += seconds
    return spent


def _asked(
    model: backbones.Classifier, image_file: Path, archive: Path, questions: Questions, placement: device.Placement
) -> Mapping[str, float]:
    """Write the evidence about one image; the seconds it took by parts."""
    told = list[tuple[str, float]]()
    begun = time.perf_counter()
    image = read_image(image_file)
    asked = time.perf_counter()
    found = evidence.collect(
        model,
        image,
        questions.windows_px,
        questions.stride_px,
        questions.cam_scales,
        questions.tile_px,
        questions.batch,
        placement,
        lambda part, seconds: told.append((part, seconds)),
    )
    answered = time.perf_counter()
    with whole_file(archive) as partial:
        found.save(partial)
    reading = asked - begun + time.perf_counter() - answered
    return {timing.READING: reading, **timing.shared(told, answered - asked)}


def together(
    model: backbones.Classifier,
    files: Mapping[Path, Path],
    doing: str,
    questions: Questions,
    placement: device.Placement,
) -> Mapping[str, float]:
    """Write the evidence about many images, archive → image; threads read and write while the device is at work."""
    spent = defaultdict[str, float](float)

    def count(part: str, seconds: float) -> None:
        spent[part] += seconds

    def save(archive: Path, found: Evidence) -> None:
        with whole_file(archive) as partial:
            found.save(partial)

    begun = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        images = streaming.read_ahead(pool, read_image, files.values())
        answers = streaming.evidence_of(model, images, questions, placement, count)
        written = [
            pool.submit(save, archive, found)
            for archive, found in progress(zip(files, answers, strict=True), doing, len(files))
        ]
        for each in written:
            each.result()
    spent[timing.READING] += max(time.perf_counter() - begun - sum(spent.values()), 0.0)
    return spent
