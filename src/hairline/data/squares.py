"""Squares for rectangles of a photo that somebody gave a label, so that the label holds for the square."""

from hairline.data.clicks import NO_CRACK, Label, Place


def around(
    photo: str, left: float, top: float, width: float, height: float, size: tuple[int, int], label: Label
) -> Place:
    """The patch for a rectangle: of one with crack the square around it, of one without the square inside it.

    Args:
        photo: Name of the photo.
        left: First column, in pixels.
        top: First row.
        width: Of the rectangle.
        height: Of the rectangle.
        size: Width and height of the photo; the patch is moved so that it lies in it as far as it can.
        label: What was said of the rectangle.

    Example:
        >>> around("wall.jpg", 10, 0, 30, 20, (200, 100), "no_crack")
        Place(photo='wall.jpg', x=15, y=0, size=20)
    """
    side = max(1, round(max(width, height) if label != NO_CRACK else min(width, height)))
    x, y = round(left + (width - side) / 2), round(top + (height - side) / 2)
    return Place(photo, _inside(x, side, size[0]), _inside(y, side, size[1]), side)


def _inside(start: int, side: int, length: int) -> int:
    return max(min(start, length - side), 0)
