import re

import numpy as np
import pytest

from hairline.metrics import thresholds
from hairline.reporting.figures import canvas, curves


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
    pairs = [thresholds.histograms(scores, crack_image(seed=i)[1]) for i, scores in enumerate(maps)]
    return thresholds.counts(np.stack([crack for crack, _ in pairs]), np.stack([background for _, background in pairs]))


def test_same_figure_gives_the_same_bytes_without_metadata(tmp_path):
    first, second = (canvas.png(curves.pr_curves({"cfd": {"FSV": counts(1)}})) for _ in range(2))
    assert first == second
    assert not {chunk for chunk in (b"tEXt", b"iTXt", b"tIME", b"Software") if chunk in first}
    canvas.save_png(curves.pr_curves({"cfd": {"FSV": counts(1)}}), tmp_path / "new" / "curves.png")
    assert (tmp_path / "new" / "curves.png").read_bytes() == first
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["curves.png"]


def test_pr_curves_draw_pooled_precision_and_the_ods_point():
    counted = counts(1)
    figure = curves.pr_curves({"cfd": {"FSV": counted, "konig": counts(2)}, "ael": {"konig": counts(3)}})
    axis, other = figure.axes
    lines = {line.get_label(): line for line in axis.get_lines() if not line.get_label().startswith("_")}
    curve = lines[f"FSV: ODS {thresholds.ods(thresholds.f1(counted)):.3f}"]
    precision, recall = thresholds.precision_recall(counted)
    assert np.array_equal(curve.get_ydata(), precision) and np.array_equal(curve.get_xdata(), recall)
    place = round(thresholds.best_threshold(thresholds.f1(counted)) * 100) - 1
    dots = [(*line.get_xdata(), *line.get_ydata()) for line in axis.get_lines() if line.get_marker() == "o"]
    assert (recall[place], precision[place]) in dots
    assert place != thresholds.f1(counted)[0].argmax()  # the example tells one image from all
    colours = [
        next(line.get_color() for line in each.get_lines() if line.get_label().startswith("konig"))
        for each in (axis, other)
    ]
    assert colours[0] == colours[1]


def test_iso_lines_have_constant_f1():
    axis = curves.pr_curves({"cfd": {"FSV": counts(1)}}).axes[0]
    levels = []
    for line in axis.get_lines()[: len(curves.ISO_F1)]:
        recall, precision = line.get_xdata(), line.get_ydata()
        f1 = 2 * precision * recall / (precision + recall)
        assert np.ptp(f1) < 1e-9
        levels.append(f1[0])
    assert levels == pytest.approx(curves.ISO_F1)


def test_training_curves_sort_values_into_panels():
    history = [
        {"epoch": 1.0, "train_loss": 0.7, "learning_rate": 0.1},
        {"epoch": 2.0, "train_loss": 0.5, "val_ods": 0.4},
    ]
    figure = curves.training_curves(history)
    shown = {
        axis.get_title(loc="left"): {line.get_label(): line.get_xydata().tolist() for line in axis.get_lines()}
        for axis in figure.axes
    }
    assert shown == {
        "Loss": {"train_loss": [[1.0, 0.7], [2.0, 0.5]]},
        "Score": {"val_ods": [[2.0, 0.4]]},
        "Learning rate": {"learning_rate": [[1.0, 0.1]]},
    }
    assert canvas.png(curves.training_curves([]))


def test_a_drawing_is_one_element_with_text_as_text_and_the_pages_own_ink():
    first, second = (canvas.svg(curves.pr_curves({"cfd & co": {"FSV": counts(1)}}), "a") for _ in range(2))
    assert first == second
    assert first.startswith("<svg") and first.rstrip().endswith("</svg>") and "://" not in first
    assert "FSV: ODS" in first and "currentColor" in first and "#000000" not in first
    ids = {name for name in re.findall(r'id="([^"]+)"', first) if name.startswith("p")}
    other = canvas.svg(curves.pr_curves({"cfd & co": {"FSV": counts(1)}}), "b")
    assert not ids & set(re.findall(r'id="(p[0-9a-f]{8,})"', other))


@pytest.mark.parametrize("names", [[f"label_set_{n}" for n in range(124)], ["L" * 100, "M" * 100 + "A" * 100]])
def test_names_of_many_results_or_long_ones_stand_below_the_panel_and_inside_the_picture(names):
    figure = curves.pr_curves({"cfd": dict.fromkeys(names, counts(1))})
    canvas.png(figure)
    (axis,) = figure.axes
    legend, whole = axis.get_legend().get_window_extent(), figure.bbox
    assert len(axis.get_legend().get_texts()) == len(names)
    assert legend.x0 >= whole.x0 and legend.y0 >= whole.y0 and legend.x1 <= whole.x1 and legend.y1 <= whole.y1
    assert axis.get_window_extent().height > 300 and axis.get_window_extent().y0 > legend.y1


def test_drawings_of_one_page_share_no_id_of_a_group():
    drawn = [canvas.svg(curves.pr_curves({name: {"FSV": counts(1)}}), name) for name in ("cfd", "ael")]
    assert drawn[0].count("<g") > 5 and not any("<g id=" in each for each in drawn)
