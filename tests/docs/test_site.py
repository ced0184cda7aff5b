"""The site (tools/docs_site.py): what it generates from the code, what it finds wrong, and that it is built."""

from pathlib import Path
from typing import Annotated, Literal

import docs_reference
import docs_site
import pytest
from annotated_types import Ge, Gt, Le, MinLen
from support.chromium import browser

import hairline
from hairline.config import params
from hairline.io.options import checked_dataclass

ROOT = Path(__file__).parents[2]

ELEMENTS = """
window.elements = (root) =>
  [...root.querySelectorAll("*")].flatMap((each) => [each, ...(each.shadowRoot ? elements(each.shadowRoot) : [])])
"""
TYPED = """
const field = elements(document).find((each) => each.type == "text");
Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "erosion_px");
field.dispatchEvent(new Event("input", {bubbles: true}))
"""
FOUND = """
elements(document).some(
  (each) => each.tagName == "A" && each.getRootNode() != document && /erosion_px/.test(each.innerText))
"""


@checked_dataclass
class Inner:
    """Within.

    Attributes:
        radius_px: Of the filter,
            as :mod:`hairline.labelling` has it, a|b.
    """

    radius_px: Annotated[int, Gt(0), Le(9)]


@checked_dataclass
class Outer:
    """Without.

    Attributes:
        kind: ``soft`` or not.
    """

    kind: Literal["soft", "hard"] | None
    inner: Inner
    windows_px: Annotated[tuple[Annotated[float, Ge(0.5)], ...], MinLen(1)]


def test_the_page_of_the_python_interface_has_every_public_name_once() -> None:
    named = [name for names in docs_reference.PUBLIC.values() for name in names]
    assert sorted(named) == sorted(hairline.__all__)


def test_every_section_of_the_parameters_has_its_place() -> None:
    assert {*docs_reference.SECTIONS, *docs_reference.PLAIN} == set(params.SECTIONS)


def test_values_with_their_bounds_and_meanings_are_read_from_the_options() -> None:
    assert docs_reference.rows(Outer) == [
        ("kind", "`soft` | `hard` | null", "`soft` or not."),
        ("inner.radius_px", "integer > 0 and ≤ 9", "Of the filter, as `hairline.labelling` has it, a\\|b."),
        ("windows_px", "list of number ≥ 0.5 at least 1 of them", ""),
    ]


def test_every_command_and_its_options_are_told() -> None:
    page = docs_reference.command_line()
    assert "## hairline annotate export\n" in page and "## hairline predict\n" in page
    assert "| `--average` none\\|flips\\|scales\\|both | Views of a photo to average over. Default: `none`. |" in page


def test_links_to_files_outside_the_pages_become_words(tmp_path: Path) -> None:
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    source = tmp_path / "docs" / "deep" / "a.md"
    source.write_text("[b](../b.md#x) [readme](../../README.md) [code](../../src/x.py) [out](https://example.org)")
    assert docs_site._placed(source, Path("deep/a.md"), tmp_path) == (
        "[b](../b.md#x) [readme](../index.md) code [out](https://example.org)"
    )


def test_links_that_lead_nowhere_and_loads_from_elsewhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here">1</a><a href="b.html#gone">2</a><a href="c.html">3</a><a href="https://example.org">4</a>'
        '<script src="https://example.org/x.js"></script><img src="lost.png"><link rel="canonical" href="https://x.org">'
    )
    (tmp_path / "b.html").write_text('<p id="here">')
    (tmp_path / "a.css").write_text("@font-face { src: url(https://example.org/font.woff) }")
    assert sorted(docs_site.faults(tmp_path)) == [
        "a.css: loads url(https://example.org/font.woff)",
        "a.html: b.html#gone has no such place",
        "a.html: c.html leads nowhere",
        "a.html: loads https://example.org/x.js",
        "a.html: lost.png is not there",
    ]


@pytest.mark.slow
def test_the_site_is_built_strictly_and_searched_from_a_disk(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("zensical")
    assert docs_site.main([]) == 0, capfd.readouterr().out
    with browser() as opened:
        opened.open((ROOT / "build/site/inspection/photos.html").as_uri())
        opened.click(".md-search__button")
        opened.run(ELEMENTS)
        opened.wait("elements(document).some((each) => each.type == 'text')")
        opened.run(TYPED)
        opened.wait(FOUND)
        assert opened.complaints() == []
