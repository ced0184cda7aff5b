"""What an image is where arrays go in: RGB, eight bits a channel."""

import numpy as np

from hairline.errors import HairlineError


def refuse_image(image: object) -> None:
    """Refuse what is no RGB image, uint8 [height, width, 3] with at least one pixel.

    Values are not looked at: a BGR image, as OpenCV reads one, has the same type and shape, and is not noticed.

    Args:
        image: Anything.

    Raises:
        HairlineError: If it is no array, of another type or shape, or empty; the message says what was found.

    Example:
        >>> import numpy as np
        >>> refuse_image(np.zeros((4, 6, 3), np.uint8))
        >>> refuse_image(np.zeros((4, 6)))
        Traceback (most recent call last):
        hairline.errors.HairlineError: image: found float64 [4, 6]; expected RGB uint8 [height, width, 3] ...
    """
    if isinstance(image, np.ndarray):
        if image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3 and image.size:
            return
        found = f"{image.dtype} {list(image.shape)}"
    else:
        found = type(image).__name__
    raise HairlineError(
        f"image: found {found}; expected RGB uint8 [height, width, 3] or the path of an image file; convert it "
        "(values in [0, 1] times 255, grey three times over, without alpha)"
    )
