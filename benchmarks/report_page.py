"""How large a report is, how long it takes to build, and how soon a reader sees it, with few images and with many.

    python benchmarks/report_page.py state/report_page --images 50 2000

makes reports of so many generated images of 256 px, each with a mask and four maps made from it (two of labels, two of
networks), in ``FOLDER/IMAGES/``, and prints for each: seconds of processor time to build it, without the making of
images and maps; the size of its page and of the pictures beside it; and of five openings from the disk in a headless
Chromium, its cache empty, the median milliseconds until the first picture is seen, until the page has loaded, and from
a press of 'Next' until the image browser has the next photo. The reports are opened in turn, so that what else the
machine does is the same for all. A report that is there is not built again.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hairline.data.synthetic.making import make
from hairline.data.synthetic.options import Options
from hairline.io.atomic import whole_folder
from hairline.reporting import html
from hairline.reporting.figures import agreement, image_browser
from hairline.reporting.figures.image_browser import Shown

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import chromium

OPENINGS = 5
NETWORKS = ("FSV · unet", "konig · unet")
LABELS = ("labels of crf", "labels of konig")
PAINTED = """
const done = arguments[arguments.length - 1];
new PerformanceObserver((list) => {
  const pictures = list.getEntries().filter((each) => each.element?.tagName === 'IMG');
  if (pictures.length) done(pictures[0].startTime);
}).observe({ type: 'largest-contentful-paint', buffered: true });
"""
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
NEXT = """
const done = arguments[arguments.length - 1], begun = performance.now(), told = () => done(performance.now() - begun);
document.querySelector('.browser .photo').addEventListener('load', told, { once: true });
document.querySelector('.browser [name=next]').click();
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Make reports and open them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, nargs="+", default=[50, 2000])
    args = parser.parse_args(argv)
    folders = {images: args.folder / str(images) for images in args.images}
    for images, folder in folders.items():
        built = "there already" if (folder / "index.html").is_file() else _built(folder, images)
        print(f"{images} images: {built}; {_size(folder)}", flush=True)
    seen = [{images: _opening(folder / "index.html") for images, folder in folders.items()} for _ in range(OPENINGS)]
    for images in folders:
        first, loaded, after = (statistics.median(each) for each in zip(*(one[images] for one in seen), strict=True))
        print(f"{images} images: first picture {first:.0f} ms, loaded {loaded:.0f} ms, next image {after:.0f} ms")


def _built(folder: Path, images: int) -> str:
    spent = Spent()
    with whole_folder(folder) as partial:
        begun = time.process_time()
        browser = image_browser.browser(_images(images, spent), partial)
        html.write(partial / "index.html", _page(browser))
        took = time.process_time() - begun - spent.seconds
    return f"built in {took:.1f} s of processor time"


class Spent:
    """Processor time that went into images and maps, which a report finds on the disk."""

    seconds = 0.0


def _images(count: int, spent: Spent) -> Iterator[Shown]:
    options = Options(5, 0, 0, count, 256, 256, 0.1, style="wide")
    for number in range(count):
        begun = time.process_time()
        image, mask = make(options, "test", number)
        maps = {name: _map(mask, number * 10 + place) for place, name in enumerate((*LABELS, *NETWORKS))}
        spent.seconds += time.process_time() - begun
        f1 = {name: float(np.clip(maps[name][mask].mean(), 0, 1)) if mask.any() else 1.0 for name in NETWORKS}
        layers = {name: image_browser.score_map(each) for name, each in maps.items()}
        truth = {"mask": image_browser.score_map(mask, colour=image_browser.TRUE)}
        yield Shown(f"test_{number:05}", "generated", f1, {"image": image_browser.photo(image), **truth, **layers})


def _map(mask: NDArray[np.bool_], seed: int) -> NDArray[np.float64]:
    """Scores such as a network gives: the mask blurred, with blots where there is nothing."""
    noise = np.random.default_rng(seed).normal(0, 1, mask.shape).astype(np.float32)
    blots = np.clip(cv2.GaussianBlur(noise, (0, 0), 4) * 8 - 1, 0, 0.6)
    return np.clip(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5) * 1.6 + blots, 0, 1).astype(np.float64)


def _page(browser: image_browser.Browser) -> html.Page:
    image, mask = make(Options(5, 0, 0, 1, 640, 800, 0, style="wide"), "test", 0)
    called = _map(mask, 0) > 0.5
    layers = {name: image_browser.overlay(*agreement.layer(mask, called, 800)) for name in ("labels", "network")}
    stage = html.Stage("A test image.", "Photo", image_browser.photo(image, 800), layers, agreement.LEGEND)
    table = html.Table("Scores", pd.DataFrame({"Labels": list(NETWORKS), "ODS": ["0.8", "0.7"]}))
    sections = [html.Section("Segmenters", [table]), html.Section("Images", [browser])]
    return html.Page("A report", "Generated images.", [], sections, stage)


def _size(folder: Path) -> str:
    page = (folder / "index.html").stat().st_size / 1e6
    beside = [path.stat().st_size for path in (folder / image_browser.FOLDER).glob("*")]
    return f"page {page:.1f} MB, {len(beside)} pictures beside it, {sum(beside) / 1e6:.1f} MB"


def _opening(page: Path) -> tuple[float, float, float]:
    with chromium.browser() as browser:
        browser.open(page.resolve().as_uri())
        loaded = float(browser.wait(LOADED))
        return float(browser.later(PAINTED)), loaded, float(browser.later(NEXT))


if __name__ == "__main__":
    main()
