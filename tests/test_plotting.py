import io

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hairline import plotting, scoring


def crack_image(height=60, width=90, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.integers(140, 180, (height, width, 3)).astype(np.uint8)
    mask = np.zeros((height, width), dtype=bool)
    mask[np.arange(height), np.arange(height) * width // height] = True
    image[mask] = 30
    return image, mask


def counts(seed, images=6):
    rng = np.random.default_rng(seed)
    maps = [np.clip(crack_image(seed=i)[1] * 0.6 + rng.random((60, 90)) * (0.2 + 0.1 * i), 0, 1) for i in range(images)]
    pairs = [scoring.histograms(scores, crack_image(seed=i)[1]) for i, scores in enumerate(maps)]
    return scoring.counts(np.stack([crack for crack, _ in pairs]), np.stack([background for _, background in pairs]))


def picture_row(name, **changes):
    image, mask = crack_image()
    scores = (mask * 255).astype(np.uint8)
    fields = {
        "id": name, "image": image, "mask": mask, "evidence": mask * 0.7,
        "labels": {"konig": scores, "otsu": scores}, "predictions": {"konig/unet": scores},
    }  # fmt: skip
    return plotting.PictureRow(**(fields | changes))


def size(png):
    return Image.open(io.BytesIO(png)).size


def test_same_figure_gives_the_same_bytes_without_metadata(tmp_path):
    first, second = (plotting.png(plotting.pr_curves({"cfd": {"FSV": counts(1)}})) for _ in range(2))
    assert first == second
    assert not {chunk for chunk in (b"tEXt", b"iTXt", b"tIME", b"Software") if chunk in first}
    plotting.save_png(plotting.pr_curves({"cfd": {"FSV": counts(1)}}), tmp_path / "new" / "curves.png")
    assert (tmp_path / "new" / "curves.png").read_bytes() == first
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["curves.png"]


def test_no_global_plotting_state_is_touched():
    before = dict(matplotlib.rcParams)
    plotting.png(plotting.picture_grid([picture_row("a")]))
    assert dict(matplotlib.rcParams) == before


def test_pr_curves_draw_pooled_precision_and_the_ods_point():
    counted = counts(1)
    figure = plotting.pr_curves({"cfd": {"FSV": counted, "konig": counts(2)}, "ael": {"konig": counts(3)}})
    axis, other = figure.axes
    lines = {line.get_label(): line for line in axis.get_lines() if not line.get_label().startswith("_")}
    curve = lines[f"FSV: ODS {scoring.ods(scoring.f1(counted)):.3f}"]
    precision, recall = scoring.precision_recall(counted)
    assert np.array_equal(curve.get_ydata(), precision) and np.array_equal(curve.get_xdata(), recall)
    place = round(scoring.best_threshold(scoring.f1(counted)) * 100) - 1
    dots = [(*line.get_xdata(), *line.get_ydata()) for line in axis.get_lines() if line.get_marker() == "o"]
    assert (recall[place], precision[place]) in dots
    assert place != scoring.f1(counted)[0].argmax()  # the example tells one image from all
    colours = [
        next(line.get_color() for line in each.get_lines() if line.get_label().startswith("konig"))
        for each in (axis, other)
    ]
    assert colours[0] == colours[1]


def test_iso_lines_have_constant_f1():
    axis = plotting.pr_curves({"cfd": {"FSV": counts(1)}}).axes[0]
    levels = []
    for line in axis.get_lines()[: len(plotting.ISO_F1)]:
        recall, precision = line.get_xdata(), line.get_ydata()
        f1 = 2 * precision * recall / (precision + recall)
        assert np.ptp(f1) < 1e-9
        levels.append(f1[0])
    assert levels == pytest.approx(plotting.ISO_F1)


def test_grid_has_titled_columns_and_named_rows():
    figure = plotting.picture_grid([picture_row("one"), picture_row("two", mask=None, labels={})])
    assert size(plotting.png(figure))[0] == 1400
    titles = [axis.get_title().replace("\n", " ") for axis in figure.axes[:6]]
    assert titles == ["image", "mask", "evidence", "labels konig", "labels otsu", "prediction konig/unet"]
    assert [figure.axes[0].texts[0].get_text(), figure.axes[6].texts[0].get_text()] == ["one", "two"]
    assert [len(axis.get_images()) for axis in figure.axes[6:]] == [1, 0, 1, 0, 0, 1]
    assert [axis.texts[0].get_text() for axis in figure.axes[7:] if axis.texts] == ["none"] * 3


def test_grid_leaves_out_columns_that_no_row_fills():
    figure = plotting.picture_grid([picture_row("one", mask=None, evidence=None, predictions={})])
    assert [axis.get_title().split("\n")[0] for axis in figure.axes] == ["image", "labels", "labels"]
    assert plotting.png(plotting.picture_grid([]))


@settings(deadline=None, max_examples=40)
@given(height=st.integers(1, 700), width=st.integers(1, 700), seed=st.integers(0, 99))
def test_shrinking_keeps_every_lone_pixel(height, width, seed):
    rng = np.random.default_rng(seed)
    scores = np.zeros((height, width), dtype=np.uint8)
    scores[rng.integers(height), rng.integers(width)] = 255
    small = plotting.shrunk_map(scores)
    assert max(small.shape) <= plotting.PANEL_PX
    assert small.max() == 1 and np.count_nonzero(small) == 1
    assert small.shape == plotting._shrunk_image(np.zeros((height, width, 3), dtype=np.uint8)).shape[:2]


def test_heat_is_the_grey_image_where_there_is_no_evidence():
    image, mask = crack_image()
    heat = plotting._heat(image, mask.astype(float))
    grey = image.mean(axis=2) / 255
    assert np.allclose(heat[~mask], grey[~mask][:, None])
    assert np.all(np.abs(heat[mask] - grey[mask][:, None]).max(axis=1) > 0.3)


def test_contact_sheet_needs_as_many_overlays_as_images():
    images, masks = zip(*(crack_image(seed=i) for i in range(7)), strict=True)
    figure = plotting.contact_sheet(images, masks, [f"s{i}" for i in range(7)])
    assert [axis.get_title() for axis in figure.axes[:8]] == [*(f"s{i}" for i in range(7)), ""]
    assert size(plotting.png(figure))[0] == 1400
    with pytest.raises(ValueError):
        plotting.contact_sheet(images, masks[:3], [f"s{i}" for i in range(7)])


def test_training_curves_sort_values_into_panels():
    history = [
        {"epoch": 1.0, "train_loss": 0.7, "learning_rate": 0.1},
        {"epoch": 2.0, "train_loss": 0.5, "val_ods": 0.4},
    ]
    figure = plotting.training_curves(history)
    shown = {
        axis.get_title(loc="left"): {line.get_label(): line.get_xydata().tolist() for line in axis.get_lines()}
        for axis in figure.axes
    }
    assert shown == {
        "Loss": {"train_loss": [[1.0, 0.7], [2.0, 0.5]]},
        "Score": {"val_ods": [[2.0, 0.4]]},
        "Learning rate": {"learning_rate": [[1.0, 0.1]]},
    }
    assert plotting.png(plotting.training_curves([]))
