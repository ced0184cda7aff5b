"""`hairline annotate …`: masks out to an annotation tool, and what people corrected there back."""

import math
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hairline.errors import HairlineError
from hairline.io import bounds, system_errors
from hairline.io.file_names import printable
from hairline.io.progress import bar

if TYPE_CHECKING:
    from hairline.data.annotating.images import Labels
    from hairline.data.annotating.sources import Source

app = typer.Typer(help="Correct masks in an annotation tool: out, and back.", no_args_is_help=True)

PACKAGE = "hairline.data.annotating.formats"
LOCAL_FILES = "/data/local-files/?d="
NAMED = 3


class Format(StrEnum):
    """What annotation tools read and write."""

    COCO = "coco"
    CVAT = "cvat"
    LABEL_STUDIO = "labelstudio"
    MASKS = "masks"


INSIDE = {
    Format.COCO: "annotations/instances_default.json",
    Format.CVAT: "annotations.xml",
    Format.LABEL_STUDIO: "tasks.json",
}
"""Files by which a folder of a format is known, such as what an archive was unpacked to."""


class As(StrEnum):
    """What masks are to Label Studio."""

    PREDICTIONS = "predictions"
    ANNOTATIONS = "annotations"


class Split(StrEnum):
    """Parts of a data set."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@app.command("export")
def export(
    source: Annotated[
        str, typer.Argument(metavar="PHOTOS|SET", help="A folder of photos, or a data set of this workspace.")
    ],
    form: Annotated[Format, typer.Option("--format", help="Of the files.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write; it must be empty or not there.")],
    masks: Annotated[
        Path | None,
        typer.Option(
            "--masks", help="Masks of the photos: a folder, or what 'hairline predict', 'label' or 'annotate' wrote."
        ),
    ] = None,
    labels: Annotated[
        str | None, typer.Option("--labels", help="Label set of the data set: a pseudo-label set, or 'manual'.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            help="Confidence from which on a pixel is crack: of labels 0.5; makes scores of --masks.",
        ),
    ] = None,
    split: Annotated[
        list[Split] | None, typer.Option("--split", help="Images of the data set; repeatable; none: all.")
    ] = None,
    only: Annotated[
        Path | None, typer.Option("--only", help="Names of images, a line each, or a table of them; in this order.")
    ] = None,
    first: Annotated[int | None, typer.Option("--first", min=1, max=bounds.IMAGES, help="So many of them.")] = None,
    url_prefix: Annotated[
        str | None,
        typer.Option(
            "--url-prefix",
            help=f"Before names of images: for Label Studio, by default {LOCAL_FILES}FOLDER/; for COCO none.",
        ),
    ] = None,
    kind: Annotated[
        As, typer.Option("--as", help="For Label Studio: predictions to start from, or annotations to change.")
    ] = As.PREDICTIONS,
    again: Annotated[bool, typer.Option("--again", help="Write over what this command wrote there.")] = False,
    params: Annotated[Path, typer.Option("--params", help="The params.yaml of the workspace.")] = Path("params.yaml"),
) -> None:
    """Write masks for an annotation tool, each to the pixel: to be corrected there, and brought back by 'import'.

    Photos are not copied. The file export.json in the folder helps to know the images again when they come back.
    """
    from urllib.parse import quote

    from hairline.data.annotating import sources, writing, written
    from hairline.data.annotating.images import CRACK, IGNORED
    from hairline.io import plugins

    _refuse_threshold(threshold)
    writing.refuse_other(out, writing.OWN, written.FILE, again)
    with system_errors.of_no_stage():
        if masks is None:
            found, folder, told = _of_set(source, labels, split, threshold, params)
        else:
            _refuse_of_set(labels, split)
            _refuse_no_folder(source)
            folder, told = Path(source), f"masks of {masks.resolve().name}"
            found, without = sources.of_folders(folder, masks, threshold)
            _tell_without(without)
        images = sources.chosen(found, only, first)
        if form != Format.LABEL_STUDIO:
            images = sorted(images, key=lambda image: image.name)  # CVAT numbers the photos of a task in this order
        default = f"{LOCAL_FILES}{quote(folder.resolve().name)}/" if form == Format.LABEL_STUDIO else ""
        prefix = default if url_prefix is None else url_prefix
        wanted = written.Wanted(prefix, kind == As.ANNOTATIONS, len(images), told)
        module, levels = plugins.resolve(PACKAGE, form.value), Counter[int]()

        def look(image: written.Pre) -> None:
            levels.update({level: int((image.levels == level).sum()) for level in (CRACK, IGNORED)})

        with bar(len(images), "export", "image") as progress:
            done = writing.write(module, images, out, wanted, progress.update, look)
    _tell_no_crack(levels[CRACK], levels[IGNORED])
    typer.echo(f"{len(done)} images written to {printable(str(out))}")
    typer.echo(module.ABOUT)
    if form == Format.LABEL_STUDIO:
        typer.echo(f"Images    {wanted.url_prefix}NAME")


@app.command("import")
def bring_back(
    path: Annotated[Path, typer.Argument(help="What the tool exported: a file, a folder it is in, or one of masks.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for masks/ and corrections.csv.")],
    form: Annotated[
        Format | None, typer.Option("--format", help="Of the file; none: by its name and its content.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option("--before", help="What 'hairline annotate export' wrote, to tell what has changed.")
    ] = None,
    photos: Annotated[
        Path | None, typer.Option("--photos", help="Folder of the photos, where nothing was exported before.")
    ] = None,
    label: Annotated[
        list[str] | None, typer.Option("--label", help="A label that is crack; repeatable; none: all but --ignore.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", help="A label of regions to ignore; repeatable; none: ignore, unsure, unknown, void."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Take unchanged images of COCO, CVAT and masks as corrected, too.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Write over what this command wrote there.")] = False,
) -> None:
    """Bring corrected masks back: masks/NAME.png (255 crack, 127 ignored, 0 neither), and who corrected which when.

    Images that nobody has corrected are left out: tasks of Label Studio without a submitted annotation, and images that
    did not change since --before.
    """
    from hairline.data.annotating import bringing, writing
    from hairline.data.annotating.images import IGNORE_LABELS
    from hairline.io import plugins

    if before is not None and photos is not None:
        raise HairlineError("--before and --photos: found both; expected one of them; leave out --photos")
    wanted = _labels(label or (), ignore or IGNORE_LABELS)
    writing.refuse_other(out, bringing.OWN, bringing.TABLE, again)
    module = plugins.resolve(PACKAGE, (form or _guessed(path)).value)
    with system_errors.of_no_stage():
        known = bringing.known(before, photos)
        with bar(None, "import", "image") as progress:
            found = bringing.bring_back(module, path, out, wanted, known, everything, progress.update)
    for note in found.notes[:NAMED]:
        typer.echo(f"note: {note}", err=True)
    if len(found.notes) > NAMED:
        typer.echo(f"note: and {len(found.notes) - NAMED} more such", err=True)
    outlines = sum(row.outlines > 0 for row in found.rows)
    if outlines:
        told = f"{outlines} masks have polygons or the like, whose edges are filled by COCO's rule"
        typer.echo(f"note: {told}; masks alone come back to the pixel", err=True)
    if found.unsaid:
        told = f"of {found.unsaid} images nothing says whether anybody corrected them, so they count"
        typer.echo(f"note: {told}; --before leaves out those that did not change", err=True)
    typer.echo(f"{len(found.rows)} corrected masks, {len(found.left)} images left out that nobody has corrected")
    typer.echo(f"Masks     {out / bringing.MASKS}")
    typer.echo(f"Table     {out / bringing.TABLE}")


def _labels(label: Sequence[str], ignore: Sequence[str]) -> "Labels":
    from hairline.data.annotating.images import Labels

    try:
        return Labels(tuple(label), tuple(ignore))
    except ValueError as error:
        raise HairlineError(f"--label and --ignore: {error}; correct them") from None


def _of_set(
    name: str, labels: str | None, split: list[Split] | None, threshold: float | None, params: Path
) -> "tuple[list[Source], Path, str]":
    """The images of a set of the workspace, the folder they lie in, and what their masks are."""
    from hairline.config.params import Params
    from hairline.config.paths import Paths
    from hairline.data.annotating import sources

    if labels is None:
        raise HairlineError(
            f"{printable(name)}: found neither --masks nor --labels; expected masks of photos, or a label set of a "
            "data set; state one of them"
        )
    values = Params(params)
    values.dataset(name)
    paths = Paths(params.parent, values.experiment)
    folder = paths.dataset(name)
    found = sources.of_set(folder, paths.labels(labels, name), labels, split or (), 0.5 if threshold is None
                           else threshold)  # fmt: skip
    return found, folder / "images", f"label set {labels} of {name}"


def _guessed(path: Path) -> Format:
    """The format of what a tool exported, by its name and the first letter in it."""
    if path.is_dir():
        return next((form for form, name in INSIDE.items() if (path / name).is_file()), Format.MASKS)
    if path.suffix.lower() == ".xml":
        return Format.CVAT
    if path.suffix.lower() != ".json":
        raise HairlineError(
            f"{printable(str(path))}: is neither .json nor .xml; expected what a tool exported; unpack an archive "
            "first, or state --format"
        )
    from hairline.io.reading import refuse_no_file

    refuse_no_file(path, "an export of an annotation tool")
    with path.open("rb") as file:
        return Format.LABEL_STUDIO if file.read(100).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[") else Format.COCO


def _refuse_threshold(threshold: float | None) -> None:
    if threshold is not None and not (math.isfinite(threshold) and 0 < threshold <= 1):
        raise HairlineError(f"--threshold {threshold:g}: expected a confidence above 0 and at most 1; correct it")


def _refuse_of_set(labels: str | None, split: list[Split] | None) -> None:
    for option, value in (("--labels", labels), ("--split", split)):
        if value:
            raise HairlineError(
                f"{option}: goes with a data set, and --masks with a folder of photos; expected one of the two; leave "
                f"out {option}"
            )


def _tell_no_crack(crack: int, ignored: int) -> None:
    if ignored and not crack:
        told = f"no pixel of any mask is crack, and {ignored:,} are ignored, which is what 127 means"
        typer.echo(f"note: {told}; where 127 is crack, state --threshold 0.4", err=True)


def _refuse_no_folder(source: str) -> None:
    if not Path(source).exists():
        raise HairlineError(
            f"{printable(source)}: no such folder; expected one of photos beside --masks; correct the path, or, where "
            "it is a data set of this workspace, give --labels in place of --masks"
        )


def _tell_without(names: list[str]) -> None:
    if names:
        some = ", ".join(map(printable, names[:NAMED])) + (" …" if len(names) > NAMED else "")
        typer.echo(f"note: {len(names)} photos without a mask are left out: {some}", err=True)
