import pandas as pd
import pytest
from support.results import BOOTSTRAP, labels, random_table, segmenter, untrainable

from hairline.metrics import thresholds
from hairline.metrics.score_table import counts
from hairline.reporting import best_cells, comparison, difference_tables, overview_table, seen_signs, worth


def test_no_mark_is_a_sign_of_what_a_number_has_seen() -> None:
    assert not {*overview_table.MARKS.values(), worth.MARK} & {*seen_signs.ALL.values()}


def test_each_cell_is_its_ods_its_difference_and_what_the_corrected_test_says():
    tables = {"konig": random_table(1), "manual": random_table(2)}
    results = [segmenter(name, table) for name, table in tables.items()] + [labels("konig", random_table(3))]
    summary, pairs = comparison.summarise(results, BOOTSTRAP), difference_tables.every_pair(results, BOOTSTRAP)
    found = overview_table.table(summary, pairs)
    assert list(found) == ["Test set", "Network", "FSV", "konig"]
    ods = {name: thresholds.ods(thresholds.f1(counts(table))) for name, table in tables.items()}
    (pair,) = pairs[pairs["kind"] == "segmenter"].to_dict("records")
    mark = overview_table.MARKS[overview_table.verdict(ods["konig"] - ods["manual"], pair["p_holm"])]
    told = f"{ods['konig']:.3f} ? not known ({ods['konig'] - ods['manual']:+.3f} {mark})"
    assert found.to_numpy().tolist() == [["cfd", "unet", f"{ods['manual']:.3f} ? not known", told]]


def test_differences_are_told_from_the_side_of_the_label_set_named():
    results = [segmenter(name, random_table(seed)) for seed, name in enumerate(("manual", "crf", "konig"))]
    summary, pairs = comparison.summarise(results, BOOTSTRAP), difference_tables.every_pair(results, BOOTSTRAP)
    against = {name: overview_table.table(summary, pairs, name).iloc[0] for name in ("crf", "konig")}
    assert [list(line.index[2:]) for line in against.values()] == [["crf", "FSV", "konig"], ["konig", "FSV", "crf"]]
    one, other = (float(against[a][b].split("(")[1].split()[0]) for a, b in (("crf", "konig"), ("konig", "crf")))
    assert one == -other != 0


@pytest.mark.parametrize(
    ("difference", "p", "expected"),
    [(0.2, 0.049, "better"), (-0.2, 0.049, "worse"), (0.2, 0.05, "unclear"), (-0.2, float("nan"), "unsure")],
)
def test_only_what_the_corrected_test_holds_up_is_called_better_or_worse(difference, p, expected):
    assert overview_table.verdict(difference, p) == expected


def test_what_was_not_scored_is_absent_and_training_sets_are_told_apart():
    results = [
        segmenter("manual", random_table(1)),
        segmenter("manual", random_table(2), training_set="theirs"),
        segmenter("konig", random_table(3), training_set="theirs"),
        untrainable("otsu"),
    ]
    found = overview_table.table(
        comparison.summarise(results, BOOTSTRAP), difference_tables.every_pair(results, BOOTSTRAP)
    )
    assert found[["Training set", "konig"]].iloc[0].to_list() == ["mine", "–"]
    assert found["konig"].iloc[1].count("(") == 1 and "otsu" not in found
    nothing = comparison.summarise([labels("konig", random_table(1))], BOOTSTRAP)
    assert overview_table.table(nothing, pd.DataFrame(columns=["kind"])).empty


def test_so_many_pairs_that_nothing_could_be_called_different_are_told():
    results = [segmenter(f"l{number}", random_table(number)) for number in range(11)]
    pairs = difference_tables.every_pair(results, BOOTSTRAP)
    assert len(pairs) == 55 and pairs["p_holm"].min() >= 55 / 2**10  # 11 photos: swaps and their mirrors
    (told,) = overview_table.too_few(pairs)
    assert told.startswith("cfd: no p-value of 11 photos is below 0.00098, so that among 55 pairs")
    assert overview_table.too_few(pairs.iloc[:51]) == []
    assert overview_table.too_few(pairs.iloc[:0]) == []


def test_of_too_few_photos_a_cell_is_neither_better_nor_alike():
    results = [segmenter("konig", random_table(1, groups=9)), segmenter("manual", random_table(2, groups=9))]
    summary, pairs = comparison.summarise(results, BOOTSTRAP), difference_tables.every_pair(results, BOOTSTRAP)
    assert overview_table.table(summary, pairs)["konig"][0].endswith(" ≟)")
    assert overview_table.too_few(pairs) == []
    (line,) = difference_tables.tables(results, pairs)["Differences in ODS: cfd"].to_dict("records")
    assert (line["p"], line["p (Holm)"]) == ("too few photos (9) to tell", "–")
    assert "[" not in line["ODS of first − second"]


def test_a_label_set_called_as_a_heading_is_no_other_column():
    tables = {name: random_table(seed) for seed, name in enumerate(("manual", "Network", "FSVish"))}
    results = [segmenter(name, table) for name, table in tables.items()]
    summary, pairs = comparison.summarise(results, BOOTSTRAP), difference_tables.every_pair(results, BOOTSTRAP)
    found = overview_table.table(summary, pairs)
    assert list(found) == ["Test set", "Network", "FSV", "Network", "FSVish"]
    ods = {name: thresholds.ods(thresholds.f1(counts(table))) for name, table in tables.items()}
    row = found.iloc[0].tolist()
    assert row[:2] == ["cfd", "unet"]
    assert [cell.split()[0] for cell in row[2:]] == [f"{ods[name]:.3f}" for name in ("manual", "Network", "FSVish")]
    best = 3 + (ods["FSVish"] > ods["Network"])
    assert best_cells.of_rows(found, {"Network", "FSVish"}, len(overview_table.PLACE)) == {(0, best)}
