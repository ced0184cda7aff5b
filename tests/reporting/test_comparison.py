import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.results import BOOTSTRAP, ends, labels, random_table, row, segmenter, untrainable

from hairline.errors import HairlineError
from hairline.labelling.timing import Speed
from hairline.metrics import bootstrap, published, thresholds
from hairline.metrics.bootstrap import BootstrapOptions
from hairline.metrics.score_table import counts
from hairline.reporting import comparison, formatting, notes, summary_tables
from hairline.reporting.comparison import Result


def test_scores_of_a_hand_made_table():
    # a: 8 of 10 crack pixels at bin 50, no false ones → F1 16/18 up to t = 0.50, 0 above.
    # b: at bin 80 all 10 pixels of crack, at bin 30 ten of background → 20/30 up to 0.30, 1 up to 0.80, then 0.
    table = pd.DataFrame([row("a", "x", {50: 8, 0: 2}, {0: 90}), row("b", "y", {80: 10}, {30: 10, 0: 80})])
    summary = comparison.summarise([segmenter("konig", table)], BOOTSTRAP).iloc[0]
    assert summary["ods"] == pytest.approx((16 / 18 + 1) / 2)
    assert summary["ods_threshold"] == pytest.approx(0.31)
    assert summary["ois"] == pytest.approx((16 / 18 + 1) / 2)
    # pooled: recall 10/20 at precision 1 (t 0.80..0.51), 18/20 at 1 (0.50..0.31), 18/20 at 18/28 (no recall gained)
    assert summary["ap"] == pytest.approx(0.9)
    assert summary["ap_of_means"] == pytest.approx((0.8 + 1) / 2)
    assert (summary["images"], summary["groups"]) == (2, 2)


def test_empty_masks_and_predictions_are_counted():
    table = pd.DataFrame(
        [
            row("a", "x", {60: 10}, {0: 90}),
            row("b", "y", {}, {0: 100}),
            row("c", "z", {0: 5}, {0: 95}),
            row("only false alarms", "z", {0: 5}, {60: 95}),
        ]
    )
    summary = comparison.summarise([segmenter("konig", table)], BOOTSTRAP).iloc[0]
    assert (summary["empty_masks"], summary["empty_predictions"]) == (1, 2)
    assert summary["ods"] == pytest.approx((1 + 1 + 0 + 0) / 4)
    assert summary["ods_threshold"] == pytest.approx(0.01)


def test_intervals_equal_a_plain_loop_over_the_same_resamples():
    table = random_table(0)
    shuffled = table.sample(frac=1, random_state=1)
    summary = comparison.summarise([segmenter("konig", shuffled)], BOOTSTRAP).iloc[0]
    generator = np.random.default_rng(BOOTSTRAP.seed)
    names = sorted(table["group"].unique())
    ods, ois = [], []
    for draw in generator.multinomial(len(names), [1 / len(names)] * len(names), size=BOOTSTRAP.resamples):
        drawn = [member for name, times in zip(names, draw, strict=True) for member in [name] * times]
        images = pd.concat([table[table["group"] == name] for name in drawn])
        f1 = thresholds.f1(thresholds.counts(np.stack(images["crack_hist"]), np.stack(images["background_hist"])))
        ods.append(thresholds.ods(f1))
        ois.append(thresholds.ois(f1))
    shares = ends(table["group"])
    assert 0.02 < shares[0] < 0.05
    assert [summary["ods_low"], summary["ods_high"]] == pytest.approx(np.quantile(ods, shares))
    assert [summary["ois_low"], summary["ois_high"]] == pytest.approx(np.quantile(ois, shares))
    assert summary["ods_low"] < summary["ods_high"]


@settings(deadline=None, max_examples=30)
@given(groups=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=15), seed=st.integers(0, 9))
def test_a_resample_draws_whole_groups(groups, seed):
    weights = bootstrap.resample_weights(groups, BootstrapOptions(100, 0.9, seed))
    columns = {name: weights[:, groups.index(name)] for name in groups}
    for place, name in enumerate(groups):
        assert np.array_equal(weights[:, place], columns[name])
    assert np.all(sum(columns.values()) == len(columns))


def test_difference_to_fsv_is_paired_and_zero_for_equal_tables():
    table, other = random_table(1), random_table(2)
    results = [segmenter("konig", table.iloc[::-1]), segmenter("crf", other), segmenter("manual", table)]
    summary = comparison.summarise(results, BOOTSTRAP).set_index("labels")
    names = ["ods_minus_manual", "ods_minus_manual_low", "ods_minus_manual_high"]
    assert summary.loc["konig", names].to_list() == [0, 0, 0]
    assert summary.loc["crf", "ods_minus_manual"] == pytest.approx(
        summary.loc["crf", "ods"] - summary.loc["manual", "ods"]
    )
    weights = bootstrap.resample_weights(table["group"].to_list(), BOOTSTRAP)
    loop = [
        thresholds.ods(np.repeat(thresholds.f1(counts(other)), times, axis=0))
        - thresholds.ods(np.repeat(thresholds.f1(counts(table)), times, axis=0))
        for times in weights
    ]
    assert summary.loc["crf", names[1:]].to_list() == pytest.approx(np.quantile(loop, ends(table["group"])).tolist())
    assert summary.loc["manual", names].isna().all()


def test_difference_needs_the_same_architecture_training_and_test_set():
    table = random_table(1)
    results = [
        segmenter("konig", table, dataset="ael"),
        segmenter("konig", table, architecture="oed"),
        segmenter("konig", table, training_set="semi"),
        segmenter("manual", table),
        Result("label", "konig", "unet", "crack500-train", "cfd", "scored", "", table),
    ]
    assert comparison.summarise(results, BOOTSTRAP)["ods_minus_manual"].isna().all()


def test_different_images_cannot_be_paired():
    table = random_table(1)
    with pytest.raises(HairlineError, match="s000"):
        comparison.summarise([segmenter("konig", table.iloc[1:]), segmenter("manual", table)], BOOTSTRAP)


def test_one_group_gives_no_interval():
    summary = comparison.summarise([segmenter("konig", random_table(1, groups=1))], BOOTSTRAP)
    assert summary[["ods_low", "ods_high", "ois_low", "ois_high"]].isna().all(axis=None)
    assert "[" not in summary_tables.tables(summary)["Segmenters tested on cfd"]["ODS"][0]


def test_cells_refuse_nonsense():
    with pytest.raises(ValueError, match="not trainable"):
        Result("segmenter", "konig", "unet", "crack500", "cfd", "not trainable", "", random_table(0))
    with pytest.raises(HairlineError, match="no rows"):
        segmenter("konig", random_table(0).iloc[:0])


def test_metrics_leave_out_what_there_is_not():
    one, several = pd.DataFrame([row("a", "a", {0: 10}, {0: 10})]), random_table(1)
    results = [segmenter("konig", one, "mine", training_set="semi"), labels("otsu", several), untrainable("niblack")]
    summary = comparison.summarise(results, BOOTSTRAP)
    found = comparison.metrics(summary)
    assert {name: set(values) for name, values in found.items()} == {
        "segmenter-konig-unet-semi-mine": {"ods", "ois", "ap"},
        "label-otsu-resnet18-crack500-train": {"ods", "ods_low", "ods_high", "ois", "ap"},
    }
    assert found["label-otsu-resnet18-crack500-train"]["ods"] == summary["ods"][1]
    json.dumps(found, allow_nan=False)


def test_the_headline_is_the_ods_of_the_first_results_segmenters_before_labels_and_those_of_training_images_last():
    compared = [
        labels("konig", random_table(1)),
        labels("konig", random_table(4), "crack500-val"),
        segmenter("manual", random_table(2)),
        segmenter("konig", random_table(3)),
    ]
    summary = comparison.summarise(compared, BOOTSTRAP)
    found = comparison.headline(summary)["ods"]
    names = ["manual-unet@cfd", "konig-unet@cfd", "konig@crack500-val", "konig@crack500-train"]
    assert list(found) == names
    assert found["konig-unet@cfd"] == comparison.metrics(summary)["segmenter-konig-unet-mine-cfd"]["ods"]
    many = comparison.summarise([segmenter("konig", random_table(2), f"s{each}") for each in range(20)], BOOTSTRAP)
    assert len(comparison.headline(many)["ods"]) == comparison.HEADLINES


def test_paper_values_are_those_printed():
    table = random_table(1)
    results = [
        segmenter("manual", table, "crack500", "oed"),
        segmenter("konig", table, "deepcrack", "unet"),
        segmenter("konig_tuned", table, "deepcrack", "unet"),
        Result("label", "konig", "resnet101", "crack500-train", "crack500-train", "scored", "", table),
        Result(
            "label", "konig", "resnet18", "crack500-train", "crack500-train", "scored", "", table
        ),  # beside ResNet-50
        Result("label", "otsu", None, "crack500-train", "cfd", "no masks", "", None),
        segmenter("konig", table, "cfd", "oed"),  # not that of table VIII, trained on more
        replace(segmenter("konig", table, "cfd", "oed"), trained_on=""),
        Result("label", "konig", "resnet101", "folder", "crack500-train", "scored", "", table),
        Result("label", "konig_two_class_otsu", "resnet18", "crack500-train", "crack500-train", "scored", "", table),
        Result(
            "label", "konig_without_morphology", "resnet50", "crack500-train", "crack500-train", "scored", "", table
        ),
        Result(
            "label", "konig_without_morphology", "resnet101", "crack500-train", "crack500-train", "scored", "", table
        ),
        Result("label", "konig_without_morphology", "resnet50", "crack500-train", "crack500-test", "scored", "", table),
    ]
    printed = comparison.summarise(results, BOOTSTRAP)[["paper_ods", "paper_ois", "paper_ap"]].to_numpy()
    assert printed[0].tolist() == [0.6911, 0.7373, 0.8004]
    assert printed[1].tolist() == [0.6199, 0.712, 0.6595]
    assert printed[3].tolist() == [0.504, 0.5706, 0.3749]
    assert printed[4].tolist() == [0.5359, 0.5839, 0.4371]
    assert np.isnan(printed[[2, 5, 7, 8, 11, 12]]).all()
    named = [
        Result("label", name, "resnet101", "crack500-train", "crack500-train", "scored", "", table)
        for name in ("crf_resnet101", "crf_tuned", "crf_resnet101_tuned", "konig_resnet101", "konig_resnet101_tuned",
                     "crf_resnet50")
    ]  # fmt: skip
    beside = comparison.summarise(named, BOOTSTRAP)["paper_ods"].tolist()
    assert beside[:4] == [0.2874, 0.2874, 0.2874, 0.504]  # the paper searched the options of its crf
    assert np.isnan(beside[4:]).all()
    assert printed[9].tolist() == [0.5375, 0.6128, 0.5041]
    assert printed[10].tolist() == [0.4436, 0.4436, 0.2478]
    assert printed[6].tolist() == [0.4022, 0.433, 0.3413]


def test_published_table_is_complete():
    results = published.results()
    assert results.groupby("table").size().to_dict() == {
        "I": 9, "II": 24, "III": 36, "IV": 36, "V": 36, "VI": 36, "VII": 12, "VIII": 24, "IX": 36,
    }  # fmt: skip
    assert (
        not results[results["table"] != "VII"]
        .duplicated(["table", "trained_on", "tested_on", "labels", "model", "metric"])
        .any()
    )


def test_speed_stands_beside_that_of_the_paper():
    table, measured = random_table(1), Speed(1.5, 0.5, "a CPU, 2 of 2 cores")
    results = [
        replace(labels("konig", table), speed=measured),
        replace(labels("crf", table), speed=Speed(0.25, 0.25, "a GPU")),
        labels("konig_tuned", table),
        segmenter("manual", table),
    ]
    summary = comparison.summarise(results, BOOTSTRAP)
    assert summary["images_per_second"].tolist()[:2] == [0.5, 2]
    assert summary.loc[0, ["evidence_seconds", "label_seconds", "machine"]].tolist() == [1.5, 0.5, measured.machine]
    assert summary["paper_images_per_second"].tolist()[:2] == [0.1868, 0.8739]
    assert summary.loc[2:, ["images_per_second", "paper_images_per_second", "machine"]].isna().all(axis=None)
    tables = summary_tables.tables(summary)
    shown = tables["Pseudo-labels of crack500-train against its masks"]
    assert shown["Images/s"].tolist() == ["0.5", "2", "–"]
    assert shown["paper images/s"].tolist() == ["0.187", "0.874", "–"]
    assert not {"Images/s", "paper images/s"} & set(tables["Segmenters tested on cfd"])
    note = next(note for note in notes.notes(summary) if note.startswith("Images/s"))
    assert "a CPU, 2 of 2 cores; a GPU" in note
    assert "| Images/s | paper images/s |" in summary_tables.markdown(summary)
    assert "images_per_second" in formatting.csv(summary).splitlines()[0]


def test_without_any_measured_speed_there_is_no_column():
    table = random_table(1)
    summary = comparison.summarise([labels("konig", table, trained_on="cfd")], BOOTSTRAP)
    assert not [name for name in summary_tables.tables(summary)["Pseudo-labels of crack500-train against its masks"]
                if "mages/s" in name]  # fmt: skip
    assert not [note for note in notes.notes(summary) if note.startswith("Images/s")]
