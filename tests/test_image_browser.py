import io

import numpy as np
from PIL import Image

from hairline.reporting.figures import image_browser


def pixels(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as picture:
        assert picture.format == "WEBP"
        return np.asarray(picture)


def test_a_mask_is_kept_exactly_and_a_lone_pixel_survives_shrinking() -> None:
    mask = np.zeros((40, 60), dtype=np.bool_)
    mask[7, 11] = mask[20:22] = True
    assert np.array_equal(pixels(image_browser.score_map(mask))[..., 0] == 255, mask)
    large = np.zeros((960, 1440), dtype=np.bool_)
    large[500, 701] = True
    small = pixels(image_browser.score_map(large))[..., 0]
    assert small.shape == (320, 480) and (small == 255).sum() == 1 and small[166, 233] == 255


def test_scores_are_near_what_they_were_and_photos_keep_their_shape() -> None:
    ramp = np.tile(np.linspace(0, 1, 120), (80, 1))
    shown = pixels(image_browser.score_map(ramp))[..., 0] / 255
    assert np.abs(shown - ramp).max() < 0.05
    photo = np.random.default_rng(0).integers(90, 110, (300, 900, 3), dtype=np.uint8)
    assert pixels(image_browser.photo(photo)).shape == (160, 480, 3)


def test_same_pixels_give_the_same_bytes() -> None:
    image = np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    assert image_browser.photo(image) == image_browser.photo(image)
