"""The engine on a Ray cluster that is simulated on this machine: what a task costs, what kills cost, how it grows.

    python benchmarks/engine.py overhead --out benchmarks/results/engine.json
    python benchmarks/engine.py kills --workers 12 --nodes 6 --heads 3 --drivers 3 --out benchmarks/results/engine.json
    python benchmarks/engine.py growth --most 100000 --out benchmarks/results/engine.json
    python benchmarks/engine.py tables --out benchmarks/results/engine.json
    python benchmarks/engine.py files --most 10000 --out benchmarks/results/engine.json

Work is the label `otsu` of small generated pictures, written as PNG files into a shared folder. Results of each part go
into the file under its name. Exit status 1 where a result is lost, is there twice, or differs.
"""

import argparse
import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import psutil
from simulated_cluster import nodes

from hairline.engine.choice import opened
from hairline.engine.engine import Terms
from hairline.engine.options import Options
from hairline.errors import HairlineError
from hairline.imaging.images import write_scores
from hairline.labelling.methods import otsu
from hairline.metrics import full_score_table, score_table

SIDE_PX = 32
A_FOLDER = 1000
"""Files of a folder."""
TABLE_PX = 360, 640
A_SHARD = 4096
"""Labels of a Parquet file."""
NAP_S = 0.1
"""What an item of the kills takes at least, so that they meet it."""


def label(out: Path, log: Path | None, nap_s: float, number: int) -> str:
    """Label a picture that its number makes, write it, and give the hash of the label."""
    draw = np.random.default_rng(number)
    image = draw.integers(90, 200, (SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    cv2.line(image, (3, number % SIDE_PX), (28, (number * 7) % SIDE_PX), (30, 30, 30), 2)
    scores = otsu.label(image, None, otsu.PAPER)
    write_scores(out / f"{number // A_FOLDER:06d}" / f"{number:09d}.png", scores)
    if log is not None:
        with log.open("a") as file:
            file.write(f"{number} {os.getpid()}\n")
    time.sleep(nap_s)
    return hashlib.sha256(scores.tobytes()).hexdigest()[:16]


def nothing(number: int) -> int:
    """What a task costs by itself."""
    return number


def asked(address: str, chunk: int, **more: Any) -> Options:
    """A cluster by its address."""
    return Options("ray", address, 1, 0, chunk, **more)


def overhead() -> dict[str, Any]:
    """Milliseconds a task and an item that do nothing, by items a chunk and nodes."""
    found: dict[str, Any] = {}
    for count in (1, 2, 4):
        with nodes(count) as cluster, opened(asked(cluster.address, 1)) as warm:
            list(warm.map(nothing, range(8 * count)))
            for chunk in (1, 16):
                with opened(asked(cluster.address, chunk)) as engine:
                    items = 1000 if chunk == 1 else 8000
                    begun, cpu = time.perf_counter(), time.process_time()
                    assert list(engine.map(nothing, range(items))) == list(range(items))
                    tasks = items / chunk
                    found[f"{count} nodes, {chunk} a chunk"] = {
                        "ms_a_task": 1000 * (time.perf_counter() - begun) / tasks,
                        "driver_cpu_ms_a_task": 1000 * (time.process_time() - cpu) / tasks,
                        "tasks": tasks,
                    }
    return found


def kills(
    workers: int, lost_nodes: int, heads: int, drivers: int, save: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """What is lost or done twice where workers, nodes, heads and drivers are killed."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as home:
        found["workers and nodes"] = _killed_below(Path(home), workers, lost_nodes)
    for kind, times in (("heads", heads), ("drivers", drivers)):
        save(found)
        with tempfile.TemporaryDirectory() as home:
            found[kind] = _killed_above(Path(home), kind, times)
    found["kills"] = sum(each["kills"] for each in found.values())
    return found


def _killed_below(home: Path, workers: int, lost_nodes: int) -> dict[str, Any]:
    """One run during which workers and nodes are killed, one after the other."""
    items, chunk = 960, 8
    done, results, over = list[str](), list[str](), threading.Event()
    out, log, kept = home / "out", home / "log", home / "kept"
    with nodes(2) as cluster, opened(asked(cluster.address, chunk, retries=20)) as engine:

        def kill_workers() -> None:
            for number in range(workers):
                while not over.is_set() and len(results) < items * (number + 1) // (workers + 2):
                    time.sleep(0.05)
                while not over.is_set() and not (busy := cluster.busy()):
                    time.sleep(0.05)
                if over.is_set():
                    return
                busy[number % len(busy)].send_signal(signal.SIGKILL)
                done.append("worker")

        killer = threading.Thread(target=kill_workers)
        killer.start()
        killed = 0
        for result in engine.map(partial(label, out, log, NAP_S), range(items), Terms(kept=kept)):
            results.append(result)
            if killed < lost_nodes and len(results) >= items * (killed + 1) // (lost_nodes + 2):
                cluster.kill_node(killed)
                killed += 1
                done.append("node")
        over.set()
        killer.join()
        lost = getattr(engine, "lost", 0)
    return {"kills": len(done), "of": dict(Counter(done)), "chunks sent again": lost} | _counted(
        home, items, chunk, results, [lost * chunk]
    )


def _counted(home: Path, items: int, chunk: int, results: list[str], allowed: list[int]) -> dict[str, Any]:
    """What is lost, twice or different, and how much was done again."""
    true = [_here(number) for number in range(items)]
    ran = Counter(int(line.split()[0]) for line in (home / "log").read_text().splitlines())
    files = sorted((home / "out").rglob("*.png"))
    left = [path.name for path in home.rglob("*partial*")]
    return {
        "items": items,
        "lost": items - len(results) if len(results) < items else 0,
        "twice": max(len(results) - items, 0),
        "different": sum(a != b for a, b in zip(results, true, strict=False)),
        "files": len(files),
        "half-written files left": len(left),
        "items worked on again": sum(ran.values()) - items,
        "at most": sum(allowed),
        "chunks kept": len(list((home / "kept").glob("*.chunk"))),
        "chunks": -(-items // chunk),
    }


def _here(number: int) -> str:
    with tempfile.TemporaryDirectory() as home:
        return label(Path(home), None, 0, number)


def _killed_above(home: Path, kind: str, times: int) -> dict[str, Any]:
    """Runs whose cluster's head, or whose driver, is killed in the middle, until one comes to its end."""
    items, chunk, killed, statuses, again = 480, 8, 0, list[Any](), list[int]()
    told = list[str]()
    while True:
        with nodes(2) as cluster:
            before = _kept(home)
            log_before = _ran(home)
            command = [sys.executable, __file__, "drive", "--address", cluster.address, "--home", str(home),
                       "--items", str(items), "--chunk", str(chunk)]  # fmt: skip
            driver = subprocess.Popen(command, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            aim = items // chunk * (killed + 1) // (times + 1)
            while driver.poll() is None and (killed == times or _kept(home) < aim):
                time.sleep(0.1)
            if killed == times:
                _, errors = driver.communicate()
                assert driver.returncode == 0, errors
                done_now = _ran(home) - log_before
                again.append(done_now - chunk * (items // chunk - before))
                break
            if kind == "heads":
                cluster.kill_head()
            else:
                driver.kill()
            killed += 1
            _, errors = driver.communicate(timeout=120)
            statuses.append(driver.returncode)
            told += [line for line in errors.splitlines() if "hairline:" in line]
        time.sleep(1)
    results = json.loads((home / "results.json").read_text())
    found = _counted(home, items, chunk, results, [])
    return {"kills": killed, "exit statuses": statuses, "told": told,
            "items of kept chunks worked on again in the last run": again} | found  # fmt: skip


def _kept(home: Path) -> int:
    return len(list((home / "kept").glob("*.chunk")))


def _ran(home: Path) -> int:
    return len((home / "log").read_text().splitlines()) if (home / "log").exists() else 0


def drive(address: str, home: Path, items: int, chunk: int) -> None:
    """A run in a process of its own."""
    try:
        with opened(asked(address, chunk, wait_s=8)) as engine:
            work = partial(label, home / "out", home / "log", NAP_S)
            results = list(engine.map(work, range(items), Terms(kept=home / "kept")))
    except HairlineError as error:
        sys.exit(f"hairline: {error}")
    (home / "results.json").write_text(json.dumps(results))


def growth(most: int, count: int, save: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Time an image, memory of the driver and files, by the number of images, on nodes and on this machine alone."""
    found: dict[str, Any] = {"nodes": count, "ray": {}, "local": {}}
    size = 100
    while size <= most:
        with (
            tempfile.TemporaryDirectory() as home,
            nodes(count) as cluster,
            opened(asked(cluster.address, 64)) as engine,
        ):
            list(engine.map(nothing, range(64 * count)))
            found["ray"][size] = _grown(engine, Path(home), size)
        with tempfile.TemporaryDirectory() as home, opened(Options()) as engine:
            found["local"][size] = _grown(engine, Path(home), size)
        save(found)
        size *= 10
    return found


def _grown(engine: Any, home: Path, size: int) -> dict[str, Any]:
    me, begun, cpu, peak = psutil.Process(), time.perf_counter(), time.process_time(), 0
    start = me.memory_info().rss
    kept = home / "kept" if engine.remote else None
    for number, _ in enumerate(engine.map(partial(label, home / "out", None, 0), iter(range(size)), Terms(kept=kept))):
        if number % 256 == 0:
            peak = max(peak, me.memory_info().rss)
    seconds = time.perf_counter() - begun
    return {
        "ms_an_image": 1000 * seconds / size,
        "driver_cpu_ms_an_image": 1000 * (time.process_time() - cpu) / size,
        "driver_mb_at_start": start >> 20,
        "driver_mb_at_most": max(peak, me.memory_info().rss) >> 20,
        "files": sum(1 for path in (home / "out").rglob("*") if path.is_file()),
        "files_of_finished_chunks": sum(1 for _ in (home / "kept").glob("*.chunk")) if kept else 0,
        "bytes": sum(path.stat().st_size for path in (home / "out").rglob("*.png")),
    }


def files(most: int, save: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """What labels cost DVC as a file each, and as rows of Parquet files of :data:`A_SHARD`: time, memory, disk."""
    found: dict[str, Any] = {"images a shard": A_SHARD}
    size = 1000
    while size <= most:
        with tempfile.TemporaryDirectory() as place:
            home = Path(place)
            (home / "sharded").mkdir()
            for number in range(size):
                label(home / "single", None, 0, number)
            begun = time.perf_counter()
            _sharded(sorted((home / "single").rglob("*.png")), home / "sharded")
            seconds = time.perf_counter() - begun
            subprocess.run(["git", "init", "-q"], cwd=home, check=True)
            subprocess.run(["dvc", "init", "-q"], cwd=home, check=True)
            found[str(size)] = {name: _added(home, name) for name in ("single", "sharded")} | {
                "ms an image to shard": 1000 * seconds / size
            }
        save(found)
        size *= 10
    return found


def _sharded(labels: list[Path], target: Path) -> None:
    """Labels, as they are, as rows of Parquet files."""
    for start in range(0, len(labels), A_SHARD):
        part = labels[start : start + A_SHARD]
        rows = pd.DataFrame({"id": [path.stem for path in part], "label": [path.read_bytes() for path in part]})
        rows.to_parquet(target / f"{start // A_SHARD:06d}.parquet", index=False)


def _added(home: Path, name: str) -> dict[str, Any]:
    """``dvc add`` of a folder, and then ``dvc status``: seconds, memory, files and disk."""
    spent = {}
    for words in (["add", name], ["status"]):
        begun = time.perf_counter()
        told = subprocess.Popen(["dvc", *words, "-q"], cwd=home)
        _, status, used = os.wait4(told.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, words
        spent[words[0]] = {"seconds": round(time.perf_counter() - begun, 1), "mb": used.ru_maxrss >> 10}
    paths = [path for path in (home / name).rglob("*") if path.is_file()]
    disk = sum(path.stat().st_blocks * 512 for path in paths)
    return {**spent, "files": len(paths), "bytes": sum(path.stat().st_size for path in paths), "bytes on disk": disk}


def tables(images: int) -> dict[str, Any]:
    """Bytes an image of the tables that a stage holds to its end, and while they are made, for random scores."""
    draw = np.random.default_rng(0)
    maps = [(draw.integers(0, 256, TABLE_PX, np.uint8), draw.random(TABLE_PX) < 0.03) for _ in range(4)]
    names = [f"{number:06d}" for number in range(images)]
    samples = pd.DataFrame({"id": names, "group": names})

    def narrow(rows: pd.DataFrame) -> pd.DataFrame:
        return score_table.score_table(rows, lambda name: maps[int(name) % 4][0], lambda name: maps[int(name) % 4][1])

    def wide(rows: pd.DataFrame) -> pd.DataFrame:
        first = [full_score_table.first_pass((*maps[int(name) % 4], None))[0] for name in rows["id"]]
        named = [{"id": name, "group": name} | found for name, found in zip(rows["id"], first, strict=True)]
        return full_score_table.assembled(named, lambda _: [second[place % 4] for place in range(len(rows))])

    second = [full_score_table.second_pass(full_score_table.first_pass((*pair, None))[1], 0.5) for pair in maps]
    found: dict[str, Any] = {"images": images, "px": TABLE_PX}
    for name, made in (("score_labels", narrow), ("evaluate_segmenter", wide)):
        score_table.metrics(made(samples[:4]))  # what is compiled and loaded once
        tracemalloc.start()
        table = made(samples)
        held, most = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        score_table.metrics(table)
        found[name] = {"held": held // images, "most while made": most // images,
                       "most while its numbers are": tracemalloc.get_traced_memory()[1] // images,
                       "sha256 of the file": _written(table)}  # fmt: skip
        tracemalloc.stop()
    return found


def _written(table: pd.DataFrame) -> str:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        table.to_parquet(file.name, index=False)
        return hashlib.sha256(Path(file.name).read_bytes()).hexdigest()


def main() -> None:
    """Run a part, and put what it found beside the others in a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    every = {name: parts.add_parser(name) for name in ("overhead", "kills", "growth", "tables", "files", "drive")}
    for name in ("overhead", "kills", "growth", "tables", "files"):
        every[name].add_argument("--out", type=Path, required=True)
    for name, number in (("workers", 12), ("nodes", 6), ("heads", 3), ("drivers", 3)):
        every["kills"].add_argument(f"--{name}", type=int, default=number)
    every["growth"].add_argument("--most", type=int, default=100_000)
    every["growth"].add_argument("--nodes", type=int, default=2)
    every["files"].add_argument("--most", type=int, default=10_000)
    every["tables"].add_argument("--images", type=int, default=1000)
    every["drive"].add_argument("--address", required=True)
    every["drive"].add_argument("--home", type=Path, required=True)
    every["drive"].add_argument("--items", type=int, required=True)
    every["drive"].add_argument("--chunk", type=int, required=True)
    args = parser.parse_args()
    if args.part == "drive":
        drive(args.address, args.home, args.items, args.chunk)
        return
    begun = time.time()

    def save(found: dict[str, Any]) -> None:
        machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version(),
                   "seconds": round(time.time() - begun)}  # fmt: skip
        written = json.loads(args.out.read_text()) if args.out.exists() else {}
        written[args.part] = {"command": "python " + " ".join(sys.argv), "machine": machine} | found
        args.out.write_text(json.dumps(written, indent=2) + "\n")

    found = (
        overhead() if args.part == "overhead"
        else kills(args.workers, args.nodes, args.heads, args.drivers, save) if args.part == "kills"
        else tables(args.images) if args.part == "tables"
        else files(args.most, save) if args.part == "files"
        else growth(args.most, args.nodes, save)
    )  # fmt: skip
    save(found)
    print(json.dumps(found, indent=2))
    if args.part == "kills" and any(_bad(each) for each in found.values() if isinstance(each, dict)):
        sys.exit(1)


def _bad(part: dict[str, Any]) -> bool:
    return any(part[name] for name in ("lost", "twice", "different")) or part["files"] != part["items"]


if __name__ == "__main__":
    main()
