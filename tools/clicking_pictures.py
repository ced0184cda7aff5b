"""Pictures of the page of `hairline click` for README and docs, with generated photos, taken in a headless Chromium.

    python tools/clicking_pictures.py [--out FOLDER]

writes ``clicking.jpg`` (a screen), ``clicking_phone.jpg`` (390 px wide) and ``clicking_dark.jpg``. The labels are those
of the generated masks.
"""

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402
from support import chromium, clicking  # noqa: E402

from hairline.data.synthetic.making import make  # noqa: E402
from hairline.data.synthetic.options import Cracks, Ingredients, Options, Surfaces  # noqa: E402
from hairline.imaging.images import write_image  # noqa: E402

PHOTOS, SIZE = 12, 128
INGREDIENTS = Ingredients(
    surfaces=Surfaces(asphalt=1, concrete=1, plaster=1, masonry=0, noise=0, textures=0),
    cracks=Cracks(least_px=4, most_px=14, meshes=0.2),
)
OPTIONS = Options(22, PHOTOS, 0, 0, 640, 768, 0, "wide", INGREDIENTS)
SHOTS = {"clicking": (False, (1400, 860)), "clicking_dark": (True, (1400, 860)), "clicking_phone": (False, (390, 780))}
SEEN = "document.querySelectorAll('.tile').length && " \
       "[...document.querySelectorAll('.tile img')].every((each) => each.matches('.there'))"  # fmt: skip
TILES = "return [...document.querySelectorAll('.tile img')].map((each) => each.src)"


def main(argv: Sequence[str] | None = None) -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    out = parser.parse_args(argv).out
    with tempfile.TemporaryDirectory() as folder:
        masks = _photos(Path(folder, "images"))
        with clicking.server(Path(folder), SIZE) as server:
            for name, (dark, size) in SHOTS.items():
                with chromium.browser(dark) as browser:
                    shot = Image.open(io.BytesIO(_picture(browser, server.url, size, masks)))
                    shot.convert("RGB").save(out / f"{name}.jpg", quality=85)


def _photos(folder: Path) -> dict[str, NDArray[np.bool_]]:
    masks = {}
    for number in range(PHOTOS):
        image, mask = make(OPTIONS, "train", number)
        write_image(folder / f"wall {number}.png", image)
        masks[f"wall {number}.png"] = mask
    return masks


def _picture(
    browser: chromium.Browser, url: str, size: tuple[int, int], masks: dict[str, NDArray[np.bool_]]
) -> bytes:  # fmt: skip
    browser.chrome(
        "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=size[0] < 500
    )
    browser.open(url)
    browser.wait("!document.querySelector('#door').hidden")
    browser.type("#who", "Anna")
    browser.type("#who", "enter")
    browser.wait(SEEN, 120)
    time.sleep(0.5)
    tiles = browser.run(TILES)
    for tile in tiles[: len(tiles) // 2]:
        asked = {key: value[0] for key, value in parse_qs(urlsplit(tile).query).items()}
        x, y = int(asked["x"]), int(asked["y"])
        browser.type("body", "1" if masks[asked["photo"]][y : y + SIZE, x : x + SIZE].any() else "2")
        time.sleep(0.4)
    time.sleep(1)
    return browser.picture()


if __name__ == "__main__":
    main()
