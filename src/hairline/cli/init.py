"""`hairline init`: from a folder of photos to a workspace of one's own."""

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hairline.errors import HairlineError
from hairline.io import bounds, extras

LEAST_PX = 32

if TYPE_CHECKING:
    from hairline.workspaces.looking import Look
    from hairline.workspaces.making import Plan
    from hairline.workspaces.taking import How


def init(
    folder: Annotated[Path, typer.Argument(help="The workspace: a folder that is there, or a new one.")] = Path(),
    photos: Annotated[
        Path | None, typer.Option("--photos", help="Folder of photos, with those below; none: those in FOLDER.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option("--masks", help="Folder of masks named as their photos, where there are any.")
    ] = None,
    link: Annotated[
        bool, typer.Option("--link", help="Take photos as symbolic links, which need the originals.")
    ] = False,
    copy: Annotated[bool, typer.Option("--copy", help="Take photos as copies, also on the same disk.")] = False,
    window: Annotated[
        int | None,
        typer.Option(
            "--window", min=LEAST_PX, max=bounds.WINDOW_PX, help="Side of a patch in px; none: by the photos."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the experiment; none: that of the folder.")] = None,
    update: Annotated[bool, typer.Option("--update", help="Bring a workspace to the installed version.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing, and write.")] = False,
) -> None:
    """Make a workspace of your own for your photos: stages, parameters, git and DVC; photos linked or copied.

    It looks at the photos first, says what it found and what it will do, and writes over nothing that is yours.
    With a terminal it asks what is not given, without one it takes the defaults.
    """
    _refuse_options(link, copy, name, update, (photos, masks, window, name, link or None, copy or None))
    asks = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    if update:
        _update(folder, asks, yes)
        return
    _make(folder, photos, masks, "link" if link else "copy" if copy else "auto", window, name, asks)


def _refuse_options(link: bool, copy: bool, name: str | None, update: bool, others: tuple[object, ...]) -> None:
    if link and copy:
        raise HairlineError("--link and --copy: expected one of them at most; leave one out")
    if update and any(other is not None for other in others):
        raise HairlineError("--update takes none of the other options but --yes; values are changed in params.yaml")
    if name is not None and (not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name) or name.lower() == "raw"):
        raise HairlineError(
            f"--name {name!r}: expected 1 to 60 letters from A to Z, digits, _ and -, the first no _ or -, and not "
            "'raw'; choose such a name"
        )


def _make(
    folder: Path, photos: Path | None, masks: Path | None, how: "How", window: int | None, name: str | None, asks: bool
) -> None:
    from hairline.workspaces import found, making, plan

    extras.refuse_without("dvc", "a workspace")
    plan.refuse_place(folder.absolute())
    folder = folder.absolute()
    photos = _photos(folder, photos, asks)
    look = making.looked(folder, photos)
    if masks is None and asks:
        told = typer.prompt("Folder of masks, if there are any", default="none")
        masks = None if told == "none" else Path(told).expanduser()
    grid = found.grid(look.photos, window)
    made = making.planned(folder, look, grid, masks, name)
    for line in [*found.lines(look, grid), *made.notes]:
        typer.echo(line)
    if window is None and asks:
        made = _other_window(made, masks, name, look)
    for line in plan.difference(folder, made.texts):
        typer.echo(line)
    if asks and not typer.confirm(f"Make the workspace {folder}?", default=True):
        raise HairlineError("nothing was written, as answered; run it again for that")
    for line in making.make(made, how):
        typer.echo(line)
    typer.echo(f"Ready: {folder}" + (f", whose {plan.OTHER_README} says" if plan.OTHER_README in made.texts else ""))
    typer.echo(f"Next:  cd {shlex.quote(str(folder))} && {'hairline check' if masks is not None else 'hairline click'}")


def _photos(folder: Path, photos: Path | None, asks: bool) -> Path:
    """The folder of photos: as given, as asked, or the workspace itself where it holds some."""
    from hairline.workspaces import making

    if photos is not None:
        return photos
    default = making.default_photos(folder)
    if asks:
        return Path(typer.prompt("Folder of photos", default=str(default or Path.cwd()))).expanduser()
    if default is None:
        raise HairlineError(f"{folder}: no photos found in it or below; name their folder with --photos")
    return default


def _other_window(made: "Plan", masks: Path | None, name: str | None, look: "Look") -> "Plan":
    from hairline.workspaces import found, making

    chosen = typer.prompt("Side of a patch in pixels", default=made.grid.window_px, type=int)
    if not LEAST_PX <= chosen <= bounds.WINDOW_PX:
        raise HairlineError(f"patches of {chosen} px: expected {LEAST_PX} to {bounds.WINDOW_PX}; choose such a size")
    if chosen == made.grid.window_px:
        return made
    return making.planned(made.folder, look, found.grid(look.photos, chosen), masks, name)


def _update(folder: Path, asks: bool, yes: bool) -> None:
    from hairline.workspaces import updating

    update = updating.planned(folder.absolute())
    lines = update.lines()
    for line in lines:
        typer.echo(line)
    versions = f"version {update.before.version} → {update.after.version}"
    if not lines:
        typer.echo(f"{folder}: nothing to change ({versions})")
        return
    if asks and not typer.confirm(f"Write this ({versions})?", default=True):
        raise HairlineError("nothing was written, as answered; run it again for that")
    if not asks and not yes:
        raise HairlineError("nothing was written, since there is no terminal to ask on; add --yes to write this")
    updating.write(update)
    typer.echo(f"{folder}: updated ({versions}); look with 'hairline check', then 'dvc repro'")
