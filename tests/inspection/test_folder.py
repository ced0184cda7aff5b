"""Many photos into one folder: what is written, what is skipped, what an interruption and bad files leave."""

import csv
import io
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.imaging.images import read_mask, read_scores, write_image, write_mask
from hairline.inspection import folder, photos
from hairline.inspection.folder import Done, Options
from hairline.inspection.prediction import Predictor

ASKED = Options(scale=1, threshold=0.5, overlay=False, again=False)


class Brightness:
    """Stands for a network: the red channel is the score."""

    def __init__(self, sha256: str = "n1") -> None:
        self.sha256, self.asked = sha256, 0

    def predict(self, image: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
        self.asked += 1
        return image[..., 0].astype(np.float32) / 255 / scale


def run(root: Path, network: Brightness, options: Options = ASKED, step: Any = lambda: None) -> tuple[Done, list[str]]:
    told: list[str] = []
    found, _ = photos.find([root / "p"], root / "out")
    tell = lambda error: told.append(str(error))  # noqa: E731
    return folder.predict_all(found, cast(Predictor, network), root / "out", options, tell, step), told


def rows(root: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((root / "out/predictions.csv").read_text())))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three photos, the second of which has another's name in a folder below."""
    for number, name in enumerate(("a.png", "below/a.png", "c.png")):
        image = np.zeros((20, 30, 3), np.uint8)
        image[: 5 * (number + 1), :, 0] = 200
        write_image(tmp_path / "p" / name, image)
    return tmp_path


def test_scores_masks_overlays_and_the_table(root: Path) -> None:
    done, told = run(root, Brightness(), Options(1, 0.5, True, False))
    assert (done, told) == (Done(3, 0, 0), [])
    out = root / "out"
    scores, mask = read_scores(out / "scores/below/a.png"), read_mask(out / "masks/below/a.png")
    assert scores.shape == (20, 30) and set(np.unique(scores)) == {0, 200}
    np.testing.assert_array_equal(mask, scores > 0)
    drawn = cv2.imread(str(out / "overlays/below/a.jpg"))
    assert drawn.shape == (20, 30, 3) and drawn[2, 2, 2] > 180 and drawn[18, 2].max() < 40
    found = {Path(row["photo"]).relative_to(root).as_posix(): row for row in rows(root)}
    assert {name: float(row["crack_share"]) for name, row in found.items()} == {
        "p/a.png": 0.25, "p/below/a.png": 0.5, "p/c.png": 0.75
    }  # fmt: skip
    assert {(row["width"], row["height"], row["scale"], row["threshold"]) for row in rows(root)} == {
        ("30", "20", "1.0", "0.5")
    }


def test_what_is_done_is_skipped_until_something_differs(root: Path) -> None:
    run(root, Brightness())
    network = Brightness()
    assert run(root, network)[0] == Done(0, 3, 0) and network.asked == 0
    assert run(root, Brightness(), Options(1, 0.5, False, True))[0] == Done(3, 0, 0)
    assert run(root, Brightness("other"))[0] == Done(3, 0, 0)
    for options in (Options(2, 0.5, False, False), Options(2, 0.3, False, False), Options(2, 0.3, True, False)):
        assert run(root, Brightness("other"), options)[0] == Done(3, 0, 0)
        assert run(root, Brightness("other"), options)[0] == Done(0, 3, 0)
    (root / "out/masks/c.png").unlink()
    write_image(root / "p/a.png", np.full((20, 30, 3), 9, np.uint8))
    assert run(root, Brightness("other"), options)[0] == Done(2, 1, 0)
    assert not read_mask(root / "out/masks/a.png").any()


def test_an_overlay_of_another_network_does_not_stay(root: Path) -> None:
    run(root, Brightness(), Options(1, 0.5, True, False))
    run(root, Brightness("other"))
    assert not list((root / "out/overlays").rglob("*.jpg"))


def test_an_interruption_loses_nothing_that_was_done(root: Path) -> None:
    steps = iter(range(10))

    def step() -> None:
        if next(steps) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(root, Brightness(), step=step)
    assert len(rows(root)) == 2
    network = Brightness()
    assert run(root, network)[0] == Done(1, 2, 0) and network.asked == 1
    assert not list((root / "out").rglob("*partial*"))


def test_a_bad_photo_is_told_of_once_and_the_others_go_on(root: Path) -> None:
    run(root, Brightness())
    (root / "p/a.png").write_bytes(b"no image")
    (root / "p/deep.tif").write_bytes(b"")
    done, told = run(root, Brightness())
    assert done == Done(0, 2, 2)
    assert len(told) == 2 and "a.png: cannot be decoded" in told[0] and "deep.tif" in told[1]
    assert {Path(row["photo"]).name for row in rows(root)} == {"a.png", "c.png"}  # of which the first lies below
    assert not (root / "out/masks/a.png").exists() and (root / "out/masks/below/a.png").exists()


def test_a_photo_that_the_disk_does_not_give_is_told_of_and_the_others_go_on(root: Path) -> None:
    (root / "p/a.png").unlink()
    (root / "p/a.png").symlink_to("/proc/self/mem")  # which can be opened, and gives an error when it is read
    done, told = run(root, Brightness())
    assert (done.predicted, done.failed) == (2, 1) and "a.png: cannot be read" in told[0]


def test_photos_are_turned_upright_and_any_mode_is_read(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    red, exif = Image.new("RGB", (30, 20), (200, 0, 0)), Image.Exif()
    exif[274] = 6
    red.save(tmp_path / "p/turned.jpg", exif=exif)
    red.convert("CMYK").save(tmp_path / "p/cmyk.jpg")
    red.convert("RGBA").save(tmp_path / "p/alpha.png")
    red.convert("L").save(tmp_path / "p/grey.png")
    cv2.imwrite(str(tmp_path / "p/deep.png"), np.full((20, 30), 60_000, np.uint16))
    assert run(tmp_path, Brightness())[0] == Done(5, 0, 0)
    sizes = {row["name"]: (int(row["width"]), int(row["height"])) for row in rows(tmp_path)}
    assert sizes.pop("turned") == (20, 30) and set(sizes.values()) == {(30, 20)}


def test_names_of_any_letters_come_back(tmp_path: Path) -> None:
    for name in ('a, "b".png', " ä\u2028.png", "x\ny.png"):
        write_image(tmp_path / "p" / name, np.zeros((8, 8, 3), np.uint8))
    assert run(tmp_path, Brightness())[0] == Done(3, 0, 0)
    assert run(tmp_path, Brightness())[0] == Done(0, 3, 0)


def test_a_damaged_table_is_told_of_and_nothing_is_lost(root: Path) -> None:
    run(root, Brightness())
    for content in ("photo\n1\n", "\0", (root / "out/predictions.csv").read_text()[:-70]):
        (root / "out/predictions.csv").write_text(content)
        with pytest.raises(HairlineError, match=r"predictions\.csv: .*move it away"):
            run(root, Brightness())
        assert (root / "out/predictions.csv").read_text() == content


def test_two_at_once_in_one_folder_are_refused(root: Path) -> None:
    (root / "out").mkdir()
    with FileLock(root / "out" / folder.LOCK), pytest.raises(HairlineError, match="one at a time"):
        run(root, Brightness())
    assert run(root, Brightness())[0] == Done(3, 0, 0)
    assert not (root / "out" / folder.LOCK).exists()


def test_photos_on_threads_give_what_they_give_one_by_one(root: Path) -> None:
    for number in range(20):
        write_image(root / "p" / f"more{number}.png", np.full((9, 9, 3), number * 10, np.uint8))
    assert run(root, Brightness(), Options(1, 0.5, True, False))[0] == Done(23, 0, 0)
    alone = {path.relative_to(root / "out"): path.read_bytes() for path in (root / "out").rglob("*.png")}
    (root / "p/bad.png").write_bytes(b"no image")
    steps: list[int] = []
    options = Options(1, 0.5, True, True, workers=4)
    done, told = run(root, Brightness(), options, lambda: steps.append(1))
    assert (done, len(told), len(steps)) == (Done(23, 0, 1), 1, 24)
    assert {path.relative_to(root / "out"): path.read_bytes() for path in (root / "out").rglob("*.png")} == alone


def test_files_tell_what_was_used(root: Path) -> None:
    run(root, Brightness(), Options(2, 0.25, True, False, "flips"))
    for kind in ("scores", "masks"):
        with Image.open(root / "out" / kind / "a.png") as file:
            assert file.text["hairline"] == "threshold=0.25 scale=2 average=flips model_sha256=n1"
    with Image.open(root / "out/overlays/a.jpg") as file:
        assert b"threshold=0.25" in file.info["comment"]
    assert {(row["threshold"], row["average"], row["crs"]) for row in rows(root)} == {("0.25", "flips", "")}


def test_a_table_of_an_earlier_version_is_gone_on_with(root: Path) -> None:
    run(root, Brightness())
    file = root / "out/predictions.csv"
    for lacking in (1, 3):
        file.write_text("".join(f"{line.rsplit(',', lacking)[0]}\n" for line in file.read_text().splitlines()))
        assert run(root, Brightness())[0] == Done(0, 3, 0)
    assert run(root, Brightness(), Options(1, 0.5, False, False, "flips"))[0] == Done(3, 0, 0)


def test_scores_that_are_no_numbers_are_told_of(root: Path) -> None:
    class Diverged(Brightness):
        def predict(self, image: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
            return np.full(image.shape[:2], np.nan, np.float32)

    done, told = run(root, Diverged())
    assert done == Done(0, 0, 3) and "scores that are no numbers" in told[0]
    assert not list((root / "out").rglob("*.png"))


KILLED = """
import os, sys
from pathlib import Path
import numpy as np
from hairline.inspection import folder, photos

class Slow:
    sha256 = "n1"
    asked = 0
    def predict(self, image, scale):
        Slow.asked += 1
        if Slow.asked == 3:
            os.kill(os.getpid(), 9)
        return image[..., 0].astype(np.float32) / 255

folder.BETWEEN_S = 0.0
root = Path(sys.argv[1])
found, _ = photos.find([root / "p"], root / "out")
folder.predict_all(found, Slow(), root / "out", folder.Options(1, 0.5, False, False), print)
"""


def test_what_kill_9_leaves_is_whole_and_gone_on_with(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(root)], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    left = [path for path in (root / "out").rglob("*") if path.is_file() and ".partial" in path.name]
    assert left and len(rows(root)) == 2
    network = Brightness()
    assert run(root, network)[0] == Done(1, 2, 0) and network.asked == 1
    assert not [path for path in (root / "out").rglob("*") if ".partial" in path.name]
    for path in (root / "out/masks").rglob("*.png"):
        assert read_mask(path).shape == (20, 30)


@pytest.mark.parametrize(
    "other", [(Brightness(), Options(1, 0.9, False, False)), (Brightness("other"), ASKED), (Brightness(), None)]
)
def test_files_that_a_killed_run_wrote_after_its_table_are_not_taken(
    root: Path, other: tuple[Brightness, Options | None]
) -> None:
    run(root, Brightness())
    table, photo = (root / "out/predictions.csv").read_bytes(), (root / "p/a.png").read_bytes()
    network, options = other
    if options is None:  # another photo, which was brought back afterwards
        write_image(root / "p/a.png", np.zeros((20, 30, 3), np.uint8))
    run(root, network, options or ASKED)
    (root / "out/predictions.csv").write_bytes(table)
    (root / "p/a.png").write_bytes(photo)
    assert run(root, Brightness())[0] == (Done(1, 2, 0) if options is None else Done(3, 0, 0))
    assert read_mask(root / "out/masks/a.png").sum() == 150
    assert run(root, Brightness())[0] == Done(0, 3, 0)


def test_photos_that_were_moved_are_not_predicted_and_counted_twice(root: Path) -> None:
    write_image(root / "p/far/a.png", np.zeros((20, 30, 3), np.uint8))
    run(root, Brightness())
    masks = {path.relative_to(root): path.read_bytes() for path in (root / "out/masks").rglob("*.png")}
    (root / "p").rename(root / "elsewhere")
    network = Brightness()
    found, _ = photos.find([root / "elsewhere"], root / "out")
    assert folder.predict_all(found, cast(Predictor, network), root / "out", ASKED, print) == Done(0, 4, 0)
    assert {path.relative_to(root): path.read_bytes() for path in (root / "out/masks").rglob("*.png")} == masks
    assert {row["photo"]: row["name"] for row in rows(root)} == {
        str(root / "elsewhere" / f"{name}.png"): name for name in ("a", "below/a", "c", "far/a")
    }
    (root / "elsewhere/c.png").rename(root / "elsewhere/below/c.png")
    write_image(root / "elsewhere/c.png", np.full((20, 30, 3), 255, np.uint8))
    found, _ = photos.find([root / "elsewhere"], root / "out")
    assert folder.predict_all(found, cast(Predictor, network), root / "out", ASKED, print).predicted == 2
    assert read_mask(root / "out/masks/c.png").all()


def test_a_mask_that_was_painted_over_is_not_replaced_unasked(root: Path) -> None:
    run(root, Brightness())
    mask = root / "out/masks/a.png"
    write_mask(mask, ~read_mask(mask))
    painted = mask.read_bytes()
    assert run(root, Brightness())[0] == Done(0, 3, 0)
    other = Options(1, 0.3, True, False)
    for _ in range(2):
        done, told = run(root, Brightness(), other)
        assert done.failed == 1 and "masks/a.png was changed since" in told[0] and mask.read_bytes() == painted
    assert done == Done(0, 2, 1)
    assert run(root, Brightness(), Options(1, 0.3, True, True))[0] == Done(3, 0, 0)
    assert mask.read_bytes() != painted
    write_mask(mask, ~read_mask(mask))
    mask.unlink()
    assert run(root, Brightness(), other)[0] == Done(1, 2, 0)
