"""Items cut into chunks, one after the other as they are asked for."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any


@dataclass(frozen=True)
class Chunk:
    """Items that one task works on.

    Attributes:
        number: Its place among the chunks, from 0.
        items: The items.
        key: Names what it came to in a folder of such files: place, and hash of the names of its items.
        told: Its items in a few words.
    """

    number: int
    items: Sequence[Any]
    key: str
    told: str


def cut(items: Iterable[Any], size: int, named: Callable[[Any], str]) -> Iterator[Chunk]:
    """Chunks of so many items, the last of fewer.

    >>> [chunk.told for chunk in cut(["a", "b", "c"], 2, str)]
    ['a … b', 'c']
    """
    left, number = iter(items), 0
    while taken := list(islice(left, size)):
        names = [named(item) for item in taken]
        digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        told = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
        yield Chunk(number, taken, f"{number:08d}-{digest}", told)
        number += 1
