"""Photos to click on, and a server of clicks in a process of its own."""

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

HOSTILE = [
    "Wand 1.jpg", "Brücke/über.jpg", 'a"b\'c.jpg', "<script>alert(1)</script>.jpg", "%2e%2e%2fetc.jpg",
    "a&b=c?d#e.jpg", "a...jpg", "=1+1,2;3.jpg", "日本/壁.jpg", "x%20y.jpg",
]  # fmt: skip
"""Names that some part of a web page may take for something else."""


def wall(height: int, width: int, seed: int, crack: bool = True) -> NDArray[np.uint8]:
    """A rough grey wall with a dark wandering line, RGB uint8 [height, width, 3]."""
    draws = np.random.default_rng(seed)
    coarse = cv2.resize(draws.normal(0, 1, (max(height // 40, 2), max(width // 40, 2))), (width, height))
    grey = 165 + 14 * coarse + draws.normal(0, 9, (height, width))
    if crack:
        xs = np.arange(0, width, max(width // 40, 1))
        ys = height / 2 + np.cumsum(draws.normal(0, height / 50, len(xs)))
        line = np.zeros((height, width), np.uint8)
        points = np.stack([xs, ys], axis=1).round().astype(np.int32)
        cv2.polylines(line, [points], False, 255, max(2, height // 250), cv2.LINE_AA)
        grey -= cv2.GaussianBlur(line, (0, 0), 0.8) * (90 / 255)
    tint = np.array([1.0, 0.985, 0.95])
    return np.clip(grey[..., None] * tint, 0, 255).astype(np.uint8)


def photos(folder: Path, names: Sequence[str], size: tuple[int, int] = (96, 128)) -> Path:
    """Write a wall under every name, height and width as given; the folder."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            Image.fromarray(wall(*size, number, number % 2 == 0)).save(file, "JPEG", quality=90)
    return folder


class RefusedError(Exception):
    """The server answered with an error, and this is what it said."""


class Server:
    """`hairline click` in a process of its own."""

    def __init__(self, folder: Path, port: int = 0, size: int = 32) -> None:
        """Start it, and wait until it tells its page."""
        code = "from hairline.cli.app import main; main()"
        arguments = ["click", str(folder), "--no-browser", "--random", "--size", str(size)]
        arguments += ["--port", str(port)] if port else []
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self.process.stdout is not None and self.process.stderr is not None
        told = ""
        for line in self.process.stdout:
            told += line
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
            if found:
                self.url, self.port = found.group(), int(found.group(1))
                return
        raise AssertionError(f"no page: {told}{self.process.stderr.read()}")

    def ask(self, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        """What it answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url.rstrip("/") + path, data, {"Content-Type": "application/json", **(headers or {})}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RefusedError(json.load(error).get("error")) from None

    def kill(self) -> None:
        """End it as a crash does."""
        self.process.kill()
        self._over()

    def stop(self) -> int:
        """End it as Ctrl+C does; its status."""
        self.process.send_signal(2)
        return self._over()

    def _over(self) -> int:
        status = self.process.wait(30)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        return status


@contextmanager
def server(folder: Path, size: int = 32) -> Iterator[Server]:
    """A server for the block."""
    started = Server(folder, size=size)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.kill()
