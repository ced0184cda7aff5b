import base64
import dataclasses
from html.parser import HTMLParser

import pandas as pd
import pytest

from hairline import report

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
        if tag not in {"meta", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text.append(data)


@pytest.fixture
def page():
    return report.Page(
        title=f"title {EVIL}",
        headline=f"headline {EVIL}",
        notes=[f"note {EVIL}"],
        tables={f"table {EVIL}": pd.DataFrame({f"column {EVIL}": [f"cell {EVIL}", "0.598 [0.560, 0.631]"]})},
        pictures=[report.Picture(f"picture {EVIL}", f"alt {EVIL}", PNG)],
        steps=[report.Picture(f"folded {EVIL}", f"steps {EVIL}", PNG)],
        gates=[
            report.Gate(f"set {EVIL}", True, [], [f"warning {EVIL}"], []),
            report.Gate("bad", False, [f"error {EVIL}"], [], [f"waiver {EVIL}"]),
        ],
        facts={f"fact {EVIL}": f"value {EVIL}"},
    )


def test_everything_is_shown_and_escaped(page):
    source = report.html(page)
    reader = Reader(source)
    assert reader.open == []
    assert "script" not in reader.tags and "<script" not in source
    text = "".join(reader.text)
    for part in ("title", "headline", "note", "table", "column", "cell", "picture", "folded", "set", "warning", "error",
                 "waiver", "fact", "value"):  # fmt: skip
        assert f"{part} {EVIL}" in text
    assert ("img", "alt", f"alt {EVIL}") in reader.attributes
    assert text.count("passed") == 1 and text.count("failed") == 1


def test_headline_comes_before_tables_and_pictures(page):
    tags = Reader(report.html(page)).tags
    assert tags.index("h1") < tags.index("p") < tags.index("table") < tags.index("img")


def test_page_refers_to_nothing_outside(page):
    reader = Reader(report.html(page))
    sources = [value for _, name, value in reader.attributes if name in {"src", "href", "srcset", "data", "action"}]
    assert sources == ["data:image/png;base64," + base64.b64encode(PNG).decode()] * 2
    assert not {"link", "script", "iframe", "object", "base"} & set(reader.tags)
    assert "url(" not in report.STYLE and "@import" not in report.STYLE
    bare = dataclasses.replace(page, pictures=[], steps=[])
    assert "//" not in report.html(bare)
    assert ("meta", "content", report.POLICY) in reader.attributes


def test_page_serves_light_dark_and_print():
    for part in ("prefers-color-scheme: dark", "@media print", "color-scheme: light dark"):
        assert part in report.STYLE
    assert report.STYLE.count("{") == report.STYLE.count("}")


def test_sections_without_content_are_left_out(page):
    empty = report.Page("t", "h", [], {}, [], [], [], {})
    assert Reader(report.html(empty)).tags.count("section") == 0
    assert Reader(report.html(page)).tags.count("section") == 5


def test_write_is_whole_and_repeatable(page, tmp_path):
    for _ in range(2):
        report.write(tmp_path / "reports" / "index.html", page)
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["index.html"]
    assert (tmp_path / "reports" / "index.html").read_text(encoding="utf-8") == report.html(page)
