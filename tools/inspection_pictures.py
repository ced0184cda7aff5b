"""Pictures of the page of an inspection for README and docs, taken in a headless Chromium.

    python tools/inspection_pictures.py found/index.html

writes ``docs/pictures/inspection_NAME.jpg``: the first screen at 1280 px, in dark, and on a phone of 390 px; the second
photo opened on both; what is printed, as far as one sheet shows it. Photos of the page have to be generated ones.
"""

import argparse
import base64
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import chromium  # noqa: E402

DESKTOP, PHONE, SHEET = (1280, 900), (390, 844), (794, 1123)
SHOWN = "[...document.querySelectorAll('dialog[open] .stage img')].filter((each) => each.complete).length === 2"
OPEN = "const links = document.querySelectorAll('.card a'); links[Math.min(1, links.length - 1)].click();"
HALF = "const cut = document.querySelector('[name=cut]'); cut.value = 20; cut.dispatchEvent(new Event('input'));"


def main(argv: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="index.html of an inspection")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    args = parser.parse_args(argv)
    address = args.page.resolve().as_uri()

    def keep(name: str, picture: bytes) -> None:
        with Image.open(io.BytesIO(picture)) as shot:
            shot.convert("RGB").save(args.out / f"inspection_{name}.jpg", quality=85, subsampling=0, optimize=True)

    with chromium.browser() as browser:
        for name, size in (("page", DESKTOP), ("phone", PHONE)):
            _resize(browser, size)
            browser.open(address)
            browser.wait("document.readyState === 'complete'")
            keep(name, _shot(browser, size))
            browser.run(OPEN)
            browser.run(HALF)
            browser.wait(SHOWN)
            keep(f"{name}_opened", _shot(browser, size))
            browser.run("document.querySelector('dialog').close();")
        _resize(browser, SHEET)
        browser.open(address)
        browser.chrome("Emulation.setEmulatedMedia", media="print")
        keep("print", _shot(browser, SHEET))
    with chromium.browser(dark=True) as browser:
        _resize(browser, DESKTOP)
        browser.open(address)
        browser.wait("document.readyState === 'complete'")
        keep("dark", _shot(browser, DESKTOP))


def _resize(browser: chromium.Browser, size: tuple[int, int]) -> None:
    width, height = size
    phone = size == PHONE
    browser.chrome("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)


def _shot(browser: chromium.Browser, size: tuple[int, int]) -> bytes:
    clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
    return base64.b64decode(browser.chrome("Page.captureScreenshot", clip=clip)["data"])


if __name__ == "__main__":
    main()
