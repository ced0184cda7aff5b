"""`hairline predict`: cracks in anybody's photos, without an experiment."""

import math
from pathlib import Path
from typing import Annotated

import typer

from hairline.errors import HairlineError
from hairline.io import system_errors
from hairline.io.file_names import printable
from hairline.io.progress import bar

NAMED = 3
AUTO = "auto"


def predict(
    photos: Annotated[list[Path], typer.Argument(help="Photos, and folders of photos, with those below.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for scores, masks and predictions.csv.")],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="shipped|FOLDER|FILE.onnx",
            help="The network inside this package, a folder, or an exported file.",
        ),
    ] = "shipped",
    scale: Annotated[
        str,
        typer.Option(
            "--scale",
            metavar="auto|NUMBER",
            help="By which photos are resized: 2 for thin cracks, 0.5 for close-ups; auto finds one for all.",
        ),
    ] = "1",
    threshold: Annotated[float, typer.Option("--threshold", help="Score from which on a pixel is crack.")] = 0.5,
    overlay: Annotated[bool, typer.Option("--overlay", help="Draw photos with their cracks in red, too.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also photos that were predicted before.")] = False,
) -> None:
    """Find cracks in photos: scores, masks and a table, by the network that ships or one of your own.

    Goes on where it stopped: photos that were predicted from the same file with the same network and options are
    skipped. Photos that cannot be read are told of, and the status at the end is 1.
    """
    if not (math.isfinite(threshold) and 0 < threshold <= 1):
        raise HairlineError(f"--threshold {threshold:g}: expected a score above 0 and at most 1; correct it")
    if out.exists() and not out.is_dir():
        raise HairlineError(f"--out {printable(str(out))}: is a file; expected a folder or nothing there; name another")
    from hairline.inspection import photos as photo_files

    found, other = photo_files.find(photos, out)
    if other:
        some = ", ".join(printable(str(path)) for path in other[:NAMED]) + (" …" if len(other) > NAMED else "")
        typer.echo(f"note: {len(other)} other files passed over, which are no images: {some}", err=True)
    from hairline.inspection import folder, prediction, scales  # which take seconds to load
    from hairline.nn.segmenter import scale_rules

    factor = None if scale == AUTO else _number(scale)
    if factor is not None:
        prediction.refuse_scale(factor)
    predictor = prediction.load_segmenter(model)

    def tell(error: HairlineError) -> None:
        typer.echo(f"\nhairline: {error}", err=True)

    if factor is None:
        looked = min(len(found), scale_rules.IMAGES)
        with system_errors.of_no_stage(), bar(looked, "scale") as progress:
            factor = scales.of_photos(found, predictor, out, progress.update)
        typer.echo(f"Scale     {factor:.4g}, found on {looked} of the photos", err=True)
    options = folder.Options(factor, threshold, overlay, again)
    with system_errors.of_no_stage(), bar(len(found), "predict") as progress:
        done = folder.predict_all(found, predictor, out, options, tell, progress.update)
    typer.echo(f"{done.predicted} photos predicted, {done.skipped} done before, {done.failed} failed")
    typer.echo(f"Table     {out / 'predictions.csv'}")
    raise typer.Exit(done.failed > 0)


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise HairlineError(f"--scale {written}: expected a number, or '{AUTO}'; correct it") from None
