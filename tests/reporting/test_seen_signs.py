"""Whatever shows a number of a result shows what it has seen, by sign and word; what is not known is never unseen."""

import io
import re
from dataclasses import replace

import pandas as pd
import pytest
from support.results import BOOTSTRAP, labels, random_table, saw, segmenter, untrainable

from hairline.data.seen import Seen
from hairline.reporting import (
    comparison,
    difference_tables,
    formatting,
    headlines,
    model_cards,
    overview_table,
    paper_tables,
    run_tables,
    seed_table,
    seen_signs,
    summary_tables,
)
from hairline.reporting.paper_tables import ClassifierResult

MARKS = ("○ unseen", "◔ same photo", "◑ chosen on", "◕ tuned on", "● trained on", "? not known")


@pytest.fixture(scope="module")
def results():
    """Twelve images each."""
    return [
        saw(segmenter("manual", random_table(1)), "masks"),
        saw(segmenter("konig", random_table(2)), same_photo=2),
        saw(segmenter("crf", random_table(3)), chosen_on=3, same_photo=1, why=["Its neutral was chosen on 3 of them."]),
        saw(segmenter("konig_tuned", random_table(4)), "masks to choose options", tuned_on=12),
        saw(labels("konig", random_table(5)), trained_on=12),
        saw(labels("otsu", random_table(6)), "no labels"),
        labels("sauvola", random_table(7)),
        untrainable("otsu"),
    ]


@pytest.fixture(scope="module")
def summary(results):
    return comparison.summarise(results, BOOTSTRAP)


@pytest.fixture(scope="module")
def pairs(results):
    return difference_tables.every_pair(results, BOOTSTRAP)


def test_the_summary_has_the_word_its_count_what_is_unseen_and_why(summary, tmp_path):
    found = summary.set_index(["kind", "labels"])[list(seen_signs.COLUMNS)]
    assert found.loc[("segmenter", "crf")].to_list() == [
        "chosen on", 3, 8, "patch labels", "Its neutral was chosen on 3 of them.",
    ]  # fmt: skip
    assert found.loc[("segmenter", "konig_tuned")].to_list()[:4] == ["tuned on", 12, 0, "masks to choose options"]
    assert found.loc[("label", "sauvola")].isna().all() and found.loc[("segmenter", "otsu")].isna().all()
    path = tmp_path / "comparison.csv"
    path.write_text(formatting.csv(summary), encoding="utf-8")
    read = comparison.read_summary(path)
    assert read["seen"].to_list() == [each if isinstance(each, str) else "" for each in summary["seen"]]
    assert seen_signs.counted(read.iloc[2]) == "◑ chosen on (3 of 12)"
    assert [seen_signs.counted(row) for row in read.to_dict("records")][6:] == ["? not known", "–"]


def test_every_number_of_the_overview_carries_its_sign(summary, pairs):
    line = overview_table.table(summary, pairs).iloc[0]
    told = {name: MARK.findall(line[name]) for name in ("FSV", "konig", "crf", "konig_tuned")}
    assert told == {"FSV": ["○ unseen"], "konig": ["◔ same photo"], "crf": ["◑ chosen on"],
                    "konig_tuned": ["◕ tuned on"]}  # fmt: skip


MARK = re.compile("|".join(map(re.escape, MARKS)))


def test_every_row_of_the_tables_carries_its_sign(summary):
    tables = summary_tables.tables(summary)
    assert dict(zip(*(tables["Segmenters tested on cfd"][name] for name in ("Trained on", "Seen")), strict=True)) == {
        "FSV": "○ unseen", "konig": "◔ same photo (2 of 12)", "crf": "◑ chosen on (3 of 12)",
        "konig_tuned": "◕ tuned on", "otsu": "–",
    }  # fmt: skip
    ablations = tables[summary_tables.ABLATIONS].set_index("Labels")["crack500-train"]
    assert [MARK.findall(cell)[0] for cell in ablations] == ["● trained on", "○ unseen", "? not known"]
    made = tables["Segmenters tested on cfd"].set_index("Trained on")["Made with"]
    assert made["FSV"] == "masks" and made["konig_tuned"] == "masks to choose options" and made["otsu"] == "–"


def test_both_sides_of_a_difference_and_each_column_of_the_conventions(results, pairs):
    found = difference_tables.tables(results, pairs)
    sides = {*found["Differences in ODS: cfd"]["First"], *found["Differences in ODS: cfd"]["Second"]}
    expected = {"FSV · unet ○ unseen", "konig · unet ◔ same photo", "crf · unet ◑ chosen on",
                "konig_tuned · unet ◕ tuned on"}  # fmt: skip
    assert sides == expected
    assert set(found["One result under every convention: cfd"].columns) == expected | {"ODS by convention"}


def test_the_papers_numbers_stand_beside_signed_ones(summary):
    found = paper_tables.beside(summary, [])
    for table in paper_tables.tables(found, run=True).values():
        for column in (name for name in table if "paper / ours" in name):
            assert all(MARK.search(cell) for cell in table[column] if cell.count("/") == 2)
    assert "◔" not in paper_tables.latex(found) and "(same photo)" in paper_tables.latex(found)


def test_seeds_carry_the_strongest_and_what_is_not_known_of_one_is_not_known(results):
    first = replace(results[1], architecture="unet_1", replicate_of="unet_1")
    second = saw(replace(first, architecture="unet_2"), trained_on=1)
    assert seed_table.readable(seed_table.over_seeds([first, second]))["Seen"].to_list() == ["● trained on"]
    lost = [first, replace(second, seen=None)]
    assert seed_table.readable(seed_table.over_seeds(lost))["Seen"].to_list() == ["? not known"]


def test_classifiers_and_studies_carry_theirs():
    scores = {"precision": 0.9, "recall": 0.8, "f1": 0.85, "patches": 10.0, "crack_share": 0.5}
    seen = Seen({"unseen": 3, "chosen on": 1}, "patch labels")
    taught = [ClassifierResult("mine", "resnet18", "", f"set-{split}", scores, 4, None, each)
              for split, each in (("val", seen), ("test", None))]  # fmt: skip
    assert paper_tables.classifiers(taught)["Seen"].to_list() == ["◑ chosen on", "? not known"]
    gain = {"changes": {}, "held_out": {"ods": 0.6}, "gain": {"ods": {"gain": 0.1}}}
    told = [{"study": name, "objective": ["ods"], "trials": 4, "tuning_images": 2, "held_out_images": 2,
             "own": {"held_out": {"ods": 0.5}}, "best": [gain]} for name in ("one", "two")]  # fmt: skip
    assert run_tables.studies(told, {"one": seen})["Seen"].to_list() == ["◑ chosen on", "? not known"]


def test_a_model_card_tells_signs_and_why(summary):
    info = {"architecture": "unet", "label_set": "crf", "images": 2, "training_set": "mine", "epochs": 1,
            "initialisation": "none", "seed": 7, "precision": "bf16"}  # fmt: skip
    rows = summary[(summary["kind"] == "segmenter") & (summary["labels"] == "crf")]
    text = model_cards.card(rows, info, [])
    assert "| ◑ chosen on (3 of 12) |" in text and "Its neutral was chosen on 3 of them." in text
    assert all(mark in text for mark in MARKS[:5]) and "patch labels: crf" in text


def test_the_headline_is_two_sentences_with_sign_and_interval(results, summary):
    told = headlines.headline(summary)
    first, second = re.split(r"(?<=\.) (?=[A-Z0-9])", told)
    best = max((row for row in summary.to_dict("records") if row["kind"] == "segmenter" and row["labels"] != "manual"
                and row["status"] == "scored"), key=lambda row: row["ods"])  # fmt: skip
    interval = f"{best['ods']:.3f} [{best['ods_low']:.3f}, {best['ods_high']:.3f}] {seen_signs.mark(best['seen'])}"
    assert interval in first
    assert str(best["made_with"]) in second
    other = [replace(each, dataset="mine") for each in results if each.kind == "segmenter"]
    both = headlines.headline(comparison.summarise([*results, *other], BOOTSTRAP))
    assert len(re.split(r"(?<=\.) (?=[A-Z0-9])", both)) == 2
    assert both.endswith(").") and "On mine " in both and both.count("] " + seen_signs.mark(best["seen"])) == 2


@pytest.mark.parametrize(
    ("words", "labels_of", "told"),
    [
        ({}, "patch labels", "None of these 12 images took part in making it; the dearest labels"),
        ({"trained_on": 1}, "masks", "Of these 12 images 1 is ● trained on; the dearest"),
        ({"tuned_on": 5}, "masks to choose options", "Of these 12 images 5 are ◕ tuned on; the dearest"),
    ],
)
def test_one_test_sets_second_sentence_is_made_from_the_ledger(words, labels_of, told):
    made = [saw(segmenter("konig", random_table(1)), labels_of, **words), saw(segmenter("manual", random_table(2)))]
    found = headlines.headline(comparison.summarise(made, BOOTSTRAP))
    assert told in found and found.endswith(f"went into it: {labels_of}.")


def test_the_score_of_the_unseen_alone_stands_beside_that_of_all_where_they_differ(summary):
    alone = summary.assign(ods_unseen=0.321, ods_unseen_low=0.2, ods_unseen_high=0.4)
    tables = summary_tables.tables(alone)
    shown = tables["Segmenters tested on cfd"].set_index("Trained on")[summary_tables.UNSEEN_ALONE]
    assert shown["crf"] == "0.321 [0.200, 0.400]" and shown["FSV"] == shown["otsu"] == "–"
    assert summary_tables.UNSEEN_ALONE not in summary_tables.tables(summary)["Segmenters tested on cfd"]
    two = alone[alone["labels"].isin(["crf", "manual"])]
    assert "; on the 8 unseen alone its ODS is 0.321 [0.200, 0.400]; the dearest" in headlines.headline(two)


def test_without_a_ledger_nothing_is_called_unseen():
    unknown = comparison.summarise(
        [segmenter("konig", random_table(1)), segmenter("manual", random_table(2))], BOOTSTRAP
    )
    text = summary_tables.markdown(unknown)
    assert headlines.headline(unknown).endswith("What it has seen of these images is not known (?).")
    assert "○ unseen |" not in text and seen_signs.made_with(unknown) == []
    assert seen_signs.counts(unknown) == "? not known 2"


def test_who_owes_options_to_masks_is_told_by_the_ledger(summary):
    (told,) = seen_signs.made_with(summary)
    assert "masks: FSV; masks to choose options: konig_tuned; patch labels: konig, crf; no labels: otsu." in told


def test_a_pooled_result_has_seen_what_its_parts_have(results):
    crf, tuned = results[2], replace(results[3], label_set="crf", dataset="mine")
    pooled = comparison.pooled("both", [crf, tuned])
    assert pooled.seen is not None and pooled.table is not None
    assert pooled.seen.word == "tuned on" and pooled.seen.count == 12 and sum(pooled.seen.images.values()) == 24
    assert pooled.seen.labels == "masks to choose options"
    assert pooled.seen.why == ("cfd: Its neutral was chosen on 3 of them.",)
    assert comparison.pooled("both", [crf, replace(tuned, seen=None)]).seen is None


def test_numbers_of_the_metrics_file_tell_how_many_images_are_unseen(summary):
    found = comparison.metrics(summary)
    assert found["segmenter-crf-unet-mine-cfd"]["images_unseen"] == 8
    assert "images_unseen" not in found["label-sauvola-resnet18-crack500-train"]


def test_why_is_a_row_a_result_that_can_be_read_and_filtered(summary):
    found = seen_signs.reasons(summary).set_index("Result")
    assert found.loc["crf · unet", "Why"] == "Its neutral was chosen on 3 of them."
    assert found.loc["sauvola · resnet18", ["Seen", "Images unseen", "Made with", "Why"]].to_list() == [
        "? not known", "–", "–", "–",
    ]  # fmt: skip
    read = pd.read_csv(io.StringIO(formatting.csv(summary)))
    assert seen_signs.reasons(read.fillna({"reason": ""}))["Seen"].to_list() == found["Seen"].to_list()


def test_what_networks_started_from_is_told_where_it_is_not_random_alone(results):
    start = "imagenet (a-package 2, Apache-2.0)"
    started = [replace(each, training=comparison.Training(3, 1, start if each.kind == "segmenter" else "none"))
               for each in results]  # fmt: skip
    told = seen_signs.made_with(comparison.summarise(started, BOOTSTRAP))
    assert told[-1] == f"Networks started from: {start}: unet; random weights: resnet18." or told[-1] == (
        f"Networks started from: random weights: resnet18; {start}: unet."
    )
    rows = seen_signs.reasons(comparison.summarise(started, BOOTSTRAP))
    assert set(rows.loc[rows["Kind"] == "segmenter", "Started from"]) == {start}
    random = [replace(each, training=comparison.Training(3, 1, "none")) for each in results]
    assert len(seen_signs.made_with(comparison.summarise(random, BOOTSTRAP))) == 1
