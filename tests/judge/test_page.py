"""The page of `hairline score` as a reader meets it."""

import html
import json
import re
from pathlib import Path

import numpy as np
from support import judged
from support.chromium import browser
from support.judged import SHAPE, Score

from hairline.judge.pictures import COLOURS, overlay

ODD = ("<b>a&b", "50% #1?", "裂縫", "x" * 120)


def made(score: Score, folder: Path) -> Path:
    predictions, masks = judged.pair(folder, ODD)
    named = predictions.rename(folder / "<i>of<i>-a-network-with-a-name-that-has-no-end-where-one-could-break-it")
    for seed, name in enumerate(ODD):
        judged.picture(folder / "photos" / f"{name}.jpg", np.full((*SHAPE, 3), 60 + 40 * seed, np.uint8))
        judged.picture(folder / "other" / f"{name}.png", judged.scores(seed + 20))
    told = score(named, masks, "--against", folder / "other", "--images", folder / "photos", "--out", folder / "out")
    assert told.status == 0, told.err
    return folder / "out"


def test_it_is_one_file_and_text_stays_text(score: Score, tmp_path: Path) -> None:
    out = made(score, tmp_path)
    page, values = (out / "index.html").read_text("utf-8"), json.loads((out / "scores.json").read_text("utf-8"))
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in page
    assert not re.search(r"<script|(?:src|href)=\"(?!data:|#)|url\(|@import|<b>a|<i>of", page)
    assert "&lt;b&gt;a&amp;b" in page
    assert page.count("<figure>") == len(ODD)
    assert '<p class="quiet">other</p><p class="quote">scored with' in page
    assert f"ODS of {values['predictions']['scores']['ods']:.3f}" in page
    there = [row["convention"] for row in values["predictions"]["conventions"] if row["images"]]
    assert all(html.escape(name) in page for name in there)


def test_in_a_browser(score: Score, tmp_path: Path) -> None:
    page = (made(score, tmp_path) / "index.html").as_uri()
    for dark in (False, True):
        with browser(dark) as reader:
            for width in (1280, 390):
                reader.chrome("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                              mobile=width < 500)  # fmt: skip
                reader.open(page)
                assert reader.run("return document.documentElement.scrollWidth") <= width
                assert reader.wait("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
            assert reader.complaints() == []
            ground = reader.run("return getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 300) == dark


def test_thin_lines_stay_when_pictures_shrink() -> None:
    line = np.zeros((2000, 2000), dtype=bool)
    line[1000] = True
    blank = np.zeros_like(line)
    drawn = overlay({"found": blank, "missed": line, "false": blank}, None)
    assert max(drawn.shape) <= 480
    assert (drawn == np.array(COLOURS["missed"])).all(axis=2).any(axis=0).all()


def test_small_pictures_are_enlarged_by_whole_pixels() -> None:
    found = np.eye(5, dtype=bool)
    drawn = overlay({"found": found, "missed": ~found, "false": np.zeros_like(found)}, np.zeros((5, 5, 3), np.uint8))
    side = drawn.shape[0] // 5
    assert side >= 40
    assert (drawn[:side, :side] == COLOURS["found"]).all()
    assert (drawn[:side, side : 2 * side] == COLOURS["missed"]).all()
