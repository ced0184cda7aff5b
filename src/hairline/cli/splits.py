"""`hairline splits …`: published splits, and whether files on disk are theirs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hairline.io import system_errors

if TYPE_CHECKING:
    from hairline.data.published_splits import Manifest

app = typer.Typer(help="Published splits: names and hashes, to check files by.", no_args_is_help=True)

Split = Annotated[str, typer.Argument(help="Name of a published split, or path of a manifest (.csv, .csv.gz).")]


@app.command("list")
def list_all() -> None:
    """List the published splits, with the number of images in each part."""
    from hairline.data import published_splits

    for name, told in published_splits.PUBLISHED.items():
        typer.echo(f"{name:20} {_counts(published_splits.read(name))}\n    {told.about}")


@app.command()
def show(
    split: Split,
    ids: Annotated[bool, typer.Option("--ids", help="Its images as a table: id, split.")] = False,
) -> None:
    """Say what a split is, or print it as a table that the layout `folder` takes as split.csv."""
    from hairline.data import published_splits

    found = published_splits.read(split)
    if ids:
        typer.echo(published_splits.text(found.entries, ("id", "split")), nl=False)
        return
    typer.echo(f"{found.name}: {found.about or 'a manifest of your own'}")
    typer.echo(f"{len(found.entries)} images: {_counts(found)}\nSHA-256 of the manifest {found.sha256}")


@app.command()
def verify(
    root: Annotated[Path, typer.Argument(help="Folder that the set lies in, such as data/raw/crack500.")],
    split: Annotated[
        str | None, typer.Option("--split", help="Its name, or path of a manifest; none: the one that fits best.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with status 1 where an image has other pixels, too.")
    ] = False,
) -> None:
    """Check that the files of a set are those of a published split; ends with status 1 where any is missing or another.

    Tells how many images and masks are the same files, have the same pixels, or are the same pictures saved again, what
    is missing, another, or extra, and a line to quote.
    """
    from hairline.data import published_splits
    from hairline.gates import split_verification
    from hairline.io.threads import in_threads

    with system_errors.of_no_stage():
        manifest = published_splits.read(split) if split else split_verification.fitting(root)
        found = split_verification.verify(root, manifest, lambda do, items: in_threads(do, items, manifest.name))
    typer.echo(f"{manifest.name} in {root}: {'complete' if found.complete else 'NOT as published'}")
    typer.echo("\n".join(f"  {line}" for line in split_verification.lines(found)))
    typer.echo(f"  to quote: {split_verification.quotation(found)}")
    raise typer.Exit(not (found.identical if strict else found.complete))


def _counts(manifest: "Manifest") -> str:
    return ", ".join(f"{count} {split}" for split, count in manifest.counts.items())
