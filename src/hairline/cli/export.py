"""`hairline export`: a segmenter as one ONNX file, which runs without torch."""

import re
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hairline.errors import HairlineError
from hairline.inspection import registered
from hairline.io import extras, system_errors
from hairline.io.file_names import printable
from hairline.io.reading import there

SHIPPED, SUFFIX = "shipped", ".onnx"


class Format(StrEnum):
    """What segmenters can be exported to."""

    ONNX = "onnx"


def export(
    model: Annotated[
        str,
        typer.Argument(
            metavar="shipped|FOLDER|models:/NAME@ALIAS",
            help="The network inside this package, a segmenter's folder, or one of MLflow's registry.",
        ),
    ],
    form: Annotated[Format, typer.Option("--format", help="Of the file.")] = Format.ONNX,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.onnx", help="The file; none: NAME.onnx here, by the model.")
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Count in 8 bits: smaller and faster, with slightly other scores.")
    ] = False,
    check: Annotated[
        list[Path] | None, typer.Option("--check", metavar="PHOTO", help="Compare on this photo too; may be repeated.")
    ] = None,
) -> None:
    """Write a segmenter to one ONNX file, for 'hairline predict --model FILE.onnx' and for other programs.

    Preprocessing, padding and calibration are inside: an RGB image of any size goes in, uint8 [height, width, 3], and
    scores come out, float32 [height, width]. Before the file appears, its scores are compared with those of the
    segmenter itself, on generated images and on the photos of --check; a file that differs is not written.
    """
    _refuse_exported(model)
    target = Path(f"{_name(model)}.{form.value}") if out is None else out
    _refuse_target(target)
    from hairline.imaging.images import read_image

    with extras.needed("the export of a network"):
        from hairline.nn.exporting import files  # torch, which takes seconds to load
        from hairline.nn.segmenter import shipped
    photos = [read_image(path) for path in check or []]
    with system_errors.of_no_stage(), ExitStack() as stack:
        if registered.is_one(model):
            folder = stack.enter_context(registered.fetched(model))
        else:
            folder = shipped.folder() if model == SHIPPED else Path(model)
        found = files.export(folder, target, photos, int8)
    typer.echo(f"Network   {printable(str(target))}, {target.stat().st_size / 1e6:.1f} MB")
    typer.echo(
        f"Scores    {found.largest:.2g} at most from torch's, {found.mean:.2g} on average, on {found.images} images"
    )


def _name(model: str) -> str:
    if model.startswith(registered.SCHEME):
        return "_".join(re.findall(r"[^/@]+", model.removeprefix(registered.SCHEME)))
    return SHIPPED if model == SHIPPED else Path(model).resolve().name


def _refuse_exported(model: str) -> None:
    if model != SHIPPED and not model.startswith(registered.SCHEME) and not Path(model).is_dir():
        found = "is no folder" if there(Path(model)) else "no such folder"
        raise HairlineError(
            f"{printable(model)}: {found}; expected '{SHIPPED}', the folder of a segmenter, or models:/NAME@ALIAS; "
            "name what is to be exported"
        )


def _refuse_target(target: Path) -> None:
    named = f"--out {printable(str(target))}"
    if target.suffix.lower() != SUFFIX:
        raise HairlineError(f"{named}: expected a name that ends with {SUFFIX}; correct it")
    if there(target) and target.is_dir():
        raise HairlineError(f"{named}: is a folder; expected a file or nothing there; name another")
