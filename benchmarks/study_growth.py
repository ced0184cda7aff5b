r"""How the time of a study grows with images and workers: the same trials in every cell of one table.

    python benchmarks/study_growth.py --study konig --images 10 20 40 80

Every cell is a study of its own, by the stage's worker processes in a storage in a temporary folder. Its trials are
drawn at random by the study's seed, so that all cells try the same options. Seconds are those from the first trial's
start to the last one's end: starting processes, reading images and scoring held-out ones are left out. It reads data
sets and evidence of the workspace that it runs in.
"""

import argparse
import copy
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from hairline.config import parameter_files, yaml_files
from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.tuning import images as study_images
from hairline.tuning import queue, samplers, store
from hairline.tuning.search_space import value_at
from hairline.tuning.study import Study

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run the cells, the workers of one count after another; print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", default="konig")
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--images", type=int, nargs="+", default=[10, 20, 40, 80])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    args = parser.parse_args()
    values = parameter_files.read(args.params)
    rows = [
        {"images": images, "workers": workers, **measured(args, changed(values, args, images, workers))}
        for workers, images in itertools.product(args.workers, args.images)
    ]
    print(ratios(pd.DataFrame(rows)).to_string(index=False))


def changed(values: dict[str, Any], args: argparse.Namespace, images: int, workers: int) -> dict[str, Any]:
    """The parameters with the study of one cell."""
    values = copy.deepcopy(values)
    study = values["studies"][args.study]
    study.update(trials=args.trials, workers=workers, sampler="random", pruning=None)
    study["tuning"]["count"], study["held_out"]["count"] = images, 1
    return values


def measured(args: argparse.Namespace, values: dict[str, Any]) -> dict[str, float]:
    """Run one cell; the images it found, its seconds and the sum over trials of theirs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        for file, sections in parameter_files.split(values).items():
            path.with_name(file).write_text(yaml_files.dump(sections))
        params = Params(path)
        study = params.study(args.study)
        url = store.sqlite_url(Path(folder, "studies.db"))
        storage = store.connect(url, study.heartbeat_s, study.grace_s)
        opened = store.create(storage, "growth", len(study.objective))
        options = params.raw("label_sets")[study.label_set]["options"]
        own = {name: value_at(options, name) for name in study.space}
        mender = queue.Mender(storage, opened, study.grace_s, samplers.planned(study, own))
        run(args, study, opened, mender, path, url)
        ended = list(queue.finished(opened).values())
        begun, over = min(trial.datetime_start for trial in ended), max(trial.datetime_complete for trial in ended)
        tuning, _ = study_images.drawn_for(study, Paths(Path(), params.experiment).dataset(study.dataset))
        spent = sum(trial.duration.total_seconds() for trial in ended)
        return {"found": len(tuning), "seconds": (over - begun).total_seconds(), "of trials": spent}


def run(args: argparse.Namespace, study: Study, opened: Any, mender: queue.Mender, path: Path, url: str) -> None:
    """Let workers work on a study until it has ended."""
    command = [sys.executable, "-m", "pipeline.tune_worker", "--params", path, "--study", args.study]
    command += ["--known-as", opened.study_name]
    mender.mend()
    variables = {**os.environ, "HAIRLINE_STUDY_STORAGE": url, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    workers = [subprocess.Popen(command, env=variables) for _ in range(study.workers)]
    while any(worker.poll() is None for worker in workers):
        mender.mend()
        time.sleep(0.2)
    if any(worker.returncode for worker in workers):
        raise SystemExit("a worker failed; its message stands above")


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Seconds over those of the fewest images with as many workers, and over those of the fewest workers."""
    few, alone = table["found"].min(), table["workers"].min()
    by_images = table[table["found"] == few].set_index("workers")
    by_workers = table[table["workers"] == alone].set_index("found")
    table["images, ratio"] = table["found"] / few
    table["seconds, ratio"] = table["seconds"] / by_images["seconds"].loc[table["workers"]].to_numpy()
    table["of one worker's"] = table["seconds"] / by_workers["seconds"].loc[table["found"]].to_numpy()
    return table.round(2)


if __name__ == "__main__":
    main()
