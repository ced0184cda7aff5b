"""`hairline rank`: what a person types and what comes back."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.chromium import browser
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.errors import HairlineError
from hairline.imaging.images import write_image, write_mask

SIZE = 60, 90


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four photos of two walls, whose masks of two folders differ by 0, 2, 4 and 8 rows of a crack of 8 rows."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("wall1_a", "wall1_b", "wall2_a", "wall2_b")):
        write_image(Path("photos", f"{name}.jpg"), np.full((*SIZE, 3), 120, np.uint8))
        crack = np.zeros(SIZE, bool)
        crack[20:28] = True
        write_mask(Path("labels", f"{name}.png"), crack)
        crack[20 : 20 + (0, 2, 4, 8)[number]] = False
        write_mask(Path("network", f"{name}.png"), crack)
    return tmp_path


def rank(*words: str) -> list[dict[str, str]]:
    done = CliRunner().invoke(app, ["rank", "photos", "--out", "out", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    with Path("out/ranking.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


BOTH = ("--maps", "labels", "--maps", "network", "--by", "disagreement")


def test_what_differs_most_comes_first_and_groups_take_turns(place: Path) -> None:
    rows = rank(*BOTH)
    assert [row["photo"] for row in rows] == ["wall2_b", "wall2_a", "wall1_b", "wall1_a"]
    pixels, line = 8 * 90, 60
    assert float(rows[0]["disagreement"]) == pytest.approx(pixels / (pixels + 2 * line), abs=1e-6)
    assert (rows[0]["crack_px_labels"], rows[0]["crack_px_network"], rows[0]["pixels"]) == ("720", "0", "5400")
    assert rows[1]["why"] == "labels has 720 px, network 360 px; on 360 px of 720 they agree"
    grouped = (*BOTH, "--groups", "wall[0-9]")
    assert [row["photo"] for row in rank(*grouped)] == [row["photo"] for row in rows]
    turns = rank(*grouped, "--in-turn")
    assert [row["photo"] for row in turns] == ["wall2_b", "wall1_b", "wall2_a", "wall1_a"]


def test_folders_that_end_alike_are_told_apart_by_the_folder_above(place: Path) -> None:
    for source in ("labels", "network"):
        shutil.copytree(source, f"{source}_of/scores")
    (row, *_) = rank("--maps", "labels_of/scores", "--maps", "network_of/scores/", "--by", "disagreement")
    assert {"crack_px_labels_of/scores", "crack_px_network_of/scores"} <= set(row)


def test_a_photo_without_a_map_is_left_out_and_told_of(place: Path) -> None:
    Path("network/wall2_b.png").unlink()
    assert [row["photo"] for row in rank(*BOTH)] == ["wall2_a", "wall1_b", "wall1_a"]
    assert "1 of 4 photos have no map in every folder: &#39;wall2_b&#39;" in Path("out/index.html").read_text("utf-8")


def test_scores_of_one_folder_are_ranked_by_how_sure_they_are(place: Path) -> None:
    for number, name in enumerate(("wall1_a", "wall1_b", "wall2_a", "wall2_b")):
        write_image(Path("scores", f"{name}.png"), np.full(SIZE, (255, 200, 150, 250)[number], np.uint8))
    rows = rank("--maps", "scores")
    assert [row["photo"] for row in rows] == ["wall2_a", "wall1_b", "wall2_b", "wall1_a"]
    assert rows[0]["why"] == f"scores has 5,400 px, with an expected F1 of {1 - float(rows[0]['expected']):.2f}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--maps", "labels", "--maps", "labels"), "--by expected: is 0 for every photo, for all maps agree"),
        (("--maps", "labels"), "is 0 for every photo, for the maps of one source agree"),
        (("--maps", "nowhere"), "nowhere: no such folder"),
        ((*BOTH, "--by", "size"), "--by size: no such measure"),
        (("--maps", "labels", "--maps", "turned"), "turned/wall1_a.png: has 90 rows and 60 columns"),
        (("--maps", "other"), "other: no file has the name of a photo"),
        (("--maps", "labels/wall1_a.png"), "wall1_a.png: is a file; expected a folder of masks or score maps"),
        (("--maps", "turned"), "photos/wall1_a.jpg: has 60 rows and 90 columns, its map of 'turned' 90 and 60"),
        (("--maps", "raw"), "state --logits where these are logits"),
    ],
)
def test_mistakes_are_one_sentence_and_leave_nothing(place: Path, words: tuple[str, ...], told: str) -> None:
    write_mask(Path("turned/wall1_a.png"), np.zeros(SIZE[::-1], bool))
    write_mask(Path("other/floor.png"), np.ones(SIZE, bool))
    Path("raw").mkdir()
    np.save("raw/wall1_a.npy", np.linspace(-4, 4, 5400, dtype=np.float32).reshape(SIZE))
    with pytest.raises(HairlineError, match=told.replace("(", r"\(")) as refused:
        rank(*words)
    assert "\n" not in str(refused.value) and not Path("out").exists()


def test_logits_beside_masks_are_understood_where_they_are_stated(place: Path) -> None:
    Path("raw").mkdir()
    for name in ("wall1_a", "wall1_b"):
        np.save(f"raw/{name}.npy", np.full(SIZE, -9 if name == "wall1_a" else 9, np.float32))
    rows = rank("--maps", "labels", "--maps", "raw", "--logits")
    assert [(row["photo"], row["crack_px_raw"]) for row in rows] == [("wall1_b", "5400"), ("wall1_a", "0")]


def test_a_set_that_is_no_folder_needs_a_workspace(place: Path) -> None:
    done = CliRunner().invoke(app, ["rank", "crack500", "--maps", "konig", "--out", "out"])
    assert isinstance(done.exception, HairlineError) and "params.yaml is not there" in str(done.exception)


def test_the_page_fits_a_phone_and_asks_for_nothing(place: Path) -> None:
    rank(*BOTH)
    page = (place / "out/index.html").read_text("utf-8")
    assert "http" not in page.replace("http-equiv", "") and "<script" not in page
    with browser(dark=True) as opened:
        opened.chrome("Emulation.setDeviceMetricsOverride", width=390, height=900, deviceScaleFactor=1, mobile=True)
        opened.open((place / "out/index.html").as_uri())
        assert opened.run("return document.documentElement.scrollWidth") == 390
        opened.run("[...document.images].forEach((each) => { each.loading = 'eager'; })")  # some lie below the screen
        assert opened.wait("[...document.images].every((each) => each.complete && each.naturalWidth > 0)")
        assert opened.complaints() == []
