"""The page of an inspection as somebody uses it, in a headless browser."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import chromium, measured

from hairline.inspection.exports.photos import MeasuredPhoto, Provenance, WidthClass
from hairline.inspection.outputs import Wanted, write_outputs
from hairline.inspection.page import writing

CLASSES = (WidthClass("fine", "below 0.3 mm"), WidthClass("medium", "0.3 to 1 mm"), WidthClass("wide", "above 1 mm"))
PROVENANCE = Provenance(
    {"Network": "shipped", "Hash": "c201eb87" * 8},
    CLASSES,
    "the 95th percentile of its width",
    "# Card\n\nText.\n\n- one\n\n| a | b |\n|---|---|\n| 1 | 2 |",
)
LONG = "folder with a name/that goes on and on and on and on until nobody reads it any more_IMG_20261127_101112.png"
CONTRAST = """
const channels = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const luminance = (colour) => colour.slice(0, 3).map((part) => linear(part / 255))
  .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
const back = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const found = channels(getComputedStyle(at).backgroundColor);
    if (found.length === 3 || found[3] > 0) return found;
  }
  return [255, 255, 255];
};
return [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility()
  && !['SCRIPT', 'STYLE', 'OPTION'].includes(element.tagName)
  && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())).map((element) => {
  const colours = [channels(getComputedStyle(element).color), back(element)];
  const [one, other] = colours.map(luminance).sort((a, b) => b - a);
  return [(one + 0.05) / (other + 0.05), element.tagName + ': ' + element.textContent.trim().slice(0, 40)];
}).filter(([ratio]) => ratio < 4.5);
"""
NAMELESS = """
return [...document.querySelectorAll('input, select, button, a, img[src]')]
  .filter((element) => element.checkVisibility())
  .filter((element) => !(element.getAttribute('aria-label') || element.title || element.alt
    || element.textContent.trim() || (element.labels && element.labels.length) || element.querySelector('img[alt]')))
  .map((element) => element.outerHTML.slice(0, 120));
"""
OPENED = "document.querySelector('dialog').open && document.querySelector('.over').complete"
FILE = "return document.querySelector('dialog h2').textContent"


def photos(folder: Path) -> list[MeasuredPhoto]:
    found = []
    for number, (name, thickness) in enumerate((("a", 1), ("b", 12), ("c", 4), ("d", 0), ("e", 2))):
        mask = np.zeros((240, 320), bool)
        if thickness:
            mask[100 : 100 + thickness, 20 : 200 + 20 * number] = True
            mask[30:60, 40:43] = True
        found.append(measured.photo(folder, name, mask, mm_per_px=0.15, scores=mask * 0.8))
    return [replace(found[0], file=LONG), *found[1:]]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("inspection")
    write_outputs(folder, photos(folder), PROVENANCE, Wanted(), "Bridge 7")
    return (folder / "index.html").as_uri()


@pytest.fixture(scope="module", params=[False, True], ids=["light", "dark"])
def browser(request: pytest.FixtureRequest) -> Iterator[chromium.Browser]:
    with chromium.browser(dark=request.param) as opened:
        yield opened


@pytest.fixture
def opened(browser: chromium.Browser, page: str) -> chromium.Browser:
    sized(browser, 1280)
    browser.open("about:blank")
    browser.open(page)
    browser.complaints()
    return browser


def sized(browser: chromium.Browser, width: int) -> None:
    metrics = {"width": width, "height": 850, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.chrome("Emulation.setDeviceMetricsOverride", **metrics)


def open_first(browser: chromium.Browser) -> None:
    browser.click(".card:not([hidden]) a")
    browser.wait(OPENED)


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_reads_well_and_names_all_there_is(opened: chromium.Browser, page: str, width: int) -> None:
    sized(opened, width)
    for photo in (False, True):
        if photo:
            open_first(opened)
        assert opened.run("return document.documentElement.scrollWidth") <= width
        assert opened.run(
            "const d = document.querySelector('dialog'); return !d.open || d.scrollWidth <= d.clientWidth"
        )
        assert opened.run(CONTRAST) == []
        assert opened.run(NAMELESS) == []
    assert opened.complaints() == []


def test_a_photo_opens_steps_and_closes_by_keys(opened: chromium.Browser) -> None:
    order = opened.run("return [...document.querySelectorAll('.card')].map((card) => card.dataset.file)")
    assert order[0] == "b.png" and order[-1] == "d.png"
    open_first(opened)
    assert opened.run(FILE) == "b.png"
    opened.type("dialog h2", "right")
    assert opened.run(FILE) == order[1]
    opened.type("dialog h2", "left")
    opened.type("dialog h2", "left")
    assert opened.run(FILE) == "d.png"
    assert opened.run("return document.querySelector('.empty').checkVisibility()")
    opened.type("dialog h2", "\ue00c")
    opened.wait("!document.querySelector('dialog').open")
    opened.wait("document.activeElement.closest('.card')?.dataset.file === 'd.png'")


def test_the_slider_parts_photo_and_cracks_or_score(opened: chromium.Browser) -> None:
    open_first(opened)
    opened.type("[name=cut]", "end")
    assert "100%" in opened.run("return getComputedStyle(document.querySelector('.over')).clipPath")
    assert opened.run(FILE) == "b.png"
    cracks = opened.run("return document.querySelector('.over').src")
    opened.type("dialog h2", "s")
    assert opened.run("return document.querySelector('.over').src") != cracks
    assert "Scores of b.png" in opened.run("return document.querySelector('.over').alt")
    opened.type("dialog h2", "s")
    assert opened.run("return document.querySelector('.over').src") == cracks


def test_a_crack_of_the_table_opens_its_photo_and_is_marked(opened: chromium.Browser) -> None:
    assert opened.run("return document.querySelectorAll('.sortable tbody tr').length") == 8
    opened.click(".sortable tbody tr:last-child a")
    opened.wait(OPENED)
    number = opened.run("return document.querySelector('.mark.chosen').textContent")
    assert opened.run("return document.querySelector('.found tr.chosen th').textContent") == number
    box = opened.run("return document.querySelector('.stage rect').getAttribute('x')")
    assert 0 < float(box) < 320


def test_headings_sort_and_the_first_column_stays(opened: chromium.Browser) -> None:
    lengths = (
        "return [...document.querySelectorAll('.sortable tbody tr')].map((row) => Number(row.cells[2].dataset.value))"
    )
    opened.click(".sortable th:nth-child(3) button")
    found = opened.run(lengths)
    assert found == sorted(found, reverse=True)
    opened.click(".sortable th:nth-child(3) button")
    assert opened.run(lengths) == sorted(found)
    sized(opened, 390)
    left = "return document.querySelector('.sortable tbody th').getBoundingClientRect().left"
    before = opened.run(left)
    opened.run("document.querySelector('.tall').scrollLeft = 300;")
    assert opened.run("return document.querySelector('.tall').scrollLeft") > 0
    assert opened.run(left) == before


def test_photos_are_kept_by_kind_and_name(opened: chromium.Browser) -> None:
    shown = (
        "return [...document.querySelectorAll('.card')].filter((card) => !card.hidden).map((card) => card.dataset.file)"
    )
    opened.choose("kind", "without cracks")
    assert opened.run(shown) == ["d.png"]
    opened.choose("kind", "all photos")
    opened.choose("order", "by name")
    assert opened.run(shown) == ["b.png", "c.png", "d.png", "e.png", LONG]
    opened.type("[name=words]", "IMG_2026")
    assert opened.run(shown) == [LONG]
    open_first(opened)
    opened.type("dialog h2", "right")
    assert opened.run(FILE) == LONG


def test_pictures_beside_the_page_are_shown_as_well(
    browser: chromium.Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LARGE_BYTES", 0)
    monkeypatch.setattr(writing, "SMALL_BYTES", 0)
    write_outputs(tmp_path, photos(tmp_path)[:2], PROVENANCE, Wanted())
    browser.open((tmp_path / "index.html").as_uri())
    open_first(browser)
    assert browser.complaints() == []
    widths = "[...document.querySelectorAll('.card img, .stage img')].map((each) => each.naturalWidth)"
    browser.wait(f"{widths}.every((each) => each > 0)")
    assert browser.run(f"return {widths}") == [320, 320, 320, 320]


def test_it_prints(opened: chromium.Browser) -> None:
    assert opened.pdf().startswith(b"%PDF")
