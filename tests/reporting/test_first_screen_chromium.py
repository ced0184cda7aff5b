"""The first screen of a report and the signs of its numbers, as a reader has them in a headless browser."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import chromium

from hairline.data.seen import SIGNS
from hairline.reporting import html, seen_signs
from hairline.reporting.figures import image_browser

MARKS = [seen_signs.mark(word) for word in SIGNS]
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    picture = image_browser.exact(np.full((60, 90, 3), 200, dtype=np.uint8))
    clear = image_browser.score_map(np.eye(60, 90, dtype=np.bool_))
    glance = pd.DataFrame(
        {
            "Test set": ["walls", "roads", "bridges"],
            "FSV": [f"0.700 {MARKS[0]}", f"0.600 {MARKS[4]}", f"0.500 {MARKS[2]}"],
            "konig": [f"0.710 {MARKS[2]} (+0.010 ▲)", f"0.610 {MARKS[4]} (+0.010 ≈)", f"0.400 {MARKS[3]}"],
        }
    )
    seen = [f"{mark} (3 of 9)" for mark in (*MARKS, MARKS[0])]
    rows = pd.DataFrame({"Labels": list("abcdef"), "Seen": seen, "ODS": [*"12345", "12"]})
    sides = pd.DataFrame({"First": [f"a {MARKS[0]}"] * 2, "Second": [f"b {MARKS[0]}", f"c {MARKS[1]}"], "p": ["1"] * 2})
    other = pd.DataFrame({"Study": ["a"], "Seen": ["? not known"]})
    columns = pd.DataFrame({"Convention": ["F1"], f"a {MARKS[0]}": ["0.1"], f"b {MARKS[2]}": ["0.2"]})
    wide = pd.DataFrame({f"column {number}": ["0.598 [0.560, 0.631]"] for number in range(14)})
    whole = html.Page(
        "A report",
        f"Labels reach ODS 0.710 [0.660, 0.750] {MARKS[2]}, better than FSV: +0.010 [0.001, 0.020]. Not sure.",
        [
            html.Signs(dict.fromkeys(MARKS, "in a few words")),
            html.Table("Why", rows, folded=True),
            html.Table("Against FSV", glance, best={(0, 2)}, stacked=True),
            html.Notes(["What the marks mean."]),
        ],
        [html.Section("Numbers", [
            html.Table("Rows", rows), html.Table("Sides", sides), html.Table("Other", other), html.Table("By", columns),
            html.Table("Wide", wide), html.Notes(["What AP is."]),
        ])],
        html.Stage("A test image.", "Photo a", picture, dict.fromkeys(("mask", "labels", f"unet {MARKS[2]}"), clear)),
    )  # fmt: skip
    path = tmp_path_factory.mktemp("first") / "index.html"
    html.write(path, whole)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.browser() as opened:
        yield opened


def resized(browser: chromium.Browser, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.chrome("Emulation.setDeviceMetricsOverride", **metrics)


@pytest.fixture
def opened(browser: chromium.Browser, page: str) -> chromium.Browser:
    resized(browser, 1280)
    browser.open(page)
    return browser


def first_cells(browser: chromium.Browser, title: str) -> list[str]:
    return list(
        browser.run(
            "const heads = [...document.querySelectorAll('h3, summary')];"
            "const head = heads.find((each) => each.textContent === arguments[0]);"
            "const table = document.querySelector(`[aria-labelledby=${head.id}] table`);"
            "return [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[0].textContent)",
            title,
        )
    )


def unchoose(browser: chromium.Browser, *words: str) -> None:
    for word in words:
        browser.run("scrollTo(0, 0)")  # from below the line of sections
        browser.click(f".signs input[value='{word}']")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_screen_is_a_picture_sentences_then_tables_and_nothing_scrolls_sideways(
    browser: chromium.Browser, page: str, width: int
) -> None:
    resized(browser, width)
    browser.open(page)
    assert browser.complaints() == []
    tops = browser.run(
        "return ['.opening .frame', '.headline', '.signs', 'table', '.notes'].map((each) => {"
        "const shown = [...document.querySelectorAll(each)].find((one) => one.getClientRects().length);"
        "return shown.getBoundingClientRect().top})"
    )
    assert tops == sorted(tops) and tops[0] < 200
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("return document.querySelector('.opening .right').width >= 300")
    assert tops[1] < 900 and (width < 1280 or tops[3] < 900)  # the table too, before anybody scrolls


def test_the_winner_is_seen_on_a_phone_without_scrolling_sideways(browser: chromium.Browser, page: str) -> None:
    resized(browser, 390)
    browser.open(page)
    box = "const box = document.querySelector('td.best').getBoundingClientRect(); return [box.left, box.right]"
    left, right = browser.run(box)
    assert 0 <= left < right <= 390
    named = "return getComputedStyle(document.querySelector('td.best'), '::before').content"
    assert browser.run(named).startswith('"konig')


def test_the_first_column_stays_while_a_table_scrolls_sideways(browser: chromium.Browser, page: str) -> None:
    resized(browser, 390)
    browser.open(page)
    places = (
        "const wide = [...document.querySelectorAll('.wide')];"
        "const far = wide.find((each) => each.scrollWidth > each.clientWidth + 200);"
        "far.scrollLeft = 200; const row = far.querySelector('tbody tr');"
        "return [...row.cells].slice(0, 2).map((cell) => cell.getBoundingClientRect().left)"
    )
    first, second = browser.run(places)
    assert 0 <= first < 30 and second < 0


def test_notes_stand_behind_their_table_and_none_before_the_picture(opened: chromium.Browser) -> None:
    before = (
        "const [note, other] = document.querySelectorAll('.notes');"
        "const at = (one, two) => !!(one.compareDocumentPosition(two) & Node.DOCUMENT_POSITION_FOLLOWING);"
        "return [at(document.querySelector('.opening'), note), at(document.querySelector('h2'), other),"
        " at(note, document.querySelector('h2'))]"
    )
    assert opened.run(before) == [True, True, True]


def test_a_sign_tells_its_meaning(opened: chromium.Browser) -> None:
    titles = opened.run(
        "const signs = [...document.querySelectorAll('.seen')];"
        "return Object.fromEntries(signs.map((each) => [each.dataset.seen, each.title]))"
    )
    assert titles.pop("not known") == "the ledger does not tell"
    assert titles == {word: seen_signs.MEANINGS[word] for word in SIGNS}


def test_a_row_goes_whose_sign_is_not_chosen(opened: chromium.Browser) -> None:
    assert first_cells(opened, "Rows") == list("abcdef")
    unchoose(opened, "chosen on", "trained on")
    assert first_cells(opened, "Rows") == ["a", "b", "d", "f"]
    assert first_cells(opened, "Why") == ["a", "b", "d", "f"]
    assert first_cells(opened, "Other") == ["a"]  # there is no field for its sign
    unchoose(opened, "chosen on")  # chosen again
    assert first_cells(opened, "Rows") == ["a", "b", "c", "d", "f"]


def test_a_difference_goes_where_either_side_is_not_chosen(opened: chromium.Browser) -> None:
    unchoose(opened, "same photo")
    assert first_cells(opened, "Sides") == [f"a {MARKS[0]}"]


def test_of_several_numbers_in_a_row_those_pale_that_are_not_chosen(opened: chromium.Browser) -> None:
    unchoose(opened, "chosen on", "trained on")
    assert first_cells(opened, "Against FSV") == ["walls", "bridges"]
    pale = "return [...document.querySelectorAll('td.pale')].filter((each) => each.getClientRects().length)"
    assert opened.run(f"{pale}.map((each) => each.textContent)") == [
        f"0.710 {MARKS[2]} (+0.010 ▲)", f"0.500 {MARKS[2]}",
    ]  # fmt: skip
    assert first_cells(opened, "Wide") == ["0.598 [0.560, 0.631]"]  # without signs: as it was


def test_a_column_goes_by_the_sign_of_its_heading(opened: chromium.Browser) -> None:
    unchoose(opened, "chosen on")
    shown = opened.run(
        "const head = [...document.querySelectorAll('h3')].find((each) => each.textContent === 'By');"
        "const cells = [...document.querySelectorAll(`[aria-labelledby=${head.id}] tbody tr > *`)];"
        "return cells.filter((each) => !each.hidden).map((each) => each.textContent)"
    )
    assert shown == ["F1", "0.1"]


def test_signs_and_words_are_chosen_together_and_counted(opened: chromium.Browser) -> None:
    unchoose(opened, "unseen")
    assert opened.run("return document.querySelector('.signs output').value") == "13 of 19 rows"
    assert first_cells(opened, "Rows") == ["b", "c", "d", "e"]
    opened.type("section .filter input", "2")
    assert first_cells(opened, "Rows") == ["b"]
    unchoose(opened, "unseen")  # chosen again
    assert first_cells(opened, "Rows") == ["b", "f"]


def test_without_scripts_the_best_is_over_the_photo_and_the_line_explains_without_fields(page: str) -> None:
    with chromium.browser() as opened:
        opened.chrome("Emulation.setScriptExecutionDisabled", value=True)
        opened.open(page)
        opened.chrome("Emulation.setScriptExecutionDisabled", value=False)
        assert opened.run(
            "return [...document.querySelectorAll('.opening .stage img')].map((each) => [each.alt, each.naturalWidth])"
        ) == [["Photo a", 90], [f"unet {MARKS[2]}", 90]]
        assert opened.run("return [...document.querySelectorAll('.scripted')].every((each) => !each.offsetParent)")
        assert opened.run("return document.querySelector('.signs').textContent.includes('◕ tuned on: in a few words')")
        assert opened.run("return [...document.querySelectorAll('.signs input')].every((each) => !each.offsetParent)")


@pytest.mark.parametrize("dark", [False, True])
def test_signs_stand_out_on_every_ground(page: str, dark: bool) -> None:
    with chromium.browser(dark) as opened:
        opened.open(page)
        colours = opened.run(
            "const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);"
            "const ground = (each) => { while (getComputedStyle(each).backgroundColor === 'rgba(0, 0, 0, 0)')"
            " each = each.parentElement; return getComputedStyle(each).backgroundColor; };"
            "return [...document.querySelectorAll('.seen')].map((each) =>"
            " [rgb(getComputedStyle(each).color), rgb(ground(each))])"
        )
    assert len(colours) > 20 and len({tuple(ground) for _, ground in colours}) == 2
    assert min(contrast(ink, ground) for ink, ground in colours) >= 4.5


def contrast(ink: list[float], ground: list[float]) -> float:
    """WCAG 2.2."""

    def luminance(colour: list[float]) -> float:
        red, green, blue = ((c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05

    low, high = sorted((luminance(ink), luminance(ground)))
    return high / low


def test_it_prints_without_the_fields(opened: chromium.Browser, tmp_path: Path) -> None:
    opened.chrome("Emulation.setEmulatedMedia", media="print")
    try:
        assert opened.run("return [...document.querySelectorAll('.signs input')].every((each) => !each.offsetParent)")
        assert opened.run("return !!document.querySelector('.signs').offsetParent")
    finally:
        opened.chrome("Emulation.setEmulatedMedia", media="")
    assert opened.pdf().startswith(b"%PDF")
