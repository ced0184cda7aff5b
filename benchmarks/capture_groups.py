r"""What joining CRACK500's photos by capture time changes: groups, and the validation scores of label sets.

    hairline profile labels-cpu
    python benchmarks/capture_groups.py data/raw/crack500 --labels sauvola multi_otsu local_otsu otsu
    python benchmarks/capture_groups.py data/raw/crack500 --labels konig multiscale \
        --evidence data/labels-cpu/evidence/lite0/crack500

The first table counts groups by the seconds that join photos. The second scores label sets of params.yaml on the
validation crops: ODS with its interval over photos and over the groups of 10 s, then apart on the crops that share a
group with a training crop and on those that do not, each at the threshold that is best for all. Label sets that ask a
classifier need its evidence: a folder of ID.npz, as the stage `localize` writes it.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hairline.config.params import LabelSet, Params
from hairline.data.capture_times import joined, taken
from hairline.data.layouts import crack500
from hairline.data.samples import RawSample
from hairline.imaging.images import quantise, read_image
from hairline.io import plugins
from hairline.labelling.localization import Evidence
from hairline.metrics import bootstrap, thresholds

SECONDS = (0, 1, 3, 5, 8, 10, 15, 20, 30, 60, 120)
BOOTSTRAP = bootstrap.BootstrapOptions(2000, 0.95, 1)
OPTIONS = crack500.Options({"traincrop": "train", "valcrop": "val"}, {}, [])


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path, help="CRACK500 as published")
    parser.add_argument("--labels", nargs="*", default=[], help="label sets of params.yaml")
    parser.add_argument("--evidence", type=Path, help="folder of ID.npz")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    args = parser.parse_args()
    samples = crack500.read(args.root, OPTIONS)
    counted(samples)
    if args.labels:
        print("\n| labels | images | ODS | 95 % over photos | over groups | width | sharing a group | sharing none |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    params = Params(args.params)
    for name in args.labels:
        print(f"| {name} | {scored(samples, params.label_set(name), args.evidence)} |", flush=True)


def groups(samples: Sequence[RawSample], seconds: float) -> list[str]:
    """The group of every sample."""
    group_of = joined({sample.group for sample in samples}, seconds)
    return [group_of[sample.group] for sample in samples]


def sharing(samples: Sequence[RawSample], of: Sequence[str]) -> list[bool]:
    """Whether each sample's group is in several splits."""
    splits = defaultdict[str, set[str]](set)
    for sample, group in zip(samples, of, strict=True):
        splits[group].add(sample.split)
    return [len(splits[group]) > 1 for group in of]


def counted(samples: Sequence[RawSample]) -> None:
    """Print how many groups there are, by seconds."""
    print("| seconds | groups, train | val | in both | val crops in these | train crops | largest: photos, crops, s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for seconds in SECONDS:
        of = groups(samples, seconds)
        both = sharing(samples, of)
        train, val = (
            {group for group, each in zip(of, samples, strict=True) if each.split == split}
            for split in ("train", "val")
        )
        crops = Counter(sample.split for sample, shared in zip(samples, both, strict=True) if shared)
        print(f"| {seconds} | {len(train)} | {len(val)} | {len(train & val)} | {crops['val']} | {crops['train']} | "
              f"{largest(samples, of)} |")  # fmt: skip


def largest(samples: Sequence[RawSample], of: Sequence[str]) -> str:
    """Photos, crops and seconds of the group of most photos."""
    photos, crops = defaultdict[str, set[str]](set), Counter(of)
    for sample, group in zip(samples, of, strict=True):
        photos[group].add(sample.group)
    name = max(photos, key=lambda group: (len(photos[group]), crops[group]))
    times = [time for photo in photos[name] if (time := taken(photo))]
    return f"{len(photos[name])}, {crops[name]}, {(max(times) - min(times)).total_seconds():.0f}"


def scored(samples: Sequence[RawSample], label_set: LabelSet, evidence: Path | None) -> str:
    """The cells of a label set."""
    of, photos = groups(samples, crack500.CAPTURE_S), [sample.group for sample in samples]
    kept = [index for index, sample in enumerate(samples) if sample.split == "val"]
    shared = np.array(sharing(samples, of))[kept]
    method = plugins.resolve("hairline.labelling.methods", label_set.method)
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(partial(one, method, label_set, evidence), [samples[index] for index in kept]))
    f1 = thresholds.f1(thresholds.counts(*(np.stack(part) for part in zip(*found, strict=True))))
    best = int(f1.mean(axis=0).argmax())
    apart = [f"{f1[part, best].mean():.3f} {told(f1[part, best : best + 1], np.array(of)[kept][part])} ({part.sum()})"
             for part in (shared, ~shared)]  # fmt: skip
    over = [interval(f1, [each[index] for index in kept]) for each in (photos, of)]
    wider = (over[1][1] - over[1][0]) / (over[0][1] - over[0][0])
    cells = [f"[{low:.3f}, {high:.3f}]" for low, high in over]
    return " | ".join([str(len(kept)), f"{thresholds.ods(f1):.3f}", *cells, f"x {wider:.2f}", *apart])


def interval(f1: NDArray[np.float64], of: Sequence[str]) -> tuple[float, float]:
    """Percentile interval of ODS over groups."""
    values = bootstrap.resampled_ods(f1, bootstrap.resample_weights(of, BOOTSTRAP))
    found: Mapping[str, float] = bootstrap.interval("ods", values, len(set(of)), BOOTSTRAP)
    return found["ods_low"], found["ods_high"]


def told(f1: NDArray[np.float64], of: Sequence[str]) -> str:
    """An interval in brackets."""
    low, high = interval(f1, of)
    return f"[{low:.3f}, {high:.3f}]"


def one(
    method: ModuleType, label_set: LabelSet, evidence: Path | None, sample: RawSample
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Score histograms of one image's label, as its file would hold it."""
    assert sample.mask is not None
    seen = Evidence.load(evidence / f"{sample.id}.npz") if evidence and hasattr(label_set.options, "needs") else None
    scores = method.label(read_image(sample.image), cast(Evidence, seen), label_set.options)
    return thresholds.histograms(quantise(scores), sample.read_mask(sample.mask).crack)


if __name__ == "__main__":
    main()
