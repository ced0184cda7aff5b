"""Which photo and which scale belong to each mask of a call."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hairline.errors import HairlineError
from hairline.inspection.measuring import exif, pairs, placed, scale
from hairline.inspection.measuring.folder import Job
from hairline.inspection.measuring.scale import Scale
from hairline.inspection.photos import Photo
from hairline.io.file_names import printable

NAMED = 3


@dataclass(frozen=True)
class Asked:
    """What the command line says of scales; one of them, or nothing.

    Attributes:
        mm_per_px: Of all photos.
        csv: A table of photos.
        points: ``X1,Y1,X2,Y2,MM`` in all photos.
        distance_m: That all photos were taken from.
    """

    mm_per_px: float | None = None
    csv: Path | None = None
    points: str | None = None
    distance_m: float | None = None


class Scales:
    """The scale of each photo, by what was asked for, else by its georeference; never a guess."""

    def __init__(self, asked: Asked, with_photos: bool) -> None:
        """Read what is stated for all photos.

        Raises:
            HairlineError: If more than one is stated, or one is none.
        """
        given = {"--mm-per-px": asked.mm_per_px, "--scale-csv": asked.csv, "--points": asked.points,
                 "--distance-m": asked.distance_m}  # fmt: skip
        stated = [option for option, value in given.items() if value is not None]
        if len(stated) > 1:
            raise HairlineError(
                f"{' and '.join(stated)}: found {len(stated)} scales; expected one; leave out the others"
            )
        self._asked, self._unknown = asked, defaultdict[str, list[str]](list)
        self._all = _of_all(asked)
        self._table = scale.Table(asked.csv) if asked.csv else None
        if asked.distance_m is not None:
            if not (math.isfinite(asked.distance_m) and asked.distance_m > 0):
                raise HairlineError(f"--distance-m {asked.distance_m:g}: expected metres above 0; correct it")
            if not with_photos:
                raise HairlineError(
                    "--distance-m: goes with the focal length in the EXIF of photos, and masks have none; expected "
                    "--photos as well; name their folder"
                )

    def of(self, name: str, mask: Path, photo: Path | None, recorded: Path | None = None) -> Scale | None:
        """The scale of a mask, None where it is not known.

        Args:
            name: Of the mask, below its folder, without suffix.
            mask: Its file.
            photo: The photo it is of, which may tell; None where photos are not asked.
            recorded: The photo it was made of, whose name a table may have.
        """
        if self._all:
            return self._all
        if self._table:
            called = photo or recorded
            found = self._table.of(name, *([_beside(name, called), called.name] if called else []))
            return found or self._noted(f"{self._asked.csv} has no row for them", name)
        try:
            if self._asked.distance_m is not None and photo:
                return exif.scale(photo, self._asked.distance_m)
            found = placed.scale(photo) if photo else None
            return found or placed.scale(mask) or self._noted("nothing states a scale", name)
        except HairlineError as error:
            return self._noted(str(error).removeprefix(f"{photo}: "), name)

    def _noted(self, why: str, name: str) -> Scale | None:
        """No scale, which is told of in the end."""
        self._unknown[why].append(name)
        return None

    def notes(self) -> list[str]:
        """What is to be said of photos without a scale, and of rows of the table without a photo."""
        made = []
        for why, names in self._unknown.items():
            made.append(f"{len(names)} photo{'s' * (len(names) > 1)} without millimetres ({_some(names)}): {why}")
        unused = self._table.unused() if self._table else []
        if unused:
            made.append(f"{len(unused)} photos of {self._asked.csv} are none of these masks': {_some(unused)}")
        return made


def _of_all(asked: Asked) -> Scale | None:
    if asked.mm_per_px is not None:
        return scale.stated(asked.mm_per_px, "--mm-per-px")
    if asked.points is None:
        return None
    try:
        x1, y1, x2, y2, apart = map(float, asked.points.split(","))
    except ValueError:
        raise HairlineError(
            f"--points {asked.points}: expected five numbers, X1,Y1,X2,Y2,MM, as 120,80,1620,80,1000; correct it"
        ) from None
    return scale.of_points(x1, y1, x2, y2, apart, "--points")


def _some(names: Sequence[str]) -> str:
    return ", ".join(printable(name) for name in names[:NAMED]) + (" …" if len(names) > NAMED else "")


def jobs(
    masks: Sequence[Photo], names: Mapping[Path, str], photos: Path | None, out: Path, scales: Scales
) -> tuple[list[Job], dict[str, HairlineError]]:
    """What to measure; and by name what is wrong with masks whose photo is not there.

    :mod:`hairline.inspection.measuring.pairs` tells which photo belongs to which mask.
    """
    made, missing, tables = list[Job](), dict[str, HairlineError](), pairs.Recorded()
    listed = pairs.Photos(photos, out, masks) if photos else None
    for mask in masks:
        name, recorded = names[mask.path], tables.of(mask.path)
        found = listed.of(mask, recorded) if listed else []
        if listed and len(found) != 1:
            told = f"{len(found)} photos of its name" if found else "no photo of its name"
            missing[name] = HairlineError(
                f"{printable(str(mask.path))}: found {told} in {printable(str(photos))}; expected one, as "
                f"{printable(mask.name.stem)}.jpg; rename it, or leave out --photos"
            )
            continue
        photo = found[0] if found else None
        made.append(Job(mask.path, name, photo, scales.of(name, mask.path, photo, recorded)))
    return made, missing


def beyond(jobs: Sequence[Job], sizes: Callable[[], Mapping[str, tuple[int, int]]]) -> list[str]:
    """What is to be said of photos that the points of their scale do not lie in, say since they were made smaller.

    Args:
        jobs: What was measured.
        sizes: Gives name → width and height of its mask, of those that could be; asked where points state a scale.
    """
    pointed = [job for job in jobs if job.scale and job.scale.points]
    known = sizes() if pointed else {}
    outside = [job.name for job in pointed if job.name in known and _is_beyond(job.scale, *known[job.name])]
    if not outside:
        return []
    return [
        f"{_some(outside)}: the points of their scale lie outside of {len(outside)} of the photos; millimetres are "
        "wrong if the points are of these photos at another size; take them in the photos as they are"
    ]


def _is_beyond(found: Scale | None, width: int, height: int) -> bool:
    x1, y1, x2, y2 = found.points if found and found.points else (0, 0, 0, 0)
    return min(x1, x2, y1, y2) < 0 or max(x1, x2) > width or max(y1, y2) > height


def _beside(name: str, photo: Path) -> str:
    """What a photo is called below its folder, with suffix, by the name of its mask."""
    return PurePosixPath(name).with_name(photo.name).as_posix()
