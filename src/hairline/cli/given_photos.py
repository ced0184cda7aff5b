"""What commands that work on anybody's photos have in common: what they refuse, and what they tell."""

import math
from collections.abc import Sequence
from pathlib import Path

import typer

from hairline.errors import HairlineError
from hairline.io import stores, urls
from hairline.io.file_names import printable
from hairline.io.stores import Store

NAMED = 3


def refuse_threshold(threshold: float, what: str) -> None:
    """Raise HairlineError unless it is above 0 and at most 1.

    Args:
        threshold: Of --threshold.
        what: A confidence, or a score.
    """
    if not (math.isfinite(threshold) and 0 < threshold <= 1):
        raise HairlineError(f"--threshold {threshold:g}: expected a {what} above 0 and at most 1; correct it")


def refuse_file(out: Path) -> None:
    """Raise HairlineError where --out is a file."""
    if out.exists() and not out.is_dir():
        raise HairlineError(f"--out {printable(str(out))}: is a file; expected a folder or nothing there; name another")


def place_of(out: str) -> Path | Store:
    """The folder or the store that --out names.

    Raises:
        HairlineError: If it is a file, or a URL of no store.
    """
    found = stores.place(out)
    if isinstance(found, Path):
        refuse_file(found)
    return found


def refuse_urls(given: Sequence[Path]) -> None:
    """Raise HairlineError where what must be a file or folder of this machine lies in a store."""
    for word in given:
        if urls.is_url(word) and not word.exists():
            raise HairlineError(
                f"{printable(urls.masked(urls.as_typed(word)))}: expected a file or folder of this machine (--out "
                "of predict and label alone may be a store); copy it here first ('aws s3 sync'), or mount the bucket"
            )


def tell_passed_over(other: Sequence[Path]) -> None:
    """Say which files are no images."""
    if other:
        typer.echo(f"note: {len(other)} other files passed over, which are no images: {some(other)}", err=True)


def some(names: Sequence[str | Path]) -> str:
    """The first of some names."""
    return ", ".join(printable(str(name)) for name in names[:NAMED]) + (" …" if len(names) > NAMED else "")


def tell(error: HairlineError) -> None:
    """Say what is wrong with a photo, on a line of its own below the progress bar."""
    typer.echo(f"\nhairline: {error}", err=True)
