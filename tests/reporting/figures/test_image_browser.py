import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hairline.reporting.figures import image_browser


def pixels(file: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(file)) as picture:
        assert picture.format == "WEBP"
        return np.asarray(picture)


def opacity(file: bytes) -> np.ndarray:
    found = pixels(file)
    assert found.shape[2] == 4
    return found[..., 3]


def test_a_mask_is_kept_exactly_and_a_lone_pixel_survives_shrinking() -> None:
    mask = np.zeros((40, 60), dtype=np.bool_)
    mask[7, 11] = mask[20:22] = True
    drawn = pixels(image_browser.score_map(mask, colour=image_browser.TRUE))
    assert np.array_equal(drawn[..., 3] == 255, mask) and np.array_equal(drawn[..., 3] == 0, ~mask)
    assert (drawn[mask][:, :3] == image_browser.TRUE).all()
    large = np.zeros((960, 1440), dtype=np.bool_)
    large[500, 701] = True
    small = opacity(image_browser.score_map(large))
    assert small.shape == (320, 480) and (small == 255).sum() == 1 and small[166, 233] == 255


def test_scores_are_rounded_down_to_grades_and_photos_keep_their_shape() -> None:
    ramp = np.tile(np.linspace(0, 1, 120), (80, 1))
    shown = opacity(image_browser.score_map(ramp)) / 255
    assert len(np.unique(shown)) == image_browser.LEVELS and shown.max() == 1
    assert (ramp - shown).min() > -0.003 and (ramp - shown).max() < 1 / (image_browser.LEVELS - 1) + 0.003
    photo = np.random.default_rng(0).integers(90, 110, (300, 900, 3), dtype=np.uint8)
    assert pixels(image_browser.photo(photo)).shape == (160, 480, 3)


def test_same_pixels_give_the_same_bytes() -> None:
    image = np.random.default_rng(1).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    assert image_browser.photo(image) == image_browser.photo(image)
    assert image_browser.score_map(image[..., 0]) == image_browser.score_map(image[..., 0])


SHOWN = [
    image_browser.Shown(name, "walls", {"unet": 0.12346}, {"image": name.encode() * 40, "unet": b"same"}, {"unet": "○"})
    for name in "abc"
]


def test_few_pictures_are_inside_the_page_and_no_folder_is_made(tmp_path: Path) -> None:
    found = image_browser.browser(SHOWN, tmp_path)
    assert not found.beside and [*tmp_path.iterdir()] == []
    assert all(each.startswith("data:image/webp;base64,") for each in found.pictures)
    assert found.images[1] == {"id": "b", "set": "walls", "f1": {"unet": 0.1235}, "layers": {"image": 2, "unet": 3}}
    assert found.seen == {"walls": {"unet": "○"}}


@pytest.mark.parametrize("inside", [0, 100])
def test_more_are_files_beside_it_each_once(tmp_path: Path, inside: int) -> None:
    found = image_browser.browser(iter(SHOWN), tmp_path, inside)
    assert found.beside and len(set(found.pictures)) == 4
    wanted = [each for shown in SHOWN for each in shown.layers.values()]
    assert [(tmp_path / each).read_bytes() for each in found.pictures] == wanted
    there = {f"{image_browser.FOLDER}/{path.name}" for path in (tmp_path / image_browser.FOLDER).iterdir()}
    assert there == set(found.pictures)
