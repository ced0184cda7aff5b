"""How far the loss curves of 1, 2 and 4 processes are apart, and those without the statistics of the whole batch.

    python benchmarks/ddp.py --out benchmarks/results/ddp.json --picture docs/pictures/ddp.png

trains a small U-Net with batch normalisation on generated cracks, on processors in 32 bit, each time from the same
seed; as a yardstick one process also starts from weights that are off by their last bit. Then one of four processes is
killed in the middle and the training goes on. Each process has one thread. Exit status 1 where a curve is further off
than the tolerance, or the killed training does not end with the same bits.
"""

import argparse
import json
import os
import platform
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import matplotlib.pyplot as plt
import psutil
import segmentation_models_pytorch  # noqa: F401 loaded before the fork
import torch

from hairline.data import synthetic
from hairline.io.hashing import content_hash
from hairline.nn.architectures import unet
from hairline.nn.runtime import weights
from hairline.nn.runtime.processes import leads
from hairline.nn.runtime.recipes import ALONE, Augmentation, Loss, Recipe, Runtime, SegmenterOptions
from hairline.nn.segmenter import training
from hairline.nn.training import module
from hairline.nn.training.whole_batch import WholeBatch

COUNTS = (1, 2, 4)
SEED, EPOCHS, BATCH, IMAGES, VALIDATION, SIDE_PX, CROP_PX = 7, 4, 8, 50, 5, 96, 64
KILLED_RANK, KILLED_STEP = 2, 15
TOLERANCE = 1e-2
"""How far the loss of a step may be from that of one process, as a share of it."""
NUDGE = 2.0**-23
"""By what share weights are off where one process is compared with itself: the last bit of 32."""

Told = dict[str, Any]


class Curve:
    """The loss of every step and the scores of every epoch."""

    def __init__(self) -> None:
        """Begin with none."""
        self.steps: list[float] = []
        self.epochs: list[dict[str, float]] = []

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Take the scores of an epoch."""
        self.epochs.append({name: value for name, value in values.items() if name != "images_per_second"})

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Take losses of steps; those of before a restart come again."""
        for number, values in points:
            self.steps[number - 1 :] = [values["step/loss"]]

    def drawing(self, name: str, png: bytes) -> None:
        """Take no picture."""


def learn(folder: Path, whole: bool, killed: bool, nudged: bool) -> None:
    """What each process does; the first writes what it learned to told.json."""
    torch.set_num_threads(1)
    module.POINT_STEPS = 1
    if not whole:
        WholeBatch.apply = lambda self, model: model  # type: ignore[method-assign]
    if killed:
        _kill_in(module.Learning)
    made = synthetic.Options(SEED, IMAGES, VALIDATION, 0, SIDE_PX, SIDE_PX, 0.15, style="easy")
    pairs = {
        f"{split}{index}": synthetic.make(made, split, index)
        for split, count in (("train", IMAGES), ("val", VALIDATION))
        for index in range(count)
    }  # type: ignore[arg-type]
    names = [[name for name in pairs if name.startswith(split)] for split in ("train", "val")]
    options = SegmenterOptions(
        classifier="none", weights="none", targets="soft", binary_score=0.5, max_images=0, crop_px=CROP_PX,
        crops_per_image=1, loss=Loss("bce_dice", 1, 2, 0.7), sheet_epochs=0, seed=None,
        augmentation=Augmentation("random", 0.2, 0.75, 0.03, 0.1, 0.3),
        recipe=Recipe(EPOCHS, BATCH, 1, "adamw", 0.002, 0.9, 0.0001, "one_cycle", 1, 10, None),
    )  # fmt: skip
    curve, network = Curve(), unet.Options("tu-test_resnet", (16, 16, 8, 8, 8))
    trained = training.train(
        *names, lambda name: pairs[name][0], lambda name: pairs[name][1].astype("float32"),
        partial(_built, network, nudged), options, Runtime("cpu", "32", 0, SEED, ALONE, 0), curve, folder / "state",
    )  # fmt: skip
    if leads():
        weights.write(trained.model, folder / "weights.safetensors")
        found = {"steps": curve.steps, "epochs": curve.epochs, "weights": content_hash(folder / "weights.safetensors")}
        (folder / "told.json").write_text(json.dumps(found))


def _built(options: unet.Options, nudged: bool) -> Any:
    model, initial = unet.build(options, "none")
    if nudged:
        with torch.no_grad():
            for each in model.parameters():
                each.mul_(1 + NUDGE)
    return model, initial


def _kill_in(learning: type) -> None:
    step = learning.training_step  # type: ignore[attr-defined]

    def dying(self: Any, batch: Any, number: int) -> Any:
        if self.trainer.global_rank == KILLED_RANK and self.trainer.global_step == KILLED_STEP:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(self, batch, number)

    learning.training_step = dying  # type: ignore[attr-defined]


def run(
    folder: Path, count: int, whole: bool = True, killed: bool = False, nudged: bool = False
) -> tuple[Told | None, list[int], float]:
    """A training in so many processes, forked from this one, which has the libraries loaded and torch never used.

    Returns:
        What it learned, None where it failed; the exit status of each process; MB that all had at most.
    """
    folder.mkdir(exist_ok=True)
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    children = [
        os.fork() or _be(rank, count, port, partial(learn, folder, whole, killed, nudged)) for rank in range(count)
    ]
    done, most = threading.Event(), [0.0]
    watch = threading.Thread(target=_watch, args=(children, done, most))
    watch.start()
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    done.set()
    watch.join()
    told = json.loads((folder / "told.json").read_text()) if not any(statuses) else None
    return told, statuses, most[0]


def _be(rank: int, count: int, port: int, work: Callable[[], None]) -> NoReturn:
    """Be one process of a training to its end."""
    numbers = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count, "MASTER_PORT": port}
    os.environ.update({name: str(number) for name, number in numbers.items()})
    os.environ.update({"MASTER_ADDR": "127.0.0.1", "TORCHELASTIC_RUN_ID": "ddp"})
    try:
        work()
        os._exit(0)
    except BaseException as error:
        print(f"process {rank} of {count}: {error}", file=sys.stderr)
    finally:
        os._exit(1)


def _watch(children: Sequence[int], done: threading.Event, most: list[float]) -> None:
    """The most memory of some processes, each one's own and its share of what several have, in MB."""
    while not done.wait(0.5):
        try:
            most[0] = max(most[0], sum(psutil.Process(each).memory_full_info().pss for each in children) / 1e6)
        except psutil.Error:  # one has ended
            continue


def apart(one: Told, other: Told) -> dict[str, float]:
    """How far the losses of the steps, of the epochs and the F1 on validation images are from those of one process."""
    steps = [abs(a - b) / abs(a) for a, b in zip(one["steps"], other["steps"], strict=True)]
    epochs = list(zip(one["epochs"], other["epochs"], strict=True))
    losses = [abs(a["train/loss"] - b["train/loss"]) / abs(a["train/loss"]) for a, b in epochs]
    scores = [abs(a["val/f1"] - b["val/f1"]) for a, b in epochs]
    return {"first_step": steps[0], "step_at_most": max(steps), "epoch_at_most": max(losses), "val_f1": max(scores)}


def draw(curves: Mapping[str, Sequence[float]], target: Path) -> None:
    """The losses of all steps; below, how far each is from the first, on a scale of powers of ten."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 7), sharex=True, layout="constrained")
    first = next(iter(curves.values()))
    for (name, losses), dashes in zip(
        curves.items(), ("-", "--", ":", (0, (3, 1, 1, 1)), "-.", (0, (1, 3))), strict=False
    ):
        numbers = range(1, len(losses) + 1)
        above.plot(numbers, losses, linestyle=dashes, label=name)
        if losses is not first:
            shares = [max(abs(a - b) / abs(a), 1e-9) for a, b in zip(first, losses, strict=True)]
            below.semilogy(numbers, shares, linestyle=dashes, label=name, color=above.lines[-1].get_color())
    above.set(ylabel="training loss of a step")
    above.legend()
    below.axhline(TOLERANCE, color="grey", linewidth=0.8)
    below.set(xlabel="step", ylabel="share that it is off\nthat of one process")
    figure.savefig(target, dpi=110)


def main() -> None:
    """Train, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--picture", type=Path, required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        found = {f"{count}": run(home / f"{count}", count) for count in COUNTS}
        found["1, weights nudged"] = run(home / "nudged", 1, nudged=True)
        found |= {f"{count}, own statistics": run(home / f"{count}a", count, whole=False) for count in COUNTS[1:]}
        _, statuses, _ = run(home / "cut", COUNTS[-1], killed=True)
        cut = run(home / "cut", COUNTS[-1])
    for name, (told, ended, _) in {**found, "cut": cut}.items():
        if told is None:
            sys.exit(f"{name} processes ended with {ended}")
    one, many = found["1"][0], found[f"{COUNTS[-1]}"][0]
    assert one and many and cut[0]
    result = {
        "machine": platform.processor() or platform.machine(), "steps": len(one["steps"]), "batch": BATCH,
        "tolerance": TOLERANCE,
        "apart": {name: apart(one, told) for name, (told, _, _) in found.items() if told and name != "1"},
        "memory_mb": {name: round(memory) for name, (_, _, memory) in found.items()},
        "killed": {"rank": KILLED_RANK, "step": KILLED_STEP, "statuses": statuses,
                   "weights_equal": cut[0]["weights"] == many["weights"],
                   "curve_equal": cut[0]["steps"] == many["steps"] and cut[0]["epochs"] == many["epochs"]},
        "losses": {name: told["steps"] for name, (told, _, _) in found.items() if told},
    }  # fmt: skip
    args.out.write_text(json.dumps(result, indent=1) + "\n")
    draw(result["losses"], args.picture)
    print(json.dumps({name: value for name, value in result.items() if name != "losses"}, indent=1))
    same = [values["step_at_most"] for name, values in result["apart"].items() if "own" not in name]
    sys.exit(max(same) > TOLERANCE or not result["killed"]["weights_equal"])


if __name__ == "__main__":
    main()
