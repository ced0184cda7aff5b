r"""The stages on Ray clusters of 1, 2 and 4 simulated nodes: are their outputs those of this machine, byte for byte?

    PYTHONPATH=.:tests python benchmarks/engine_stages.py --scratch /tmp/stages \
      --out benchmarks/results/engine_stages.json

With HAIRLINE_STUDY_STORAGE=postgresql+psycopg://USER@HOST/NAME the study lies there, else in SQLite.

Generated images, an untrained classifier and an untrained segmenter (weights by a seed), so that nothing is trained:
ingest, identify, localize, label, score_labels, evaluate_segmenter and tune (random search) run in this process, first
on the engine `local`, then on each cluster; `hairline predict` and `measure` follow over the same images. Compared are
all files but the times in them. Exit status 1 where any differs.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from conftest import tiny_values
from simulated_cluster import nodes
from support import parameters, small_network

from hairline import tracking
from hairline.config.paths import Paths, SegmenterName
from hairline.data import synthetic as synthesis
from hairline.engine.choice import opened
from hairline.engine.options import Options
from hairline.inspection import folder, photos, prediction
from hairline.inspection.measuring import folder as measuring
from hairline.inspection.measuring.options import Options as Measuring
from hairline.io.hashing import content_hash
from hairline.nn.architectures import unet
from hairline.nn.classifier import backbones
from hairline.nn.segmenter import segmenter as segmenters
from pipeline import evaluate_segmenter, identify, ingest, label, localize, score_labels, tune, tune_worker

SEGMENTER = SegmenterName("manual", "unet", "synthetic")
SIDE_PX = 96
TIMES = ("seconds",)
"""Columns of tables that tell times."""


class Unwritten:
    """A tracked run of which nothing is kept."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Whatever is told."""
        return lambda *_, **__: None


@contextmanager
def untracked(*_: object) -> Iterator[Unwritten]:
    """A run that no tracker hears of."""
    yield Unwritten()


def made(home: Path, images: int) -> tuple[dict[str, Any], Paths]:
    """A workspace with raw images and networks; parameters and paths."""
    values, paths = tiny_values(), Paths(Path(), "tiny")
    values["studies"]["konig"] |= {"sampler": "random", "trials": 8, "pruning": None}
    values["studies"] = {"konig": values["studies"]["konig"]}
    raw = paths.synthetic_set("synthetic")
    raw.mkdir(parents=True)
    each = images // 3
    synthesis.write(raw, synthesis.Options(11, images - 2 * each, each, each, SIDE_PX, SIDE_PX, 0.2))
    torch.manual_seed(0)
    told = {"images": 6, "epochs": 1, "initialisation": "none"}
    backbones.save(backbones.build("test_resnet", "none")[0], paths.classifier("lite0"), told)
    torch.manual_seed(0)
    network = unet.build(small_network.OPTIONS, "none")[0]
    segmenters.save(network, paths.segmenter(SEGMENTER), "unet", small_network.OPTIONS, {"status": "trained", **told})
    small_network.make(home / "network")
    parameters.write(home, values)
    return values, paths


def all_stages(home: Path, values: dict[str, Any], engine: Options, name: str) -> dict[str, float]:
    """Run every stage on an engine; the seconds of each."""
    values["runtime"]["engine"] = {
        "name": engine.name, "address": engine.address, "chunk": engine.chunk, "cpus_per_task": 1, "gpus_per_task": 0,
    }  # fmt: skip
    values["studies"]["konig"]["workers"] = 1 if engine.name == "local" else 2
    parameters.write(home, values)
    spent = {}
    own = ["--label-set", "manual", "--architecture", "unet", "--training-set", "synthetic", "--test-set", "synthetic"]
    for module, words in (
        (ingest, ["--dataset", "synthetic"]),
        (identify, ["--dataset", "synthetic"]),
        (localize, ["--classifier", "lite0", "--dataset", "synthetic"]),
        (label, ["--label-set", "konig"]),
        (score_labels, ["--label-set", "konig"]),
        (evaluate_segmenter, own),
        (tune, ["--study", "konig"]),
    ):
        begun = time.perf_counter()
        if module is tune and tune_worker.STORAGE not in os.environ:
            (home / "state").mkdir(exist_ok=True)
            os.environ[tune_worker.STORAGE] = f"sqlite:///{home}/state/{name}.db"
            module.main(words)
            del os.environ[tune_worker.STORAGE]
        else:
            module.main(words)
        spent[module.__name__.rpartition(".")[2]] = round(time.perf_counter() - begun, 2)
    begun = time.perf_counter()
    with opened(engine) as shared:
        photographed(home, values, shared if shared.remote else None, name)
    return spent | {"predict and measure": round(time.perf_counter() - begun, 2)}


def photographed(home: Path, values: dict[str, Any], engine: Any, name: str) -> None:
    """Predict and measure the images as anybody's photos."""
    out = home / "photos" / name
    found, _ = photos.find([Paths(Path(), "tiny").dataset("synthetic") / "images"], out, 1.0)
    network = prediction.load_segmenter(home / "network")
    asked = folder.Options(1, 0.5, True, False, tiled=True)
    folder.predict_all(found, network, out, asked, print, engine=engine)
    masks, _ = photos.find([out / "masks"], out / "measured")
    jobs = [measuring.Job(mask.path, mask.path.stem, None, None) for mask in masks]
    measuring.measure_all(jobs, out / "measured", Measuring(), None, 1, print, engine=engine)


def digests(home: Path, paths: Paths, name: str) -> dict[str, str]:
    """File → hash of what it holds, but for times."""
    roots = [paths.dataset("synthetic"), paths.evidence("lite0", "synthetic"), paths.labels("konig", "synthetic"),
             paths.label_scores("konig"), paths.segmenter_scores(SEGMENTER, "synthetic"),
             paths.study("konig"), paths.identities("synthetic")]  # fmt: skip
    found = {}
    for root in roots:
        for file in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if file.is_file():
                found[file.as_posix()] = _hash(file)
    out = home / "photos" / name
    for file in sorted(path for path in out.rglob("*") if path.is_file()):
        if file.suffix in (".png", ".jpg", ".csv"):
            found[f"photos/{file.relative_to(out).as_posix()}"] = _hash(file)
    return found


def _hash(file: Path) -> str:
    if file.suffix == ".csv":
        table = pd.read_csv(file)
        kept = table.drop(columns=[name for name in table if any(time in name for time in (*TIMES, "trial", "photo"))])
        return hashlib.sha256(kept.to_csv(index=False).encode()).hexdigest()
    return content_hash(file)


def main() -> None:
    """Compare, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=24)
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--scratch", type=Path, required=True, help="Empty folder for the workspace.")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    tracking.run = untracked  # type: ignore[assignment]
    out, home = args.out.absolute(), args.scratch.absolute()
    home.mkdir(parents=True)
    os.chdir(home)
    values, paths = made(home, args.images)
    found: dict[str, Any] = {"local": {"seconds": all_stages(home, values, Options(), "local")}}
    true = digests(home, paths, "local")
    for count in args.nodes:
        with nodes(count) as cluster:
            name = f"ray, {count} nodes"
            engine = Options("ray", cluster.address, 1, 0, 2)
            spent = all_stages(home, values, engine, f"ray{count}")
            there = digests(home, paths, f"ray{count}")
            apart = sorted(file for file in true.keys() | there.keys() if true.get(file) != there.get(file))
            found[name] = {"seconds": spent, "files": len(there), "different": apart}
            print(json.dumps(found[name]), flush=True)
    told = {"command": "python " + " ".join(sys.argv), "files compared": len(true), "images": args.images,
            "study in": os.environ.get(tune_worker.STORAGE, "sqlite").partition(":")[0]} | found  # fmt: skip
    out.write_text(json.dumps(told, indent=2) + "\n")
    sys.exit(any(each.get("different") for each in found.values()))


if __name__ == "__main__":
    main()
