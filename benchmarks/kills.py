"""kill -9 again and again while an experiment is made: does it end as if nothing had happened, and leave nothing?

    python benchmarks/kills.py WHOLE KILLED --kills 60 --seed 0 --out kills.json

WHOLE and KILLED are two workspaces of the same commit and parameters (two clones, say). In WHOLE `dvc repro` runs once,
undisturbed; in KILLED it is started in a process group of its own and the whole group is killed, so many times, at
random moments spread over all stages in proportion to how long they take, a few of them aimed at the making of MLflow's
store. Then it may end, `hairline sync` follows, and everything is compared: every file byte for byte, save times and
ids of runs. A script that was interrupted itself goes on where it was, with the same arguments. Exit status 1 where
anything differs, is left over or still runs.
"""

import argparse
import csv
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from hairline.config.params import Params
from hairline.tracking.client import imported
from hairline.tracking.store import store_uri

STARTS = re.compile(r"Running stage '(.+?)'")
COMPARED = ("data", "models", "reports")
WITH_TIMES = re.compile(r"(^|/)timings/|\.html$|(^|/)code/")
"""Files that tell how long something took or by which run; code/ is the same where the commit is."""
COLUMNS = ("seconds", "per_second", "trial")
"""Columns with these in their names tell times, and numbers of trials in a storage, which counts lost ones too."""
TIMES = ("second", "cost/")
RECORDED = ("stage", "name", "params", "inputs", "outputs", "metrics", "experiment")
STORE = "the making of MLflow's store"
LEFT = re.compile(r"\.partial($|\.)|\.unreadable-|\.tmp$")
QUIET = {"DVC_NO_ANALYTICS": "1", "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", "NO_ALBUMENTATIONS_UPDATE": "1"}

Lines = Queue[tuple[float, str | None]]


def started(folder: Path, scratch: Path, *command: str) -> tuple[subprocess.Popen[str], Lines]:
    """A command in a workspace and a process group of its own, and its lines with the time each came."""
    scratch.mkdir(exist_ok=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "MLFLOW_TRACKING_URI")}
    process = subprocess.Popen(
        command, cwd=folder, env={**kept, **QUIET, "PATH": path, "TMPDIR": str(scratch)}, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    lines: Lines = Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put((time.monotonic(), line))
        lines.put((time.monotonic(), None))

    threading.Thread(target=listen, daemon=True).start()
    return process, lines


def whole(folder: Path, scratch: Path) -> list[tuple[str, float]]:
    """Run an experiment undisturbed: its stages in order, with the seconds each took."""
    process, lines = started(folder, scratch, "dvc", "repro")
    began, told = list[tuple[float, str]](), list[str]()
    while True:
        when, line = lines.get()
        if line is None:
            break
        told.append(line)
        if found := STARTS.search(line):
            began.append((when, found[1]))
    if process.wait() != 0:
        raise SystemExit("".join(told[-30:]) + f"\n{folder}: the undisturbed 'dvc repro' fails")
    ends = [when for when, _ in began[1:]] + [when]
    return [(stage, end - start) for (start, stage), end in zip(began, ends, strict=True)]


def planned(stages: Sequence[tuple[str, float]], kills: int, seed: int) -> list[tuple[str, float]]:
    """Stage and seconds after its start of every kill, in the order in which stages run.

    Every stage is hit once where there are enough kills, the rest go to those that take long; a tenth, at the first
    stage that trains, waits for MLflow's store to appear and strikes within a second of that.
    """
    chance, takes = random.Random(seed), dict(stages)
    aimed = max(kills // 10, 1)
    names = chance.sample(list(takes), min(len(takes), kills - aimed))
    names += chance.choices(list(takes), list(takes.values()), k=kills - aimed - len(names))
    order = {name: number for number, name in enumerate(takes)}
    found = [(name, chance.uniform(0.05, 1) * takes[name]) for name in sorted(names, key=order.__getitem__)]
    first = next((at for at, (name, _) in enumerate(found) if order[name] >= order[_first_tracked(takes)]), len(found))
    return found[:first] + [(STORE, chance.uniform(0, 1)) for _ in range(aimed)] + found[first:]


def _first_tracked(stages: Iterable[str]) -> str:
    return next(name for name in stages if name.startswith("train_classifier"))


def kill(folder: Path, scratch: Path, order: Sequence[str], stage: str, delay: float) -> dict[str, Any]:
    """Start `dvc repro` and kill its whole process group when it has been at a stage for so long; what was hit.

    Where that stage was ended by an earlier attempt, it is the next one that runs.
    """
    process, lines = started(folder, scratch, "dvc", "repro")
    due, running, store = None, "", _store(folder)
    least = order.index(_first_tracked(order) if stage == STORE else stage)
    while due is None or time.monotonic() < due:
        try:
            when, line = lines.get(timeout=0.002)
        except Empty:
            if stage == STORE and due is None and _store(folder) != store:
                due = time.monotonic() + delay
            continue
        if line is None:
            break
        if found := STARTS.search(line):
            running = found[1]
            reached = running not in order or order.index(running) >= least
            if due is None and reached and (stage != STORE or store):  # where the store is there: any moment later
                due = when + (10 * delay if stage == STORE else delay)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    while _group(process.pid):
        time.sleep(0.01)
    return {"aimed_at": stage, "delay_s": round(delay, 3), "running": running, "killed": alive}


def _store(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "mlruns").glob("*") if ".db" in path.name)


def _group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def to_the_end(folder: Path, scratch: Path, *command: str) -> str:
    """What a command says; it must succeed."""
    process, lines = started(folder, scratch, *command)
    told = list[str]()
    while (line := lines.get()[1]) is not None:
        told.append(line)
    if process.wait() != 0:
        raise SystemExit("".join(told[-40:]) + f"\n{folder}: '{' '.join(command)}' fails with {process.returncode}")
    return "".join(told)


def files(folder: Path) -> dict[str, Path]:
    """Path in the workspace → every file that stages made."""
    found = (path for name in COMPARED for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}


def differences(whole: Path, killed: Path) -> Iterator[str]:
    """Files that are in one workspace alone, or differ in more than times and ids of runs."""
    first, second = files(whole), files(killed)
    yield from (f"{name}: in one workspace alone" for name in sorted(first.keys() ^ second.keys()))
    for name in sorted(first.keys() & second.keys()):
        if not WITH_TIMES.search(name) and _comparable(first[name]) != _comparable(second[name]):
            yield f"{name}: differs"


def _comparable(path: Path) -> object:
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return [_without(row, COLUMNS) for row in csv.DictReader(file)]
    if path.suffix == ".json" and ("runs" in path.parts or path.name == "comparison-run.json"):
        told = {name: value for name, value in json.loads(path.read_text("utf-8")).items() if name in RECORDED}
        outputs = {name: value for name, value in told["outputs"].items() if not _with_times(name)}
        metrics = _without(told["metrics"], TIMES)
        return told | {"outputs": outputs, "metrics": metrics, "inputs": sorted(told["inputs"])}
    if path.suffix == ".json" and "metrics" in path.parts:
        return _flat(json.loads(path.read_text("utf-8")))
    if path.suffix == ".md":
        return list(_without_times(path.read_text("utf-8")))
    return path.read_bytes()


def _without_times(text: str) -> Iterator[list[str]]:
    """The lines of Markdown as cells, of its tables those alone that tell no time."""
    kept: list[int] | None = None
    for line in text.splitlines():
        cells = line.split(" | ")
        if len(cells) == 1:
            kept = None
        elif kept is None:
            kept = [number for number, cell in enumerate(cells) if "second" not in cell and "/s" not in cell]
        yield cells if kept is None else [cells[number] for number in kept]


def _with_times(name: str) -> bool:
    return any(part in name for part in ("comparison", "studies"))


def _flat(content: Any, place: str = "") -> dict[str, Any]:
    if not isinstance(content, dict):
        return {} if any(part in place for part in TIMES) else {place: content}
    return {key: each for name, value in content.items() for key, each in _flat(value, f"{place}/{name}").items()}


def _without(row: Mapping[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not any(part in name for part in parts)}


def left_over(whole: Path, killed: Path, scratch: Mapping[Path, Path]) -> Iterator[str]:
    """Files that only the killed workspace has, also in its TMPDIR, where libraries keep some of their own."""

    def inside(folder: Path) -> set[str]:
        skipped = (".git", ".dvc/cache", "mlruns/artifacts", *COMPARED)
        return {
            path.relative_to(folder).as_posix()
            for top in folder.iterdir()
            for path in ([top] if top.is_file() else top.rglob("*"))
            if path.is_file() and not path.relative_to(folder).as_posix().startswith(skipped)
            and "__pycache__" not in path.parts
        }  # fmt: skip

    yield from sorted(inside(killed) - inside(whole))
    yield from (path.relative_to(killed).as_posix() for path in sorted(killed.rglob("*")) if LEFT.search(path.name))
    alike = {path.relative_to(scratch[whole]) for path in scratch[whole].rglob("*")}
    yield from (
        str(path) for path in sorted(scratch[killed].rglob("*")) if path.relative_to(scratch[killed]) not in alike
    )


def running(folder: Path) -> list[str]:
    """Runs that MLflow's store still calls running."""
    client = imported().MlflowClient(store_uri(folder))
    experiments = [each.experiment_id for each in client.search_experiments()]
    return [run.info.run_id for run in client.search_runs(experiments, "attributes.status = 'RUNNING'")]


def remembered(path: Path, key: str, make: Callable[[], Any]) -> Any:
    """A value of a JSON file, made and written where it is not there."""
    content = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    if key not in content:
        content[key] = make()
        written = path.with_suffix(".new")
        written.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        written.replace(path)
    return content[key]


def main() -> None:
    """Kill, compare and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("whole", type=Path)
    parser.add_argument("killed", type=Path)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("kills.json"))
    args = parser.parse_args()
    one, other, out = args.whole.resolve(), args.killed.resolve(), args.out.resolve()
    scratch = {folder: folder.with_name(f"{folder.name}.tmpdir") for folder in (one, other)}
    if Params(one / "params.yaml").experiment != Params(other / "params.yaml").experiment:
        raise SystemExit(f"{one}, {other}: two experiments; expected two workspaces of one")
    begun = time.monotonic()
    stages = remembered(out, "stages", lambda: whole(one, scratch[one]))
    if not stages:
        raise SystemExit(f"{one}: nothing was left to run; expected a fresh workspace, of which the times are measured")
    plan = planned([(str(name), float(seconds)) for name, seconds in stages], args.kills, args.seed)
    order = [str(name) for name, _ in stages]
    for number, (stage, delay) in enumerate(plan, 1):
        hit = remembered(out, f"kill {number}", lambda: kill(other, scratch[other], order, stage, delay))  # noqa: B023 now
        print(f"{number:3} of {len(plan)}: {hit}", flush=True)
    to_the_end(other, scratch[other], "dvc", "repro")
    to_the_end(one, scratch[one], "hairline", "sync")
    told = json.loads(out.read_text("utf-8"))
    found = {
        "kills": sum(told[f"kill {number}"]["killed"] for number in range(1, len(plan) + 1)),
        "sync": to_the_end(other, scratch[other], "hairline", "sync").splitlines(),
        "differing": list(differences(one, other)),
        "left_over": list(left_over(one, other, scratch)),
        "running": running(other),
        "hours": round((time.monotonic() - begun) / 3600, 2),
    }
    out.write_text(json.dumps({**told, "outcome": found}, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))
    sys.exit(bool(found["differing"] or found["left_over"] or found["running"]))


if __name__ == "__main__":
    main()
