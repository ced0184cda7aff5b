import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging import images

RGB = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


def test_rgb_survives_writing_and_reading_with_its_channels_in_order(tmp_path):
    images.write_image(tmp_path / "new" / "a.png", RGB)
    assert np.array_equal(images.read_image(tmp_path / "new" / "a.png"), RGB)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "new" / "a.png")), RGB)


@given(mask=hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20)))
@settings(deadline=None)
def test_masks_survive(tmp_path_factory, mask):
    path = tmp_path_factory.getbasetemp() / "mask.png"
    images.write_mask(path, mask)
    assert np.array_equal(images.read_mask(path), mask)
    assert set(np.unique(images.read_grey(path))) <= {0, 255}


@given(scores=hnp.arrays(np.float32, (3, 5), elements=st.floats(0, 1, width=32)))
@settings(deadline=None)
def test_scores_survive_to_half_a_level(tmp_path_factory, scores):
    path = tmp_path_factory.getbasetemp() / "scores.png"
    images.write_scores(path, scores)
    assert np.abs(images.read_scores(path) / 255 - scores).max() <= 0.5 / 255 + 1e-6


def test_quantise_clips_and_rounds():
    assert images.quantise(np.array([-1.0, 0.0, 0.5, 1.0, 2.0])).tolist() == [0, 0, 128, 255, 255]


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK"])
def test_every_mode_is_read_as_rgb(tmp_path, mode):
    suffix = "tif" if mode == "CMYK" else "png"
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(RGB).convert(mode).save(path)
    image = images.read_image(path)
    assert image.shape == (4, 6, 3)
    assert image.dtype == np.uint8


def test_bilevel_masks_are_0_and_255(tmp_path):
    mask = np.eye(5, dtype=bool)
    Image.fromarray(mask).save(tmp_path / "m.png")
    assert Image.open(tmp_path / "m.png").mode == "1"
    assert np.array_equal(images.read_mask(tmp_path / "m.png"), mask)


def test_the_exif_orientation_is_applied_to_images(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its side: turn by 90 degrees clockwise
    Image.fromarray(RGB).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(images.read_image(tmp_path / "turned.png"), np.rot90(RGB, -1))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(HairlineError, match=r"gone\.png: no such file"):
        images.read_image(tmp_path / "gone.png")


def test_a_truncated_file_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:1500])
    (tmp_path / "text.png").write_text("no picture")
    for name in ("cut.jpg", "text.png"):
        with pytest.raises(HairlineError, match=f"{name}: cannot be decoded"):
            images.read_image(tmp_path / name)


def test_what_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(IsADirectoryError):
        images.write_image(tmp_path / "a.png", RGB)


def xmp(number):
    words = f'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{number}"/>'
    return f"<x:xmpmeta>{words}</x:xmpmeta>".encode()


def saved(image, kind, **how):
    return lambda path: image.save(path, kind, **how)


@pytest.mark.parametrize("number", range(1, 9))
def test_orientation_is_applied_once_and_told_alike_whatever_the_format(tmp_path, number):
    upright = np.kron(np.arange(15, dtype=np.uint8).reshape(3, 5, 1) * np.uint8(16), np.ones((16, 16, 3), np.uint8))
    names = ("", "FLIP_LEFT_RIGHT", "ROTATE_180", "FLIP_TOP_BOTTOM", "TRANSPOSE", "ROTATE_90", "TRANSVERSE",
             "ROTATE_270")  # fmt: skip
    stored = Image.fromarray(upright)
    stored = stored if number == 1 else stored.transpose(Image.Transpose[names[number - 1]])
    exif = Image.Exif()
    exif[274] = number
    tag = {274: number}
    writers = {
        "JPEG": saved(stored, "JPEG", exif=exif, quality=95),
        "JPEG, XMP": saved(stored, "JPEG", xmp=xmp(number), quality=95),
        "PNG": saved(stored, "PNG", exif=exif),
        "WebP": saved(stored, "WEBP", exif=exif, lossless=True),
        "TIFF": saved(stored, "TIFF", tiffinfo=tag),
        "TIFF, LZW": saved(stored, "TIFF", tiffinfo=tag, compression="tiff_lzw"),
        "TIFF, XMP": saved(stored, "TIFF", tiffinfo={700: xmp(number)}),
        "TIFF, both": saved(stored, "TIFF", tiffinfo={700: xmp(number), **tag}),
    }
    for name, write in writers.items():
        path = tmp_path / name
        write(path)
        image = images.read_image(path)
        assert image.shape == upright.shape, name
        assert np.abs(image.astype(int) - upright).mean() < 8, name
        assert images.upright_size(path) == (80, 48), name
        assert images.orientation(path) == number, name
        assert images.read_grey(path).shape == (48, 80), name


def test_the_size_of_no_image_is_refused_like_the_image(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(HairlineError, match=r"a\.png: cannot be decoded"):
        images.upright_size(tmp_path / "a.png")
    with pytest.raises(HairlineError, match=r"b\.png: no such file"):
        images.upright_size(tmp_path / "b.png")


DEEP = (np.arange(12 * 20 * 3).reshape(12, 20, 3) * 90).astype(np.uint16)


@pytest.mark.parametrize("number", range(1, 9))
def test_16_bit_colours_are_turned_as_8_bit_colours_are(tmp_path, number):
    exif = Image.Exif()
    exif[0x0112] = number
    Image.fromarray((DEEP >> 8).astype(np.uint8)).save(tmp_path / "eight.png", exif=exif)
    encoded = cv2.imencode(".png", DEEP[..., ::-1])[1].tobytes()
    tag = exif.tobytes().removeprefix(b"Exif\0\0")
    body = b"eXIf" + tag
    chunk = len(tag).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    (tmp_path / "deep.png").write_bytes(encoded[:33] + chunk + encoded[33:])  # behind the header
    expected = images.read_image(tmp_path / "eight.png")
    found, orientation = images.read_stored(tmp_path / "deep.png", bits=16)
    assert np.array_equal(found, expected)
    assert orientation == number


def test_16_bit_grey_and_colours_use_the_range_that_is_given(tmp_path):
    for name, pixels in (("grey", DEEP[..., 0] // 16), ("colours", DEEP // 16)):
        (tmp_path / f"{name}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
        alone = images.read_image(tmp_path / f"{name}.png")
        assert np.array_equal(alone, images.read_image(tmp_path / f"{name}.png", bits=12))
        assert alone.max() > 220
        with pytest.raises(HairlineError, match=r"holds values up to \d+, more than 8 bits; correct pixels.bits"):
            images.read_image(tmp_path / f"{name}.png", bits=8)
