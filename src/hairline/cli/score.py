"""`hairline score`: any predictions against any masks, without an experiment."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hairline.errors import HairlineError
from hairline.io import system_errors

if TYPE_CHECKING:  # what scores takes a second to import, which other commands need not wait
    from hairline.judge.outcome import Outcome

PREDICTIONS = "Predictions: a folder of images of 8 or 16 bits or of .npy arrays, or a COCO file (.json)."
MASKS = "Masks: a folder of images of the same names, or a COCO annotation file (.json)."
STDOUT = "-"


def score(
    predictions: Annotated[Path, typer.Argument(help=PREDICTIONS)],
    masks: Annotated[Path, typer.Argument(help=MASKS)],
    against: Annotated[
        Path | None, typer.Option("--against", help="Other predictions, to be tested against on the same images.")
    ] = None,
    groups: Annotated[
        str,
        typer.Option(
            "--groups",
            metavar="FILE|PATTERN|SET",
            help="The photo of each image: a table of id and group, a "
            "regular expression that matches it at the start of a name, or 'crack500'.",
        ),
    ] = "",
    only: Annotated[Path | None, typer.Option("--only", help="Names of the images to score, a line each.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the page, tables and all numbers.")] = None,
    as_json: Annotated[
        str, typer.Option("--json", metavar="FILE", help="All numbers as JSON; '-' prints them and nothing else.")
    ] = "",
    threshold: Annotated[
        float, typer.Option("--threshold", help="A threshold fixed before, 0.01 … 0.99, to report values at.")
    ] = 0.5,
    images: Annotated[Path | None, typer.Option("--images", help="Folder of photos, to be shown on the page.")] = None,
    suffix: Annotated[str, typer.Option("--suffix", help="What names of predictions end with, as _pred.")] = "",
    mask_suffix: Annotated[str, typer.Option("--mask-suffix", help="What names of masks end with, as _mask.")] = "",
    scale: Annotated[
        float | None, typer.Option("--scale", help="The value in predictions that is a score of 1.")
    ] = None,
    logits: Annotated[bool, typer.Option("--logits", help=".npy files in floating point hold logits.")] = False,
    crack: Annotated[
        str, typer.Option("--crack", metavar="VALUES", help="Values in masks that are crack, as 1,2 or '#ff0000'.")
    ] = "",
    background: Annotated[
        str, typer.Option("--background", metavar="VALUES", help="All other values, beside --crack.")
    ] = "0,#000000",
    ignore: Annotated[
        str, typer.Option("--ignore", metavar="VALUES", help="Values of pixels that count nowhere, beside --crack.")
    ] = "",
    invert: Annotated[
        bool | None, typer.Option("--invert/--no-invert", help="Crack is dark in masks, or it is bright.")
    ] = None,
    categories: Annotated[
        list[str] | None, typer.Option("--categories", help="Category of COCO annotations that is crack; repeatable.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Predictions that are not there count as empty.")
    ] = False,
    resamples: Annotated[
        int, typer.Option("--resamples", min=100, max=100_000, help="Of photos, for intervals.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Of the resamples.")] = 1,
) -> None:
    """Score any predictions against any masks: every convention, intervals, a paired test, a page, a line to quote."""
    from hairline.judge import judgement, outcome, pictures, writing
    from hairline.judge.masks import MaskOptions
    from hairline.judge.predictions import PredictionOptions
    from hairline.metrics.bootstrap import BootstrapOptions

    outcome.refuse_threshold(threshold)
    _refuse(scale, out, images)
    paths = [predictions, *([against] if against is not None else [])]
    judgement.refuse_same(paths)
    if as_json and as_json != STDOUT:
        writing.refuse_json(Path(as_json), [*paths, masks, *([only] if only is not None else []), Path(groups)])
    chosen = tuple(categories or ())
    values = _values("--crack", crack), _values("--background", background)
    of_masks = MaskOptions(*values, invert, chosen, only, _values("--ignore", ignore))
    of_predictions = PredictionOptions(suffix, mask_suffix, scale, logits, chosen, allow_missing)
    with system_errors.of_no_stage():
        found = outcome.outcome(
            judgement.all_judged(paths, masks, groups, of_predictions, of_masks),
            BootstrapOptions(resamples=resamples, level=0.95, seed=seed), threshold,
        )  # fmt: skip
        for remark in found.remarks:
            typer.echo(f"note: {remark}", err=True)
        if out is not None:
            first = found.judgements[0]
            photos = pictures.photos_of(images, list(first.masks.read), mask_suffix) if images is not None else {}
            writing.write(out, found, pictures.shown(first, found.numbers[0]["ods_threshold"], photos))
        _give(found, out, as_json)


def _give(found: "Outcome", out: Path | None, as_json: str) -> None:
    """Print, or write as JSON."""
    from hairline.io.atomic import write_json
    from hairline.judge import outcome, writing

    told = outcome.content(found)
    if as_json == STDOUT:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    if as_json:
        write_json(Path(as_json), told)
    typer.echo("\n".join(_lines(found)))
    if out is not None:
        typer.echo(f"\nPage      {out / writing.PAGE}")


def _refuse(scale: float | None, out: Path | None, images: Path | None) -> None:
    """Refuse options that cannot be meant before anything is read."""
    from hairline.imaging.images import IMAGE_SUFFIXES
    from hairline.judge import writing
    from hairline.judge.files import files_below

    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise HairlineError(f"--scale {scale:g}: is no value of a score of 1; expected a number above 0; correct it")
    if out is not None:
        writing.refuse_other(out)
    if images is not None:
        if out is None:
            raise HairlineError("--images: are shown on the page, which --out asks for; expected both; state --out")
        files_below(images, IMAGE_SUFFIXES, "photos")


def _values(option: str, written: str) -> tuple[int | str, ...]:
    """Values between commas: numbers, or colours as #rrggbb."""
    parts = [part.strip().lower() for part in written.split(",") if part.strip()]
    for part in parts:
        if not re.fullmatch(r"#[0-9a-f]{6}|[0-9]{1,5}", part) or (part[0] != "#" and int(part) > 65535):
            raise HairlineError(
                f"{option} {written}: '{part}' is no value; expected levels from 0 to 65535 or colours, as 1,2 or "
                "'#ff0000'; correct it"
            )
    return tuple(part if part.startswith("#") else int(part) for part in parts)


def _lines(found: "Outcome") -> Iterator[str]:
    """What is printed: the sentence, the numbers, the conventions, the lines to quote."""
    from hairline.judge import outcome
    from hairline.judge.page import convention_rows
    from hairline.metrics import conventions

    yield outcome.sentence(found)
    for name, numbers, fixed, rows in zip(found.names, found.numbers, found.fixed, found.conventions, strict=True):
        yield ""
        yield f"{name}: " + ", ".join(f"{each.upper()} {outcome.told(numbers, each)}" for each in ("ods", "ois", "ap"))
        at = ", ".join(f"{words} {fixed[key]:.3f}" for key, (words, _) in outcome.FIXED.items())
        yield f"at {found.threshold:.2f}, means over images: {at}"
        yield ""
        yield convention_rows(rows[rows["empty_masks"] != conventions.LEFT_OUT]).to_string(index=False)
    yield ""
    for place, name in enumerate(found.names):
        of = f" ({name})" if len(found.names) > 1 else ""
        yield f"To quote{of}  {outcome.quote(found, place)}"
