"""The report as a reader has it: a page opened from a file in a headless browser. Skipped where there is none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest
from support import chromium

from hairline.reporting import html, run_tables
from hairline.reporting.figures import image_browser
from hairline.reporting.figures.image_browser import Shown

RUN = run_tables.Link("f00", "http://127.0.0.1:5000/#/runs/f00")
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
    runs = pd.DataFrame({"Run": ["train"], "MLflow run": [RUN]})
    layers = _shown("typical", "walls", {}, ("mask", "best labels", "best network")).layers
    stage = html.Stage("Test image typical.", "Photo typical", layers.pop("image"), layers)
    whole = html.Page(
        "A report",
        "Labels are as good as masks.",
        [],
        [
            html.Section("Numbers", [html.Table("Scores", frame), html.Table("More", frame, folded=True)]),
            html.Section("Images", [image_browser.browser(images, path.parent)]),
            html.Section("Runs", [html.Table("Runs", runs, names=["run-f00"])]),
        ],
        stage,
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
            "const told = (img) => img.hidden ? '' : img.alt;"
            "const [photo, left, right] = [...document.querySelectorAll('.browser .stage img')].map(told);"
            "return {image: part('image'), cut: part('cut'), photo, left, right,"
            " told: document.querySelector('.browser .counted').value,"
            " shown: document.querySelector('.browser .told').value};"
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


def test_browser_shows_two_layers_over_the_photo_with_a_cut_between(opened: chromium.Browser) -> None:
    state = _state(opened)
    assert (state["photo"], state["left"]) == ("one of walls", "mask, over one of walls")
    assert (state["right"], state["shown"]) == ("unet · konig, over one of walls", "unet · konig")
    opened.type(".browser [name=cut]", "right")
    assert _state(opened)["cut"] == "1" and _state(opened)["shown"] == "mask | unet · konig"
    clips = (
        "return ['left', 'right'].map((each) => getComputedStyle(document.querySelector(`.browser .${each}`)).clipPath)"
    )
    assert opened.run(clips) == ["inset(0px 99% 0px 0px)", "inset(0px 0px 0px 1%)"]
    opened.choose("right", "photo alone", "browser")
    assert _state(opened)["right"] == ""
    loaded = (
        "[...document.querySelectorAll('.browser .stage img')].every((img) => img.complete && img.naturalWidth === 90)"
    )
    opened.choose("right", "unet · konig", "browser")
    opened.wait(loaded)


def test_browser_steps_by_keys_and_keeps_the_chosen_layers(opened: chromium.Browser) -> None:
    opened.choose("left", "unet · konig", "browser")
    opened.choose("right", "mask", "browser")
    for key, expected in (("n", "two"), ("n", "three"), ("n", "one"), ("p", "three")):
        opened.type(".browser [name=next]", key)
        assert _state(opened)["image"] == expected
    assert _state(opened)["left"] == "unet · konig, over three of walls"
    assert _state(opened)["told"] == "Image 3 of 3: three of walls"


def test_the_opening_blinks_fades_and_enlarges_by_keyboard_alone(opened: chromium.Browser) -> None:
    assert opened.run("return document.querySelector('.opening .told').value") == "best network"
    frame = ".opening .frame"
    told, style = (
        "return document.querySelector('.opening .told').value",
        "document.querySelector('.opening .stage').style",
    )
    for key, shown in (("b", "best labels"), ("b", "best network"), ("2", "mask"), ("1", "photo alone")):
        opened.type(frame, key)
        assert opened.run(told) == shown
    opened.type(frame, "[")
    assert opened.run(f"return {style}.getPropertyValue('--opacity')") == "0.75"
    opened.type(frame, "right")
    assert opened.run(told) == "best labels | photo alone"
    opened.type(frame, "+")
    assert "scale(1.5)" in opened.run(f"return {style}.transform")
    before = opened.run(f"return {style}.transform")
    opened.type(frame, "right")
    assert opened.run(f"return {style}.transform") != before and opened.run(told) == "best labels | photo alone"
    opened.type(frame, "0")
    assert "scale(1)" in opened.run(f"return {style}.transform")
    opened.type(frame, "h")
    assert opened.run("return getComputedStyle(document.querySelector('.opening .photo')).visibility") == "hidden"
    assert opened.run("return document.querySelector('.opening .keys').getClientRects().length > 0")


def test_blinking_goes_on_until_it_is_stopped_and_not_where_motion_is_unwanted(
    opened: chromium.Browser,
) -> None:
    count = (
        "const told = document.querySelector('.opening .told'); window.seen = [told.value];"
        "clearInterval(window.ticks); window.ticks = setInterval(() => {"
        " if (window.seen.at(-1) !== told.value) window.seen.push(told.value); }, 20);"
    )
    opened.run(count)
    opened.click(".opening [name=blink]")
    opened.wait("window.seen.length >= 4")
    opened.click(".opening [name=blink]")
    assert opened.run("return document.querySelector('.opening [name=blink]').ariaPressed") == "false"
    opened.chrome("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    try:
        for _ in range(2):
            before = opened.run(count + "return window.seen[0]")
            opened.click(".opening [name=blink]")
            assert opened.run("return document.querySelector('.opening .told').value") != before
            assert opened.run("return document.querySelector('.opening [name=blink]').ariaPressed") == "false"
    finally:
        opened.chrome("Emulation.setEmulatedMedia", features=[])


def test_two_fingers_and_the_wheel_enlarge_and_a_plain_wheel_scrolls(opened: chromium.Browser) -> None:
    scale = "return new DOMMatrix(getComputedStyle(document.querySelector('.opening .stage')).transform).a"
    wheel = (
        "const event = new WheelEvent('wheel', {deltaY: -100, ctrlKey: arguments[0], cancelable: true, bubbles: true});"
        "document.querySelector('.opening .frame').dispatchEvent(event); return event.defaultPrevented"
    )
    assert opened.run(wheel, False) is False and opened.run(scale) == 1
    assert opened.run(wheel, True) is True and opened.run(scale) > 2
    opened.click(".opening [name=whole]")
    box = opened.run(
        "const box = document.querySelector('.opening .frame').getBoundingClientRect(); return [box.x + 60, box.y + 60]"
    )
    for name, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60)):
        points = [{"x": box[0] - apart, "y": box[1], "id": 1}, {"x": box[0] + apart, "y": box[1], "id": 2}]
        opened.chrome("Input.dispatchTouchEvent", type=name, touchPoints=points)
    opened.chrome("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    assert 2.5 < opened.run(scale) < 3.5


def test_links_lead_to_an_image_and_a_model_and_follow_what_is_shown(opened: chromium.Browser, page: str) -> None:
    opened.open("about:blank")
    opened.open(f"{page}#image=roads/four&model=oed+%C2%B7+konig")
    assert _state(opened)["right"] == "oed · konig, over four of roads"
    assert opened.run("return scrollY > 100")
    opened.choose("set", "walls")
    opened.type(".browser [name=next]", "n")
    assert opened.run("return location.hash") == "#image=walls/two&model=unet+%C2%B7+konig"
    opened.run("location.hash = '#image=walls/three'")
    opened.wait("document.querySelector('.browser [name=image]').value === 'three'")


def test_a_click_on_a_cell_gives_a_link_to_it_which_unfolds_and_marks_it(opened: chromium.Browser, page: str) -> None:
    marked = "return [...document.querySelectorAll('.marked')].map((each) => each.textContent)"
    opened.click("table.sortable tbody tr:nth-child(3) td")
    row = opened.run("return document.querySelector('.marked').parentElement.id")
    assert opened.run("return location.hash") == f"#{row}&column=ODS" and opened.run(marked) == ["0.7"]
    folded = opened.run("return document.querySelector('details tr:nth-child(4)').id")
    opened.open("about:blank")
    opened.open(f"{page}#{folded}&column=ODS")
    assert opened.run(marked) == ["1,024"] and opened.run("return document.querySelector('details').open")
    opened.open("about:blank")
    opened.open(f"{page}#run-f00")
    assert opened.run("return document.querySelector('.marked').cells[0].textContent") == "train"


def test_a_link_unhides_its_row_and_one_that_leads_nowhere_is_told(opened: chromium.Browser, page: str) -> None:
    row = opened.run("return document.querySelector('table.sortable tbody tr:nth-child(3)').id")
    opened.type(".filter input", "nothing has this")
    opened.run("location.hash = arguments[0]", f"#{row}&column=ODS")
    opened.wait("document.querySelector('.marked')?.checkVisibility()")
    lost = "return [document.querySelector('.lost').checkVisibility(), document.querySelector('.lost').textContent]"
    assert opened.run(lost)[0] is False
    for link, named in (("#image=walls/nine", "walls/nine"), ("#run-f99", "run-f99")):
        opened.open("about:blank")
        opened.open(page + link)
        assert opened.run(lost) == [True, f"The link leads to {named}, which is not on this page, or no more."]
    opened.run("location.hash = '#main'")
    opened.wait("document.querySelector('.lost').hidden")


def test_a_button_copies_address_and_id_of_a_run(opened: chromium.Browser) -> None:
    opened.run(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));"
        "document.addEventListener('copy', () => { window.copied = document.activeElement.value; });"
    )
    opened.click("button.copy")
    assert opened.wait("window.copied") == "http://127.0.0.1:5000/#/runs/f00\nf00"
    assert opened.wait("document.querySelector('button.copy').textContent") == "Copied"


@pytest.mark.parametrize("by", ["file", "http"])
def test_pictures_beside_the_page_come_on_sight(browser: chromium.Browser, tmp_path: Path, by: str) -> None:
    maps = _shown("", "", {}, ("unet · konig",)).layers
    layers = [{**maps, "image": _noise(number)} for number in range(60)]
    shown = [Shown(f"{number}", "walls", {"unet · konig": 0.5}, each) for number, each in enumerate(layers)]
    section = html.Section("Images", [image_browser.browser(shown, tmp_path, 1000)])
    html.write(tmp_path / "index.html", html.Page("A report", "Many images.", [], [section]))
    browser.chrome("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=False)
    with served(tmp_path) if by == "http" else nullcontext(tmp_path.as_uri()) as address:
        browser.open(f"{address}/index.html")
        loaded = "[...document.querySelectorAll('{}')].filter((img) => img.complete && img.naturalWidth)"
        browser.wait(loaded.format(".browser .stage img") + ".length === 3")
        browser.run("document.querySelector('.thumbs').scrollIntoView()")
        thumbs = loaded.format(".thumbs img")
        browser.wait(f"{thumbs}.length > 3")
        assert browser.run(f"return {thumbs}.length") < 50
        browser.run("document.querySelector('.thumbs').scrollTo(0, 1e9)")
        browser.wait(f"{thumbs}.at(-1) === [...document.querySelectorAll('.thumbs img')].at(-1)")
        assert [each for each in browser.complaints() if "favicon" not in each] == []
        if by == "file":  # which the browser keeps no copy of
            shutil.rmtree(tmp_path / image_browser.FOLDER)  # as by a report that is made anew meanwhile
            browser.open(f"{address}/index.html")
            browser.wait("document.querySelector('.browser .told').value.startsWith('The picture is not there')")
            browser.open("about:blank")
            browser.complaints()
    browser.chrome("Emulation.clearDeviceMetricsOverride")


def _noise(number: int) -> bytes:
    return image_browser.photo(np.random.default_rng(number).integers(0, 256, (60, 90, 3), dtype=np.uint8))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A folder by HTTP."""
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_browser_finds_worst_and_best_of_a_model_among_its_kept_predictions(opened: chromium.Browser) -> None:
    images = "return [...document.querySelector('[name=image]').options].map((option) => option.text)"
    opened.choose("order", "worst of unet · konig")
    assert opened.run(images) == ["two", "three", "one"]
    assert _state(opened)["right"] == "unet · konig, over two of walls"
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
    opened.run(
        "const above = document.createElement('details'); document.querySelector('section').before(above);"
        "dispatchEvent(new Event('beforeprint'))"
    )
    unfolded = "return [...document.querySelectorAll('section details')].every((each) => each.open)"
    assert opened.run(unfolded) and not opened.run("return document.querySelector('main > details').open")
    opened.run("dispatchEvent(new Event('afterprint'))")
    assert not opened.run("return document.querySelector('section details').open")
