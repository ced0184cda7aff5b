"""Report, gate page and page of a judgement by axe-core: nothing that keeps people from using them."""

from pathlib import Path

import numpy as np
import pytest
from support import axe, chromium, judged
from support.judged import Score
from support.pages import gate, report

WIDTHS = (1280, 390)


def found(browser: chromium.Browser, page: Path) -> list[str]:
    told = []
    for width in WIDTHS:
        browser.chrome("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        browser.open(page.as_uri())
        told += [f"{width} px: {each}" for each in axe.findings(browser)]
    return told


def test_a_fault_is_found(tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<!DOCTYPE html><title>t</title><main><img src='x.png'><button></button></main>", encoding="utf-8")
    with chromium.browser() as browser:
        assert [each.split(" (")[0] for each in found(browser, bad)[:3]] == [
            "1280 px: button-name", "1280 px: html-has-lang", "1280 px: image-alt",
        ]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
def test_pages_keep_nobody_out(tmp_path: Path, score: Score, dark: bool) -> None:
    predictions, masks = judged.pair(tmp_path, ("one", "two"))
    for name in ("one", "two"):
        judged.picture(tmp_path / "photos" / f"{name}.jpg", np.full((*judged.SHAPE, 3), 90, np.uint8))
    assert score(predictions, masks, "--images", tmp_path / "photos", "--out", tmp_path / "judge").status == 0
    pages = [report(tmp_path), gate(tmp_path), tmp_path / "judge" / "index.html"]
    with chromium.browser(dark) as browser:
        assert {page.parent.name: found(browser, page) for page in pages} == {"report": [], "gate": [], "judge": []}
