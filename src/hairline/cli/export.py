"""`hairline export`: a segmenter as one ONNX file, which runs without torch."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hairline.errors import HairlineError
from hairline.io import system_errors
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
            help="The network inside this package, a segmenter's folder, or MLflow's registry.",
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

    try:
        from hairline.nn.exporting import files  # torch, which takes seconds to load
    except ModuleNotFoundError as error:
        raise HairlineError(
            f"{printable(model)}: exporting needs {error.name}, which is not installed; expected all that hairline "
            "depends on; run pip install hairline"
        ) from None
    photos = [read_image(path) for path in check or []]
    with system_errors.of_no_stage(), _folder(model) as folder:
        found = files.export(folder, target, photos, int8)
    typer.echo(f"Network   {printable(str(target))}, {target.stat().st_size / 1e6:.1f} MB")
    typer.echo(
        f"Scores    {found.largest:.2g} at most from torch's, {found.mean:.2g} on average, on {found.images} images"
    )


@contextmanager
def _folder(model: str) -> Iterator[Path]:
    """The folder of what 'hairline predict --model' takes, but for exported files."""
    from hairline.inspection import registered
    from hairline.nn.segmenter import shipped

    if registered.is_one(model):
        with registered.fetched(model) as folder:
            yield folder
    else:
        yield shipped.folder() if model == SHIPPED else Path(model)


def _name(model: str) -> str:
    """What the file is called unless it is said: ``cracks-champion`` of ``models:/cracks@champion``."""
    from hairline.inspection import registered

    if registered.is_one(model):
        return re.sub(r"[@/]", "-", model.removeprefix(registered.SCHEME))
    return SHIPPED if model == SHIPPED else Path(model).resolve().name


def _refuse_exported(model: str) -> None:
    if model.lower().endswith(SUFFIX) and not Path(model).is_dir():
        raise HairlineError(
            f"{printable(model)}: is no folder; expected '{SHIPPED}', the folder of a segmenter or models:/NAME@ALIAS; "
            "name what was exported"
        )


def _refuse_target(target: Path) -> None:
    named = f"--out {printable(str(target))}"
    if target.suffix.lower() != SUFFIX:
        raise HairlineError(f"{named}: expected a name that ends with {SUFFIX}; correct it")
    if there(target) and target.is_dir():
        raise HairlineError(f"{named}: is a folder; expected a file or nothing there; name another")
