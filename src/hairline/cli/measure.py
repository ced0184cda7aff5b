"""`hairline measure`: lengths, widths and areas of cracks, from masks."""

from dataclasses import astuple
from pathlib import Path
from typing import Annotated

import typer

from hairline.cli import engines, given_photos
from hairline.errors import HairlineError
from hairline.io import extras, system_errors
from hairline.io.progress import bar

NO_BANDS = "none"
OPTION_OF = {
    "index.html": "--page",
    "coco.json": "--coco",
    "cracks.geojson": "--geojson",
    "cracks_px.geojson": "--geojson",
    "cracks.gpkg": "--geopackage",
}
"""Files that are written where they are asked for, and how."""
BESIDE_MASKS = ("predictions.csv", "corrections.csv", "export.json")
"""What 'hairline predict' and 'label', 'annotate import' and 'annotate export' write beside masks/."""


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise typer.BadParameter(f"{written}: expected a number, with a point before decimals, as 0.2") from None


def measure(
    masks: Annotated[
        list[Path],
        typer.Argument(help="Masks, folders of masks, or what 'hairline predict' or 'annotate import' wrote."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for cracks.csv, cracks.parquet and photos.csv.")],
    photos: Annotated[
        Path | None, typer.Option("--photos", help="Folder of the photos: widths follow their grey levels.")
    ] = None,
    mm_per_px: Annotated[
        float | None,
        typer.Option("--mm-per-px", metavar="MM", parser=_number, help="Millimetres that a pixel shows: 0.2."),
    ] = None,
    scale_csv: Annotated[
        Path | None,
        typer.Option("--scale-csv", help="Table of photo and mm_per_px, or of photo, x1, y1, x2, y2, distance_mm."),
    ] = None,
    points: Annotated[
        str | None,
        typer.Option("--points", metavar="X1,Y1,X2,Y2,MM", help="Two points in all photos, in px, and mm between."),
    ] = None,
    distance_m: Annotated[
        float | None,
        typer.Option("--distance-m", metavar="M", parser=_number, help="Metres from lens to surface; needs EXIF."),
    ] = None,
    bands: Annotated[
        str, typer.Option("--bands", metavar="aci224r|en1992|none|FILE", help="Classes of widths in millimetres.")
    ] = "aci224r",
    min_area: Annotated[int, typer.Option("--min-area", min=1, help="Smaller components are no cracks, pixels.")] = 20,
    spur: Annotated[
        float, typer.Option("--spur", min=0, help="Free branches of so many half widths and 2 px are pruned.")
    ] = 2.0,
    page: Annotated[bool, typer.Option("--page/--no-page", help="index.html: photos, cracks, totals.")] = True,
    coco: Annotated[bool, typer.Option("--coco", help="coco.json: cracks as COCO has instances.")] = False,
    geojson: Annotated[bool, typer.Option("--geojson", help="cracks.geojson, cracks_px.geojson.")] = False,
    geopackage: Annotated[bool, typer.Option("--geopackage", help="cracks.gpkg, for GIS (extra geo).")] = False,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    engine: engines.Name = "local",
    address: engines.Address = "auto",
    cpus_per_task: engines.Cpus = 1,
    gpus_per_task: engines.Gpus = 0,
    chunk: engines.Chunk = 16,
) -> None:
    """Measure cracks: length, width, area, direction of each, in pixels, and in millimetres where the scale is known.

    Goes on where it stopped: masks that were measured from the same files with the same options are skipped. Files that
    cannot be measured are told of, and the status at the end is 1.
    """
    asked_engine = engines.read(engine, address, cpus_per_task, gpus_per_task, chunk, workers)
    given_photos.refuse_urls([*masks, out])
    given_photos.refuse_file(out)
    if geopackage:
        extras.refuse_without("geopandas", "--geopackage")
    from hairline.config import width_bands
    from hairline.inspection import photos as photo_files

    classes = None if bands == NO_BANDS else width_bands.read(bands)
    found, other = photo_files.find([_masks(path) for path in masks], out)
    given_photos.tell_passed_over(other)
    from hairline.inspection import outputs, shown, turns
    from hairline.inspection.measuring import folder, pairs, scaling
    from hairline.inspection.measuring.options import Options

    options = Options(min_area_px=min_area, spur=spur)
    asked = scaling.Asked(mm_per_px, scale_csv, points, distance_m)
    scales = scaling.Scales(asked, photos is not None)

    with system_errors.of_no_stage(), turns.alone(out, folder.LOCK, "'hairline measure'"):
        jobs, missing = scaling.jobs(found, folder.names(found, out), photos, out, scales)
        why: list[str] = []

        def tell(error: HairlineError) -> None:
            why.append(str(error))
            given_photos.tell(error)

        for name, error in missing.items():
            folder.forget(out, name)
            tell(error)
        with engines.engine(asked_engine) as shared, bar(len(jobs), "measure", "photo") as progress:
            done = folder.measure_all(jobs, out, options, classes, workers, tell, progress.update, shared)
        wanted = outputs.Wanted(page, coco, geojson, geopackage)
        with bar(None, "write", "photo") as progress:
            written = shown.write(out, classes, wanted, progress.update, why) if any(astuple(wanted)) else []
        gone = folder.gone(out)
        beyond = scaling.beyond(jobs, lambda: folder.sizes(out))
        bare = pairs.without_mask(photos, out, [job.photo for job in jobs if job.photo]) if photos else []
    earlier = _told_earlier(out, {path.name for path in written})
    for note in [*scales.notes(), *beyond, *_told_bare(bare), *_told_gone(gone), *earlier]:
        typer.echo(f"note: {note}", err=True)
    failed = done.failed + len(missing)
    typer.echo(f"{done.measured} masks measured, {done.skipped} done before, {failed} failed; {done.cracks} cracks")
    for path in [out / "cracks.csv", out / "photos.csv", *written]:
        typer.echo(f"Written   {path}")
    raise typer.Exit(failed > 0)


def _masks(path: Path) -> Path:
    """The folder of masks in what hairline wrote; else the path itself."""
    written = any((path / name).is_file() for name in BESIDE_MASKS)
    return path / "masks" if written and (path / "masks").is_dir() else path


def _told_earlier(out: Path, written: set[str]) -> list[str]:
    """What lies there from an earlier call and was not written anew."""
    return [
        f"{out / name} is of an earlier call and does not tell what this one measured; give {option} to write it anew, "
        "or remove it"
        for name, option in OPTION_OF.items()
        if name not in written and (out / name).is_file()
    ]


def _told_bare(photos: list[Path]) -> list[str]:
    """Photos that nothing was found in since nobody looked, which a reader would take for photos without a crack."""
    if not photos:
        return []
    which = given_photos.some([path.name for path in photos])
    return [f"{len(photos)} photo{'s' * (len(photos) > 1)} without a mask here, in no table and on no page: {which}"]


def _told_gone(names: list[str]) -> list[str]:
    if not names:
        return []
    return [f"{given_photos.some(names)}: measured before, and left out since their masks are not there any more"]
