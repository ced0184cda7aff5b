"""Rows of photos that stay as they are stored: the same pixels as the whole photo, upright, over white."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from hairline.errors import HairlineError
from hairline.imaging import limits, regions
from hairline.imaging.images import read_image
from hairline.imaging.regions import Regions

RNG = np.random.default_rng(0)


def by_parts(path: Path, step: int) -> np.ndarray:
    photo = Regions(path)
    tops = range(0, photo.height, step)
    lefts = range(0, photo.width, 2 * step)
    ends = photo.height, photo.width
    return np.concatenate([
        np.concatenate([photo.part(top, min(top + step, ends[0]), left, min(left + 2 * step, ends[1]))
                        for left in lefts], axis=1)
        for top in tops
    ])  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_rows_are_those_of_the_upright_photo(tmp_path: Path, orientation: int, suffix: str) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(RNG.integers(0, 256, (23, 31, 3), dtype=np.uint8)).save(path, exif=exif)
    with Image.open(path) as file:
        expected = np.asarray(ImageOps.exif_transpose(file).convert("RGB"))
    np.testing.assert_array_equal(by_parts(path, 7), expected)
    np.testing.assert_array_equal(by_parts(path, 100), read_image(path))


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "LA", "RGBA"])
def test_every_mode_is_read_as_the_whole_photo_is(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "YCbCr") else "a.png")
    image = Image.fromarray(RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)).convert(mode)
    image.save(path)
    np.testing.assert_array_equal(by_parts(path, 6), read_image(path))
    assert Regions(path).shown(0, 20) is None or Regions(path).shown(0, 20).all()


def test_clear_pixels_are_white_and_known(tmp_path: Path) -> None:
    pixels = np.full((4, 3, 4), (100, 50, 0, 255), np.uint8)
    pixels[1], pixels[2] = (100, 50, 0, 0), (100, 50, 0, 128)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    photo = Regions(tmp_path / "a.png")
    found = photo.part(0, 4, 0, 3)
    assert [found[row, 0].tolist() for row in range(3)] == [[100, 50, 0], [255, 255, 255], [177, 152, 127]]
    np.testing.assert_array_equal(photo.shown(0, 4)[:, 0], [True, False, True, True])
    key = Image.fromarray(np.array([[0, 9]], np.uint8)).convert("P")
    key.save(tmp_path / "key.png", transparency=0)
    assert Regions(tmp_path / "key.png").shown(0, 1).tolist() == [[False, True]]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_scaled_by_the_range_of_the_whole_photo(tmp_path: Path, channels: int) -> None:
    deep = RNG.integers(0, 3000, (20, 10, channels)).astype(np.uint16)
    deep[15, 5, 0] = 4095
    if channels == 4:
        deep[..., 3] = 65535
    cv2.imwrite(str(tmp_path / "a.png"), deep.squeeze())
    np.testing.assert_array_equal(by_parts(tmp_path / "a.png", 3), read_image(tmp_path / "a.png"))


def test_large_photos_are_read_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (50, 40)).save(tmp_path / "a.png")
    monkeypatch.setattr(limits, "PIXELS", 1000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)  # Pillow's own bound is twice that
    with pytest.raises(HairlineError, match="claims more than 1,000 pixels"):
        read_image(tmp_path / "a.png")
    photo = Regions(tmp_path / "a.png")
    assert (photo.height, photo.width) == (40, 50) and Image.MAX_IMAGE_PIXELS == 500
    monkeypatch.setattr(regions, "PIXELS", 1999)
    with pytest.raises(HairlineError, match="claims more than 1,999 pixels"):
        Regions(tmp_path / "a.png")
