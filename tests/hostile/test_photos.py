"""Thirty kinds of bad photos in one folder: the good ones are predicted, each bad one is told of in one sentence."""

import csv
import os
import re
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hostile import files
from hostile.test_pictures import PLACES
from PIL import Image
from support.kinds import encoded

from hairline.errors import HairlineError
from hairline.imaging.images import read_mask
from hairline.inspection import folder, photos
from hairline.inspection.folder import Done, Options

WALL = files.WALL
SLOW = "one bit, 20,000 x 20,000"  # which is a photo of 400 megapixels
GRADE = Image.fromarray(WALL)


def with_nan() -> bytes:
    values = WALL[..., 0] / np.float32(255)
    values[3, 3] = np.nan
    return encoded(values, "TIFF")


BAD: dict[str, bytes] = {
    **{name: content for name, content in files.PICTURES.items() if name not in (SLOW,)},
    "NaN in a TIFF": with_nan(),
    "an animation in WebP": encoded(WALL, "WEBP", save_all=True, append_images=[Image.fromarray(255 - WALL)]),
    "half a JPEG": encoded(WALL, "JPEG")[: len(encoded(WALL, "JPEG")) // 2],
}
GOOD: dict[str, Callable[[Path], object]] = {
    "one.png": lambda path: Image.fromarray(WALL[:1, :1]).save(path),
    "wide.png": lambda path: Image.fromarray(np.repeat(WALL[:2], 200, axis=1)).save(path),
    "tall.png": lambda path: Image.fromarray(np.repeat(WALL[:, :2], 200, axis=0)).save(path),
    "palette.png": lambda path: GRADE.convert("P").save(path),
    "palette.gif": lambda path: GRADE.convert("P").save(path),
    "ink.jpg": lambda path: GRADE.convert("CMYK").save(path),
    "bilevel.png": lambda path: GRADE.convert("1").save(path),
    "grey.tif": lambda path: GRADE.convert("L").save(path),
    "still.webp": lambda path: GRADE.save(path),
    "really_a_png.jpg": lambda path: GRADE.save(path, "PNG"),
    "two.mpo": lambda path: GRADE.save(path, "MPO", save_all=True, append_images=[GRADE]),
    "deep.png": lambda path: cv2.imwrite(str(path), np.full((20, 30), 60_000, np.uint16)),
    "folder.jpg/inside.png": lambda path: GRADE.save(path),
}
VIDEOS = {"text.mp4": b"no video", "zeros.avi": bytes(1000), "atom.mov": struct.pack(">I4s", 8, b"ftyp")}


class Brightness:
    """Stands for a network: the red channel is the score."""

    sha256 = "n1"

    def predict(self, image: np.ndarray, scale: float) -> np.ndarray:
        return image[..., 0].astype(np.float32) / 255


@pytest.fixture
def root(tmp_path: Path) -> Path:
    suffixes = {"TIFF": ".tif", "HEIC": ".heic", "GIF": ".gif", "an animation": ".gif", "WebP": ".webp"}
    for number, (name, content) in enumerate(BAD.items()):
        suffix = next((suffix for word, suffix in suffixes.items() if word in name), ".png")
        (tmp_path / "p").mkdir(exist_ok=True)
        (tmp_path / "p" / f"bad{number:02d} {re.sub('[^a-z0-9]+', '_', name.lower())}{suffix}").write_bytes(content)
    for name, put in PLACES.items():
        if name != "a folder":
            put(tmp_path / "p" / f"bad {name}.png")
    for name, content in VIDEOS.items():
        (tmp_path / "p" / f"bad {name}").write_bytes(content)
    for name, make in GOOD.items():
        (tmp_path / "p" / name).parent.mkdir(exist_ok=True)
        make(tmp_path / "p" / name)
    (tmp_path / "p/notes.txt").write_bytes(encoded(WALL, "PNG"))
    return tmp_path


def run(root: Path, workers: int = 1) -> tuple[Done, list[str]]:
    told: list[str] = []
    found, other = photos.find([root / "p"], root / "out")
    assert [path.name for path in other] == ["notes.txt"]
    options = Options(1, 0.5, True, False, tiled=True, workers=workers)
    done = folder.predict_all(found, Brightness(), root / "out", options, lambda error: told.append(str(error)))
    return done, told


@pytest.mark.parametrize("workers", [1, 3])
def test_the_good_are_done_and_the_bad_are_told_of(root: Path, workers: int, capfd: pytest.CaptureFixture[str]) -> None:
    bad = [path.name for path in (root / "p").iterdir() if path.name.startswith("bad")]
    done, told = run(root, workers)
    assert len(bad) >= 30 and done == Done(len(GOOD), 0, len(bad)), told
    for name in bad:
        (about,) = [line for line in told if name in line]
        assert "\n" not in about and re.search(r"; \w+", about), about
    assert capfd.readouterr() == ("", "")
    with (root / "out/predictions.csv").open(newline="") as file:
        names = {row["name"] for row in csv.DictReader(file)}
    assert {Path(name).stem.partition("_")[0] for name in GOOD} <= {Path(name).name.partition("_")[0] for name in names}
    for kind, suffix in (("scores", ".png"), ("masks", ".png"), ("overlays", ".jpg")):
        written = {
            path.relative_to(root / "out" / kind) for path in (root / "out" / kind).rglob("*.*") if path.is_file()
        }
        assert written == {Path(f"{name}{suffix}") for name in names}
    assert run(root)[0] == Done(0, len(GOOD), len(bad))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_photo_that_may_not_be_read_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    for name in ("a.png", "b.png"):
        GRADE.save(tmp_path / "p" / name)
    (tmp_path / "p/a.png").chmod(0)
    found, _ = photos.find([tmp_path / "p"], tmp_path / "out")
    told: list[HairlineError] = []
    done = folder.predict_all(found, Brightness(), tmp_path / "out", Options(1, 0.5, False, False), told.append)
    assert done == Done(1, 0, 1) and "let this user read it" in str(told[0])
    assert read_mask(tmp_path / "out/masks/b.png").shape == WALL.shape[:2]
