r"""Everything there is to know of a GPU, in one prepared run of a few minutes.

    make gpu                                                   # the pack lies in gpu-pack/, see gpu_pack.py
    python benchmarks/gpu.py --pack gpu-pack --minutes 8
    python benchmarks/gpu.py --sections correctness,labels     # some of it
    python benchmarks/gpu.py --dry                             # all of it with tiny pictures on the CPU, in a minute

Five sections: `correctness` (against the CPU; deterministic mode; resuming), `labels` (images a second from decoded
images to labels), `training` (images a second against the ceiling without a loader), `large` (64 megapixels),
`real` (a training on real crops, and its score). Results go to `benchmarks/results/gpu-CARD.json`, anew after every
measurement; `gpu_table.py` makes the tables of docs/speed.md from them. Whatever fails is written there, the rest goes
on, and the exit status is 1. Without CUDA all of it runs on the CPU, and says so.
"""

import argparse
import importlib.metadata
import json
import logging
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(Path(__file__).parent)]
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts; deterministic mode needs it

SHARES = {"correctness": 15, "labels": 24, "training": 27, "large": 8, "real": 26}
"""How the minutes are shared out among the sections asked for; the last has what is left."""

RESERVE_S = 10
VERSIONS = (
    "torch", "torchvision", "triton", "lightning", "timm", "segmentation-models-pytorch", "albumentations",
    "opencv-python-headless", "numpy", "numba", "pillow",
)  # fmt: skip


@dataclass
class Bench:
    """What is measured, where it is written, and how much time is left.

    Attributes:
        path: The JSON file.
        head: What stands before the sections: machine, versions, commit.
        minutes: Time for all sections.
        dry: Whether everything is tiny.
        pack: Folder of real crops; None makes synthetic ones.
        device: ``auto``, ``cpu`` or ``cuda``.
        work: Folder for whatever files are needed on the way.
        asked: Names of the sections to run.
    """

    path: Path
    head: dict[str, Any]
    minutes: float
    dry: bool
    pack: Path | None
    device: str
    work: Path
    asked: Sequence[str]
    begun: float = field(default_factory=time.monotonic)
    sections: dict[str, Any] = field(default_factory=dict)
    failed: bool = False
    _now: dict[str, Any] = field(default_factory=dict)
    _end: float = 0.0

    def section(self, name: str, measure: Callable[["Bench"], None]) -> None:
        """Run a section; its errors are kept."""
        began = time.monotonic()
        share = SHARES[name] / sum(SHARES[each] for each in self.asked)
        self._end = self.begun + 60 * self.minutes - RESERVE_S
        if name != self.asked[-1]:
            self._end = min(began + share * 60 * self.minutes, self._end)
        self._now = self.sections[name] = {"results": {}, "errors": {}, "skipped": [], "seconds": 0.0}
        self.attempt("section", lambda: measure(self))
        self._now["seconds"] = round(time.monotonic() - began, 1)
        self.write()
        print(f"== {name}: {self._now['seconds']} s", flush=True)

    def left(self) -> float:
        """Seconds that the section still has."""
        return self._end - time.monotonic()

    def attempt(self, name: str, measure: Callable[[], Any], needs_s: float = 0) -> Any:
        """Measure one thing and keep what comes of it; None, and a note, where it fails or there is no time for it."""
        if not self.dry and self.left() < needs_s:
            self._now["skipped"].append(name)
            return None
        began = time.monotonic()
        self._now["under_way"] = name
        try:
            found = measure()
        except Exception as error:  # whatever fails on a machine seen for the first time; the rest goes on
            self.failed = True
            self._now["errors"][name] = f"{type(error).__name__}: {error}"[:2000]
            traceback.print_exc()
            found = None
        self._now.pop("under_way", None)
        if found is not None:
            self._now["results"][name] = found
            print(f"{name} ({time.monotonic() - began:.1f} s): {json.dumps(found)[:400]}", flush=True)
        self.write()
        return found

    def write(self) -> None:
        """Write all there is."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        seconds = round(time.monotonic() - self.begun, 1)
        partial.write_text(json.dumps({**self.head, "seconds": seconds, "sections": self.sections}, indent=1) + "\n")
        partial.replace(self.path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit status."""
    args = arguments(argv)
    logging.disable(logging.INFO)
    head = {"machine": machine(args.device), "versions": versions(), "commit": args.commit or commit(), "dry": args.dry}
    head |= {"date": datetime.now(UTC).isoformat(timespec="seconds")}
    path = args.out or ROOT / "benchmarks" / "results" / f"gpu-{'dry' if args.dry else slug(head['machine'])}.json"
    pack = args.pack if args.pack is not None and args.pack.is_dir() and not args.dry else None
    if args.pack is not None and not args.pack.is_dir():
        print(f"{args.pack}: no such folder; pictures are synthetic (gpu_pack.py makes a pack)", flush=True)
    head |= {"images": "synthetic" if pack is None else "CRACK500"}
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(path, head, args.minutes, args.dry, pack, args.device, Path(work), args.sections)
        watch = threading.Timer(60 * args.minutes + 30, give_up, [bench])
        watch.daemon = True
        watch.start()
        import gpu_sections

        print(json.dumps(head, indent=1), flush=True)
        for name in args.sections:
            gpu_sections.reset()
            bench.section(name, getattr(gpu_sections, name))
        watch.cancel()
    bench.write()
    print(f"{path}: {'with errors' if bench.failed else 'all went well'}", flush=True)
    return int(bench.failed)


def give_up(bench: Bench) -> None:
    """Something hangs: keep what there is."""
    bench.head["gave_up"] = True  # the section's under_way says at what
    bench.write()
    print("gave up: out of time", flush=True)
    os._exit(4)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sections", type=lambda text: text.split(","), default=list(SHARES))
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--pack", type=Path, default=None, help="folder made by gpu_pack.py; else synthetic pictures")
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--commit", default=None, help="of the code, where there is no Git to ask")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default=None, help="auto, or cpu for --dry")
    parser.add_argument("--dry", action="store_true", help="everything, tiny")
    args = parser.parse_args(argv)
    args.device = args.device or ("cpu" if args.dry else "auto")
    unknown = set(args.sections) - set(SHARES)
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; choose of {', '.join(SHARES)}")
    return args


def machine(device: str) -> dict[str, Any]:
    """What this runs on."""
    import torch

    from hairline.labelling import timing

    cuda = device != "cpu" and torch.cuda.is_available()
    found: dict[str, Any] = {"gpu": None, "cpu": timing.machine(None, os.cpu_count() or 1), "system": platform.system()}
    if cuda:
        card = torch.cuda.get_device_properties(0)
        found |= {"gpu": card.name, "gpu_gib": round(card.total_memory / 2**30, 1), "cuda": torch.version.cuda}
        found |= {"multiprocessors": card.multi_processor_count}
    return found


def slug(found: dict[str, Any]) -> str:
    """The card's name, or that there is none, as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", (found["gpu"] or "none").lower()).strip("-")


def versions() -> dict[str, str]:
    """Versions of what computes."""
    found = {"python": platform.python_version()}
    for name in VERSIONS:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not there"
    return found


def commit() -> str:
    """The commit of this checkout."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
