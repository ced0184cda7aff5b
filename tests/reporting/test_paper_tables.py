"""The paper's tables beside runs: every printed value once, differences, what is not as in the paper."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.results import BOOTSTRAP, labels, random_table, segmenter, untrainable

from hairline.metrics import published
from hairline.reporting import comparison, formatting, notes, paper_tables, summary_tables
from hairline.reporting.comparison import Result, Training
from hairline.reporting.paper_tables import ClassifierResult

SMALL = Training(591, 7, "none")
AS_PRINTED = Training(1896, 30, "imagenet:timm/resnet18")


def cells() -> list[Result]:
    def on(label_set: str, name: str, network: str, training: Training) -> Result:
        return Result("segmenter", label_set, name, "crack500-train", "cfd", "scored", "", random_table(1),
                    training_set="mine", network=network, training=training)  # fmt: skip

    return [
        on("konig", "unet", "unet", SMALL),
        on("konig", "deep", "unet", AS_PRINTED),
        on("konig", "oed", "smp:FPN:mit_b0", SMALL),
        labels("konig", random_table(2)),
        labels("konig_tuned", random_table(2)),
        untrainable("crf"),
    ]


CLASSIFIER = ClassifierResult("mine", "resnet50", "crack500-train", "crack500-test",
                            {"precision": 0.9, "precision_low": 0.85, "precision_high": 0.95, "recall": 0.8,
                             "f1": 0.85}, 1124, Training(1896, 3, "imagenet"))  # fmt: skip


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return paper_tables.beside(comparison.summarise(cells(), BOOTSTRAP), [CLASSIFIER])


def test_every_printed_value_is_there_and_cells_without_a_run_say_so(found: pd.DataFrame) -> None:
    printed = published.results()
    once = found.drop_duplicates(["table", "labels", "model", "trained_on", "tested_on", "metric"])
    assert len(once) == len(printed)
    assert once["paper"].to_list() == printed["value"].to_list()
    assert set(found["table"]) == set(paper_tables.TITLES)
    without = found[found["run"].isna()]
    assert set(without["status"]) == {"not run"} and without["ours"].isna().all()
    assert len(without) > 200


def test_runs_stand_beside_the_cell_of_their_network_not_of_their_name(found: pd.DataFrame) -> None:
    runs = found[found["run"].notna() & (found["table"] == "IV") & (found["metric"] == "ods")]
    assert runs["run"].to_list() == ["konig, unet, mine", "konig, deep, mine"]  # not 'oed', which is another network
    assert (runs["model"] == "unet").all() and (runs["paper"] == 0.1841).all()
    assert found.loc[found["run"] == "konig, resnet18", "table"].unique().tolist() == ["II", "VII"]


def test_differences_are_ours_less_the_papers(found: pd.DataFrame) -> None:
    summary = comparison.summarise(cells(), BOOTSTRAP)
    row = found[(found["run"] == "konig, unet, mine") & (found["metric"] == "ods")].iloc[0]
    assert row["ours"] == summary["ods"][0] and row["ours_low"] == summary["ods_low"][0]
    assert row["difference"] == pytest.approx(row["ours"] - 0.1841)
    assert row["difference_high"] == pytest.approx(summary["ods_high"][0] - 0.1841)
    precision = found[(found["table"] == "I") & (found["metric"] == "precision") & found["run"].notna()].iloc[0]
    assert precision["difference_low"] == pytest.approx(0.85 - precision["paper"])
    recall = found[(found["table"] == "I") & (found["metric"] == "recall") & found["run"].notna()].iloc[0]
    assert np.isnan(recall["difference_low"]) and recall["difference"] == pytest.approx(0.8 - recall["paper"])


def test_what_is_not_as_in_the_paper_is_told(found: pd.DataFrame) -> None:
    told = found.dropna(subset="run").drop_duplicates("run").set_index("run")["differs"]
    assert told["konig, unet, mine"] == (
        "591 training images (1,896); start none (not said); 7 epochs (30); 12 scored images (117)"
    )
    assert told["konig, deep, mine"] == "start imagenet:timm/resnet18 (not said); 12 scored images (117)"
    assert told["konig, resnet18"] == "resnet18 (resnet50); 12 scored images (1,896)"
    assert told["mine (resnet50)"] == "start imagenet (not said)"


def test_the_paper_says_of_oed_alone_that_it_was_pretrained() -> None:
    def told(network: str, start: str) -> str:
        training = Training(1896, 30, start)
        cell = Result("segmenter", "konig", network, "crack500-train", "cfd", "scored", "", random_table(1, images=117),
                      training_set="mine", network=network, training=training)  # fmt: skip
        found = paper_tables.beside(comparison.summarise([cell], BOOTSTRAP), [])
        return str(found["differs"].dropna().iloc[0])

    assert told("oed", "none") == "start none (pretrained)"
    assert told("oed", "imagenet:timm/b5") == ""
    assert told("deepcrack_zou", "none") == "start none (not said)"


def test_at_each_of_the_papers_crf_numbers_it_is_told_that_its_labels_are_binary() -> None:
    results = [
        labels("crf", random_table(1)),
        segmenter("crf", random_table(2)),
        segmenter("konig", random_table(3)),
        labels("konig", random_table(4)),
    ]
    summary = comparison.summarise(results, BOOTSTRAP)
    found = paper_tables.beside(summary, []).dropna(subset="run")
    soft = found["differs"].str.contains("soft labels (binary)", regex=False)
    assert set(found.loc[soft, "labels"]) == {"crf"} and set(found.loc[~soft, "labels"]) == {"konig"}
    for title, table in summary_tables.tables(summary).items():
        if title.startswith(summary_tables.ABLATIONS):
            shown = table.set_index("Labels")["paper, crack500-train"]
        else:
            shown = table.set_index(table.columns[0])["paper ODS"]
        assert shown["crf"].endswith(" †") and not shown["konig"].endswith("†")
    assert any(note.startswith("†") for note in notes.paper_notes(summary))
    assert not any("†" in note for note in notes.paper_notes(summary[summary["labels"] == "konig"]))


def test_texts_hold_every_number(found: pd.DataFrame) -> None:
    tables = paper_tables.tables(found)
    assert list(tables) == [f"Table {number}: {title}" for number, title in paper_tables.TITLES.items()]
    line = tables["Table IV: tested on CFD"].set_index("Run here").loc["konig, unet, mine"]
    ods = found[(found["run"] == "konig, unet, mine") & (found["metric"] == "ods")].iloc[0]
    ours = f"{ods['ours']:.3f} [{ods['ours_low']:.3f}, {ods['ours_high']:.3f}]"
    assert line["ODS: paper / ours / difference"] == f"0.184 / {ours} / {ods['difference']:+.3f} ? not known"
    assert set(paper_tables.tables(found, run=True)) == {
        f"Table {number}: {paper_tables.TITLES[number]}" for number in ("I", "II", "IV", "VII")
    }
    read = pd.read_csv(io.StringIO(formatting.csv(found)))
    np.testing.assert_allclose(read["difference"], found["difference"].astype(float), rtol=1e-5)
    markdown, latex = paper_tables.markdown(found), paper_tables.latex(found)
    for _, table in tables.items():
        for row in table.to_numpy():
            assert "| " + " | ".join(row) + " |" in markdown
    assert latex.count("\\begin{tabular}") == latex.count("\\end{tabular}") == 9
    assert "konig, unet, mine & 0.184 / " in latex and "–" not in latex and "konig-without-bilateral" in latex


def test_a_segmenter_that_could_not_be_trained_says_why() -> None:
    cell = Result(
        "segmenter", "konig", "unet", "crack500-train", "cfd", "not trainable", "3 kept", None, network="unet"
    )
    tables = paper_tables.tables(paper_tables.beside(comparison.summarise([cell], BOOTSTRAP), []), run=True)
    assert tables["Table IV: tested on CFD"].iloc[0]["ODS: paper / ours / difference"] == "0.184 / not trainable"


def test_a_segmenter_left_out_is_as_if_it_had_never_been_asked_for() -> None:
    cell = Result("segmenter", "konig", "unet", "crack500-train", "cfd", "not run", "dvc repro …", None, network="unet")
    found = paper_tables.beside(comparison.summarise([cell], BOOTSTRAP), [])
    assert found["run"].isna().all() and set(found["status"]) == {"not run"}


def test_a_segmenter_without_a_network_of_the_paper_has_no_cell() -> None:
    summary = comparison.summarise([segmenter("konig", random_table(1), architecture="fpn")], BOOTSTRAP)
    assert summary["paper_cell"].isna().all()
    assert paper_tables.tables(paper_tables.beside(summary, []), run=True) == {}


def test_classifiers_have_a_table_of_their_own() -> None:
    scores = {**CLASSIFIER.scores, "patches": 1500.0, "crack_share": 0.25}
    (line,) = paper_tables.classifiers([replace(CLASSIFIER, scores=scores)]).to_dict("records")
    assert line["Precision"] == "0.900 [0.850, 0.950]" and line["Recall"] == "0.800" and line["ROC AUC"] == "–"
    assert line["Patches"] == "1,500" and line["with crack"] == "25%"
    assert paper_tables.classifiers([]).empty


def test_scores_of_few_photos_are_told_to_be_that() -> None:
    few = replace(CLASSIFIER, scored="photos-val", images=1, scores={"patches": 12.0, "crack_share": 1 / 12, "f1": 0.0})
    enough = replace(CLASSIFIER, scores={**CLASSIFIER.scores, "f1_low": 0.8})
    (note,) = paper_tables.classifier_notes([few, enough, replace(few, name="another")])
    assert "photos-val" in note and "12 patches of 1 image, 1 with crack" in note and "recall by 1.00" in note
    none = replace(few, scores={**few.scores, "crack_share": 0.0})
    assert "recall" not in paper_tables.classifier_notes([none])[0]


def test_latex_takes_names_with_signs_of_its_own(found: pd.DataFrame) -> None:
    named = found.assign(run=found["run"].replace("konig, unet, mine", "a_b % & {c} #1 $x$ \\input"))
    table = paper_tables.tables(named)["Table IV: tested on CFD"]
    (line,) = [line for line in paper_tables.latex(named).splitlines() if "#1" in line]
    assert "a\\_b \\% \\& \\{c\\} \\#1 \\$x\\$ \\textbackslash input" in line
    assert line.replace("\\&", "").count("&") == len(table.columns) - 1
