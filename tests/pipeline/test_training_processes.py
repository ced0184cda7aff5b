"""Trainings of segmenters as processes of their own: killed with signal 9, and on two devices."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from safetensors.numpy import load_file
from support import places, workspace

from hairline.config.paths import Paths, SegmenterName
from hairline.nn.classifier import backbones
from pipeline import label_manual

Write = Callable[[dict[str, Any]], Path]
ARGUMENTS = ["--label-set", "manual", "--architecture", "unet", "--training-set", "synthetic"]
PATHS, NAME = Paths(Path(), "tiny"), SegmenterName("manual", "unet", "synthetic")


@pytest.fixture
def place(tmp_path: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a segmenter can be trained on masks, 9 steps, with the state on disk after every step."""
    monkeypatch.chdir(tmp_path)
    values["runtime"].update(precision="32", device="cpu", checkpoint_s=0)
    values["segmenter"].update(crop_px=32, crops_per_image=1)
    values["segmenter"]["recipe"].update(epochs=3, batch=2)
    write_params(values)
    places.make(tmp_path, 64)
    label_manual.main([])
    places.list_training_images(PATHS, "manual")
    backbones.save(backbones.build("test_resnet", "none")[0], PATHS.classifier("lite0"), {})
    return tmp_path


def started(place: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(workspace.ROOT), str(workspace.ROOT / "src")])
    command = [sys.executable, "-m", "pipeline.train_segmenter", *ARGUMENTS]
    return workspace.begin(
        place, command, {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "PYTHON_EXEC": "python", "PLACE": str(place)}
    )


def finished(process: subprocess.Popen[str]) -> str:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return errors


def same(first: Path, second: Path) -> bool:
    one, two = load_file(first / "weights.safetensors"), load_file(second / "weights.safetensors")
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in one)


@pytest.mark.slow
def test_a_training_killed_at_a_random_step_ends_with_the_same_bits(place: Path) -> None:
    finished(started(place))
    history, weights = place / PATHS.segmenter_history(NAME), place / PATHS.segmenter(NAME)
    whole = history.read_text()
    weights.rename(place / "whole")
    steps = np.random.default_rng(int.from_bytes(os.urandom(4), "big")).choice(8, 2, replace=False) + 1
    for step in sorted(steps):
        process = started(place)
        while process.poll() is None and steps_done(place) < step:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"over before step {step}"
        process.communicate()
        assert not weights.exists()
    told = finished(started(place))
    assert "going on after" in told
    assert same(place / "whole", weights), f"killed in steps {steps}"
    assert history.read_text() == whole
    assert not list((place / "state" / "train_segmenter").glob("[!.]*"))


def steps_done(place: Path) -> int:
    """Steps of the state on disk, by the number of files written: every step and every epoch replaces it."""
    import torch

    for path in place.glob("state/train_segmenter/*/last.ckpt"):
        try:
            return int(torch.load(path, weights_only=True)["global_step"])
        except (FileNotFoundError, RuntimeError):  # just replaced
            return 0
    return 0


@pytest.mark.slow
def test_a_training_on_two_devices_ends_with_one_of_them_and_then_writes_and_logs_once(
    place: Path, values: dict[str, Any], write_params: Write
) -> None:
    values["runtime"]["parallel"] = {"devices": 2, "strategy": "auto", "nodes": 1}
    write_params(values)
    process = started(place)
    while process.poll() is None and steps_done(place) < 3:
        time.sleep(0.01)
    second_of(place).kill()
    _, errors = process.communicate(timeout=120)
    (told,) = [line for line in errors.splitlines() if "hairline:" in line]
    assert "process 1 (of 2, from 0) of this training was ended by signal 9" in told
    assert process.returncode == 1
    assert "going on after" in finished(started(place))
    info = json.loads((place / PATHS.segmenter(NAME) / "model.json").read_text())
    assert (info["epochs"], info["images"], info["kept_epoch"]) == (3, 6, 3)
    assert len((place / PATHS.segmenter_history(NAME)).read_text().splitlines()) == 4
    with sqlite3.connect(place / "mlruns" / "mlflow.db") as store:
        found = dict(store.execute("select status, count(*) from runs group by status").fetchall())
        (losses,) = store.execute("select count(*) from metrics where key = 'loss/train'").fetchone()
    assert found == {"FINISHED": 1, "FAILED": 1}
    assert losses >= 3


def second_of(place: Path) -> psutil.Process:
    """The process of a training that is not the first."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("PLACE") == str(place) and process.environ().get("RANK") == "1":
                return process
    raise AssertionError("there is none")
