r"""What corrected labels buy, as the profile cost-cpu has it, in one process: neither DVC nor MLflow between trainings.

    hairline profile cost-cpu && dvc repro list_training_images
    python benchmarks/cost_curve.py points.csv --images 0 20 100 --test-sets crack500

trains the architecture of the profile on the training sets that have a budget of so many images, with images read once,
and scores each on the test images at ``evaluation.scale``. Rows of ``points.csv`` that are there already are not made
again, so that it goes on where it was stopped. Prints the tables of :mod:`hairline.reporting.cost_curve`.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data import training_table
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.io.atomic import whole_file
from hairline.metrics import score_table
from hairline.nn.runtime.device import resolve
from hairline.nn.segmenter import scaling, start, training
from hairline.nn.segmenter.segmenter import Segmenter
from hairline.reporting import cost_curve

Image = NDArray[np.uint8]


class Silent:
    """The log of a training that nobody looks at."""

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Say nothing."""

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Say nothing."""

    def drawing(self, name: str, png: bytes) -> None:
        """Say nothing."""


def main() -> None:
    """Train and score what is not there, a row each; print what it comes to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--images", nargs="+", type=int, required=True)
    parser.add_argument("--test-sets", nargs="+", required=True)
    args = parser.parse_args()
    params = Params(Path("params.yaml"))
    paths, found = Paths(Path(), params.experiment), _read(args.out)
    image = cache(load_image)
    for count in args.images:
        for name, training_set in training_sets.chosen(params).items():
            if training_set.budget is None or training_set.budget.images != count or name in set(found["name"]):
                continue
            begun = time.process_time()
            model = _trained(params, paths, name, image)
            rows = [_row(params, paths, name, test_set, model, image) for test_set in args.test_sets]
            found = pd.concat([found, pd.DataFrame(rows)], ignore_index=True)
            with whole_file(args.out) as partial_file:
                found.to_csv(partial_file, index=False)
            print(name, *(f"{row['test_set']} {row['ods']:.4f}" for row in rows),
                  f"{time.process_time() - begun:.0f} s of one core", flush=True)  # fmt: skip
    points = found.drop(columns="name")
    for title, table in cost_curve.readable(points).items():
        print(f"\n{title}\n\n{table.to_string(index=False)}")
    print("\n".join(cost_curve.told(points)))


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=["name", *cost_curve.POINTS])


def _trained(params: Params, paths: Paths, name: str, image: Callable[[Path, str], Image]) -> Segmenter:
    label_set, architecture = params.matrix.label_sets[0], params.matrix.architectures[0]
    images = training_table.listed(paths.training_table(name, label_set), paths.data)
    options, network = params.training(architecture)[0], params.architecture(architecture)
    ids = images.training(options.max_images)

    def load(key: str) -> Image:
        dataset, _, sample = key.partition("/")
        return image(paths.dataset(dataset), sample)

    build = partial(start.build, options.init or "shipped", network.network, network.options)
    with tempfile.TemporaryDirectory() as state:
        done = training.train(
            ids, [], load, images.target, build, options,
             params.runtime.seeded(images.seed), Silent(), Path(state), None,
            [(count, share) for _, count, share in images.shares(ids)], images.pseudo,
        )  # fmt: skip
    return done.model


def _row(
    params: Params, paths: Paths, name: str, test_set: str, model: Segmenter, image: Callable[[Path, str], Image]
) -> dict[str, object]:
    folder, placement, factor = paths.dataset(test_set), resolve(params.runtime), params.evaluation.scale
    samples = read_samples(folder, "test")
    model.eval()

    def scores(sample: str) -> NDArray[np.float32]:
        return scaling.predict_at(model, image(folder, sample), placement, 1.0 if factor == "auto" else factor)

    table = score_table.score_table(samples[samples["has_mask"]], scores, lambda sample: load_mask(folder, sample))
    training_set = params.training_set(name)
    budget = training_set.budget
    assert budget is not None
    return {
        "name": name, "labels": params.matrix.label_sets[0], "model": params.matrix.architectures[0],
        "test_set": test_set, "order": budget.order if budget.images else cost_curve.NONE, "images": budget.images,
        "minutes": budget.images * budget.minutes, "seed": training_set.seed, "ods": score_table.metrics(table)["ods"],
    }  # fmt: skip


if __name__ == "__main__":
    main()
