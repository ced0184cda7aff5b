"""Frames of videos as photos: one every few seconds, each with a name of its own."""

import math
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.io.file_names import printable

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".m4v", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".wmv")
EVERY_S = 1.0
"""Seconds between two frames that are looked at."""
FRAME = "frame_"
CONTAINERS = "MP4, MOV, AVI, MKV or WebM that FFmpeg decodes"


def is_video(path: Path) -> bool:
    """Whether a file is one by its name."""
    return path.suffix.lower() in SUFFIXES


def frame_name(frame: int) -> str:
    """What a frame is called below its video; frames count from 0.

    >>> frame_name(123)
    'frame_000123'
    """
    return f"{FRAME}{frame:06d}"


def frames(path: Path, every_s: float) -> list[int]:
    """Numbers of the frames of a video that are looked at: the first, and one every so many seconds.

    Raises:
        HairlineError: If it has no frame that can be decoded, or does not say how fast it runs.
    """
    capture = _capture(path)
    try:
        count, per_second = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), float(capture.get(cv2.CAP_PROP_FPS))
        if not capture.grab():
            raise _no_frame(path)
        if count < 1:  # of recordings that were never closed, and of streams
            count = 1 + _left(capture)
    finally:
        capture.release()
    if not (math.isfinite(per_second) and per_second > 0):
        raise HairlineError(
            f"{printable(str(path))}: does not say how many frames it has a second; expected a video with a frame "
            "rate; convert it, as with 'ffmpeg -i OLD -r 30 NEW.mp4'"
        )
    step = max(every_s * per_second, 1.0)
    return [round(number * step) for number in range(math.ceil(count / step))]


def _left(capture: Any) -> int:
    """How many frames a video goes on for."""
    count = 0
    while capture.grab():
        count += 1
    return count


def read(path: Path, frame: int) -> NDArray[np.uint8]:
    """A frame of a video, upright, RGB uint8 [height, width, 3]; cheap where frames are asked for in order.

    For one thread at a time.

    Raises:
        HairlineError: If it cannot be decoded.
    """
    return _reader(path).read(frame)


class _Reader:
    """A video that is decoded from its beginning, since jumping is not exact in all formats."""

    def __init__(self, path: Path) -> None:
        self._path, self._capture, self._next = path, _capture(path), 0

    def read(self, frame: int) -> NDArray[np.uint8]:
        if frame < self._next:
            self._capture.release()
            self._capture, self._next = _capture(self._path), 0
        while self._next <= frame:
            self._grab(frame)
        return self._retrieve()

    def _grab(self, wanted: int) -> None:
        if not self._capture.grab():
            raise HairlineError(
                f"{printable(str(self._path))}: ends after {self._next} frames or is damaged there, before frame "
                f"{wanted} that it claims to have; expected a whole video; copy it again"
            )
        self._next += 1

    def _retrieve(self) -> NDArray[np.uint8]:
        done, found = self._capture.retrieve()
        if not done or found is None:
            raise _no_frame(self._path)
        return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)


@lru_cache(maxsize=1)
def _reader(path: Path) -> _Reader:
    return _Reader(path)


def _capture(path: Path) -> Any:
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong is told in a sentence of our own
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    finally:
        cv2.utils.logging.setLogLevel(level)
    if not capture.isOpened():
        raise _no_frame(path)
    return capture


def _no_frame(path: Path) -> HairlineError:
    return HairlineError(
        f"{printable(str(path))}: has no frame that can be decoded; expected a video as {CONTAINERS}; convert it, as "
        "with 'ffmpeg -i OLD NEW.mp4'"
    )
