"""Build the wheel and the source archive, install the wheel where nothing else is, and use it there as a user would.

    python tools/built_package.py dist/          # 'make release' does this, too
    python tools/built_package.py dist/ --all    # and what the extra 'all' takes: gigabytes, for a while

prints sizes, seconds and what was tried.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hairline.errors import HairlineError
from hairline.imaging.images import write_image
from hairline.nn.exporting import parity

ROOT = Path(__file__).parents[1]
MB = 1e6
STARTS = 10
PHOTO_PX = (96, 128)
INSPECTION = (
    ("predict", "photos", "--out", "found", "--overlay"),
    ("measure", "found", "--out", "measured", "--mm-per-px", "0.2"),
    ("score", "found/scores", "found/masks", "--out", "scored"),
)
"""Commands that work with the base alone."""
WRITTEN = (
    "found/masks/a.png",
    "measured/cracks.csv",
    "measured/cracks.parquet",
    "measured/index.html",
    "scored/index.html",
)
WORKSPACE = ("init", "workspace", "--photos", "photos", "--yes")
ASKED = "expected the extra 'platform'; run pip install 'hairline[platform]'"
"""What the base says to a workspace."""
ONE_PROCESS = """
import json, sys
from hairline.cli.app import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["hairline", *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""
"""Runs commands one after another, without the start of each."""


class NoIndexError(HairlineError):
    """Packages can be had neither from the cache of uv nor from an index."""


@dataclass(frozen=True)
class Built:
    """What a release consists of."""

    wheel: Path
    archive: Path


def main() -> None:
    """Build, install, use, and print what it takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder for wheel and source archive")
    parser.add_argument("--all", action="store_true", help="install all extras as well, and say what they take")
    args = parser.parse_args()
    for line in tried(build(args.out), args.all):
        print(line)


def tried(built: Built, with_all: bool = False) -> list[str]:
    """Install a wheel, use it, and say what it takes, a line each.

    Raises:
        HairlineError: If something does not work.
    """
    told = [f"{path.name}: {path.stat().st_size / MB:.1f} MB" for path in (built.wheel, built.archive)]
    with tempfile.TemporaryDirectory() as home:
        for extra in ("", "all") if with_all else ("",):
            folder = Path(home) / (extra or "base")
            begun = time.perf_counter()
            python = install(built.wheel, folder, extra)
            told.append(
                f"installed ({extra or 'the base'}): {size(folder) / MB:,.0f} MB in {time.perf_counter() - begun:.1f} s"
            )
            if not extra:
                told += [*use(python, Path(home) / "used"), typed(python, Path(home) / "used")]
    return told


def build(out: Path) -> Built:
    """Build the source archive, and the wheel from it.

    Raises:
        HairlineError: If it fails; :class:`NoIndexError` where hatchling cannot be had.
    """
    with tempfile.TemporaryDirectory() as made:
        _uv("build", "--quiet", "--out-dir", made, str(ROOT))
        out.mkdir(parents=True, exist_ok=True)
        (wheel,), (archive,) = (list(Path(made).glob(pattern)) for pattern in ("*.whl", "*.tar.gz"))
        return Built(Path(shutil.copy2(wheel, out)), Path(shutil.copy2(archive, out)))


def install(wheel: Path, folder: Path, extra: str = "") -> Path:
    """Install a wheel with the exact versions of constraints.txt into an environment of its own.

    Args:
        wheel: The wheel.
        folder: Of the environment.
        extra: An extra to install, too; the base alone if empty.

    Returns:
        Its Python.
    """
    _uv("venv", "--quiet", "--python", sys.executable, str(folder))
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    named = f"hairline[{extra}] @ {wheel.absolute().as_uri()}" if extra else str(wheel.absolute())
    _uv("pip", "install", "--quiet", "--python", str(python), "-c", str(ROOT / "constraints.txt"), named)
    return python


def use(python: Path, folder: Path, starts: int = STARTS) -> list[str]:
    """Predict, measure and score photos with the base alone, and be told what a workspace needs.

    Args:
        python: Of the environment.
        folder: A new folder to work in.
        starts: How often ``hairline --help`` is timed.

    Returns:
        What was done, a line each.

    Raises:
        HairlineError: If something does not work.
    """
    for name, image in zip("ab", parity.generated(2, *PHOTO_PX), strict=True):
        write_image(folder / f"photos/{name}.png", image)
    _must(folder, [str(python), "-c", ONE_PROCESS, json.dumps(INSPECTION)])
    for name in WRITTEN:
        if not (folder / name).is_file():
            raise HairlineError(f"{name}: was not written by {' and '.join(words[0] for words in INSPECTION)}")
    hairline = str(python.with_name("hairline"))
    asked = _run(folder, [hairline, *WORKSPACE])
    if asked.returncode != 1 or ASKED not in asked.stderr or (folder / "workspace").exists():
        raise HairlineError(
            f"hairline init: ended with {asked.returncode} and said {asked.stderr!r}; expected {ASKED!r}"
        )
    seconds = min(_start(folder, hairline) for _ in range(starts))
    return [
        f"used: {', '.join(words[0] for words in INSPECTION)}; init asks for the extra 'platform'",
        f"hairline --help: {seconds:.2f} s of processor time, the least of {starts} starts",
    ]


def typed(python: Path, folder: Path) -> str:
    """Check the public API of an installed wheel as a user's type checker sees it, strictly; what was done, a line.

    Args:
        python: Of the environment, which gets the types of pandas.
        folder: To work in.

    Raises:
        HairlineError: If the types are not those of tests/typed/public_api.py.
    """
    _uv("pip", "install", "--quiet", "--python", str(python), "-c", str(ROOT / "constraints.txt"), "pandas-stubs")
    shutil.copy(ROOT / "tests/typed/public_api.py", folder)
    _must(folder, [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "public_api.py"])
    return "types: mypy --strict finds those of tests/typed/public_api.py"


def size(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _start(folder: Path, hairline: str) -> float:
    """Seconds of processor time that ``hairline --help`` takes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _must(folder, [hairline, "--help"])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _uv(*words: str) -> None:
    """Run uv, from its cache if it can, for that is quick and needs no network."""
    command = [str(Path(sys.executable).with_name("uv")), *words]
    done = _run(ROOT, [*command, "--offline"])
    if done.returncode:
        done = _run(ROOT, command)
    if done.returncode:
        kind = NoIndexError if any(each in done.stderr for each in UNREACHED) else HairlineError
        raise kind(f"'uv {' '.join(words)}' failed: {done.stderr.strip()}")


NOT_OURS = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
"""Variables of this process that a user does not have."""
UNREACHED = ("error sending request", "Failed to fetch", "dns error", "network was disabled", "Network connectivity")
"""What uv says where no index can be reached."""


def _must(folder: Path, command: Sequence[str]) -> None:
    done = _run(folder, command)
    if done.returncode:
        raise HairlineError(f"{' '.join(command)} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")


def _run(folder: Path, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command as users do, who have nothing of this checkout and keep bytecode."""
    env = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return subprocess.run(
        command, cwd=folder, env={**env, "COLUMNS": "200"}, capture_output=True, text=True, check=False
    )


if __name__ == "__main__":
    try:
        main()
    except HairlineError as error:
        sys.exit(f"built_package: {error}")
