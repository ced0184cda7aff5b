"""Results of a comparison made by hand, for the tests of its summary and of what is said about it."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from hairline.data.seen import Seen
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.reporting.comparison import Result

BOOTSTRAP = BootstrapOptions(resamples=200, level=0.9, seed=3)


def ends(groups, level=BOOTSTRAP.level):
    """Shares of the resamples below the ends of an interval, by SciPy's distributions and photos counted one by one."""
    sizes = Counter(groups).values()
    photos = round(sum(sizes) ** 2 / sum(size * size for size in sizes), 2)
    low = stats.norm.cdf(stats.t.ppf((1 - level) / 2, photos - 1) * (photos / (photos - 1)) ** 0.5)
    return [low, 1 - low]


def row(name, group, crack, background):
    """One image from {bin: pixels} of its crack and of its background pixels."""
    hists = [np.zeros(100, dtype=np.int64) for _ in range(2)]
    for hist, pixels in zip(hists, (crack, background), strict=True):
        for place, count in pixels.items():
            hist[place] = count
    return {"id": name, "group": group, "crack_hist": hists[0].tolist(), "background_hist": hists[1].tolist()}


def random_table(seed, images=12, groups=11):
    rng = np.random.default_rng(seed)
    rows = []
    for index in range(images):
        crack, background = rng.integers(0, 20, 100), rng.integers(0, 200, 100) // np.arange(1, 101)
        rows.append(row(f"s{index:03}", f"g{index % groups}", dict(enumerate(crack)), dict(enumerate(background))))
    return pd.DataFrame(rows)


def segmenter(label_set, table, dataset="cfd", architecture="unet", training_set="mine", trained_on="crack500-train"):
    return Result(
        "segmenter", label_set, architecture, trained_on, dataset, "scored", "", table, training_set=training_set
    )


def untrainable(label_set, dataset="cfd", reason="3 images kept"):
    return Result("segmenter", label_set, "unet", "", dataset, "not trainable", reason, None, training_set="mine")


def labels(label_set, table, dataset="crack500-train", trained_on="crack500-train"):
    return Result("label", label_set, "resnet18", trained_on, dataset, "scored", "", table)


def saw(result, labels="patch labels", why=(), **words):
    """A result that has seen so many images in each way, as ``tuned_on=3``; the others are unseen."""
    counts = {word.replace("_", " "): count for word, count in words.items()}
    unseen = len(result.table) - sum(counts.values())
    return replace(result, seen=Seen({**counts, "unseen": unseen}, labels, tuple(why)))
