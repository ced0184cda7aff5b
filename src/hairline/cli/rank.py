"""`hairline rank`: which photos to correct first."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hairline.cli import given_photos
from hairline.errors import HairlineError
from hairline.io import system_errors
from hairline.io.file_names import printable
from hairline.io.progress import bar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hairline.inspection.ranking.ranked import Measured
    from hairline.judge.opinions import Opinion

MEASURES = ("disagreement", "expected", "area")
SHOWN = 60


@dataclass(frozen=True)
class _Photos:
    """Photos by name, and the group of each."""

    files: Mapping[str, Path]
    groups: Mapping[str, str]


def rank(
    photos: Annotated[str, typer.Argument(help="Folder of photos, or the name of a data set of this workspace.")],
    maps: Annotated[
        list[str],
        typer.Option(
            "--maps",
            metavar="FOLDER|LABELS",
            help="Masks or score maps of these photos: a folder, what 'hairline predict' wrote, or the name of a label "
            "set of this workspace. Twice or more, to compare them.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for ranking.csv and index.html.")],
    by: Annotated[str, typer.Option("--by", metavar="|".join(MEASURES), help="What puts photos first.")] = "expected",
    groups: Annotated[
        str,
        typer.Option(
            "--groups",
            metavar="FILE|PATTERN|SET",
            help="The photo that each crop is of, as for 'hairline score'; those of a data set are known.",
        ),
    ] = "",
    in_turn: Annotated[
        bool, typer.Option("--in-turn", help="The first crop of each group before the second of any.")
    ] = False,
    split: Annotated[str, typer.Option("--split", help="Of a data set: train, val or test.")] = "train",
    scale: Annotated[
        float | None, typer.Option("--scale", help="The value that is a score of 1, of maps that do not tell it.")
    ] = None,
    logits: Annotated[
        bool, typer.Option("--logits", help="Numbers in floating point beyond [0, 1] are logits.")
    ] = False,
    shown: Annotated[int, typer.Option("--shown", min=1, max=1000, help="Photos on the page.")] = SHOWN,
    params: Annotated[Path, typer.Option("--params", help="The params.yaml of the workspace.")] = Path("params.yaml"),
) -> None:
    """Rank photos by what correcting their labels is expected to gain: where label sets or networks disagree.

    Reads no mask of an annotator and asks no network. Photos without a map in every folder are left out and told of.
    """
    given_photos.refuse_file(out)
    if scale is not None and not (math.isfinite(scale) and scale > 0):
        raise HairlineError(f"--scale {scale:g}: expected a number above 0; correct it")
    if by not in MEASURES:
        raise HairlineError(f"--by {printable(by)}: no such measure; expected {', '.join(MEASURES)}; name one of them")
    from hairline.data.names import MASKS
    from hairline.imaging.images import read_image
    from hairline.inspection.ranking import ranked, writing
    from hairline.judge import opinions

    found = _of_folder(Path(photos), groups) if Path(photos).is_dir() else _of_set(photos, split, params)
    names = list(found.files)
    folders = [_folder(each, photos, params) for each in maps]
    with system_errors.of_no_stage():
        with bar(None, "look", "map") as progress:
            read = _named([opinions.opinion(folder, names, scale, logits, progress.update) for folder in folders], maps)
        common = opinions.shared(names, list(read.values()))
        told = [
            *_left_out(names, common),
            *(f"{source}: {line}" for source, each in read.items() for line in each.remarks),
        ]

        of_set = not Path(photos).is_dir()
        masks = [source for source, given in zip(read, maps, strict=True)
                 if given in MASKS and of_set and not Path(given).exists()]  # fmt: skip

        def maps_of(name: str) -> ranked.Maps:
            return ranked.without_ignored(_maps(name, read), masks)

        with bar(len(common), "rank", "photo") as progress:
            measured = []
            for name in common:
                maps_found = maps_of(name)
                _refuse_other_size(found.files[name], maps_found)
                measured.append(ranked.measured(name, found.groups.get(name, name), maps_found))
                progress.update()
        _refuse_equal(measured, by, maps)
        order = ranked.ordered(measured, by, in_turn)
        turns = in_turn and len({photo.group for photo in order}) < len(order)
        ranking = writing.Ranking(order, by, list(read), turns, told)
        with bar(min(shown, len(order)), "draw", "photo") as progress:
            written = writing.write(
                out, ranking, shown, lambda name: read_image(found.files[name]), maps_of, progress.update
            )
    for line in told:
        typer.echo(f"note: {line}", err=True)
    typer.echo(f"{len(order)} photos ranked by {by}: {writing.MEANING[by]}")
    for place, photo in enumerate(order[:5], 1):
        typer.echo(f"{place:5} {printable(photo.name)}  {photo.values[by]:.3f}  {printable(photo.why)}")
    for path in written:
        typer.echo(f"Written   {path}")


def _of_folder(folder: Path, stated: str) -> _Photos:
    from hairline.imaging.images import IMAGE_SUFFIXES
    from hairline.judge.files import files_below
    from hairline.judge.groups import groups

    files = files_below(folder, IMAGE_SUFFIXES, "photos")
    return _Photos(files, dict(zip(files, groups(list(files), stated).of, strict=True)))


def _of_set(name: str, split: str, params: Path) -> _Photos:
    """The photos of a split of a data set of the workspace."""
    if Path(name).is_file():
        raise HairlineError(f"{printable(name)}: is a file; expected a folder of photos; name the one it lies in")
    if not params.is_file():
        raise HairlineError(
            f"{printable(name)}: no such folder, and {params} is not there, whose data sets could be named; expected a "
            "folder of photos, or the name of a data set where 'hairline rank' runs in a workspace; correct it"
        )
    from hairline.config.params import Params
    from hairline.config.paths import Paths
    from hairline.data.samples import image_path, read_samples

    values = Params(params)
    known = values.names("datasets")
    if name not in known:
        raise HairlineError(
            f"{printable(name)}: no such folder, and no data set of {params}, which has {', '.join(known)}; "
            "name a folder of photos or one of these"
        )
    folder = Paths(params.parent, values.experiment).dataset(name)
    samples = read_samples(folder, split)
    if samples.empty:
        raise HairlineError(f"{folder}: has no {printable(split)} image; name a split that has some by --split")
    ids = samples["id"].to_list()
    return _Photos({each: image_path(folder, each) for each in ids}, dict(zip(ids, samples["group"], strict=True)))


def _folder(given: str, photos: str, params: Path) -> Path:
    """The folder that maps lie in: as named, the scores of 'hairline predict', or the labels of a label set."""
    path = Path(given)
    if (path / "predictions.csv").is_file() and (path / "scores").is_dir():
        return path / "scores"
    if path.exists() or Path(photos).is_dir():
        return path  # which says by itself what is wrong with it
    from hairline.config.params import Params
    from hairline.config.paths import Paths

    labels = Paths(params.parent, Params(params).experiment).labels(given, photos)
    if not labels.is_dir():
        raise HairlineError(
            f"--maps {printable(given)}: no such folder, and no labels of '{printable(photos)}' in {labels}; name a "
            "folder, or a label set that 'dvc repro' has made"
        )
    return labels


def _named(found: "Sequence[Opinion]", given: Sequence[str]) -> "dict[str, Opinion]":
    """Folders by a short name: the last part of what was named, with the part before where several end alike."""
    paths = [Path(text) if Path(text).name else Path(text).absolute() for text in given]
    alike = Counter(path.name for path in paths)
    named: dict[str, Opinion] = {}
    for each, path in zip(found, paths, strict=True):
        above = path.absolute().parent.name
        short = printable(f"{above}/{path.name}" if alike[path.name] > 1 and above else path.name)
        number, name = 2, short
        while name in named:
            number, name = number + 1, f"{short} {number}"
        named[name] = each
    return named


def _left_out(names: Sequence[str], common: Sequence[str]) -> list[str]:
    from hairline.judge.files import some

    absent = [name for name in names if name not in set(common)]
    return [f"{len(absent)} of {len(names)} photos have no map in every folder: {some(absent)}"] if absent else []


def _maps(name: str, read: "Mapping[str, Opinion]") -> "dict[str, NDArray[np.float32]]":
    """The maps of a photo, all of one size."""
    maps = {source: each.map(name) for source, each in read.items()}
    (first, size), *others = ((source, scores.shape) for source, scores in maps.items())
    for source, shape in others:
        if shape != size:
            raise HairlineError(
                f"{printable(str(read[source].files[name]))}: has {shape[0]} rows and {shape[1]} columns, the map of "
                f"'{first}' {size[0]} and {size[1]}; expected one size; bring it to the size of the photo"
            )
    return maps


def _refuse_other_size(photo: Path, maps: "Mapping[str, NDArray[np.float32]]") -> None:
    """Raise HairlineError where a photo is not of the size of its maps."""
    from hairline.imaging.images import upright_size

    (width, height), (source, scores) = upright_size(photo), next(iter(maps.items()))
    if scores.shape != (height, width):
        raise HairlineError(
            f"{printable(str(photo))}: has {height} rows and {width} columns, its map of '{source}' {scores.shape[0]} "
            f"and {scores.shape[1]}; expected one size; name the photos that the maps are of"
        )


def _refuse_equal(measured: "Sequence[Measured]", by: str, maps: Sequence[str]) -> None:
    """Refuse maps that say nothing: those of one source, where it is compared, and masks, where scores are."""
    if any(photo.values[by] for photo in measured):
        return
    told = "the maps of one source" if len(maps) == 1 else "all maps"
    raise HairlineError(
        f"--by {by}: is 0 for every photo, for {told} agree and are sure everywhere; expected two sources that differ, "
        "or scores instead of masks; name another folder by --maps, such as the scores that 'hairline predict' writes"
    )
