"""PNG files written by rows: other libraries read what was meant."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hairline.imaging import png_rows
from hairline.imaging.png_rows import PngRows

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1), (64, 33), (200, 300)])
@pytest.mark.parametrize("step", [1, 17, 1000])
def test_two_libraries_read_what_was_written(
    tmp_path: Path, size: tuple[int, int], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png_rows, "PIECE_BYTES", 100)
    pixels, path = RNG.integers(0, 256, size, dtype=np.uint8), tmp_path / "a.png"
    with path.open("wb") as file, PngRows(file, *size, {"Software": "hairline", "hairline": "threshold=0.5 ä"}) as png:
        for top in range(0, size[0], step):
            png.write(pixels[top : top + step])
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), pixels)
    with Image.open(path) as found:
        assert found.mode == "L" and found.text["hairline"] == "threshold=0.5 ä"
        np.testing.assert_array_equal(np.asarray(found), pixels)


def test_rows_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        png = PngRows(file, 3, 5, {})
        for rows in (np.zeros((1, 4), np.uint8), np.zeros((4, 5), np.uint8)):
            with pytest.raises(ValueError, match="rows of shape"):
                png.write(rows)
        with pytest.raises(ValueError, match="3 rows of the file were not written"):
            png.__exit__(None, None, None)
