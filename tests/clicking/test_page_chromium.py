"""The page of clicks as somebody uses it, in a headless browser."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import chromium, clicking

from hairline.data import clicks

CLICKS = 80
"""Several screens full."""

WORDS = {"1": "crack", "2": "no_crack", "3": "unsure", "c": "crack", "n": "no_crack", "u": "unsure"}
READY = (
    "document.querySelectorAll('.tile').length && [...document.querySelectorAll('.tile')].every((each) => "
    "!each.dataset.label) && [...document.querySelectorAll('.tile img')].every((each) => each.matches('.there'))"
)
SAVED = "document.querySelectorAll('.tile').length && !document.querySelector('.tile.saving')"


@pytest.fixture(scope="module")
def browser() -> Iterator[chromium.Browser]:
    with chromium.browser() as opened:
        yield opened


def sized(browser: chromium.Browser, width: int, height: int, mobile: bool = False) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    browser.chrome("Emulation.setDeviceMetricsOverride", **metrics)


def begin(browser: chromium.Browser, server: clicking.Server, who: str) -> None:
    fresh(browser, server)
    browser.type("#who", who)
    browser.type("#who", "enter")
    seen(browser)


def fresh(browser: chromium.Browser, server: clicking.Server) -> None:
    """The page as somebody sees it who was never there."""
    browser.open(f"{server.url}page.css")
    browser.run("localStorage.clear()")
    browser.open(server.url)
    browser.wait("!document.querySelector('#door').hidden")
    browser.complaints()  # of a page before


def seen(browser: chromium.Browser) -> int:
    """Wait until a fresh screen is there; how many patches it has."""
    browser.wait(READY, 60)
    time.sleep(0.3)
    return int(browser.run("return document.querySelectorAll('.tile').length"))


def rows(folder: Path, who: str) -> list[dict[str, str]]:
    with (folder / "clicks" / f"{who}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_when(count: int, folder: Path, who: str) -> list[dict[str, str]]:
    """The rows once there are so many, or what there is after a while."""
    deadline = time.monotonic() + 30
    while len(rows(folder, who)) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return rows(folder, who)


def pressed(browser: chromium.Browser, count: int, who: str, folder: Path) -> list[str]:
    """Press keys until so many patches have a label; the labels that were meant."""
    meant: list[str] = []
    while len(meant) < count:
        keys = [("1223u2n22c2")[number % 11] for number in range(min(seen(browser), count - len(meant)))]
        browser.type("body", "".join(keys))
        meant += [WORDS[each] for each in keys]
        browser.wait(f"({SAVED}) && document.querySelector('#banner').hidden", 60)
    rows_when(count, folder, who)
    return meant


@pytest.mark.slow
def test_many_clicks_by_keyboard_are_on_disk_in_their_order_and_undo_takes_back(
    browser: chromium.Browser, tmp_path: Path
) -> None:
    clicking.photos(tmp_path / "images", clicking.HOSTILE, (192, 256))
    with clicking.server(tmp_path) as server:
        sized(browser, 1280, 860)
        begin(browser, server, "Jörg")
        meant = pressed(browser, CLICKS, "Jörg", tmp_path)
        found = rows(tmp_path, "Jörg")
        assert [row["label"] for row in found] == meant
        assert len({(row["photo"], row["x"], row["y"]) for row in found}) == CLICKS
        assert {row["photo"] for row in found} == set(clicking.HOSTILE)
        browser.type("body", "zzz")
        browser.wait(f"document.querySelector('#labelled').textContent === '{CLICKS - 3}'")
        undone = rows(tmp_path, "Jörg")[CLICKS:]
        assert [row["label"] for row in undone] == ["undo"] * 3
        assert [(row["photo"], row["x"]) for row in undone] == [(row["photo"], row["x"]) for row in found[:-4:-1]]
        current = browser.run("return document.querySelector('.tile.current').getAttribute('aria-label')")
        assert undone[-1]["photo"] in current and "no label yet" in current
        browser.open(server.url)  # it knows the name, and can still undo
        seen(browser)
        browser.type("body", "z")
        browser.wait(f"document.querySelector('#labelled').textContent === '{CLICKS - 4}'")
        assert rows(tmp_path, "Jörg")[-1]["photo"] == found[CLICKS - 4]["photo"]
        assert browser.complaints() == []


def test_a_server_killed_in_the_middle_loses_no_click_and_the_page_says_so(
    browser: chromium.Browser, tmp_path: Path
) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg", "b.jpg"], (192, 256))
    with clicking.server(tmp_path) as server:
        sized(browser, 1280, 860)
        begin(browser, server, "anna")
        browser.type("body", "12")
        browser.wait(SAVED)
        server.kill()
        browser.type("body", "313")
        browser.wait("document.querySelector('#banner').textContent.includes('3 clicks not saved yet')")
        assert [row["label"] for row in rows(tmp_path, "anna")] == ["crack", "no_crack"]
        again = clicking.Server(tmp_path, server.port)
        try:
            browser.wait(f"document.querySelector('#banner').hidden && {SAVED}", 30)
            labels = [row["label"] for row in rows(tmp_path, "anna")]
            assert labels == ["crack", "no_crack", "unsure", "crack", "unsure"]
        finally:
            again.kill()


def test_two_people_at_once_see_other_patches(browser: chromium.Browser, tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg", "b.jpg"], (192, 256))
    with clicking.server(tmp_path) as server, chromium.browser() as other:
        sized(browser, 1280, 860)
        begin(browser, server, "anna")
        begin(other, server, "bob")
        for number in range(10):
            browser.type("body", "12"[number % 2])
            other.type("body", "21"[number % 2])
        for each in (browser, other):
            each.wait(SAVED)
            each.wait("document.querySelector('#labelled').textContent === '20'")
        people = [{(row["photo"], row["x"], row["y"]) for row in rows(tmp_path, who)} for who in ("anna", "bob")]
        assert [len(each) for each in people] == [10, 10] and not people[0] & people[1]
    assert list(clicks.read(tmp_path / "clicks")[0].values()).count("crack") == 10


def test_on_a_phone_fingers_do_all_of_it(browser: chromium.Browser, tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg", "<b>ü</b> & 'c'.jpg"], (192, 256))
    with clicking.server(tmp_path) as server:
        sized(browser, 390, 844, True)
        begin(browser, server, "anna")
        assert browser.run("return [document.documentElement.scrollWidth, innerWidth, scrollY]") == [390, 390, 0]
        small = browser.run(
            "return [...document.querySelectorAll('button')].filter((each) => each.offsetParent).filter((each) => "
            "each.offsetWidth < 44 || each.offsetHeight < 44).map((each) => each.id || each.textContent)"
        )
        assert small == []
        boxes = "[...document.querySelectorAll('.tile')].map((each) => [each.offsetLeft, each.offsetTop]).join()"
        before = browser.run(f"return {boxes}")
        browser.click(".tile:nth-child(3)")
        browser.click(".answer.unsure")
        browser.click(".answer.crack")
        browser.click(".tile:nth-child(1)")
        browser.click(".answer.no_crack")
        browser.wait(SAVED)
        assert browser.run(f"return {boxes}") == before  # nothing moved
        labels = "return [...document.querySelectorAll('.tile')].map((each) => each.dataset.label ?? '')"
        assert browser.run(labels)[:4] == ["no_crack", "", "unsure", "crack"]
        browser.click("#undo")
        browser.wait(SAVED)
        assert browser.run(labels)[:4] == ["", "", "unsure", "crack"]
        assert [row["label"] for row in rows(tmp_path, "anna")] == ["unsure", "crack", "no_crack", "undo"]
        browser.click("#look")
        browser.wait("document.querySelector('#viewer img')?.complete")
        assert browser.run("return document.querySelector('#viewer .name').textContent") in (
            "a.jpg",
            "<b>ü</b> & 'c'.jpg",
        )
        browser.click("#viewer [data-close]")
        browser.click("#more")
        assert browser.run("return !document.querySelector('#panel').hidden")
        assert browser.complaints() == []


def test_what_nobody_has_seen_gets_no_label(browser: chromium.Browser, tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg"], (192, 256))
    with clicking.server(tmp_path) as server:
        sized(browser, 1280, 860)
        begin(browser, server, "anna")
        browser.run("document.querySelector('.tile.current img').classList.remove('there')")
        browser.type("body", "1")
        held = "dispatchEvent(new KeyboardEvent('keydown', {key: '1', repeat: true}))"
        browser.run("document.querySelector('.tile.current img').classList.add('there');" + held)
        browser.type("body", "2")
        browser.wait(SAVED)
        assert [row["label"] for row in rows(tmp_path, "anna")] == ["no_crack"]


def test_a_name_that_is_none_is_told_beside_the_field(browser: chromium.Browser, tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg"])
    with clicking.server(tmp_path) as server:
        fresh(browser, server)
        browser.type("#who", "../etc")
        browser.type("#who", "enter")
        browser.wait("document.querySelector('#refused').textContent.includes('cannot be a person')")
        assert not (tmp_path / "clicks").exists()


def test_the_last_screen_says_that_nothing_is_left(browser: chromium.Browser, tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg"], (64, 64))
    with clicking.server(tmp_path) as server:
        sized(browser, 1280, 860)
        begin(browser, server, "anna")
        browser.type("body", "1212")
        browser.wait("document.querySelector('.done')")
        assert [row["label"] for row in rows_when(4, tmp_path, "anna")] == ["crack", "no_crack"] * 2
        browser.type("body", "z")
        browser.wait("document.querySelectorAll('.tile').length === 1")
