"""Areas that outlines of annotation tools enclose, filled as COCO fills them."""

import numpy as np
from numpy.typing import NDArray

from hairline.data import polygons

POINTS = 180


class OutlineError(ValueError):
    """An outline that cannot be filled; says why."""


def polygon(corners: NDArray[np.float64], height: int, width: int) -> NDArray[np.bool_]:
    """The area of a polygon, bool [height, width].

    Args:
        corners: [n, 2] of x and y in pixels.
        height: Of the image.
        width: Of the image.

    Raises:
        OutlineError: If it has too few corners or too many, or lies outside of the image.
    """
    try:
        return polygons.drawn([corners.ravel().tolist()], height, width)
    except ValueError as error:
        raise OutlineError(str(error)) from None


def box(
    left: float, top: float, across: float, down: float, degrees: float, height: int, width: int, *, about_centre: bool
) -> NDArray[np.bool_]:
    """The area of a rectangle that is turned clockwise about its centre, or about its upper left corner."""
    corners = np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float64)
    pivot = np.array([across / 2, down / 2]) if about_centre else np.zeros(2)
    return polygon(_turned(corners - pivot, degrees) + pivot + np.array([left, top]), height, width)


def ellipse(
    x: float, y: float, across: float, down: float, degrees: float, height: int, width: int
) -> NDArray[np.bool_]:
    """The area of an ellipse by its centre and half axes, turned clockwise."""
    angles = np.linspace(0, 2 * np.pi, POINTS, endpoint=False)
    corners = np.stack([across * np.cos(angles), down * np.sin(angles)], axis=1)
    return polygon(_turned(corners, degrees) + np.array([x, y]), height, width)


def _turned(points: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """Points turned clockwise, y pointing down."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turned: NDArray[np.float64] = points @ np.array([[cos, sin], [-sin, cos]])
    return turned
