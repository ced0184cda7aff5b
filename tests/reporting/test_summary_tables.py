import io
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.results import BOOTSTRAP, labels, random_table, row, segmenter, untrainable

from hairline.metrics.score_table import metrics
from hairline.reporting import (
    comparison,
    difference_tables,
    formatting,
    headlines,
    notes,
    overview_table,
    summary_tables,
)
from hairline.reporting.comparison import Result, Scale
from hairline.reporting.metric_columns import METRICS

SHOWN = (
    *METRICS[0].columns, "images",
    *(name for metric in METRICS[1:] if not metric.whole for name in metric.columns),
    "ods_minus_manual", "ods_minus_manual_low", "ods_minus_manual_high",
    *(name for metric in METRICS if metric.whole for name in metric.columns), "paper_ods", "paper_ois", "paper_ap",
)  # fmt: skip


def example():
    results = [
        segmenter("konig", random_table(1)),
        segmenter("manual", random_table(2)),
        untrainable("otsu", reason="3 images | kept"),
        segmenter("konig", random_table(3), dataset="mine", architecture="oed"),
        Result("label", "konig", None, "crack500-train", "cfd", "scored", "", random_table(4)),
        Result("label", "crf", None, "crack500-train", "mine", "no masks", "", None),
    ]
    return comparison.summarise(results, BOOTSTRAP)


def test_markdown_numbers_equal_csv_numbers():
    summary = example()
    read = pd.read_csv(io.StringIO(formatting.csv(summary)))
    assert list(read.columns) == list(comparison.COLUMNS)
    lines = [line for line in summary_tables.markdown(summary).splitlines() if line.startswith("| ")]
    for record in read[read["status"] == "scored"].to_dict("records"):
        name = "FSV" if record["labels"] == "manual" else record["labels"]
        found = [line for line in lines if line.startswith(f"| {name} |") and f"{record['ods']:.3f} [" in line]
        assert len(found) == 1
        numbers = [float(number) for number in re.findall(r"[-+]?\d+(?:\.\d+)?", found[0].partition(" | ")[2])]
        expected = [record[key] for key in SHOWN if not np.isnan(record[key])]
        assert numbers == pytest.approx(expected, abs=5.01e-4)


def test_a_segmenter_that_was_not_run_is_so_in_two_words():
    result = Result(
        "segmenter", "konig", "unet", "", "mine", "not run", "dvc repro evaluate@…", None, training_set="mine"
    )
    table = summary_tables.tables(comparison.summarise([result, segmenter("manual", random_table(1))], BOOTSTRAP))
    assert table["Segmenters tested on mine"]["ODS"].to_list() == ["not run"]


def test_tables_put_fsv_first_and_say_not_trainable_in_words():
    tables = summary_tables.tables(example())
    assert list(tables) == [
        "Segmenters tested on cfd",
        "Segmenters tested on mine",
        summary_tables.ABLATIONS,
        "Pseudo-labels of cfd against its masks",
        "Pseudo-labels of mine against its masks",
    ]
    first = tables["Segmenters tested on cfd"]
    assert first["Trained on"].to_list() == ["FSV", "konig", "otsu"]
    assert first["ODS"][2] == "not trainable: 3 images | kept"
    assert first["paper ODS"].to_list() == ["0.185", "0.184", "–"]
    assert "paper ODS" not in tables["Segmenters tested on mine"]
    assert tables["Pseudo-labels of mine against its masks"]["ODS"].to_list() == ["no masks"]
    for line in summary_tables.markdown(example()).splitlines():
        assert "3 images | kept" not in line


def test_headline_says_which_way_it_went():
    better = pd.DataFrame([row(f"s{i}", f"g{i}", {90: 10}, {0: 90}) for i in range(10)])
    worse = pd.DataFrame([row(f"s{i}", f"g{i}", {90: 5, 0: 5}, {0: 90}) for i in range(10)])
    for weak, manual, word in (
        (better, worse, "better than"),
        (worse, better, "worse than"),
        (worse, worse, "not clearly"),
    ):
        summary = comparison.summarise([segmenter("konig", weak), segmenter("manual", manual)], BOOTSTRAP)
        assert word in headlines.headline(summary)
    assert "+0.333" in headlines.headline(
        comparison.summarise([segmenter("konig", better), segmenter("manual", worse)], BOOTSTRAP)
    )
    mixed = [pd.concat([better[:7], worse[7:]]), pd.concat([worse[:7], better[7:]])]
    unclear = comparison.summarise([segmenter("konig", mixed[0]), segmenter("manual", mixed[1])], BOOTSTRAP)
    assert "not clearly different from FSV: +0.133 [" in headlines.headline(unclear)
    assert "the one segmenter" in headlines.headline(unclear) and "choice" not in headlines.headline(unclear)
    alone = comparison.summarise([segmenter("konig", better), untrainable("manual")], BOOTSTRAP)
    assert headlines.headline(alone).startswith("No segmenter")


def test_the_headline_calls_nothing_worse_that_the_table_below_it_does_not():
    weak = pd.DataFrame([row(f"s{i}", f"g{i}", {90: 5, 0: 5}, {0: 90}) for i in range(10)])
    strong = pd.DataFrame([row(f"s{i}", f"g{i}", {90: 10}, {0: 90}) for i in range(10)])
    results = [segmenter("konig", weak), segmenter("manual", strong)]
    summary, pairs = comparison.summarise(results, BOOTSTRAP), difference_tables.every_pair(results, BOOTSTRAP)
    assert "worse than FSV: -0.333 [" in headlines.headline(summary, pairs)
    unclear = pairs.assign(p_holm=0.1449)
    assert "≈" in overview_table.table(summary, unclear)["konig"].item()
    told = headlines.headline(summary, unclear)
    assert "not clearly different from FSV: -0.333 [" in told and "], p = 0.14 after Holm's correction. " in told
    assert told in summary_tables.markdown(summary, unclear)


def test_headline_owns_up_to_a_choice_and_to_a_missing_interval():
    results = [
        segmenter("konig", random_table(1)),
        segmenter("crf", random_table(2)),
        segmenter("manual", random_table(3)),
    ]
    told = headlines.headline(comparison.summarise(results, BOOTSTRAP))
    assert "the best of 2 segmenters" in told
    assert "]; the interval does not account for the choice among 2. " in told
    one_photo = [segmenter("konig", random_table(1, groups=1)), segmenter("manual", random_table(2, groups=1))]
    told = headlines.headline(comparison.summarise(one_photo, BOOTSTRAP))
    assert "(too few photos (1) to tell); difference to FSV" in told
    assert "cfd: too few photos (1) to tell" in summary_tables.markdown(comparison.summarise(one_photo, BOOTSTRAP))
    assert "different from" not in told


def test_nothing_scored_still_gives_tables():
    summary = comparison.summarise([untrainable("konig"), untrainable("manual")], BOOTSTRAP)
    assert "not trainable" in summary_tables.markdown(summary)
    assert summary["images"].isna().all()


def side_by_side():
    """Two sets, two label sets in an order that is not the alphabet's, one of them not scored on one set."""
    tables = [random_table(seed) for seed in range(3)]
    results = [
        labels("otsu", tables[0]),
        labels("konig_without_bilateral", tables[1]),
        labels("otsu", tables[2], "cfd-test"),
        Result(
            "label", "konig_without_bilateral", "resnet18", "crack500-train", "cfd-test", "no masks", "none there", None
        ),
    ]
    return tables, comparison.summarise(results, BOOTSTRAP)


def test_all_label_sets_stand_in_one_table_beside_the_papers_ablations():
    tables, summary = side_by_side()
    found = summary_tables.tables(summary)[summary_tables.ABLATIONS]
    scores = [metrics(table) for table in tables]
    numbers = [" / ".join(f"{each[name]:.3f}" for name in ("ods", "ois", "ap")) for each in scores]
    expected = [f"{each} ? not known" for each in numbers]
    assert found.to_dict("list") == {
        "Labels": ["otsu", "konig_without_bilateral"],
        "crack500-train": expected[:2],
        "paper, crack500-train": ["–", "0.469 / 0.503 / 0.354"],
        "cfd-test": [expected[2], "no masks"],
    }
    assert summary_tables.markdown(summary).count("| konig_without_bilateral | " + expected[1] + " | 0.469") == 1


def test_the_csv_of_all_label_sets_holds_the_same_numbers():
    tables, summary = side_by_side()
    read = pd.read_csv(io.StringIO(summary_tables.ablations_csv(summary)), index_col="labels")
    names = [f"{name} {metric}" for name in ("crack500-train", "crack500-train paper", "cfd-test") for metric in
             ("ods", "ois", "ap")]  # fmt: skip
    assert list(read.columns) == [name.replace("paper ", "paper_") for name in names]
    assert list(read.index) == ["otsu", "konig_without_bilateral"]
    for name, column, table in (
        ("otsu", "crack500-train", 0), ("konig_without_bilateral", "crack500-train", 1), ("otsu", "cfd-test", 2),
    ):  # fmt: skip
        for metric in ("ods", "ois", "ap"):
            assert read.loc[name, f"{column} {metric}"] == pytest.approx(metrics(tables[table])[metric], abs=1e-6)
    assert read.loc["konig_without_bilateral"].isna().sum() == 3 and read.loc["otsu"].isna().sum() == 3
    assert read.loc["konig_without_bilateral", "crack500-train paper_ois"] == 0.5034


def test_where_no_segmenter_was_trained_the_best_labels_make_the_headline():
    tables, summary = side_by_side()
    best = max(range(2), key=lambda index: metrics(tables[index])["ods"])
    told = headlines.headline(summary)
    name = ("otsu", "konig_without_bilateral")[best]
    assert told.startswith(f"No segmenter was scored. The best labels: {name} on crack500-train, ODS ")
    assert f"otsu on cfd-test, ODS {metrics(tables[2])['ods']:.3f} [" in told
    assert told.endswith("; the intervals do not account for the choice among 2 label sets.")
    assert "FSV" not in summary_tables.markdown(summary)
    alone = comparison.summarise([labels("otsu", tables[0])], BOOTSTRAP)
    assert "choice" not in headlines.headline(alone)
    nothing = comparison.summarise(
        [Result("label", "otsu", "resnet18", "mine", "mine-test", "no masks", "", None)], BOOTSTRAP
    )
    assert headlines.headline(nothing) == "Neither a segmenter nor labels could be scored on masks."
    assert "| otsu | no masks |" in summary_tables.markdown(nothing)


def test_where_nothing_is_compared_the_notes_say_so():
    (note,) = notes.notes(comparison.summarise([], BOOTSTRAP))
    assert "Nothing is compared" in note


def test_false_alarms_are_shown_where_a_test_set_has_images_without_crack():
    free = random_table(1)
    free.at[0, "crack_hist"] = [0] * 100
    results = [segmenter("konig", random_table(1)), segmenter("konig", free, dataset="ael")]
    shown = summary_tables.tables(comparison.summarise(results, BOOTSTRAP))
    assert "False alarms" not in shown["Segmenters tested on cfd"]
    assert float(shown["Segmenters tested on ael"]["False alarms"][0]) == 1  # its one such image has many


def test_the_scale_of_a_segmenter_is_shown_where_images_were_resized():
    plain, resized = segmenter("konig", random_table(1)), segmenter("konig", random_table(2), dataset="mine")
    results = [replace(plain, scale=Scale(1.0, "given")), replace(resized, scale=Scale(2**-0.5, "rule"))]
    both = comparison.pooled(
        "all", [replace(plain, scale=Scale(1.0, "given")), replace(resized, scale=Scale(2, "rule"))]
    )
    summary = comparison.summarise([*results, both], BOOTSTRAP)
    assert summary["scale"].fillna(-1).tolist() == [1.0, 2**-0.5, -1]
    assert summary["scale_by"].tolist() == ["given", "rule", "each set"]
    shown = summary_tables.tables(summary)
    assert "Scale" not in shown["Segmenters tested on cfd"]
    assert shown["Segmenters tested on mine"]["Scale"].tolist() == ["× 0.707 (rule)"]
    assert shown["Segmenters tested on all"]["Scale"].tolist() == ["each set"]
    joined = [replace(plain, scale=Scale(1.0, "given", 0.4)), replace(resized, scale=Scale(2.0, "rule", 0.4))]
    told = summary_tables.tables(comparison.summarise([*joined, comparison.pooled("all", joined)], BOOTSTRAP))
    assert [told[f"Segmenters tested on {name}"]["Scale"].tolist() for name in ("cfd", "mine", "all")] == [
        ["label 0.4"], ["× 2 (rule), label 0.4"], ["each set, label 0.4"],
    ]  # fmt: skip
    alike = comparison.pooled("all", [replace(each, scale=Scale(2.0, "given")) for each in (plain, resized)])
    assert alike.scale == Scale(2.0, "given")
