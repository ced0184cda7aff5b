"""How every stage starts and ends: its arguments, its progress bar, and one readable line for a user's mistake."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn, TypeVar

from tqdm import tqdm

from hairline.errors import HairlineError

Item = TypeVar("Item")
Result = TypeVar("Result")


def arguments(
    doc: str | None, argv: Sequence[str] | None, paths: Sequence[str], names: Sequence[str] = ()
) -> argparse.Namespace:
    """Parse ``--params`` (params.yaml) and a stage's own arguments, all of them required.

    Args:
        doc: The stage's docstring; becomes the help text.
        argv: Arguments, or None for those of the process.
        paths: Arguments that are files or folders.
        names: Arguments that are names in params.yaml.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"), help="default: params.yaml")
    for name in names:
        parser.add_argument(f"--{name}", required=True, metavar="NAME")
    for path in paths:
        many = path == "upstream"
        parser.add_argument(f"--{path}", required=not many, type=Path, metavar="PATH", nargs="*" if many else None,
                            default=[] if many else None)  # fmt: skip
    return parser.parse_args(argv)


def progress(items: Iterable[Item], doing: str, total: int | None = None) -> Iterator[Item]:
    """Go through items behind a progress bar on standard error."""
    return iter(tqdm(items, desc=doing, total=total, file=sys.stderr, mininterval=1.0, dynamic_ncols=True))


def bar(total: int, doing: str) -> "tqdm[NoReturn]":
    """A progress bar to be moved by hand."""
    return tqdm(total=total, desc=doing, file=sys.stderr, mininterval=1.0, dynamic_ncols=True)


def in_threads(work: Callable[[Item], Result], items: Sequence[Item], doing: str) -> list[Result]:
    """Do work that leaves Python's lock (OpenCV, numba, NumPy) on all cores, in order, behind a progress bar."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(progress(pool.map(work, items), doing, len(items)))


def run(main: Callable[[], None]) -> NoReturn:
    """Run a stage as a program: exit status 0, 1 with a message for what a person can mend, or 130 when interrupted.

    That is a user's mistake, or what the file system refuses (no space, no right); other errors keep their traceback.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("hairline").setLevel(logging.INFO)
    try:
        main()
    except HairlineError as error:
        print(f"\nhairline: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        if error.filename is None:  # a connection, a library
            raise
        print(f"\nhairline: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nhairline: interrupted; 'dvc repro' goes on from here", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)
