"""Faulty and unusual pictures and masks, a line a kind."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from support.kinds import (
    IDS,
    Imported,
    Kind,
    both,
    crack,
    drop,
    encoded,
    grey,
    put,
    refused,
    stopped,
    try_out,
    wall,
    warned,
)

WALL, CRACK = wall("b"), crack("b")
RGBA = Image.fromarray(np.dstack([WALL, np.arange(64, dtype=np.uint8) + np.zeros((48, 1), np.uint8)]))
INDICES = Image.fromarray(WALL).quantize(256)
SHADES = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * np.uint16(21)
TIFF16 = encoded(SHADES, "TIFF")
THIN = np.repeat(WALL[:1, :4], 5000, axis=0)


def oriented(pixels, number, kind="JPEG", **how):
    """A file whose EXIF tag says that it is to be turned; ``pixels`` as a viewer is to show them."""
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}[number]
    stored = Image.fromarray(pixels).transpose(back)
    if kind == "TIFF":
        return encoded(stored, kind, tiffinfo={274: number})
    exif = Image.Exif()
    exif[274] = number
    return encoded(stored, kind, exif=exif, **how)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, data):
    """A PNG file that claims a size, whatever its pixel data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def deep_png(pixels):
    """RGB in 16 bits a channel, which Pillow does not write."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def flipped(content, position):
    return content[:position] + bytes([content[position] ^ 255]) + content[position + 1 :]


def palette(indices, colours, **how):
    image = Image.fromarray(indices)
    image.putpalette(colours)
    return encoded(image, "PNG", **how)


def jpeg(pixels=WALL, **how):
    """A JPEG file that loses next to nothing."""
    return encoded(pixels, "JPEG", quality=100, subsampling=0, **how)


def shades(grey8):
    """What a grey image is as RGB."""
    return np.repeat(np.asarray(grey8, np.uint8)[..., None], 3, axis=2)


COARSE_MASK = encoded(grey(CRACK), "JPEG", quality=5)
COARSE = np.asarray(Image.open(io.BytesIO(COARSE_MASK)))
NO_CRACK = np.zeros((48, 64), bool)

PICTURES = [
    Kind("truncated JPEG", put("images/b.jpg", jpeg()[:2000]), refused("b.jpg: cannot be decoded", "replace the file")),
    Kind("truncated PNG", put("images/b.png", encoded(WALL, "PNG")[:2000]), refused("b.png: cannot be decoded")),
    Kind("PNG with a flipped byte", put("images/b.png", flipped(encoded(WALL, "PNG"), 900)), refused("b.png: cannot")),
    Kind("PNG with a damaged header", put("images/b.png", flipped(encoded(WALL, "PNG"), 17)), refused("b.png: cannot")),
    Kind("truncated TIFF", put("images/b.tif", encoded(WALL, "TIFF")[:4000]), refused("b.tif: cannot be decoded")),
    Kind("JPEG with garbage after its end", put("images/b.jpg", jpeg() + b"\0garbage" * 99), Imported(within=4)),
    Kind("PNG with garbage after its end", put("images/b.png", encoded(WALL, "PNG") + b"garbage"), Imported()),
    Kind("PNG named .jpg", put("images/b.jpg", encoded(WALL, "PNG")), Imported()),
    Kind("bitmap named .PNG", put("images/b.PNG", encoded(WALL, "BMP")), Imported()),
    Kind("text named .jpg", put("images/b.jpg", "not a picture"), refused("b.jpg: cannot be decoded", "leave it out")),
    Kind("web page named .png", put("images/b.png", "<!doctype html><p>404"), refused("b.png: cannot be decoded")),
    Kind("empty file", put("images/b.jpg", b""), refused("b.jpg: cannot be decoded")),
    Kind("16-bit grey", put("images/b.png", encoded(SHADES, "PNG")), Imported(image=shades(SHADES >> 8))),
    Kind("16-bit grey, big-endian TIFF", put("images/b.tif", encoded(Image.frombytes("I;16B", (64, 48), SHADES.astype(
         ">u2").tobytes()), "TIFF")), Imported(image=shades(SHADES >> 8))),
    Kind("8-bit grey in 16 bits", put("images/b.png", encoded(WALL[..., 0].astype(np.uint16), "PNG")),
         Imported(image=shades(WALL[..., 0]))),
    Kind("16-bit RGB", put("images/b.png", deep_png(WALL.astype(np.uint16) * 257)), Imported()),
    Kind("grey JPEG", put("images/b.jpg", jpeg(WALL[..., 0])), Imported(image=shades(WALL[..., 0]), within=4)),
    Kind("CMYK JPEG", put("images/b.jpg", jpeg(Image.fromarray(WALL).convert("CMYK"))), Imported(within=4)),
    Kind("transparency", put("images/b.png", encoded(RGBA, "PNG")), Imported()),
    Kind("grey with transparency", put("images/b.png", encoded(RGBA.convert("LA"), "PNG")),
         Imported(image=np.asarray(RGBA.convert("L").convert("RGB")))),
    Kind("1-bit picture", put("images/b.png", encoded(~CRACK, "PNG")), Imported(image=shades(grey(~CRACK)))),
    Kind("palette", put("images/b.png", encoded(INDICES, "PNG")), Imported(image=np.asarray(INDICES.convert("RGB")))),
    Kind("palette with transparency", put("images/b.png", encoded(INDICES, "PNG", transparency=3)),
         Imported(image=np.asarray(INDICES.convert("RGB")))),
    Kind("float TIFF", put("images/b.tif", encoded(WALL[..., 0] / np.float32(255), "TIFF")),
         refused("b.tif: holds 32-bit values", "convert the file")),
    Kind("32-bit integer TIFF", put("images/b.tif", encoded(WALL[..., 0].astype(np.int32), "TIFF")),
         refused("b.tif: holds 32-bit values", "convert the file")),
    Kind("LAB TIFF", put("images/b.tif", encoded(Image.fromarray(WALL).convert("LAB"), "TIFF")),
         Imported(within=2)),
    Kind("TIFF of two pages", put("images/b.tif", encoded(WALL, "TIFF", save_all=True,
         append_images=[Image.fromarray(WALL)])), refused("b.tif: holds 2 pages", "save each as its own")),
    Kind("bomb", put("images/b.png", png(60000, 60000, bytes(999))),
         refused("b.png: claims more than", "pixels", "cut it into smaller images")),
    Kind("no width", put("images/b.png", png(0, 48, b"")), refused("b.png: cannot be decoded")),
    Kind("one pixel", both(put("images/b.png", encoded(WALL[:1, :1], "PNG")), put("masks/b.png", encoded(grey(
         CRACK[:1, :1]), "PNG"))), warned("window_fits", image=WALL[:1, :1], mask=CRACK[:1, :1])),
    Kind("smaller than the window", both(put("images/b.png", encoded(WALL[:31], "PNG")), put("masks/b.png", encoded(
         grey(CRACK[:31]), "PNG"))), warned("window_fits", image=WALL[:31], mask=CRACK[:31])),
    Kind("a line of 4 x 5000", both(put("images/b.png", encoded(THIN, "PNG")), put("masks/b.png", encoded(THIN[..., 0]
         * np.uint8(0), "PNG"))), warned("window_fits", image=THIN, mask=np.zeros((5000, 4), bool))),
]  # fmt: skip

TURNED = [
    *(Kind(f"orientation {number}", put("images/b.jpg", oriented(WALL, number, quality=100, subsampling=0)),
           warned("exif_upright", within=4, columns={"exif_orientation": number})) for number in (3, 6, 8)),
    Kind("orientation in PNG", put("images/b.png", oriented(WALL, 6, "PNG")), warned("exif_upright")),
    Kind("orientation in TIFF", put("images/b.tif", oriented(WALL, 6, "TIFF")), warned("exif_upright")),
    Kind("orientation of picture and mask", both(put("images/b.png", oriented(WALL, 6, "PNG")),
         put("masks/b.png", oriented(grey(CRACK), 6, "PNG"))), warned("exif_upright")),
    Kind("orientation 6, mask drawn on the pixels as stored", both(put("images/b.png", oriented(WALL, 6, "PNG")),
         put("masks/b.png", encoded(grey(np.rot90(CRACK)), "PNG"))), stopped("sizes_equal", "exif_upright",
         mask=np.rot90(CRACK))),
    Kind("orientation 3, mask drawn on the pixels as stored", both(put("images/b.png", oriented(WALL, 3, "PNG")),
         put("masks/b.png", encoded(grey(CRACK[::-1, ::-1]), "PNG"))), warned("contrast",
         "exif_upright", mask=CRACK[::-1, ::-1])),
    Kind("damaged EXIF", put("images/b.jpg", jpeg(exif=b"Exif\0\0II*\0garbage")), Imported(within=4)),
    Kind("EXIF orientation as text", put("images/b.png", encoded(WALL, "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0"
         b"\x12\x01\x02\0\x02\0\0\x006\0\0\0\0\0\0\0")), Imported(columns={"exif_orientation": 1})),
]  # fmt: skip

MASKS = [
    Kind("mask missing", drop("masks/b.png"), stopped("pairs_complete", columns={"has_mask": False})),
    Kind("folder of masks missing", drop("masks"), stopped("pairs_complete", columns={"has_mask": False})),
    Kind("mask without image", drop("images/b.png"), refused("masks/b.png: there is no image of that name", "suffix")),
    Kind("mask of another size", put("masks/b.png", encoded(grey(CRACK[:40]), "PNG")),
         stopped("sizes_equal", mask=CRACK[:40])),
    Kind("inverted mask", put("masks/b.png", encoded(grey(~CRACK), "PNG")), stopped("polarity", "contrast",
         mask=~CRACK)),
    Kind("mask of 0 and 1", put("masks/b.png", encoded(CRACK.astype(np.uint8), "PNG")), Imported()),
    Kind("1-bit mask", put("masks/b.png", encoded(CRACK, "PNG")), Imported(columns={"mask_unusual": ""})),
    Kind("RGB mask", put("masks/b.png", encoded(shades(grey(CRACK)), "PNG")), Imported()),
    Kind("mask with transparency", put("masks/b.png", encoded(Image.fromarray(grey(CRACK)).convert("RGBA"), "PNG")),
         Imported()),
    Kind("red mask", put("masks/b.png", encoded(shades(grey(CRACK)) * np.uint8([1, 0, 0]), "PNG")),
         Imported(columns={"mask_reading": "the one colour on black"})),
    Kind("mask in JPEG", put("masks/b.jpg", encoded(grey(CRACK), "JPEG", quality=70)),
         Imported(columns={"mask_unusual_pixels": 0})),
    Kind("mask in coarse JPEG", put("masks/b.jpg", COARSE_MASK), warned("mask_values", mask=COARSE > 127,
         columns={"mask_unusual_pixels": int(((COARSE > 63) & (COARSE < 192)).sum())})),
    Kind("mask of 60 and 150", put("masks/b.png", encoded(CRACK * np.uint8(90) + np.uint8(60), "PNG")),
         warned("mask_values", columns={"mask_unusual": f"60 ({(~CRACK).sum()} px), 150 ({CRACK.sum()} px)"})),
    Kind("photo for a mask", put("masks/b.png", encoded(WALL, "PNG")), stopped("polarity", "contrast", "mask_values",
         mask=~CRACK, columns={"mask_unusual_pixels": 48 * 64})),
    Kind("all black mask", put("masks/b.png", encoded(grey(NO_CRACK), "PNG")), Imported(mask=NO_CRACK)),
    Kind("all masks black", both(*(put(f"masks/{name}.png", encoded(grey(NO_CRACK), "PNG")) for name in IDS)),
         stopped("empty_masks", mask=NO_CRACK)),
    Kind("all white mask", put("masks/b.png", encoded(grey(~NO_CRACK), "PNG")), stopped("polarity", mask=~NO_CRACK)),
    Kind("16-bit mask", put("masks/b.png", encoded(CRACK * np.uint16(65535), "PNG")), Imported()),
    Kind("16-bit mask of 0 and 255", put("masks/b.png", encoded(CRACK * np.uint16(255), "PNG")), Imported()),
    Kind("16-bit mask of 0 and 1", put("masks/b.png", encoded(CRACK.astype(np.uint16), "PNG")), Imported()),
    Kind("palette mask of labels", put("masks/b.png", palette(CRACK.astype(np.uint8), [0, 0, 0, 128, 0, 0])),
         Imported()),
    Kind("palette mask, white first", put("masks/b.png", palette((~CRACK).astype(np.uint8), [255, 255, 255, 0, 0, 0])),
         Imported()),
    Kind("palette mask, turned", both(put("images/b.png", oriented(WALL, 6, "PNG")), put("masks/b.png", palette(
         np.rot90(CRACK).astype(np.uint8), [0, 0, 0, 128, 0, 0], exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0"
         b"\x01\0\0\0\x06\0\0\0\0\0\0\0"))), warned("exif_upright")),
    Kind("truncated mask", put("masks/b.png", encoded(grey(CRACK), "PNG")[:60]), refused("masks/b.png: cannot be")),
    Kind("float mask", put("masks/b.tif", encoded(CRACK.astype(np.float32), "TIFF")), refused("masks/b.tif: holds 32")),
    Kind("two bad files", both(put("images/b.png", b""), put("masks/e.png", "?")),
         refused("images/b.png", "masks/e.png")),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, on damaged metadata
@pytest.mark.parametrize("kind", [*PICTURES, *TURNED, *MASKS], ids=lambda kind: kind.name)
def test_kind(kind, tmp_path, values, caplog):
    try_out(kind, tmp_path, values, caplog)
