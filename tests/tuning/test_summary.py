"""What a study is told as: which images a score is of, and whether a gain is more than chance."""

from pathlib import Path

import pandas as pd

from hairline.tuning.summary import lines, where


def gained(low: float, high: float) -> dict[str, float]:
    return {"gain": (low + high) / 2, "gain_low": low, "gain_high": high}


def test_scores_say_their_images_and_gains_whether_they_are_clear() -> None:
    held_out = {"ods": 0.8, "ois": 0.7, "ap": 0.6}
    gain = {"ods": gained(-0.027, 0.097), "ois": gained(-0.031, -0.008), "ap": gained(0.01, 0.03)}
    told = {
        "study": "konig", "objective": ["ods"], "trials": 2, "pruned": 0, "tuning_images": 24, "held_out_images": 20,
        "held_out_masks": 20, "experimental": {}, "own": {"held_out": held_out},
        "best": [{"slot": 1, "held_out": held_out, "gain": gain}],
    }  # fmt: skip
    trials = pd.DataFrame({"slot": [0, 1], "ods": [0.7, 0.8], "best": [False, True]})
    printed = list(lines(told, trials, 10))
    assert "on 24 tuning images" in printed[0]
    by_metric = {line.split()[0]: line for line in printed[-3:]}
    assert by_metric["ods"].endswith("[-0.027, +0.097], not clearly different")
    assert by_metric["ois"].endswith("[-0.031, -0.008]") and by_metric["ap"].endswith("[+0.010, +0.030]")


def test_figures_that_are_not_drawn_yet_are_told_with_what_draws_them(tmp_path: Path) -> None:
    figures = tmp_path / "studies" / "cut"
    assert where(figures) == f"{figures}  (not there yet: dvc repro draw_study@cut)"
    figures.mkdir(parents=True)
    assert where(figures) == str(figures)
