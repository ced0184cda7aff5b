"""Images that claim much: what they may take, alone and together."""

import os
import struct
import subprocess
import sys
import threading
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging import images, limits

REFUSE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from hairline.errors import HairlineError
from hairline.imaging.images import read_image

def refused(path):
    try:
        read_image(path)
    except HairlineError:
        return True

with ThreadPoolExecutor(4) as pool:
    assert all(pool.map(refused, [Path(sys.argv[1])] * 4))
status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth=8, colour=2, before=b"", data=b"\0" * 999):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + before + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def tiff(*tags):
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + struct.pack("<I", 0)


BOMB = b"a\0\0" + zlib.compress(bytes(200 << 20))
HOSTILE = {
    "more pixels than allowed": png(13400, 13400),
    "many pixels, few bytes": png(13300, 13300),
    "many pixels of 16 bits": png(13300, 13300, 16),
    "one long line": png(2**31 - 1, 1),
    "text that unpacks to 200 MB": png(8, 8, before=chunk(b"zTXt", BOMB)),
    "profile that unpacks to 200 MB": png(8, 8, before=chunk(b"iCCP", BOMB)),
    "TIFF of 2^31 lines": tiff((256, 4, 1, 64), (257, 4, 1, 2**31 - 1), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8)),
    "TIFF of one huge tile": tiff(
        (256, 4, 1, 64), (257, 4, 1, 64), (258, 3, 1, 8), (259, 3, 1, 5), (262, 3, 1, 1),
        (322, 4, 1, 1 << 20), (323, 4, 1, 1 << 12), (324, 4, 1, 8), (325, 4, 1, 10),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_images_are_refused_soon_and_in_little_memory(name, tmp_path):
    (tmp_path / "a.png").write_bytes(HOSTILE[name])
    started = time.monotonic()
    lazily = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(1 << 20)}  # so that only pages that are written count
    done = subprocess.run(
        [sys.executable, "-c", REFUSE, tmp_path / "a.png"], capture_output=True, text=True, check=True, env=lazily
    )
    assert time.monotonic() - started < 60  # of which the imports on a busy machine are most
    assert int(done.stdout) < 200_000  # KiB


def test_the_limit_of_pixels_is_told(tmp_path, monkeypatch):
    Image.new("L", (11, 10)).save(tmp_path / "a.png")
    images.read_grey(tmp_path / "a.png")
    monkeypatch.setattr(limits, "PIXELS", 109)
    for read in (images.read_grey, images.header, images.orientation):
        with pytest.raises(HairlineError, match=r"a\.png: claims more than 109 pixels, .*cut it into smaller"):
            read(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", ["gif", "webp", "tif"])
def test_files_of_several_pictures_are_refused(suffix, tmp_path):
    pages = [Image.new("L", (8, 8), number * 2) for number in range(120)]
    pages[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=pages[1:])
    with pytest.raises(HairlineError, match=r"holds several pages; expected one image a file"):
        images.read_image(tmp_path / f"a.{suffix}")


def test_threads_never_hold_more_than_the_budget_and_all_get_their_share():
    budget, held, most = limits.Budget(100), [0], [0]
    guard = threading.Lock()

    def work(wanted):
        with budget.share(wanted), budget.share(wanted):  # a second share of one thread waits for nothing
            with guard:
                held[0] += min(wanted, 100)
                most[0] = max(most[0], held[0])
            time.sleep(0.005)
            with guard:
                held[0] -= min(wanted, 100)

    threads = [threading.Thread(target=work, args=(wanted,)) for wanted in (60, 60, 30, 500, 10, 100, 1, 40) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert 60 <= most[0] <= 100


def test_a_share_is_given_back_after_an_error():
    budget = limits.Budget(10)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), budget.share(10):
            raise ZeroDivisionError
    with budget.share(10):
        pass


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P", "RGBA"])
def test_large_images_are_made_in_bands_of_the_same_pixels(mode, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 255, (37, 23, 3), np.uint8)
    image = Image.fromarray(pixels).convert(mode)
    whole = [images.as_array(image, to) for to in ("L", "RGB")]
    monkeypatch.setattr(images, "BAND_PX", 50)
    for to, expected in zip(("L", "RGB"), whole, strict=True):
        assert np.array_equal(images.as_array(image, to), expected)
