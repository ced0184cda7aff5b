"""Build the site of the documentation, strictly and with nothing from elsewhere: `make docs`.

    python tools/docs_site.py             # build/docs → build/site/index.html
    python tools/docs_site.py --pages     # build/docs alone

Pages are those of docs/, the README as the first, CONTRIBUTING.md, CHANGELOG.md, the card of the network that ships,
and what tools/docs_reference.py writes from the code. Afterwards every link between pages must lead somewhere, and no
page may load a script, style, font or picture from another host.
"""

import argparse
import html.parser
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import docs_reference

ROOT = Path(__file__).parents[1]
PAGES, SITE = Path("build/docs"), Path("build/site")
OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "src/hairline/nn/shipped/CARD.md": "shipped.md",
}
"""Files outside docs/ that become pages of the site, and their names there."""
ELSEWHERE, WORKER = "https://unpkg.com/iframe-worker/shim", "assets/javascripts/worker_on_disk.js"
"""The script that the plugin `offline` has pages take from another host, and ours, which does the same."""
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
"""Elements that make a browser fetch something, and the attribute that says what; of links :data:`FETCHED` do."""
FETCHED = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload", "manifest"}


def put_together(root: Path) -> Path:
    """Write the pages of the site in Markdown, and give the folder back."""
    folder = root / PAGES
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / "docs", folder, ignore=shutil.ignore_patterns("*.json"))
    sources = {page: page.relative_to(root / "docs") for page in (root / "docs").rglob("*.md")}
    sources |= {root / name: Path(placed) for name, placed in OUTSIDE.items()}
    for source, placed in sources.items():
        (folder / placed).write_text(_placed(source, placed, root), encoding="utf-8")
    (folder / "reference").mkdir()
    for name, written in docs_reference.PAGES.items():
        (folder / "reference" / name).write_text(written(), encoding="utf-8")
    return folder


def _placed(source: Path, placed: Path, root: Path) -> str:
    """A page for its place in the site: links to files that are no page of it become plain words."""
    up = "../" * (len(placed.parts) - 1)

    def led(found: re.Match[str]) -> str:
        words, target = found.groups()
        path, _, anchor = target.partition("#")
        if urlsplit(target).scheme or not path:
            return found[0]
        whole = (source.parent / path).resolve()
        page = OUTSIDE.get(str(whole.relative_to(root))) if whole.is_relative_to(root) else None
        if page is None and whole.is_relative_to(root / "docs"):
            page = str(whole.relative_to(root / "docs"))
        return f"[{words}]({up}{page}{'#' + anchor if anchor else ''})" if page else words

    return LINK.sub(led, source.read_text(encoding="utf-8"))


class Links(html.parser.HTMLParser):
    """What a page refers to, and what it has to be referred to."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.loads, self.links, self.anchors = list[str](), list[str](), set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in one element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADS and LOADS[tag] in given and (tag != "link" or FETCHED & set(given.get("rel", "").split())):
            self.loads.append(given[LOADS[tag]])


def faults(site: Path) -> Iterator[str]:
    """Links of a built site that lead nowhere, and what its pages would fetch from other hosts."""
    read = {page: _links(page) for page in sorted(site.rglob("*.html"))}
    for page, found in read.items():
        name = page.relative_to(site)
        for load in found.loads:
            if urlsplit(load).netloc:
                yield f"{name}: loads {load}"
            elif not load.startswith("data:") and not _file(load, page, site).exists():
                yield f"{name}: {load} is not there"
        for link in found.links if name.name != "404.html" else ():
            yield from _lost(link, page, name, read)
    for style in site.rglob("*.css"):
        for url in re.findall(r"url\((?:https?:)?//[^)]*\)|@import[^;]*//[^;]*", style.read_text(encoding="utf-8")):
            yield f"{style.relative_to(site)}: loads {url}"


def make_search_local(site: Path) -> None:
    """Have pages take the script that searches on a disk from the site itself, not from another host."""
    shutil.copy(Path(__file__).with_name("docs_worker.js"), site / WORKER)
    for page in site.rglob("*.html"):
        up = "../" * (len(page.relative_to(site).parts) - 1)
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(ELSEWHERE, up + WORKER), encoding="utf-8")


def _links(page: Path) -> Links:
    found = Links()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def _file(link: str, page: Path, site: Path) -> Path:
    path = unquote(urlsplit(link).path)
    return site / path.lstrip("/") if path.startswith("/") else page.parent / path


def _lost(link: str, page: Path, name: Path, read: dict[Path, Links]) -> Iterator[str]:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    target = target / "index.html" if target.is_dir() else target
    if not target.exists():
        yield f"{name}: {link} leads nowhere"
    elif parts.fragment and target in read and unquote(parts.fragment) not in read[target].anchors:
        yield f"{name}: {link} has no such place"


def main(argv: Sequence[str] | None = None) -> int:
    """Put the pages together, build them, look them through."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", action="store_true", help="write the pages in Markdown alone")
    args = parser.parse_args(argv)
    put_together(ROOT)
    if args.pages:
        return 0
    if importlib.util.find_spec("zensical") is None:
        print("zensical: not installed; it needs Python 3.11.5 or newer: make setup PYTHON=python3.12", file=sys.stderr)
        return 1
    shutil.rmtree(ROOT / SITE, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "zensical", "build", "--strict", "--clean"], cwd=ROOT)
    if done.returncode != 0:
        return 1
    make_search_local(ROOT / SITE)
    found = list(faults(ROOT / SITE))
    pages = len(list((ROOT / SITE).rglob("*.html")))
    print("\n".join(found) or f"{SITE}/index.html: {pages} pages, every link leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
