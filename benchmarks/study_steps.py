r"""Time of one trial of a study by steps, first with nothing remembered, then again and with an option changed.

    python benchmarks/study_steps.py data/EXPERIMENT/sets/crack500 data/EXPERIMENT/evidence/lite0/crack500 \
        --label-set konig --images 20

The first call of a process also compiles; it is made before anything is measured.
"""

import argparse
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import yaml

from hairline.config.params import Params
from hairline.data.samples import read_samples
from hairline.imaging.images import quantise
from hairline.io import plugins
from hairline.labelling.cache import Cache
from hairline.metrics import thresholds
from hairline.tuning import images
from hairline.tuning.search_space import Value, replaced


def main() -> None:
    """Label the images again and again and print a row each time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("evidence", type=Path)
    parser.add_argument("--label-set", default="konig")
    parser.add_argument("--images", type=int, default=20)
    parser.add_argument("--change", action="append", default=[], metavar="OPTION=VALUE")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    args = parser.parse_args()
    cv2.setNumThreads(1)
    params = Params(args.params)
    rows = read_samples(args.dataset)
    rows = rows[rows["has_mask"]].iloc[: args.images]
    loaded = images.load(rows, args.dataset, args.evidence, copies=False)
    timed(params, args.label_set, {}, loaded[:1])
    with Cache(1 << 30) as cache:
        for name, thing in images.named(loaded).items():
            cache.name(thing, name)
        runs = [("first", {}), ("again", {}), *((text, changed(text)) for text in args.change)]
        for told, changes in runs:
            steps = timed(params, args.label_set, changes, loaded)
            print(f"{told}: {sum(steps.values()):.1f} ms an image;", {k: round(v, 1) for k, v in steps.items()})
        print(f"{cache.bytes / 1e6 / len(loaded):.1f} MB an image remembered")


def changed(text: str) -> dict[str, Value]:
    """An option and its value, as ``localization.cut=0.3``."""
    path, _, value = text.partition("=")
    return {path: yaml.safe_load(value)}


def timed(
    params: Params, label_set: str, changes: Mapping[str, Value], loaded: list[images.Case]
) -> Mapping[str, float]:
    """Step → milliseconds of processor time an image; what a step tells of ends it."""
    method = plugins.resolve("hairline.labelling.methods", params.label_set(label_set).method)
    options = params.options_of(label_set)(replaced(params.raw("label_sets")[label_set]["options"], changes))
    spent: Counter[str] = Counter()
    for case in loaded:
        last = [time.process_time()]

        def tell(name: str, value: Any, last: list[float] = last) -> None:
            now = time.process_time()
            spent[name] += now - last[0]
            last[0] = now

        scores = method.label(case.image, case.evidence, options, tell)
        tell("rest of the label", None)
        thresholds.histograms(quantise(scores), case.mask)
        tell("score", None)
    return {name: 1000 * seconds / len(loaded) for name, seconds in spent.items()}


if __name__ == "__main__":
    main()
