r"""How good label sets are on data sets one classifier was not tuned on: label ODS, OIS and AP, no segmenter.

    hairline profile crack500-cpu && dvc repro train_classifier@lite0
    python benchmarks/label_quality.py models/crack500-cpu/classifiers/lite0 \
        data/found/crack500:val data/found/cfd data/found/deepcrack --part odd

Each set is a folder that `python -m pipeline.ingest` wrote, with a split after a colon where not all are meant. The
label sets are those of params.yaml. ``--part even`` are the files a setting may be chosen on, in sorted order, ``odd``
those it is reported on. Evidence is kept in ``--cache``, so that a second call takes a fraction of the time.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hairline.config.params import LabelSet, Params
from hairline.data.samples import load_image, load_mask, read_samples
from hairline.io import plugins
from hairline.io.atomic import whole_file
from hairline.labelling.localization import Evidence
from hairline.metrics import thresholds
from hairline.nn.classifier import backbones, evidence, folding
from hairline.nn.runtime import device


def main() -> None:
    """Collect the evidence, label, score, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("classifier", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--part", choices=["all", "even", "odd"], default="all")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("--cache", type=Path, default=Path("state/label_quality"))
    args = parser.parse_args()
    params = Params(args.params)
    print("| set | images | labels | ODS | at | OIS | AP |\n| --- | --- | --- | --- | --- | --- | --- |")
    for name in args.sets:
        folder, _, split = name.partition(":")
        ids = chosen(Path(folder), split, args.part)
        archives = collected(args.classifier, Path(folder), ids, params, args.cache)
        for label_set in params.names("label_sets"):
            scores = scored(params.label_set(label_set), Path(folder), archives)
            print(f"| {Path(folder).name} | {len(ids)} | {label_set} | {scores} |", flush=True)


def chosen(folder: Path, split: str, part: str) -> list[str]:
    """Ids in order, of one split where one is named, every other one where a part is."""
    ids = list(read_samples(folder, *([split] if split else []))["id"])
    return {"all": ids, "even": ids[::2], "odd": ids[1::2]}[part]


def collected(classifier: Path, folder: Path, ids: list[str], params: Params, cache: Path) -> dict[str, Path]:
    """Id to its archive of evidence, collected where it is not there."""
    options, placement = params.localize, device.resolve(params.runtime)
    asked = f"{options.vote_windows_px}-{options.vote_stride_px}-{options.cam_scales}".replace(" ", "")
    place = cache / classifier.resolve().parent.parent.name / folder.name / asked
    place.mkdir(parents=True, exist_ok=True)
    archives = {sample_id: place / f"{sample_id}.npz" for sample_id in ids}
    missing = [sample_id for sample_id in ids if not archives[sample_id].is_file()]
    model = folding.folded(backbones.load(classifier)[0]) if missing else None
    for sample_id in tqdm(missing, f"evidence {folder.name}"):
        found = evidence.collect(
            model, load_image(folder, sample_id), options.vote_windows_px, options.vote_stride_px,
            options.cam_scales, options.tile_px, options.batch, placement,
        )  # fmt: skip
        with whole_file(archives[sample_id]) as partial_file:
            found.save(partial_file)
    return archives


def scored(label_set: LabelSet, folder: Path, archives: dict[str, Path]) -> str:
    """ODS, its threshold, OIS and AP of one label set, as cells of a table."""
    method = plugins.resolve("hairline.labelling.methods", label_set.method)
    with ThreadPoolExecutor() as pool:
        histograms = list(pool.map(partial(one, method, label_set, folder), archives.items()))
    counts = thresholds.counts(np.stack([crack for crack, _ in histograms]), np.stack([rest for _, rest in histograms]))
    f1 = thresholds.f1(counts)
    best, pooled = thresholds.best_threshold(f1), thresholds.average_precision(counts)
    return f"{thresholds.ods(f1):.3f} | {best:.2f} | {thresholds.ois(f1):.3f} | {pooled:.3f}"


def one(
    method: ModuleType, label_set: LabelSet, folder: Path, item: tuple[str, Path]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Score histograms of one image's label."""
    sample_id, archive = item
    scores = method.label(load_image(folder, sample_id), Evidence.load(archive), label_set.options)
    return thresholds.histograms(scores, load_mask(folder, sample_id))


if __name__ == "__main__":
    main()
