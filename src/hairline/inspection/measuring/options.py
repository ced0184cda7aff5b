"""What counts as a crack, and which of its branches are spurs."""

from typing import Annotated

from annotated_types import Ge, Le

from hairline.io import bounds
from hairline.io.options import checked_dataclass


@checked_dataclass
class Options:
    """How masks are measured.

    Attributes:
        min_area_px: Connected components of fewer pixels are no cracks; they are counted, and left out.
        hole_px: Holes of at most so many pixels are filled before the skeleton is drawn, or each would be a ring.
        spur: A branch with a free end is a spur, and pruned, where it is no longer than this many half widths of the
            crack at the junction it leaves, and 2 px: with 2 it sticks out by less than half a width and 2 px.
    """

    min_area_px: Annotated[int, Ge(1), Le(bounds.NUMBER)] = 20
    hole_px: Annotated[int, Ge(0), Le(bounds.NUMBER)] = 20
    spur: Annotated[float, Ge(0), Le(bounds.FACTOR)] = 2.0
