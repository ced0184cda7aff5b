"""Which photo each image shows, so that intervals and tests draw photos: a table, a pattern, or a rule by name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hairline.data import capture_times
from hairline.data.layouts import crack500
from hairline.errors import HairlineError
from hairline.io.file_names import Names, printable
from hairline.io.reading import composed, read_table, there
from hairline.judge.files import some


def _of_crack500(names: Sequence[str]) -> tuple[str, ...]:
    """Photos by name, joined where they were taken within seconds of each other.

    The layout joins over photos that lie between two as well, which need not be among the images here.
    """
    photos = [crack500.photo(name.rpartition("/")[2]) for name in names]
    group = capture_times.joined(photos, crack500.CAPTURE_S)
    return tuple(group[photo] for photo in photos)


RULES: Mapping[str, Callable[[Sequence[str]], tuple[str, ...]]] = {"crack500": _of_crack500}
"""Name of a published set → groups of images by their names."""


@dataclass(frozen=True)
class Groups:
    """The photos of images.

    Attributes:
        of: Photo of each image, in their order.
        told: How it is known, for people.
    """

    of: tuple[str, ...]
    told: str

    @property
    def count(self) -> int:
        """Number of photos."""
        return len(set(self.of))


def groups(names: Sequence[str], stated: str = "") -> Groups:
    """The photos of images.

    Args:
        names: Names of the images.
        stated: Name of one of :data:`RULES`, path of a table with the columns id and group, or a regular expression
            that matches the photo at the start of an image's name: its first group, or all of it. An image it does not
            match is a photo of its own. Empty: every image is.

    Raises:
        HairlineError: If the table does not name all images, or the pattern none.
    """
    if not stated:
        return Groups(tuple(names), "every image is taken for a photo of its own")
    if stated in RULES:
        return Groups(
            RULES[stated](names), f"photos by the names of {stated}, those within {crack500.CAPTURE_S} s together"
        )
    if not Path(stated).is_dir() and there(Path(stated)):
        return Groups(_of_table(Path(stated), names), f"photos by {Path(stated).name}")
    return Groups(_of_pattern(stated, names), f"photos by the pattern {stated}")


def _of_table(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    header, rows = read_table(path)
    lacking = {"id", "group"} - set(header)
    if lacking:
        raise HairlineError(
            f"{path}: has no column {' and '.join(sorted(lacking))} (its columns are {', '.join(header) or 'none'}); "
            "expected the columns id and group; name them so in its first line"
        )
    known, found = Names(names), dict[str, str]()
    for number, row in enumerate(rows, 2):
        name = known.find(row["id"]) or known.find(composed(Path(row["id"]).with_suffix("").as_posix()))
        if name is None:
            continue  # a table may name the images of other splits as well
        if found.setdefault(name, row["group"]) != row["group"]:
            raise HairlineError(
                f"{path}: line {number} says '{printable(row['group'])}' of '{printable(name)}', a line before says "
                f"'{printable(found[name])}'; expected one group an image; correct one of them"
            )
    absent = [name for name in names if not found.get(name)]
    if absent:
        raise HairlineError(
            f"{path}: {len(absent)} of {len(names)} images have no group ({some(absent)}); expected a row for every "
            "image; add them"
        )
    return tuple(found[name] for name in names)


def _of_pattern(stated: str, names: Sequence[str]) -> tuple[str, ...]:
    try:
        pattern = re.compile(stated)
    except re.error as error:
        raise HairlineError(
            f"--groups {stated}: {_no_file(stated)}, and it is no regular expression ({error}); expected a table "
            f"with the columns id and group, a pattern, or one of {', '.join(RULES)}; correct it"
        ) from None
    found = [pattern.match(name) or pattern.match(name.rpartition("/")[2]) for name in names]
    if not any(match and _photo(match) for match in found):
        raise HairlineError(
            f"--groups {stated}: {_no_file(stated)}, and as a pattern it matches the start of no name "
            f"({some(names)}); expected a table with the columns id and group, a pattern, or one of "
            f"{', '.join(RULES)}; correct it"
        )
    return tuple((match and _photo(match)) or name for match, name in zip(found, names, strict=True))


def _no_file(stated: str) -> str:
    return "is a folder" if Path(stated).is_dir() else "there is no such file"


def _photo(match: re.Match[str]) -> str:
    return str((match.group(1) if match.re.groups else match.group()) or "")
