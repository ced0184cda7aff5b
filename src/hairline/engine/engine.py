"""What an engine does for a stage."""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Terms:
    """What there is to say of work besides what it is.

    Attributes:
        doing: What stands beside the progress bar; empty for none.
        named: What an item is called in errors, and known by in the next run.
        kept: Folder for what finished chunks came to, where the engine is ``remote``; a run that finds it goes on after
            them.
        into: Folder that work writes into; a machine of a cluster that sees another one there is refused. None is that
            of ``kept``.
    """

    doing: str = ""
    named: Callable[[Any], str] = str
    kept: Path | None = None
    into: Path | None = None


PLAIN = Terms()
"""Nothing besides."""


class Crew(Protocol):
    """Workers that go on until they find nothing to do, such as those of a study."""

    def start(self) -> None:
        """Have one more."""
        ...

    def gone(self) -> list[int]:
        """Exit statuses of those that ended since the last call: 0 by itself, above 0 by an error, below 0 killed."""
        ...

    def stop(self) -> None:
        """End those that are left, and wait for that."""
        ...


class Engine(Protocol):
    """Maps work over images. Results come in the order of the items, and are the same on every engine.

    Attributes:
        remote: Whether work runs elsewhere: it must then be fit to be sent, and write files to where all see them.
    """

    remote: bool

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item], terms: Terms = PLAIN
    ) -> Generator[Result, None, None]:
        """Do work on every item.

        Args:
            work: Gives the result of an item; what it writes may be written twice, the same both times.
            items: Taken a few ahead of the results, so that a lazy iterator is never in memory as a whole.
            terms: What else there is to say of it.

        Raises:
            Exception: What work raises, of the first item in order that it raises for.
            HairlineError: If a chunk is lost more often than it may be, or the cluster cannot be reached.
        """
        ...

    def batches(
        self, work: Callable[[Sequence[Item]], Sequence[Result]], items: Iterable[Item], terms: Terms = PLAIN
    ) -> Generator[Result, None, None]:
        """The same for work that takes many items at a time: as many as a task has, and on this machine all of them."""
        ...

    def crew(self, work: Callable[[], Any]) -> Crew:
        """Workers that run ``work`` until it returns."""
        ...

    def refuse_apart(self, url: str, where: str) -> None:
        """Raise HairlineError where a database that is a file is named for workers on several machines."""
        ...
