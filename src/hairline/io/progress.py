"""Progress bars on standard error."""

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn, TextIO, TypeVar, cast

from hairline.io.terminal import Unfailing

if TYPE_CHECKING:
    from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], doing: str, total: int | None = None) -> Iterator[Item]:
    """Go through items behind a progress bar on standard error."""
    from tqdm import tqdm

    return iter(tqdm(items, desc=doing, total=total, file=_stderr(), mininterval=1.0, dynamic_ncols=True))


def bar(total: int | None, doing: str, unit: str = "it") -> "tqdm[NoReturn]":
    """A progress bar to be moved by hand, with the units that are done in a second."""
    from tqdm import tqdm

    return tqdm(total=total, desc=doing, unit=unit, file=_stderr(), mininterval=1.0, dynamic_ncols=True)


def _stderr() -> TextIO:
    return cast(TextIO, Unfailing(sys.stderr))
