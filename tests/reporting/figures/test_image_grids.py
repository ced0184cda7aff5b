import io
import itertools

import matplotlib
import numpy as np
import pytest
from PIL import Image

from hairline.reporting.figures import canvas, image_grids


def crack_image(height=60, width=90, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.integers(140, 180, (height, width, 3)).astype(np.uint8)
    mask = np.zeros((height, width), dtype=bool)
    mask[np.arange(height), np.arange(height) * width // height] = True
    image[mask] = 30
    return image, mask


def picture_row(name, **changes):
    image, mask = crack_image()
    scores = (mask * 255).astype(np.uint8)
    fields = {
        "id": name, "image": image, "mask": mask, "evidence": mask * 0.7,
        "labels": {"konig": scores, "otsu": scores}, "predictions": {"konig/unet": scores},
    }  # fmt: skip
    return image_grids.PictureRow(**(fields | changes))


def size(png):
    return Image.open(io.BytesIO(png)).size


def test_no_global_plotting_state_is_touched():
    before = dict(matplotlib.rcParams)
    canvas.png(image_grids.picture_grid([picture_row("a")]))
    assert dict(matplotlib.rcParams) == before


def test_grid_has_titled_columns_and_named_rows():
    figure = image_grids.picture_grid([picture_row("one"), picture_row("two", mask=None, labels={})])
    assert size(canvas.png(figure))[0] == 1400
    titles = [axis.get_title().replace("\n", " ") for axis in figure.axes[:6]]
    assert titles == ["image", "mask", "evidence", "labels konig", "labels otsu", "prediction konig/unet"]
    assert [figure.axes[0].texts[0].get_text(), figure.axes[6].texts[0].get_text()] == ["one", "two"]
    assert [len(axis.get_images()) for axis in figure.axes[6:]] == [1, 0, 1, 0, 0, 1]
    assert [axis.texts[0].get_text() for axis in figure.axes[7:] if axis.texts] == ["none"] * 3


def test_grid_leaves_out_columns_that_no_row_fills():
    figure = image_grids.picture_grid([picture_row("one", mask=None, evidence=None, predictions={})])
    assert [axis.get_title().split("\n")[0] for axis in figure.axes] == ["image", "labels", "labels"]
    assert canvas.png(image_grids.picture_grid([]))


def test_heat_is_the_grey_image_where_there_is_no_evidence():
    image, mask = crack_image()
    figure = image_grids.picture_grid([picture_row("one", evidence=mask.astype(float))])
    (drawn,) = (axis.get_images() for axis in figure.axes if axis.get_title() == "evidence")
    heat, grey = drawn[0].get_array(), image.mean(axis=2) / 255
    assert heat.shape == (*mask.shape, 3)
    assert np.allclose(heat[~mask], grey[~mask][:, None])
    assert np.all(np.abs(heat[mask] - grey[mask][:, None]).max(axis=1) > 0.3)


def test_contact_sheet_needs_as_many_overlays_as_images():
    images, masks = zip(*(crack_image(seed=i) for i in range(7)), strict=True)
    figure = image_grids.contact_sheet(images, masks, [f"s{i}" for i in range(7)])
    assert [axis.get_title() for axis in figure.axes[:8]] == [*(f"s{i}" for i in range(7)), ""]
    assert size(canvas.png(figure))[0] == 1400
    with pytest.raises(ValueError):
        image_grids.contact_sheet(images, masks[:3], [f"s{i}" for i in range(7)])


def test_long_names_above_a_column_do_not_run_into_each_other():
    names = [f"konig_without_{each}" for each in ("bilateral", "morphology", "erosion", "closing", "both", "anything")]
    _, mask = crack_image()
    row = picture_row("one", labels=dict.fromkeys([*names, "otsu", "multi_otsu", "sauvola"], mask), predictions={})
    figure = image_grids.picture_grid([row])
    canvas.png(figure)
    boxes = [axis.title.get_window_extent() for axis in figure.axes]
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(boxes))
    assert figure.axes[3].get_title().replace("\n", "") == "labelskonig_without_bilateral"
