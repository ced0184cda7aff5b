"""What docs and docstrings refer to is there: pages, numbered sections of docs/method.md, links with their anchors."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOLDERS = ("src", "pipeline", "tests", "benchmarks", "tools")
CODE_FILES = [path for name in FOLDERS for path in sorted((ROOT / name).rglob("*.py")) if path != Path(__file__)]
TEXTS = [*PAGES, *CODE_FILES, *ROOT.glob("*.yaml"), *sorted((ROOT / "profiles").rglob("*.yaml"))]

PAGE = re.compile(r"(?<![\w/.-])docs/[\w-]+\.md")
SECTION = re.compile(r"docs/method\.md §(\d+)(?:-§?(\d+))?")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def lost_pages(text: str, root: Path) -> list[str]:
    """Pages of docs that a text names and that are not there."""
    return [name for name in PAGE.findall(text) if not (root / name).is_file()]


def sections(text: str) -> Iterator[int]:
    """Numbers of the sections of docs/method.md that a text names, both ends of a range."""
    return (int(number) for found in SECTION.findall(text) for number in found if number)


def numbered(page: str) -> list[int]:
    """Numbers of a page's numbered sections, in order."""
    return [int(number) for number in re.findall(r"^## (\d+) \S", page, re.MULTILINE)]


def anchors(page: str) -> set[str]:
    """Anchors of a page's headings as GitHub makes them."""
    found: dict[str, int] = {}
    made = set()
    for heading in HEADING.findall(re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)):
        plain = LINK.sub(lambda link: link.group(0)[1:].partition("]")[0], heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        seen = found[anchor] = found.get(anchor, -1) + 1
        made.add(f"{anchor}-{seen}" if seen else anchor)
    return made


def lost_links(page: Path) -> list[str]:
    """Relative links of a page whose file or anchor is not there."""
    lost = []
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            lost.append(link)
    return lost


def test_pages_that_texts_name_exist() -> None:
    lost = {str(path.relative_to(ROOT)): lost_pages(path.read_text(), ROOT) for path in TEXTS}
    assert {path: pages for path, pages in lost.items() if pages} == {}


def test_sections_of_the_method_that_texts_name_exist() -> None:
    there = set(numbered((ROOT / "docs" / "method.md").read_text()))
    lost = {str(path.relative_to(ROOT)): set(sections(path.read_text())) - there for path in TEXTS}
    assert {path: numbers for path, numbers in lost.items() if numbers} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    assert lost_links(page) == []


def test_sections_of_the_method_are_numbered_without_a_gap() -> None:
    numbers = numbered((ROOT / "docs" / "method.md").read_text())
    assert numbers == list(range(1, len(numbers) + 1))


def test_docstrings_point_into_the_method() -> None:
    named = {number for path in CODE_FILES for number in sections(path.read_text())}
    assert {1, 2, 3, 4, 5, 6} <= named


def test_what_is_not_there_is_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "here.md").write_text(
        "# Here\n\n## 1 First, and `best`\n\n```\n# no heading\n```\n\n## Twice\n## Twice\n"
    )
    page = tmp_path / "page.md"
    page.write_text(
        "[a](docs/here.md) [b](docs/here.md#1-first-and-best) [c](docs/here.md#twice-1) [d](https://example.org/x)\n"
        "[e](docs/gone.md) [f](docs/here.md#no-heading) [g](#here) ![h](h.png) `[i](i.md)`\n"
    )
    assert lost_links(page) == ["docs/gone.md", "docs/here.md#no-heading", "#here", "h.png"]
    assert lost_pages("docs/here.md, docs/gone.md and src/docs/other.md", tmp_path) == ["docs/gone.md"]
    assert list(sections("docs/method.md §2-§4, docs/method.md §7; elsewhere.md §9")) == [2, 4, 7]
    assert numbered((tmp_path / "docs" / "here.md").read_text()) == [1]
