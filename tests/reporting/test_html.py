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
def page(tmp_path):
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
                    image_browser.browser([shown], tmp_path),
                ],
            ),
            html.Section("Gates", [html.Gates(gates), html.Facts({f"fact {EVIL}": f"value {EVIL}"})]),
            html.Section("Empty", []),
        ],
        html.Stage(f"typical {EVIL}", f"photo {EVIL}", PNG, {f"layer {EVIL}": b"R", f"best {EVIL}": b"I"},
                   {"red": f"legend {EVIL}"}),
    )  # fmt: skip


def test_everything_is_shown_and_escaped(page):
    source = html.render(page)
    reader = Reader(source)
    assert reader.open == []
    assert reader.tags.count("script") == 3 and source.count("<script") == 3  # the page's own, and data of both viewers
    text = "".join(reader.text)
    for part in ("title", "headline", "note", "table", "more", "column", "cell", "curves", "heading", "picture",
                 "folded", "set", "warning", "error", "waiver", "fact", "value", "typical", "legend"):  # fmt: skip
        assert f"{part} {EVIL}" in text
    assert {("img", "alt", f"{told} {EVIL}") for told in ("alt", "photo", "best")} <= set(reader.attributes)
    assert ("figure", "aria-label", f"drawn {EVIL}") in reader.attributes
    assert text.count("passed") == 1 and text.count("failed") == 1


def test_the_browser_gets_its_images_as_data_that_no_name_can_break_out_of(page):
    source = html.render(page)
    opening, browser = (
        json.loads(part.partition("</script>")[0]) for part in source.split('<script type="application/json">')[1:]
    )
    assert list(opening["layers"]) == [f"layer {EVIL}", f"best {EVIL}"]
    (image,) = browser["images"]
    assert (image["id"], image["set"]) == (f"id {EVIL}", f"test {EVIL}") and image["f1"] == {f"model {EVIL}": 0.25}
    assert base64.b64decode(browser["pictures"][image["layers"]["image"]].partition(",")[2]) == b"RIFF"


def test_the_picture_comes_first_then_the_headline_then_tables(page):
    source = html.render(page)
    parts = ("<h1>", '<img class="photo"', '<p class="headline">', "<table")
    assert [*map(source.index, parts)] == sorted(map(source.index, parts))


def test_a_page_without_a_picture_begins_with_its_headline():
    source = html.render(html.Page("t", "h", []))
    assert source.count('<p class="headline">h</p>') == 1 and '<img class="photo"' not in source


def rows_of(**columns):
    return [name.partition("-")[2] for name, _ in html.Table("Scores", pd.DataFrame(columns)).rows]


def test_rows_are_called_by_as_few_first_cells_as_tell_them_apart():
    assert rows_of(labels=["crf", "konig"], ods=["1", "2"]) == ["crf", "konig"]
    assert rows_of(labels=["crf", "crf"], model=["unet", "oed · 2"], ods=["1", "2"]) == ["crf-unet", "crf-oed-2"]
    assert rows_of(labels=["crf", "crf"]) == ["1", "2"]
    named = html.Table("Runs", pd.DataFrame({"a": ["x", "y"]}), names=["run-1", "run-2"])
    assert [name for name, _ in named.rows] == ["run-1", "run-2"]


def test_the_best_cell_stands_out_and_a_stacked_row_names_its_cells():
    frame = pd.DataFrame({"Set": ["walls"], "crf": ["0.5"], "konig": ["0.7"]})
    source = html.render(html.Page("t", "h", [html.Table("Scores", frame, best={(0, 2)}, stacked=True)]))
    assert '<td class="short best" data-head="konig">0.7</td>' in source and source.count("short best") == 1
    assert '<th scope="row" class="short" data-head="Set">walls</th>' in source


def test_pictures_beside_the_page_are_allowed_by_its_policy_alone(tmp_path):
    shown = image_browser.Shown("one", "walls", {}, {"image": b"RIFF"})
    for inside, allowed in ((100, "img-src data:;"), (0, "img-src data: 'self' file:;")):
        browser = image_browser.browser([shown], tmp_path, inside)
        assert allowed in html.render(html.Page("t", "h", [], [html.Section("Images", [browser])]))


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


def test_fsv_is_explained_wherever_it_stands():
    frame = pd.DataFrame({"Test set": ["walls"], "FSV": ["0.7"], "FSVish": ["0.6"]})
    source = html.render(html.Page("A report", "Not clearly different from FSV.", [html.Table("Against FSV", frame)]))
    told = '<abbr title="fully supervised, trained on manual masks">FSV</abbr>'
    assert f"different from {told}." in source and f'<th scope="col">{told}</th>' in source and ">FSVish<" in source
