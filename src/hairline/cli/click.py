"""`hairline click`: say of patches whether they show a crack, a click each."""

import os
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hairline.io import bounds


def click(
    workspace: Annotated[Path, typer.Argument(help="A workspace, or a folder of photos.")] = Path(),
    dataset: Annotated[
        str | None, typer.Option("--dataset", help="A data set of the layout clicks; none: the only one.")
    ] = None,
    size: Annotated[
        int | None,
        typer.Option("--size", min=16, max=bounds.WINDOW_PX, help="Side of a patch; none: patches.window_px, or 128."),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1024, max=65535, help="Port on this machine; none: 8710, or a free one.")
    ] = None,
    random: Annotated[
        bool, typer.Option("--random", help="Patches in a random order; no network looks at the photos.")
    ] = False,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Say of patches of your photos whether they show a crack, on a page that this machine alone can open.

    Each click is safe in clicks/NAME.csv before the page says so; end with Ctrl+C, and go on whenever you like.
    """
    from hairline.clicking import server, session
    from hairline.clicking import workspace as workspaces

    found = workspaces.of(workspace, dataset, size)
    working = session.Session(found.images, found.clicks, found.size, found.labels)
    try:
        sock = server.listening(port)
        address = f"http://{server.HOST}:{sock.getsockname()[1]}/"
        for note in working.notes[:3]:
            typer.echo(f"note: {note}", err=True)
        typer.echo(f"{len(working.files)} photos, {len(working.patches)} patches of {found.size} px")
        typer.echo(f"Clicks    {found.clicks}")
        typer.echo(f"Page      {address}   (Ctrl+C ends it)")
        if browser and (sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            threading.Timer(1, webbrowser.open, [address]).start()
        if not random:
            from hairline.clicking import learning

            learning.begin(working, found.state, found.parent, found.seconds)
        server.serve(working, sock)
    finally:
        working.close()
    leave()


def leave() -> NoReturn:
    """End the process with status 0 while threads of it still compute.

    A thread inside torch or OpenCV cannot be told to stop, and Python, ending as usual, would tear the library down
    beneath it: the process aborts. Clicks are on the disk by then, and features are renamed to their names when whole.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
