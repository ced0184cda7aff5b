"""A patch of a photo, as somebody clicks on it."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Patch:
    """A square of ``size`` pixels whose upper left pixel is column ``x``, row ``y`` of the photo.

    Attributes:
        photo: The photo's path under the folder of photos, with ``/`` between its parts.
        x: Column of the upper left pixel, from 0.
        y: Row of the upper left pixel, from 0.
        size: Side in pixels.
    """

    photo: str
    x: int
    y: int
    size: int
