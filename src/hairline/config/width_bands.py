"""Classes of crack widths, from a small YAML file: those of ACI 224R and EN 1992-1-1 ship."""

from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Gt, Le, MinLen

from hairline.config import yaml_files
from hairline.errors import HairlineError
from hairline.io import bounds
from hairline.io.file_names import printable
from hairline.io.options import checked_dataclass

SHIPPED = ("aci224r", "en1992")
DEFAULT = SHIPPED[0]


@checked_dataclass
class Band:
    """A class of widths.

    Attributes:
        name: What it is called in tables.
        up_to_mm: The largest width in it; null for the last one, which has all that are wider.
        meaning: What that says of a crack.
    """

    name: Annotated[str, MinLen(1)]
    up_to_mm: Annotated[float, Gt(0), Le(bounds.FACTOR)] | None
    meaning: str = ""


@checked_dataclass
class Bands:
    """Classes of widths, the narrowest first.

    Attributes:
        source: Where the limits are from.
        width: Which width of a crack is compared: its mean, 95th percentile or maximum.
        bands: The classes; the last has no limit.
    """

    source: str
    width: Literal["mean", "p95", "max"]
    bands: Annotated[tuple[Band, ...], MinLen(1)]

    def __post_init__(self) -> None:
        """Refuse limits that do not rise, a last class that does not take the rest, and names that two classes have."""
        limits = [band.up_to_mm for band in self.bands]
        below = [limit for limit in limits[:-1] if limit is not None]
        if limits[-1] is not None or len(below) < len(limits) - 1 or sorted(set(below)) != below:
            found = ", ".join("null" if limit is None else f"{limit:g}" for limit in limits)
            raise ValueError(
                f"expected limits up_to_mm that rise, and null for the last class, which has all that are wider, "
                f"found {found}"
            )

        names = [band.name for band in self.bands]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"expected classes with names of their own, found {twice[0]} {len(twice)} times")

    def name_of(self, width_mm: float) -> str:
        """The name of the class that a width is in.

        >>> read("en1992").name_of(0.25)
        '0.3'
        """
        return next(band.name for band in self.bands if band.up_to_mm is None or width_mm <= band.up_to_mm)


def read(source: str = DEFAULT) -> Bands:
    """Bands that ship, by name, or those of a file.

    Args:
        source: ``aci224r``, ``en1992`` or the path of a YAML file with ``source``, ``width`` and ``bands``.

    Raises:
        HairlineError: If there is no such file, or it holds something else.
    """
    path = Path(__file__).with_name("bands") / f"{source}.yaml" if source in SHIPPED else Path(source)
    values = yaml_files.read(path, f"expected {', '.join(SHIPPED)} or a file of bands; correct it")
    try:
        return Bands(**values)
    except HairlineError as error:
        lines = " ".join(str(error).splitlines())
        raise HairlineError(
            f"{printable(str(path))}: {lines}; docs/inspection/measuring.md shows such a file; correct it"
        ) from None
