"""Packages for tests that do not go into the environment: in a folder of the user's cache that is made once."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from uv import find_uv_bin

UNREACHABLE = ("error sending request", "network was disabled", "timed out")
"""What uv says where no package index answers; one that answers and lacks a package is no reason to skip a test."""


def folder(requirements: Path, name: str) -> Path:
    """Where the packages of a list lie; skips the test where they have yet to be installed and no index answers.

    Args:
        requirements: The list, with exact versions.
        name: What the folder is called, before a hash of the list.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hairline"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    named = hashlib.sha256(requirements.read_bytes() + version.encode()).hexdigest()[:12]
    target = cache / f"{name}-{named}"
    if not target.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=f".{name}-") as partial:
            install(requirements, Path(partial) / "whole")
            if not target.exists():  # by another run of the tests
                (Path(partial) / "whole").rename(target)
    return target


def install(requirements: Path, target: Path) -> None:
    """Install them, wheels alone; skip the test where no package index answers, and fail it for any other reason."""
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--python",
               sys.executable, "--target", str(target), "-r", str(requirements)]  # fmt: skip
    waits = {"UV_HTTP_TIMEOUT": "10", "UV_HTTP_RETRIES": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=waits | dict(os.environ))
    if done.returncode and any(reason in done.stderr for reason in UNREACHABLE):
        pytest.skip(f"no package index answers, and {requirements.stem} is not in {target.parent.parent}")
    assert done.returncode == 0, done.stderr
