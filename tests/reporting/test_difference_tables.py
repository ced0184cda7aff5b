import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.results import BOOTSTRAP, labels, random_table, segmenter, untrainable

from hairline.errors import HairlineError
from hairline.metrics import conventions, significance
from hairline.metrics.significance import Scored
from hairline.reporting import difference_tables, formatting


@pytest.fixture
def results():
    return [
        segmenter("manual", random_table(1)),
        segmenter("konig", random_table(2)),
        segmenter("konig", random_table(3), architecture="oed"),
        segmenter("konig", random_table(4), dataset="ael"),
        untrainable("crf"),
        labels("konig", random_table(5)),
        labels("otsu", random_table(6)),
    ]


def test_every_scored_cell_is_there_under_every_convention(results):
    found = difference_tables.every_convention(results)
    assert len(found.groupby(["kind", "labels", "model", "test_set"])) == 6
    mine = found[(found["labels"] == "konig") & (found["model"] == "oed")]
    expected = conventions.table(random_table(3))
    pd.testing.assert_frame_equal(mine[list(conventions.COLUMNS)].reset_index(drop=True), expected)
    back = pd.read_csv(io.StringIO(formatting.csv(found)))
    assert list(back.columns) == [*difference_tables.PLACE, *conventions.COLUMNS]
    np.testing.assert_allclose(back["ods"], found["ods"], rtol=1e-5)


def test_pairs_differ_in_one_thing_and_are_corrected_by_test_set(results):
    found = difference_tables.every_pair(results, BOOTSTRAP)
    assert list(zip(found["test_set"], found["first"], found["second"], strict=True)) == [
        ("cfd", "FSV · unet", "konig · unet"),  # not FSV · unet and konig · oed
        ("cfd", "konig · unet", "konig · oed"),
        ("crack500-train", "konig · resnet18", "otsu · resnet18"),
    ]
    family = [(Scored("FSV · unet", [random_table(1)]), Scored("konig · unet", [random_table(2)])),
              (Scored("konig · unet", [random_table(2)]), Scored("konig · oed", [random_table(3)]))]  # fmt: skip
    expected = significance.compared(family, BOOTSTRAP)
    pd.testing.assert_frame_equal(found[list(significance.COLUMNS)].head(2), expected)
    assert found["p_holm"].iloc[2] == found["p"].iloc[2]  # a family by itself


def test_training_sets_are_told_apart_where_there_are_several():
    results = [segmenter("konig", random_table(1)), segmenter("konig", random_table(2), training_set="both"),
             segmenter("manual", random_table(3), training_set="both")]  # fmt: skip
    found = difference_tables.every_pair(results, BOOTSTRAP)
    assert list(zip(found["first"], found["second"], strict=True)) == [
        ("konig · unet · mine", "konig · unet · both"),
        ("konig · unet · both", "FSV · unet · both"),
    ]
    shown = difference_tables.tables(results, found)["One result under every convention: cfd"]
    assert list(shown.columns)[1:] == ["konig · unet · mine", "konig · unet · both", "FSV · unet · both"]


def test_cells_on_other_images_cannot_be_paired():
    results = [segmenter("manual", random_table(1)), segmenter("konig", random_table(1).iloc[1:])]
    with pytest.raises(HairlineError, match="FSV · unet and konig · unet were scored on different images"):
        difference_tables.every_pair(results, BOOTSTRAP)


def test_page_tables_are_of_segmenters(results):
    pairs = difference_tables.every_pair(results, BOOTSTRAP)
    found = difference_tables.tables(results, pairs)
    one = found["One result under every convention: cfd"].set_index("ODS by convention")
    assert list(one.columns) == ["FSV · unet", "konig · unet", "konig · oed"]
    expected = conventions.table(random_table(3))["ods"].iloc[0]
    assert one.loc[conventions.PAPER, "konig · oed"] == f"{expected:.3f}"
    assert list(found) == ["One result under every convention: cfd", "One result under every convention: ael",
                           "Differences in ODS: cfd"]  # fmt: skip
    line = found["Differences in ODS: cfd"].iloc[0]
    row = pairs.iloc[0]
    assert line["ODS of first − second"] == (
        f"{row['difference']:+.3f} [{row['difference_low']:+.3f}, {row['difference_high']:+.3f}]"
    )
    assert line["p (Holm)"] == f"{row['p_holm']:.3f}"


def test_empty_masks_add_the_rows_that_leave_them_out():
    table = random_table(1)
    table.at[0, "crack_hist"] = [0] * 100
    results = [segmenter("konig", table)]
    one = difference_tables.tables(results, difference_tables.every_pair(results, BOOTSTRAP))
    shown = one["One result under every convention: cfd"]["ODS by convention"]
    assert sum("left out" in told for told in shown) == len(shown) / 2


def test_nothing_scored_is_nothing_to_show():
    results = [untrainable("crf")]
    rows, pairs = difference_tables.every_convention(results), difference_tables.every_pair(results, BOOTSTRAP)
    assert rows.empty and pairs.empty
    assert difference_tables.tables(results, pairs) == {}


def test_several_seeds_are_one_side_of_a_family_of_their_own():
    tables = [random_table(number) for number in range(4)]
    results = [
        segmenter("manual", tables[0]),
        *(replace(segmenter("konig", table, architecture=name), replicate_of="unet" if name != "unet" else "")
          for name, table in zip(("unet", "unet_2", "unet_3"), tables[1:], strict=True)),
    ]  # fmt: skip
    pairs = difference_tables.every_pair(results, BOOTSTRAP)
    (found,) = pairs[pairs["kind"] == difference_tables.OVER_SEEDS].to_dict("records")
    assert (found["first"], found["second"]) == ("FSV · unet, 1 seed", "konig · unet, 3 seeds")
    sides = Scored(found["first"], tables[:1]), Scored(found["second"], tables[1:])
    expected = significance.compared([sides], BOOTSTRAP).iloc[0]
    assert all(found[name] == expected[name] for name in ("difference", "difference_low", "p", "p_holm"))
    assert "Differences in ODS over seeds: cfd" in difference_tables.tables(results, pairs)
    alone = difference_tables.every_pair(results[:2], BOOTSTRAP)
    assert set(alone["kind"]) == {"segmenter"}
