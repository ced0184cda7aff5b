"""The report as a reader has it: a page opened from a file in a headless browser. Skipped where there is none."""

from collections.abc import Iterator
from pathlib import Path

import chromium
import numpy as np
import pandas as pd
import pytest

from hairline.reporting import html
from hairline.reporting.figures import image_browser
from hairline.reporting.figures.image_browser import Shown

SCORES = ["0.598 [0.560, 0.631]", "–", "0.7", "1,024", "−0.2", "0.05 (+0.010 ▲)", "not run"]


def _shown(sample_id: str, test_set: str, f1: dict[str, float], kept: tuple[str, ...]) -> Shown:
    image = np.full((60, 90, 3), 40, dtype=np.uint8)
    mask = np.zeros((60, 90), dtype=np.bool_)
    mask[20:30] = True
    layers = {"image": image_browser.photo(image), "mask": image_browser.score_map(mask)}
    layers |= {name: image_browser.score_map(np.full((60, 90), 200, dtype=np.uint8)) for name in kept}
    return Shown(sample_id, test_set, f1, layers)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    frame = pd.DataFrame({"Name": list("gfedcba"), "ODS": SCORES})
    images = [
        _shown("one", "walls", {"oed · konig": 0.2, "unet · konig": 0.9}, ("unet · konig",)),
        _shown("two", "walls", {"oed · konig": 0.7, "unet · konig": 0.1}, ("unet · konig", "oed · konig")),
        _shown("three", "walls", {"oed · konig": 0.8, "unet · konig": 0.5}, ("unet · konig",)),
        _shown("four", "roads", {"oed · konig": 0.4}, ("oed · konig",)),
    ]
    path = tmp_path_factory.mktemp("page") / "index.html"
    whole = html.Page(
        "A report",
        "Labels are as good as masks.",
        [],
        [
            html.Section("Numbers", [html.Table("Scores", frame), html.Table("More", frame, folded=True)]),
            html.Section("Images", [image_browser.Browser(images)]),
        ],
    )
    html.write(path, whole)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.browser() as opened:
        yield opened


@pytest.fixture
def opened(browser: chromium.Browser, page: str) -> chromium.Browser:
    """The page, opened anew."""
    browser.open(page)
    return browser


def _column(browser: chromium.Browser, place: int) -> list[str]:
    rows = "[...document.querySelector('table.sortable tbody').rows].filter((row) => !row.hidden)"
    return list(browser.run(f"return {rows}.map((row) => row.cells[{place}].textContent)"))


def _state(browser: chromium.Browser) -> dict[str, str]:
    return dict(
        browser.run(
            "const part = (name) => document.querySelector(`.browser [name=${name}]`).value;"
            "const [under, over] = [...document.querySelectorAll('.stage img')].map((img) => img.alt);"
            "return {image: part('image'), cut: part('cut'), under, over,"
            " told: document.querySelector('.browser output').value};"
        )
    )


def test_nothing_is_complained_of_and_nothing_scrolls_sideways(opened: chromium.Browser) -> None:
    assert opened.complaints() == []
    assert opened.run("return document.documentElement.scrollWidth <= innerWidth")


def test_a_heading_sorts_numbers_by_value_and_words_after_them(opened: chromium.Browser) -> None:
    heading = "table.sortable th:nth-child(2)"
    opened.click(f"{heading} button")
    assert _column(opened, 1) == ["−0.2", "0.05 (+0.010 ▲)", "0.598 [0.560, 0.631]", "0.7", "1,024", "–", "not run"]
    opened.type(f"{heading} button", "enter")  # by keyboard
    assert _column(opened, 1)[:5] == ["1,024", "0.7", "0.598 [0.560, 0.631]", "0.05 (+0.010 ▲)", "−0.2"]
    assert opened.run(f"return document.querySelector('{heading}').getAttribute('aria-sort')") == "descending"
    opened.click("table.sortable th:nth-child(1) button")
    assert _column(opened, 0) == list("abcdefg")


def test_a_filter_keeps_rows_with_every_word_and_says_how_many(opened: chromium.Browser) -> None:
    opened.type(".filter input", "0. G")
    assert _column(opened, 0) == ["g"]
    assert opened.run("return document.querySelector('.filter output').value") == "1 of 7 rows"


def test_browser_shows_two_layers_with_a_slider_between(opened: chromium.Browser) -> None:
    state = _state(opened)
    assert (state["under"], state["over"]) == ("image of one of walls", "mask of one of walls")
    opened.type(".browser [name=cut]", "home")
    opened.type(".browser [name=cut]", "right")
    assert _state(opened)["cut"] == "1"
    assert opened.run("return getComputedStyle(document.querySelector('.over')).clipPath") == "inset(0px 0px 0px 1%)"
    opened.choose("right", "unet · konig")
    assert _state(opened)["over"] == "unet · konig of one of walls"
    opened.wait("[...document.querySelectorAll('.stage img')].every((img) => img.complete && img.naturalWidth === 90)")


def test_browser_steps_by_keys_and_keeps_the_chosen_layers(opened: chromium.Browser) -> None:
    opened.choose("right", "unet · konig")
    opened.type(".browser [name=right]", "tab")
    for key, expected in (("n", "two"), ("n", "three"), ("n", "one"), ("p", "three")):
        opened.type(".browser [name=next]", key)
        assert _state(opened)["image"] == expected
    assert _state(opened)["over"] == "unet · konig of three of walls"
    assert _state(opened)["told"] == "Image 3 of 3: three of walls"


def test_browser_finds_worst_and_best_of_a_model_among_its_kept_predictions(opened: chromium.Browser) -> None:
    images = "return [...document.querySelector('[name=image]').options].map((option) => option.text)"
    opened.choose("order", "worst of unet · konig")
    assert opened.run(images) == ["two", "three", "one"]
    assert _state(opened)["over"] == "unet · konig of two of walls"
    opened.choose("order", "best of unet · konig")
    assert opened.run(images) == ["one", "three", "two"]
    opened.choose("order", "worst of oed · konig")
    assert opened.run(images) == ["two"]
    opened.choose("order", "lowest mean F1 first")
    assert opened.run(images) == ["two", "one", "three"]
    opened.choose("set", "roads")
    assert opened.run(images) == ["four"]


def test_the_policy_refuses_a_script_that_is_not_the_pages(opened: chromium.Browser) -> None:
    opened.run(
        "const script = document.createElement('script'); script.textContent = 'window.broken = true';"
        "document.body.append(script);"
    )
    assert opened.run("return window.broken === undefined")
    assert any("Content Security Policy" in message for message in opened.complaints())


def test_text_stands_out_in_light_and_dark(page: str) -> None:
    grounds = set()
    for dark in (False, True):
        with chromium.browser(dark) as opened:
            opened.open(page)
            for selector in ("body", ".quiet", "nav a"):
                assert _contrast(opened, selector) >= 4.5
            grounds.add(opened.run("return getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def _contrast(browser: chromium.Browser, selector: str) -> float:
    """Contrast of an element's text to the page (WCAG 2.2)."""
    colours = browser.run(
        f"return [document.querySelector('{selector}'), document.body].map((each, at) =>"
        "getComputedStyle(each)[at ? 'backgroundColor' : 'color'].match(/\\d+/g).slice(0, 3).map(Number))"
    )
    linear = [[(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in each] for each in colours]
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05 for r, g, b in linear), reverse=True)
    return float(light / dark)


def test_it_prints_with_everything_unfolded(opened: chromium.Browser, tmp_path: Path) -> None:
    assert opened.pdf().startswith(b"%PDF")
    opened.run("dispatchEvent(new Event('beforeprint'))")
    assert opened.run("return [...document.querySelectorAll('details')].every((each) => each.open)")
