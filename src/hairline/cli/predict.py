"""`hairline predict`: cracks in anybody's photos, without an experiment."""

import math
from pathlib import Path
from typing import Annotated

import typer

from hairline.cli import engines, given_photos
from hairline.errors import HairlineError
from hairline.io import system_errors
from hairline.io.memory import keep_freed
from hairline.io.progress import bar

AUTO = "auto"
MOST_WORKERS = 64
WORDS = "The network, where --model is not given; then photos, videos, folders with those below, and quoted patterns."


def predict(
    words: Annotated[list[Path], typer.Argument(metavar="[MODEL] PHOTOS...", help=WORDS)],
    out: Annotated[
        str, typer.Option("--out", metavar="FOLDER|s3://…", help="Where scores, masks and predictions.csv go.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="shipped|FOLDER|FILE.onnx|models:/NAME@ALIAS",
            help="The network inside this package (the default), a folder, an exported file, or MLflow's registry.",
        ),
    ] = None,
    scale: Annotated[
        str,
        typer.Option(
            "--scale",
            metavar="auto|NUMBER",
            help="By which photos are resized: 2 for thin cracks, 0.5 for close-ups; auto finds one for all.",
        ),
    ] = "1",
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", help="Score from which on a pixel is crack; by default the network's own."),
    ] = None,
    average: Annotated[
        str,
        typer.Option("--average", metavar="none|flips|scales|both", help="Views of a photo to average over."),
    ] = "none",
    every: Annotated[float, typer.Option("--every", help="Seconds between two frames of a video.")] = 1.0,
    workers: Annotated[int, typer.Option("--workers", help="Photos to work on at a time.")] = 1,
    overlay: Annotated[bool, typer.Option("--overlay", help="Draw photos with their cracks in red, too.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also photos that were predicted before.")] = False,
    engine: engines.Name = "local",
    address: engines.Address = "auto",
    cpus_per_task: engines.Cpus = 1,
    gpus_per_task: engines.Gpus = 0,
    chunk: engines.Chunk = 16,
) -> None:
    """Find cracks in photos: scores, masks and a table, by the network that ships or one of your own.

    Goes on where it stopped: photos that were predicted from the same file with the same network and options are
    skipped. Photos that cannot be read are told of, and the status at the end is 1.
    """
    _refuse(threshold, every, workers)
    asked = engines.read(engine, address, cpus_per_task, gpus_per_task, chunk, workers)
    place = given_photos.place_of(out)
    from hairline.inspection import averaging, named

    averaged = averaging.refuse(average)
    source, given = named.split(words, model)
    given_photos.refuse_urls(given)
    from hairline.inspection import photos as photo_files
    from hairline.inspection import shelves  # which takes seconds to load, as what follows

    with system_errors.of_no_stage(), shelves.opened(place) as shelf:
        found, other = photo_files.find(given, shelf.folder, every, found_too=False)
        given_photos.tell_passed_over(other)
        from hairline.inspection import folder, geotiff, prediction, records, scales, thresholds
        from hairline.nn.segmenter import scale_rules

        if not geotiff.readable() and any(geotiff.is_tiff(photo.path) for photo in found):
            typer.echo(f"note: {geotiff.MISSING}; without it TIFF files are read whole, as plain photos", err=True)
        factor = None if scale == AUTO else _number(scale)
        if factor is not None:
            prediction.refuse_scale(factor)
        keep_freed()
        predictor = prediction.load_segmenter(source)

        if factor is None:
            looked = min(len(found), scale_rules.IMAGES)
            with bar(looked, "scale", "photo") as progress:
                factor, readable = scales.of_photos(found, predictor, shelf.folder, progress.update)
            shelf.keep(scales.FILE)
            told = f"the network sees photos {records.seen(factor)}; found on {readable} of {len(found)} photos"
            typer.echo(f"Scale     {factor:.4g}: {told}", err=True)
        used = thresholds.of(predictor.info) if threshold is None else thresholds.Threshold(threshold, "as given")
        typer.echo(f"Threshold {used.value:g}, {used.told}", err=True)
        options = folder.Options(factor, used.value, overlay, again, averaged, tiled=True, workers=workers)
        with (
            engines.engine(asked) as shared,
            bar(len(found), "predict", "photo") as progress,
        ):
            done = folder.predict_all(found, predictor, shelf, options, given_photos.tell, progress.update, shared)
            folder.keep_card(shelf, predictor.card)
    passed = f", {len(other)} other files passed over" if other else ""
    typer.echo(f"{done.predicted} photos predicted, {done.skipped} done before, {done.failed} failed{passed}")
    typer.echo(f"Table     {shelf.told('predictions.csv')}")
    raise typer.Exit(done.failed > 0)


def _refuse(threshold: float | None, every: float, workers: int) -> None:
    if threshold is not None:
        given_photos.refuse_threshold(threshold, "score")
    if not (math.isfinite(every) and every > 0):
        raise HairlineError(f"--every {every:g}: expected seconds above 0; correct it")
    if not 1 <= workers <= MOST_WORKERS:
        raise HairlineError(f"--workers {workers}: expected 1 to {MOST_WORKERS}; correct it")


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise HairlineError(f"--scale {written}: expected a number, or '{AUTO}'; correct it") from None
