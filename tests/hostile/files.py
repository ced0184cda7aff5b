"""The bytes of hostile files, made by code."""

import gzip
import struct
import zlib

import numpy as np
from PIL import Image
from support.kinds import crack, encoded, wall

WALL, CRACK = wall("b"), crack("b")


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def packed_zeros(size: int, times: int) -> bytes:
    """What zlib unpacks to zeros: a piece of a size is packed once, and its bytes stand there so many times."""
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(bytes(size)) + packer.flush(zlib.Z_FULL_FLUSH)
    last, check = b"\x03\x00", struct.pack(">HH", size * times % 65521, 1)  # Adler-32 of zeros
    return b"\x78\xda" + piece * times + last + check


def png(width: int, height: int, data: bytes, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """A PNG file that claims a size, whatever its pixel data."""
    return packed_png(width, height, zlib.compress(data), depth, colour, extra)


def packed_png(width: int, height: int, packed: bytes, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """The same, of pixel data that are packed already."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG file whose comment unpacks to 200 MB."""
    return png(64, 48, bytes(48 * 193), extra=chunk(b"zTXt", b"Comment\0\0" + packed_zeros(2**20, 200)))


def bitmap(width: int, height: int) -> bytes:
    """A BMP file of 58 bytes that claims a size."""
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(4)


def tiff(width: int, height: int, strip: int) -> bytes:
    """A TIFF file that claims a size and a strip of some length, of which nothing is there."""
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (278, 4, height),
            (279, 4, strip)]  # fmt: skip
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + table + struct.pack("<I", 0)


def black(side: int) -> bytes:
    """A true picture of one bit, small as a file and large in memory."""
    return packed_png(side, side, packed_zeros(1 + (side + 7) // 8, side), depth=1, colour=0)


PICTURES = {
    "empty": b"",
    "one byte": b"\xff",
    "text": b"not a picture",
    "a web page": b"<!doctype html><title>404 Not Found</title><p>The photo has moved.",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 12345\n",
    "random bytes": np.random.default_rng(0).bytes(5000),
    "zeros, as a crashed camera leaves them": bytes(20000),
    "a PDF": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    "a drawing in SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"><rect width="9"/></svg>',
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 48\n(/etc/passwd) run\nshowpage\n",
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400),
    "a compressed picture": gzip.compress(encoded(WALL, "PNG")),
    "a cut PNG": encoded(WALL, "PNG")[:2000],
    "a cut JPEG": encoded(WALL, "JPEG")[:600],
    "a PNG that lacks its first byte": encoded(WALL, "PNG")[1:],
    "a PNG with a damaged size": png(-1 & 0xFFFFFFFF, 48, b""),
    "a PNG without width": png(0, 48, b""),
    "a PNG of 60,000 x 60,000": png(60000, 60000, bytes(999)),
    "a PNG of 2,000,000,000 x 1": png(2_000_000_000, 1, bytes(999), 1, 0),
    "a bitmap of 2,000,000,000 x 4": bitmap(2_000_000_000, 4),
    "a bitmap of 100,000 x 100,000": bitmap(100_000, 100_000),
    "a TIFF of 60,000 x 60,000": tiff(60000, 60000, 3_600_000_000),
    "a TIFF that lacks its strip": tiff(64, 48, 3072)[:-40],
    "a TIFF of 32-bit values": encoded(WALL[..., 0] / np.float32(255), "TIFF"),
    "a TIFF of two pages": encoded(WALL, "TIFF", save_all=True, append_images=[Image.fromarray(WALL)]),
    "an animation": encoded(WALL, "GIF", save_all=True, append_images=[Image.fromarray(255 - WALL)]),
    "a comment that unpacks to 200 MB": text_bomb(),
    "one bit, 20,000 x 20,000": black(20000),
}  # fmt: skip
"""Files that are no picture, or none that anyone should decode, by what they are."""
