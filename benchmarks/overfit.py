r"""Whether a network can learn one batch of real crops by heart: ODS against their masks after so many steps.

    python benchmarks/overfit.py data/EXPERIMENT/sets/crack500 unet deepcrack_liu deepcrack_zou oed

A network that cannot has a fault, in its layers, its loss or its learning rate. The crops are those with most crack of
some training images; the training is the engine's, without augmentation, on the loss of params.yaml.
"""

import argparse
import dataclasses
import logging
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.config.params import Params
from hairline.data.samples import evenly, load_image, load_mask, read_samples
from hairline.metrics import thresholds
from hairline.nn.runtime.device import resolve
from hairline.nn.segmenter import networks, segmenter, training
from pipeline.training_run import Silent

Crop = tuple[NDArray[np.uint8], NDArray[np.float32]]


def main() -> None:
    """Train every architecture named on the batch, and print its ODS."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("architectures", nargs="+")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--learning-rate", type=float, default=0.002)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    args = parser.parse_args()
    logging.disable(logging.INFO)
    params, batch = Params(args.params), crops(args.dataset, args.batch, args.crop)
    print("| architecture | steps | seconds | ODS |\n| --- | --- | --- | --- |")
    for name in args.architectures:
        started = time.perf_counter()
        ods = learned(params, name, batch, args)
        print(f"| {name} | {args.steps} | {time.perf_counter() - started:.0f} | {ods:.3f} |", flush=True)


def crops(dataset: Path, count: int, side: int) -> dict[str, Crop]:
    """The crop with most crack of each of some training images, and its mask."""
    ids = list(read_samples(dataset, "train")["id"])
    found = {}
    for index in evenly(len(ids), count):
        image, mask = load_image(dataset, ids[index]), load_mask(dataset, ids[index])
        sums = mask.astype(np.int64).cumsum(0).cumsum(1)
        sums = np.pad(sums, ((1, 0), (1, 0)))
        inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
        y, x = np.unravel_index(int(inside.argmax()), inside.shape)
        part = (slice(y, y + side), slice(x, x + side))
        found[ids[index]] = (image[part], mask[part].astype(np.float32))
    return found


def learned(params: Params, name: str, batch: dict[str, Crop], args: argparse.Namespace) -> float:
    """ODS of the batch once it was learned."""
    architecture, (options, _) = params.architecture(name), params.training(name)
    recipe = dataclasses.replace(
        options.recipe, epochs=1, batch=len(batch), accumulate=1, optimizer="adamw",
        learning_rate=args.learning_rate, schedule="one_cycle", stopping=None,
    )  # fmt: skip
    still = dataclasses.replace(options.augmentation, symmetries="none", jitter_probability=0.0, noise_probability=0.0)
    options = dataclasses.replace(
        options,
        targets="binary",
        crop_px=args.crop,
        crops_per_image=args.steps,
        augmentation=still,
        recipe=recipe,
        sheet_epochs=0,
    )
    runtime = params.runtime
    with tempfile.TemporaryDirectory() as folder:
        trained = training.train(
            list(batch), [], lambda one: batch[one][0], lambda one: batch[one][1],
            partial(networks.module(architecture.network).build, architecture.options, "none"),
            options, dataclasses.replace(runtime, checkpoint_s=3600), Silent(), Path(folder),
        )  # fmt: skip
    pairs = [
        thresholds.histograms(segmenter.predict(trained.model, image, resolve(runtime)), mask > 0)
        for image, mask in batch.values()
    ]
    crack, background = (np.stack(column) for column in zip(*pairs, strict=True))
    return thresholds.ods(thresholds.f1(thresholds.counts(crack, background)))


if __name__ == "__main__":
    main()
