"""The way from a number to raw data for readers: a tree of text, or plain values for JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hairline.tracking import git
from hairline.tracking.lineage import Link

SHORT = 12
LONGEST = 50
SHOWN = 6
"""Parameters, and things that changed, that are told of one stage; the rest is counted."""


def lines(links: Sequence[Link], changed: Mapping[str, Sequence[str]], depth: int = 0) -> Iterator[str]:
    """The tree, nearest stage first, indented by how far away it is.

    Args:
        links: The chain.
        changed: Stage → what of it changed since.
        depth: How far in it begins.
    """
    for link in links:
        before = "   " * depth
        told = ", ".join(f"{path} {digest[:SHORT]}" for path, digest in link.made.items())
        if link.seen:
            yield f"{before}{link.stage.name} (see above)  {told}"
            continue
        yield f"{before}{link.stage.name}  {told}"
        yield from (f"{before}     {line}" for line in _about(link, changed.get(link.stage.name, ())))
        yield from lines(link.upstream, changed, depth + 1)


def _about(link: Link, changed: Sequence[str]) -> Iterator[str]:
    if link.run is not None:
        code = git.words(link.run.git_commit, link.run.dirty, SHORT)
        yield f"run {link.run.run_id}  commit {code}  {link.run.started}"
    if link.differing:
        told = [f"{name} {_cut(value)} ({_cut(old)})" for name, (value, old) in link.differing.items()]
        yield "not the default: " + _some(told)
    yield from (f"raw data {path} {digest}" for path, digest in link.raw.items())
    if changed:
        yield "CHANGED SINCE: " + _some(changed)


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"


def _some(items: Sequence[str]) -> str:
    more = f"; and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return "; ".join(items[:SHOWN]) + more


def values(links: Sequence[Link], changed: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The same as plain values, with whole hashes."""
    return [
        {
            "stage": link.stage.name,
            "made": dict(link.made),
            "run": None if link.run is None else link.run.run_id,
            "commit": None if link.run is None else link.run.git_commit,
            "dirty": None if link.run is None else link.run.dirty,
            "started": None if link.run is None else link.run.started,
            "parameters": {name: {"value": value, "default": old} for name, (value, old) in link.differing.items()},
            "raw": dict(link.raw),
            "source_files": link.code,
            "changed": list(changed.get(link.stage.name, ())),
            "seen": link.seen,
            "from": values(link.upstream, changed),
        }
        for link in links
    ]
