"""Pictures of a report for README and docs, taken in a headless Chromium, 1400 px wide.

    python tools/report_pictures.py reports/synthetic/comparison/index.html first browser
    python tools/report_pictures.py reports/crack500-cpu/comparison/index.html summary segmenters paper --no-photos

writes ``docs/pictures/report_NAME.png``. ``first`` is the first screen, ``summary`` all before the first section, each
other name a section. ``--no-photos`` leaves out the picture of the first screen, for sets that may not be published.
"""

import argparse
import base64
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import chromium  # noqa: E402

PARTS = {"first": "", "summary": "", "segmenters": "Segmenters", "paper": "Beside the paper", "browser": "Images"}
WIDTH_PX, HEIGHT_PX = 1400, 1000
PLACE = """
const heading = [...document.querySelectorAll('h2')].find((each) => each.textContent === arguments[0]);
const section = heading?.closest('section'), browser = section?.querySelector('.browser');
if (browser) return [section.offsetTop, browser.offsetTop + browser.offsetHeight];
if (section) return [section.offsetTop, section.offsetTop + section.offsetHeight];
return arguments[0] ? null : [0, document.querySelector('section').offsetTop];
"""


LAST_LAYER = """
const right = document.querySelector('.browser [name=right]');
if (right) { right.selectedIndex = right.options.length - 1; right.dispatchEvent(new Event('change')); }
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path, help="index.html of a comparison")
    parser.add_argument("parts", nargs="+", choices=PARTS)
    parser.add_argument("--no-photos", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    args = parser.parse_args(argv)
    with chromium.browser() as browser:
        browser.chrome("Emulation.setDeviceMetricsOverride", width=WIDTH_PX, height=HEIGHT_PX, deviceScaleFactor=1,
                       mobile=False)  # fmt: skip
        browser.open(args.page.resolve().as_uri())
        browser.run("document.querySelector('nav').style.position = 'static';")
        browser.run(LAST_LAYER)
        if args.no_photos:
            browser.run("document.querySelectorAll('.panels').forEach((each) => each.remove());")
        for part in args.parts:
            found = [0, HEIGHT_PX] if part == "first" else browser.run(PLACE, PARTS[part])
            if found is None:
                sys.exit(f"{args.page}: no section '{PARTS[part]}'; the report has it where there is something to show")
            clip = {"x": 0, "y": found[0], "width": WIDTH_PX, "height": found[1] - found[0], "scale": 1}
            shot = browser.chrome("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
            (args.out / f"report_{part}.png").write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
