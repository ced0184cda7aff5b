"""`hairline label`: pseudo-labels of anybody's photos by a classifier of patches, without an experiment."""

from pathlib import Path
from typing import Annotated

import typer

from hairline.cli import engines, given_photos
from hairline.io import system_errors
from hairline.io.progress import bar
from hairline.labelling.sizes import PATCH_PX


def label(
    photos: Annotated[list[Path], typer.Argument(help="Photos, and folders of photos, with those below.")],
    classifier: Annotated[
        Path, typer.Option("--classifier", help="Folder of a classifier of patches: of a training, or of clicks.")
    ],
    out: Annotated[
        str,
        typer.Option("--out", metavar="FOLDER|s3://…", help="Where scores, masks, overlays, predictions.csv go."),
    ],
    method: Annotated[
        str, typer.Option("--method", help="How labels are made (docs/labels.md), with the options that ship.")
    ] = "multiscale",
    scale: Annotated[
        float, typer.Option("--scale", help="By which photos are resized: 2 for thin cracks, 0.5 for close-ups.")
    ] = 1,
    threshold: Annotated[float, typer.Option("--threshold", help="Confidence from which on a pixel is crack.")] = 0.5,
    overlay: Annotated[bool, typer.Option("--overlay/--no-overlay", help="Draw photos with cracks in red.")] = True,
    again: Annotated[bool, typer.Option("--again", help="Also photos that were labelled before.")] = False,
    engine: engines.Name = "local",
    address: engines.Address = "auto",
    cpus_per_task: engines.Cpus = 1,
    gpus_per_task: engines.Gpus = 0,
    chunk: engines.Chunk = 16,
) -> None:
    """Make pseudo-labels of photos: confidences, masks, overlays and a table, by a classifier of patches.

    Goes on where it stopped: photos that were labelled from the same file with the same classifier, method and options
    are skipped. Photos that cannot be read are told of, and the status at the end is 1.
    """
    asked = engines.read(engine, address, cpus_per_task, gpus_per_task, chunk)
    given_photos.refuse_threshold(threshold, "confidence")
    place = given_photos.place_of(out)
    given_photos.refuse_urls(photos)
    from hairline.inspection import photos as photo_files
    from hairline.inspection import shelves

    with system_errors.of_no_stage(), shelves.opened(place) as shelf:
        found, other = photo_files.find(photos, shelf.folder, found_too=False)
        given_photos.tell_passed_over(other)
        from hairline.inspection import folder, prediction  # which take seconds to load
        from hairline.inspection.labeller import Labeller

        prediction.refuse_scale(scale)
        labeller = Labeller(classifier, method)
        typer.echo(_told(classifier, labeller.window_px), err=True)

        options = folder.Options(scale, threshold, overlay, again)
        with (
            engines.engine(asked) as shared,
            bar(len(found), "label", "photo") as progress,
        ):
            done = folder.predict_all(found, labeller, shelf, options, given_photos.tell, progress.update, shared)
            folder.keep_card(shelf, "")
    typer.echo(f"{done.predicted} photos labelled, {done.skipped} done before, {done.failed} failed")
    typer.echo(f"Table     {shelf.told('predictions.csv')}")
    raise typer.Exit(done.failed > 0)


def _told(classifier: Path, window_px: int | None) -> str:
    if window_px is not None:
        return f"Patches   {window_px} px" + (
            "" if window_px <= PATCH_PX else ", by which sizes inside the method grow"
        )
    return (
        f"note: {classifier}: its model.json does not tell the side of the patches it learned from, so sizes inside "
        "the method stay those for 128 px; click or train anew if yours were others"
    )
