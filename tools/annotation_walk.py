r"""The walk of docs/annotation.md through a real Label Studio, by its REST interface and a headless Chromium.

    pip install label-studio                        # in an environment of its own
    LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=FOLDER \
        label-studio start --internal-host 127.0.0.1 --port 8080 --username anna@example.org --password only-here-1234
    python tools/annotation_walk.py FOLDER --url http://127.0.0.1:8080 --pictures docs/pictures

generates photos in FOLDER/walls, takes their masks, a little wrong, for predictions, exports them, makes a project,
submits one task as it is, corrects another with the brush (a stroke of crack, one to ignore), brings both back, and
says how many pixels differ from what was exported. It writes annotation_task.jpg and annotation_corrected.jpg.
"""

import argparse
import http.cookiejar
import io
import json
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from support import chromium  # noqa: E402
from typer.testing import CliRunner  # noqa: E402

from hairline.cli.app import app  # noqa: E402
from hairline.data.synthetic.making import make  # noqa: E402
from hairline.data.synthetic.options import Cracks, Ingredients, Options, Surfaces  # noqa: E402
from hairline.imaging.images import read_grey, write_image  # noqa: E402

PHOTOS = 4
INGREDIENTS = Ingredients(
    surfaces=Surfaces(asphalt=0, concrete=1, plaster=1, masonry=0, noise=0, textures=0),
    cracks=Cracks(least_px=4, most_px=12, meshes=0.0),
)
OPTIONS = Options(9, PHOTOS, 0, 0, 640, 960, 0, "wide", INGREDIENTS)
SUBMIT = "button[aria-label='Submit current annotation']"
LABEL = "[...document.querySelectorAll('span')].filter((each) => each.innerText.trim() === '{}')"
MISSING = [(706, 276), (711, 235), (714, 190), (722, 148)]
"""Places of a stroke along the part of the crack that the mask lacks, in pixels of the page."""
DOUBTFUL = [(560, 380), (545, 420), (520, 395), (540, 360)]
"""Of a stroke over a spot to be ignored."""
SMALLER, LARGER = ("[", 219), ("]", 221)
"""The keys that make the brush smaller and larger."""
CODES = {"[": "BracketLeft", "]": "BracketRight"}


class Studio:
    """A session of Label Studio's REST interface."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Log in."""
        self.url, self._jar = url, http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar)).open
        self._open(f"{url}/user/login/")
        form = {"email": user, "password": password, "csrfmiddlewaretoken": self._cookie()}
        request = urllib.request.Request(f"{url}/user/login/", urllib.parse.urlencode(form).encode(), {"Referer": url})
        self._open(request)

    def _cookie(self) -> str:
        return next((str(each.value) for each in self._jar if each.name == "csrftoken"), "")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What it answers."""
        data = None if body is None else json.dumps(body).encode()
        head = {"Content-Type": "application/json", "X-CSRFToken": self._cookie(), "Referer": self.url}
        with self._open(urllib.request.Request(self.url + path, data, head, method=method)) as answer:
            return json.load(answer)


def main(argv: Sequence[str] | None = None) -> None:
    """Go the whole walk."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the document root of Label Studio's local files")
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--user", default="anna@example.org")
    parser.add_argument("--password", default="only-here-1234")
    parser.add_argument("--pictures", type=Path, default=ROOT / "docs" / "pictures")
    args = parser.parse_args(argv)
    walls, found, out = (args.folder / name for name in ("walls", "found", "to_correct"))
    _photos(walls, found)
    _run("annotate", "export", walls, "--masks", found, "--format", "labelstudio", "--out", out, "--again")
    studio = Studio(args.url, args.user, args.password)
    config = {"title": "walls", "label_config": (out / "labeling_config.xml").read_text(encoding="utf-8")}
    project = studio.ask("POST", "/api/projects/", config)["id"]
    storage = {"project": project, "path": str(walls.resolve()), "title": "photos", "use_blob_urls": False}
    studio.ask("POST", "/api/storages/localfiles/", storage)
    tasks = json.loads((out / "tasks.json").read_text(encoding="utf-8"))
    print("imported", studio.ask("POST", f"/api/projects/{project}/import", tasks))
    ids = sorted(task["id"] for task in studio.ask("GET", f"/api/tasks?project={project}")["tasks"])
    with chromium.browser() as browser:
        _correct(browser, args, project, ids)
    exported = args.folder / "project.json"
    exported.write_text(json.dumps(studio.ask("GET", f"/api/projects/{project}/export?exportType=JSON"
                                                     "&download_all_tasks=true")), encoding="utf-8")  # fmt: skip
    corrected = args.folder / "corrected"
    _run("annotate", "import", exported, "--before", out, "--out", corrected, "--again")
    print((corrected / "corrections.csv").read_text(encoding="utf-8"))
    for mask in sorted((corrected / "masks").iterdir()):
        before, after = read_grey(found / mask.name), read_grey(mask)
        print(f"{mask.name}: {int((before != after).sum())} pixels differ, "
              f"{int((before[after != 127] > after[after != 127]).sum())} of them crack before")  # fmt: skip


def _photos(walls: Path, found: Path) -> None:
    """Generated photos, and masks of them that lack a part, as a network's do."""
    for number in range(PHOTOS):
        image, mask = make(OPTIONS, "train", number)
        walls.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(walls / f"wall {number}.jpg", quality=92)
        predicted = cv2.erode(mask.astype(np.uint8), np.ones((2, 2), np.uint8))
        predicted[: mask.shape[0] // 3] = 0
        write_image(found / f"wall {number}.png", predicted * np.uint8(255))


def _run(*words: object) -> None:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    print(done.output)


def _correct(browser: chromium.Browser, args: argparse.Namespace, project: int, ids: Sequence[int]) -> None:
    browser.open(f"{args.url}/user/login/")
    browser.type("input[name=email]", args.user)
    browser.type("input[name=password]", args.password)
    browser.click("button[type=submit]")
    time.sleep(3)
    _task(browser, f"{args.url}/projects/{project}/data?task={ids[2]}")
    _save(browser, args.pictures / "annotation_task.jpg")
    browser.click(SUBMIT)
    time.sleep(3)
    _task(browser, f"{args.url}/projects/{project}/data?task={ids[1]}")
    for _ in range(4):
        _key(browser, *SMALLER)
    _press(browser, [_middle(browser, "crack", "at(-1)")])  # the region, in the list beside the photo
    _press(browser, MISSING)
    _key(browser, "Escape", 27)
    _press(browser, [_middle(browser, "ignore", "at(0)")])  # the label, below the photo
    for _ in range(7):
        _key(browser, *LARGER)
    _press(browser, DOUBTFUL)
    _save(browser, args.pictures / "annotation_corrected.jpg")
    browser.click(SUBMIT)
    time.sleep(3)


def _task(browser: chromium.Browser, address: str) -> None:
    browser.open(address)
    browser.wait(f"document.querySelector(\"{SUBMIT}\") && document.querySelector('canvas')", 120)
    time.sleep(6)


def _middle(browser: chromium.Browser, text: str, which: str) -> tuple[float, float]:
    """The middle of a text on the page."""
    found = browser.run(f"const box = {LABEL.format(text)}.{which}.getBoundingClientRect();"
                        "return [box.x + box.width / 2, box.y + box.height / 2]")  # fmt: skip
    return found[0], found[1]


def _key(browser: chromium.Browser, key: str, code: int) -> None:
    for kind in ("keyDown", "keyUp"):
        browser.chrome("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code,
                       code=CODES.get(key, key), text=key if kind == "keyDown" and len(key) == 1 else "")  # fmt: skip
    time.sleep(0.3)


def _press(browser: chromium.Browser, places: Sequence[Sequence[float]]) -> None:
    """Press the mouse at the first place, move it along the others, and let go."""
    for kind, (x, y) in [("Pressed", places[0]), *(("Moved", place) for place in places), ("Released", places[-1])]:
        browser.chrome("Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, button="left",
                       buttons=int(kind != "Released"), clickCount=1)  # fmt: skip
        time.sleep(0.2)
    time.sleep(1)


def _save(browser: chromium.Browser, path: Path) -> None:
    Image.open(io.BytesIO(browser.picture())).convert("RGB").save(path, quality=80)


if __name__ == "__main__":
    main()
