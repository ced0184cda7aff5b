import base64
import hashlib
import json
from html.parser import HTMLParser

import pandas as pd
import pytest

from hairline.reporting import html
from hairline.reporting.figures import image_browser

EVIL = "<script>alert(\"x\")</script> & 'y'"
PNG = b"\x89PNG not really \x00\xff"


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags close in order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in {"meta", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.text.append(data)


def inner(tag, source):
    """What stands in the last element of a kind that has no attributes."""
    return source.rpartition(f"<{tag}>")[2].partition(f"</{tag}>")[0]


@pytest.fixture
def page():
    wide = pd.DataFrame({f"column {EVIL}": [f"cell {EVIL}", "0.598 [0.560, 0.631]"]})
    gates = [
        html.Gate(f"set {EVIL}", True, [], [f"warning {EVIL}"], []),
        html.Gate("bad", False, [f"error {EVIL}"], [], [f"waiver {EVIL}"]),
    ]
    shown = image_browser.Shown(f"id {EVIL}", f"test {EVIL}", {f"model {EVIL}": 0.25}, {"image": b"RIFF", "mask": b"W"})
    return html.Page(
        f"title {EVIL}",
        f"headline {EVIL}",
        [html.Notes([f"note {EVIL}"])],
        [
            html.Section("Tables", [html.Table(f"table {EVIL}", wide), html.Table(f"more {EVIL}", wide, True)]),
            html.Section("Curves", [html.Drawings(f"curves {EVIL}", {f"drawn {EVIL}": "<svg></svg>"})]),
            html.Section(
                f"heading {EVIL}",
                [
                    html.Picture(f"picture {EVIL}", f"alt {EVIL}", PNG),
                    html.Picture(f"folded {EVIL}", f"steps {EVIL}", PNG, "webp", folded=True),
                    image_browser.Browser([shown]),
                ],
            ),
            html.Section("Gates", [html.Gates(gates), html.Facts({f"fact {EVIL}": f"value {EVIL}"})]),
            html.Section("Empty", []),
        ],
    )


def test_everything_is_shown_and_escaped(page):
    source = html.render(page)
    reader = Reader(source)
    assert reader.open == []
    assert reader.tags.count("script") == 2 and source.count("<script") == 2  # the page's own, and the browser's data
    text = "".join(reader.text)
    for part in ("title", "headline", "note", "table", "more", "column", "cell", "curves", "heading", "picture",
                 "folded", "set", "warning", "error", "waiver", "fact", "value"):  # fmt: skip
        assert f"{part} {EVIL}" in text
    assert ("img", "alt", f"alt {EVIL}") in reader.attributes
    assert ("figure", "aria-label", f"drawn {EVIL}") in reader.attributes
    assert text.count("passed") == 1 and text.count("failed") == 1


def test_the_browser_gets_its_images_as_data_that_no_name_can_break_out_of(page):
    source = html.render(page)
    data = source.split('<script type="application/json">')[1].partition("</script>")[0]
    (image,) = json.loads(data)
    assert (image["id"], image["set"]) == (f"id {EVIL}", f"test {EVIL}") and image["f1"] == {f"model {EVIL}": 0.25}
    assert base64.b64decode(image["layers"]["image"].partition(",")[2]) == b"RIFF"


def test_headline_comes_before_tables_and_pictures(page):
    tags = Reader(html.render(page)).tags
    assert tags.index("h1") < tags.index("p") < tags.index("table") < tags.index("figure")


def test_page_refers_to_nothing_outside(page):
    reader = Reader(html.render(page))
    sources = [value for _, name, value in reader.attributes if name in {"src", "srcset", "data", "action"}]
    assert sources and all(value.startswith("data:image/") for value in sources)
    encoded = base64.b64encode(PNG).decode()
    assert {f"data:image/png;base64,{encoded}", f"data:image/webp;base64,{encoded}"} < set(sources)
    assert all(value.startswith("#") for _, name, value in reader.attributes if name == "href")
    assert not {"link", "iframe", "object", "base"} & set(reader.tags)
    inside = inner("style", html.render(page)) + inner("script", html.render(page))
    assert not [part for part in ("url(", "@import", "fetch", "//") if part in inside]


def test_the_policy_allows_the_script_of_the_page_and_no_other(page):
    source = html.render(page)
    digest = base64.b64encode(hashlib.sha256(inner("script", source).encode()).digest()).decode()
    (policy,) = [value for _, _, value in Reader(source).attributes if value and "-src" in value]
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy


def test_page_serves_light_dark_and_print(page):
    style = inner("style", html.render(page))
    for part in ("prefers-color-scheme: dark", "@media print", "color-scheme: light dark"):
        assert part in style
    assert style.count("{") == style.count("}")


def test_sections_without_content_are_left_out_of_page_and_menu(page):
    assert Reader(html.render(html.Page("t", "h", []))).tags.count("section") == 0
    reader = Reader(html.render(page))
    assert reader.tags.count("section") == 4
    links = [value[1:] for tag, name, value in reader.attributes if (tag, name) == ("a", "href")]
    names = {value for _, name, value in reader.attributes if name == "id"}
    assert len(links) == 5 and set(links) <= names and "Empty" not in "".join(reader.text)


def test_every_field_has_a_label_and_every_id_is_there_once(page):
    reader = Reader(html.render(page))
    ids = [value for _, name, value in reader.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    for _, name, value in reader.attributes:
        if name in {"aria-labelledby", "for"}:
            assert value in ids


def test_write_is_whole_and_repeatable(page, tmp_path):
    for _ in range(2):
        html.write(tmp_path / "reports" / "index.html", page)
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["index.html"]
    assert (tmp_path / "reports" / "index.html").read_text(encoding="utf-8") == html.render(page)
