import pandas as pd
import pytest
from support.results import BOOTSTRAP, labels, random_table, segmenter

from hairline.errors import HairlineError
from hairline.reporting import comparison, model_cards

INFO = {
    "architecture": "unet", "label_set": "konig", "images": 240, "training_set": "walls", "epochs": 4,
    "initialisation": "none", "seed": 7, "precision": "bf16",
}  # fmt: skip


def summary(*results):
    return comparison.summarise(list(results), BOOTSTRAP)


def test_the_best_has_the_highest_lower_end_not_the_highest_score():
    table = summary(segmenter("a", random_table(1)), segmenter("b", random_table(2)), labels("c", random_table(3)))
    table.loc[0, ["ods", "ods_low"]] = [0.9, 0.2]
    table.loc[1, ["ods", "ods_low"]] = [0.5, 0.4]
    table.loc[2, ["ods", "ods_low"]] = [0.99, 0.98]  # labels are no segmenter
    row, rule = model_cards.best(table, None)
    assert row["labels"] == "b"
    assert rule == "highest lower end of the 90% interval of ODS on cfd, of 2 segmenters"
    table["ods_low"] = float("nan")
    assert model_cards.best(table, "cfd")[0]["labels"] == "a"


def test_several_test_sets_must_be_chosen_from():
    table = summary(segmenter("a", random_table(1)), segmenter("a", random_table(2), dataset="mine"))
    with pytest.raises(HairlineError, match="cfd, mine; say which counts: --test-set"):
        model_cards.best(table, None)
    with pytest.raises(HairlineError, match="no segmenter was tested on 'ael'; choose from cfd, mine"):
        model_cards.best(table, "ael")
    with pytest.raises(HairlineError, match="no segmenter was scored"):
        model_cards.best(summary(labels("a", random_table(1))), None)


def test_a_card_has_scores_with_intervals_and_the_licences_of_its_data():
    table = summary(segmenter("konig", random_table(1)), segmenter("konig", random_table(2), dataset="mine"))
    text = model_cards.card(table, INFO, [("roads", "cfd"), ("photos", "folder")])
    for row in table.to_dict("records"):
        assert (
            f"| {row['test_set']} | 12 | ? not known | {row['ods']:.3f} [{row['ods_low']:.3f}, {row['ods_high']:.3f}] |"
            in text
        )
    assert "- roads: non-commercial research" in text and f"- photos: {model_cards.OTHER}" in text
    assert "240 images of the training set `walls` in 4 epochs" in text and "pseudo-labels `konig`" in text
    untested = model_cards.card(pd.DataFrame(columns=["status"]), {**INFO, "label_set": "manual"}, [])
    assert "Not scored on any image" in untested and "manual masks (FSV)" in untested


def test_a_card_names_where_the_weights_come_from_that_it_started_with():
    table = summary(segmenter("konig", random_table(1)))
    origin = {"source": "a-package", "version": "2", "licence": "Apache-2.0", "sha256": "c0ffee"}
    text = model_cards.card(table, {**INFO, "initialisation": "imagenet", "origin": origin}, [])
    assert "## Initial weights\n\n- a-package 2, Apache-2.0, sha256 c0ffee" in text
    assert "Initial weights" not in model_cards.card(table, {**INFO, "origin": None}, [])
