"""What learned nothing is said first, marked everywhere, never called equal to another, and never promoted."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from support.results import BOOTSTRAP, labels, random_table, row, segmenter

from hairline.errors import HairlineError
from hairline.reporting import (
    comparison,
    difference_tables,
    headlines,
    model_cards,
    notes,
    overview_table,
    summary_tables,
)
from hairline.reporting.comparison import Training


def even(level, images=10):
    """A network that says the same of every pixel."""
    return pd.DataFrame([row(f"s{n}", f"g{n}", {level: 40 + n}, {level: 900}) for n in range(images)])


def sharp(images=10):
    """A network that finds nearly every crack."""
    return pd.DataFrame([row(f"s{n}", f"g{n}", {80: 38 + n, 5: 2}, {80: 20, 5: 880}) for n in range(images)])


def judged(result, verdict):
    return replace(result, training=Training(4, 2, "none", verdict))


def overview(*results):
    summary = comparison.summarise(results, BOOTSTRAP)
    return summary, overview_table.table(summary, difference_tables.every_pair(results, BOOTSTRAP))


def test_two_networks_that_find_nothing_are_not_called_alike():
    summary, glance = overview(segmenter("konig", even(30)), segmenter("manual", even(60)))
    told = headlines.headline(summary)
    assert "not clearly different" not in told
    assert "neither of them better than a trivial answer" in told and "nothing to compare" in told
    assert "≈" not in "".join(glance.iloc[0]) and "∅" in glance.iloc[0]["konig"]
    assert {"FSV ∅", "konig ∅"} <= set(summary_tables.tables(summary)["Segmenters tested on cfd"]["Trained on"])


def test_two_networks_that_find_cracks_alike_are_still_called_so():
    summary, glance = overview(segmenter("konig", sharp()), segmenter("manual", sharp()))
    assert "not clearly different" in headlines.headline(summary)
    assert "≈" in glance.iloc[0]["konig"]
    assert "∅" not in summary_tables.markdown(summary)


def test_the_first_sentence_says_what_learned_nothing():
    results = [
        judged(segmenter("konig", even(30)), "nothing"),
        judged(segmenter("manual", sharp()), "learned"),
        judged(labels("crf", random_table(3)), "nothing"),
    ]
    first = headlines.headline(comparison.summarise(results, BOOTSTRAP)).split(": ")[0]
    assert first == "Nothing was learned by the segmenter konig · unet and by the classifier behind the labels crf"


def test_what_learned_nothing_is_named_with_its_training_set_where_there_are_several():
    results = [
        judged(segmenter(labels, sharp(), training_set=training_set), verdict)
        for labels, training_set, verdict in [
            ("konig", "mine", "learned"), ("manual", "mine", "learned"),
            ("konig", "other", "learned"), ("manual", "other", "nothing"),
        ]
    ]  # fmt: skip
    told = headlines.headline(comparison.summarise(results, BOOTSTRAP))
    assert told.startswith("Nothing was learned by the segmenter FSV · unet · other: ")


def test_what_nobody_judged_is_told_below_the_tables():
    results = [
        judged(segmenter("konig", sharp()), "unknown"),
        judged(segmenter("manual", sharp()), "learned"),
        judged(labels("crf", random_table(3)), "not judged"),
    ]
    told = notes.notes(comparison.summarise(results, BOOTSTRAP))
    (unknown,) = (line for line in told if "could not be judged" in line)
    (unseen,) = (line for line in told if "learned: off" in line)
    assert "the segmenter konig · unet learned" in unknown and "the labels crf learned" in unseen
    sure = comparison.summarise(results[1:2], BOOTSTRAP)
    assert not any("learned anything" in line for line in notes.notes(sure))


def test_nothing_is_called_better_than_an_fsv_that_learned_nothing():
    results = [judged(segmenter("konig", sharp()), "learned"), judged(segmenter("manual", even(60)), "nothing")]
    summary, glance = overview(*results)
    told = headlines.headline(summary)
    assert "better than FSV" not in told and "says nothing about the labels" in told
    assert "∅" in glance.iloc[0]["FSV"] and "∅" not in glance.iloc[0]["konig"]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [("nothing", "It learned nothing"), ("unknown", "could not be judged"), ("not judged", "Nobody looked"),
     ("learned", None), (None, None)],
)  # fmt: skip
def test_a_card_says_what_its_network_is_worth(verdict, told):
    info = {"label_set": "konig", "training_set": "mine", "architecture": "unet", "initialisation": "none",
            "images": 4, "epochs": 2, "seed": 1, "precision": "32"}  # fmt: skip
    judgement = {} if verdict is None else {"learned": {"verdict": verdict}}
    card = model_cards.card(comparison.summarise([segmenter("konig", sharp())], BOOTSTRAP), info | judgement, [])
    assert [each for each in ("It learned nothing", "could not be judged", "Nobody looked") if each in card] == (
        [told] if told else []
    )


def test_what_failed_is_not_promoted():
    good, failed = judged(segmenter("konig", sharp()), "learned"), judged(segmenter("manual", sharp()), "nothing")
    table = comparison.summarise([good, failed], BOOTSTRAP)
    table.loc[1, "ods_low"] = 0.99
    assert model_cards.best(table, None)[0]["labels"] == "konig"
    assert model_cards.best(table, None, strict=False)[0]["labels"] == "manual"
    for results in ([failed], [segmenter("konig", even(30)), segmenter("manual", even(60))]):
        with pytest.raises(
            HairlineError, match=f"none of the {len(results)} segmenters scored on 'cfd' can be promoted"
        ):
            model_cards.best(comparison.summarise(results, BOOTSTRAP), None)


def test_a_comparison_of_an_older_version_can_still_be_promoted_from():
    table = comparison.summarise([segmenter("konig", sharp())], BOOTSTRAP)
    older = table.drop(columns=[name for name in table if "trivial" in name or name == "learned"])
    assert model_cards.best(older, None)[0]["labels"] == "konig"


@pytest.mark.parametrize("learned", [None, "nothing", [1], {"verdict": 5}])
def test_a_model_json_that_says_its_worth_in_another_way_is_refused(tmp_path, learned):
    info = {"label_set": "konig", "training_set": "mine", "architecture": "unet", "initialisation": "none",
            "images": 4, "epochs": 2, "seed": 1, "precision": "32"}  # fmt: skip
    (tmp_path / "model.json").write_text(json.dumps(info))
    assert model_cards.read_info(tmp_path, "konig-unet-mine") == info
    (tmp_path / "model.json").write_text(json.dumps(info | {"learned": learned}))
    with pytest.raises(HairlineError, match=r"model\.json: .*learned.*dvc repro train_segmenter@konig-unet-mine"):
        model_cards.read_info(tmp_path, "konig-unet-mine")
