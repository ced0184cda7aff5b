"""The readers and writers of annotation tools, in a folder of the user's cache that is made once."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from uv import find_uv_bin

REQUIREMENTS = Path(__file__).with_suffix(".txt")
UNREACHABLE = ("error sending request", "network was disabled", "timed out")
"""What uv says where no package index answers; one that answers and lacks a package is no reason to skip a test."""


def folder() -> Path:
    """The folder, to be put on the import path; skips the test where it has yet to be made and no index answers."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hairline"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    named = hashlib.sha256(REQUIREMENTS.read_bytes() + version.encode()).hexdigest()[:12]
    target = cache / f"annotation-tools-{named}"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".annotation-tools-") as partial:
            install(Path(partial) / "whole")
            if not target.exists():  # by another run of the tests
                (Path(partial) / "whole").rename(target)
    return target


def install(target: Path) -> None:
    """Install them, wheels alone; skip the test where no package index answers, and fail it for any other reason."""
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--python",
               sys.executable, "--target", str(target), "-r", str(REQUIREMENTS)]  # fmt: skip
    waits = {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=waits | dict(os.environ))
    if done.returncode and any(reason in done.stderr for reason in UNREACHABLE):
        pytest.skip(f"no package index answers, and the annotation tools are not in {target.parent.parent}")
    assert done.returncode == 0, done.stderr
