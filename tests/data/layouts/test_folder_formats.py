"""Every format and mask mode that the layout ``folder`` promises, from the file to the canonical set."""

import numpy as np
import pytest
from PIL import Image
from support.pictures import picture

from hairline.data.layouts import folder
from hairline.data.samples import ingest, load_image, load_mask, read_binary_mask
from hairline.errors import HairlineError

FORMATS = ["png", "jpg", "jpeg", "bmp", "tif", "tiff", "JPG"]
MODES = [(mode, suffix) for mode in ("1", "L", "P", "RGB") for suffix in FORMATS
         if suffix.lower() not in ("jpg", "jpeg") or mode in ("L", "RGB")]  # fmt: skip
LOSSY = {"jpg", "jpeg", "jpe", "jfif", "webp", "avif"}
OPTIONS = folder.Options({"train": 1.0}, [])
CRACK = np.zeros((32, 48), bool)
CRACK[8:11, 5:40] = CRACK[11:30, 20:22] = True
PHOTO = np.stack([np.add.outer(np.arange(32) * 3, np.arange(48) * 2)] * 3, axis=-1).astype(np.uint8) + np.uint8(10)


def in_mode(crack, mode):
    grey = Image.fromarray(crack.astype(np.uint8) * np.uint8(255))
    if mode != "P":
        return grey.convert(mode)
    image = Image.fromarray(crack * np.uint8(3))
    image.putpalette([0, 0, 0] * 3 + [255, 255, 255])
    return image


LATER = ["jpe", "jfif", "JFIF", "webp", "WEBP", "avif", "jp2", "JP2", "ppm", "dib"]


@pytest.mark.parametrize("suffix", FORMATS + LATER)
def test_images_of_every_format(tmp_path, suffix):
    picture(tmp_path / "images" / f"a.{suffix}", PHOTO)
    table = ingest(folder.read(tmp_path, OPTIONS), tmp_path / "set")
    found = load_image(tmp_path / "set", "a").astype(int)
    assert found.shape == (table.loc[0, "height"], table.loc[0, "width"], 3) == PHOTO.shape
    assert np.abs(found - PHOTO).max() <= (12 if suffix.lower() in LOSSY else 0)


@pytest.mark.parametrize("suffix", ["webp", "jfif", "avif", "gif", "pgm"])
def test_masks_of_later_formats(tmp_path, suffix):
    picture(tmp_path / "images" / "a.webp", PHOTO)
    (tmp_path / "masks").mkdir()
    in_mode(CRACK, "L").save(tmp_path / "masks" / f"a.{suffix}", quality=95)
    table = ingest(folder.read(tmp_path, OPTIONS), tmp_path / "set")
    assert np.array_equal(load_mask(tmp_path / "set", "a"), CRACK)
    assert table.loc[0, "mask_unusual"] == ""


def test_a_moving_picture_is_refused(tmp_path):
    frames = [Image.fromarray(PHOTO), Image.fromarray(PHOTO[::-1].copy())]
    (tmp_path / "images").mkdir()
    frames[0].save(tmp_path / "images" / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    (tmp_path / "set").mkdir()
    with pytest.raises(HairlineError, match=r"a\.webp: holds several pages; expected one image a file"):
        ingest(folder.read(tmp_path, OPTIONS), tmp_path / "set")


@pytest.mark.parametrize(("mode", "suffix"), MODES)
def test_masks_of_every_format_and_mode(tmp_path, mode, suffix):
    picture(tmp_path / "images" / "a.png", PHOTO)
    (tmp_path / "masks").mkdir()
    in_mode(CRACK, mode).save(tmp_path / "masks" / f"a.{suffix}", quality=95)
    with Image.open(tmp_path / "masks" / f"a.{suffix}") as written:
        assert written.mode == mode
    table = ingest(folder.read(tmp_path, OPTIONS), tmp_path / "set")
    assert np.array_equal(load_mask(tmp_path / "set", "a"), CRACK)
    assert table.loc[0, "mask_unusual"] == ""


def test_grey_in_between_is_told_for_exact_formats_and_beyond_the_blur_for_jpeg(tmp_path):
    levels = np.full((16, 16), 255, np.uint8)
    levels[:, :8] = 40
    for suffix, told in (("png", {40}), ("jpg", set())):
        Image.fromarray(levels).save(tmp_path / f"m.{suffix}", quality=100)
        assert set(read_binary_mask(tmp_path / f"m.{suffix}").unusual) == told
    Image.fromarray(np.full((16, 16), 100, np.uint8)).save(tmp_path / "grey.jpg", quality=100)
    assert read_binary_mask(tmp_path / "grey.jpg").unusual == {100: 256}
