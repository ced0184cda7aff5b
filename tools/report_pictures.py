"""Pictures of a report, or of another page, for README and docs, taken in a headless Chromium, 1400 px wide.

    python tools/report_pictures.py reports/synthetic/comparison/index.html first browser segmenters phone dark print
    python tools/report_pictures.py reports/crack500-cpu/comparison/index.html summary paper --no-photos
    python tools/report_pictures.py reports/synthetic/gates/samples/faulty/index.html first --name gate

writes ``docs/pictures/NAME_PART.png``, where NAME is ``report``. ``first`` is the first screen, ``dark`` the same in
dark, ``phone`` that of a phone of 390 px, ``print`` the first sheet of paper, ``summary`` all before the first section,
each other name a section. ``--no-photos`` leaves out the picture of the first screen, for sets that may not be
published.
"""

import argparse
import base64
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import chromium  # noqa: E402

SCREENS = {"first": (1400, 1000), "dark": (1400, 1000), "phone": (390, 1300), "print": (1123, 794)}
"""Width and height; the sheet is A4 across at 96 px an inch."""
PARTS = {"summary": "", "segmenters": "Segmenters", "paper": "Beside the paper", "browser": "Images"}
WIDTH_PX, HEIGHT_PX = SCREENS["first"]
PLACE = """
const heading = [...document.querySelectorAll('h2')].find((each) => each.textContent === arguments[0]);
const section = heading?.closest('section'), browser = section?.querySelector('.browser');
if (browser) return [section.offsetTop, browser.offsetTop + browser.offsetHeight];
if (section) return [section.offsetTop, section.offsetTop + section.offsetHeight];
return arguments[0] ? null : [0, document.querySelector('section').offsetTop];
"""

SHEET = "dispatchEvent(new Event('beforeprint')); document.body.style.padding = '12mm';"
LOADED = """[...document.images].filter((each) => each.loading !== 'lazy')
  .concat(...[...document.querySelectorAll('.thumbs img')].slice(0, 6)).every((each) => each.complete)"""
PAINTED = "requestAnimationFrame(() => setTimeout(arguments[0], 300))"


def main(argv: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="index.html of a comparison")
    parser.add_argument("parts", nargs="+", choices=[*SCREENS, *PARTS])
    parser.add_argument("--no-photos", action="store_true")
    parser.add_argument("--name", default="report")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    args = parser.parse_args(argv)
    for part in args.parts:
        with chromium.browser(dark=part == "dark") as browser:
            (args.out / f"{args.name}_{part}.png").write_bytes(_taken(browser, args.page, part, args.no_photos))


def _taken(browser: chromium.Browser, page: Path, part: str, no_photos: bool) -> bytes:
    """A picture of a part of a page, PNG."""
    width, height = SCREENS.get(part, (WIDTH_PX, HEIGHT_PX))
    browser.chrome("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                   mobile=part == "phone")  # fmt: skip
    if part == "print":
        browser.chrome("Emulation.setEmulatedMedia", media="print")
    browser.open(page.resolve().as_uri())
    if part == "print":
        browser.run(SHEET)
    if no_photos:
        browser.run("document.querySelectorAll('.opening figure').forEach((each) => each.remove());")
    top, bottom = 0, height
    if part in PARTS:
        browser.run("document.querySelector('nav').style.position = 'static';")
        found = browser.run(PLACE, PARTS[part])
        if found is None:
            sys.exit(f"{page}: no section '{PARTS[part]}'; the report has it where there is something to show")
        top, bottom = found
        browser.run("scrollTo(0, arguments[0])", top)
    if part == "browser":
        browser.wait(LOADED)
        browser.later(PAINTED)
    clip = {"x": 0, "y": top, "width": width, "height": bottom - top, "scale": 1}
    shot = browser.chrome("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
    return base64.b64decode(shot["data"])


if __name__ == "__main__":
    main()
