"""Names and places that cannot be files and folders of their own: for ``hairline check``."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data.names import MASKS

NAMED = ("synthetic_sets", "datasets", "classifiers", "training_sets", "architectures", "studies")
"""Sections whose names become files and folders; label sets have those of studies besides their own."""

NAME_BYTES = 255
"""Longest name of a file on the usual file systems."""

TEMPORARY_BYTES = 30
"""What a file's name has in addition until it is whole."""

PATH_BYTES = 4_095
"""Longest path on Linux."""


def problems(params: Params) -> Iterator[str]:
    """A line for each name and each root that files cannot have, or that others have."""
    for section in NAMED:
        yield from _twins(section, params.names(section))
    yield from _twins("label_sets", [*MASKS, *params.labelled()])
    yield from _long(params)
    for name in params.names("datasets"):
        for problem in _root(params, str(params.raw("datasets")[name]["root"])):
            yield f"datasets.{name}.root: {problem}"
    for name, masks in params.corrected.items():
        for problem in _root(params, str(masks.root)):
            yield f"corrected.{name}.root: {problem}"


def _twins(section: str, names: Iterable[str]) -> Iterator[str]:
    """Names that are one on file systems that do not tell capitals from small letters, as on macOS."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            yield (
                f"{section}.{name}: differs from '{other}' in capitals alone, and macOS takes the files of both for "
                "the same; rename one of them"
            )


def _long(params: Params) -> Iterator[str]:
    """The longest name of a file that is made of several names."""
    matrix = params.matrix
    lists = (matrix.label_sets, matrix.architectures, matrix.training_sets, matrix.test_sets)
    if not all(lists):
        return
    label_set, architecture, training_set, test_set = (max(names, key=len) for names in lists)
    name = SegmenterName(label_set, architecture, training_set)
    file = Paths(Path(), params.experiment).evaluation_record(name, test_set).name
    most = NAME_BYTES - TEMPORARY_BYTES
    if len(file) > most:
        yield (
            f"matrix: '{label_set}', '{architecture}', '{training_set}' and '{test_set}' make a file name of "
            f"{len(file)} characters, more than the {most} that file systems take; shorten them"
        )


def _root(params: Params, root: str) -> Iterator[str]:
    """What is wrong with the place of a data set, apart from what lies there."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", root):
        yield f"expected a folder, found the address '{root}'; download it and name the folder"
        return
    if max(len(os.fsencode(part)) for part in root.split("/")) > NAME_BYTES or len(os.fsencode(root)) > PATH_BYTES:
        yield f"a path of {len(root)} characters has a name that is longer than file systems take; move the data set"
        return
    place = Path(os.path.normpath(Path.cwd() / root))
    paths = Paths(Path.cwd(), params.experiment)
    made = [
        paths.data,
        paths.models,
        paths.reports,
        paths.root / "state",
        paths.root / ".git",
        paths.root / ".dvc",
    ]
    for folder in made:
        if place.is_relative_to(folder) or folder.is_relative_to(place):
            yield (
                f"'{root}' and {folder.relative_to(paths.root)}, which stages write, lie inside one another; move the "
                "data set to a folder of its own, as data/raw/NAME"
            )
            return
    if root.startswith("~") and not Path(root).exists():
        yield f"'{root}': ~ is not filled in here; write the path of your home folder out"
