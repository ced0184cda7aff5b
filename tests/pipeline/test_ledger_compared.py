"""Planted leaks through the whole chain: the results of the comparison and its table carry what the ledger found."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from support import leaks, workspace

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.labelling import chosen_options
from hairline.metrics import thresholds
from hairline.metrics.score_table import counts
from hairline.reporting import results
from hairline.reporting.comparison import Result

pytestmark = pytest.mark.slow
PATHS = Paths(Path(), "tiny")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace, which this process is in, in which every stage has run."""
    values = leaks.values()
    values["architectures"].pop("unet")
    values["label_sets"].pop("crf")
    values["segmenter"]["sheet_epochs"] = 0
    values["evaluation"].update(gallery=1, extremes=0)
    values["matrix"].update(label_sets=["manual"], architectures=["early"], training_sets=["semi", "combined"])
    folder = workspace.make(tmp_path_factory.mktemp("leaks"), values)
    leaks.write(folder)
    leaks.record(folder / "choosers", leaks.choice(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chosen_options, "FOLDER", folder / "choosers")
        chosen_options.shipped.cache_clear()
        with workspace.all_stages_run(folder):
            yield folder
    chosen_options.shipped.cache_clear()


@pytest.fixture(scope="module")
def compared(done: Path) -> dict[tuple[str, str, str], Result]:
    """Labels, training set, what was scored on → result."""
    found = results.compared(Params(Path("params.yaml")), PATHS)
    return {(each.label_set, each.training_set, each.dataset): each for each in found}


PLANTED = {
    ("other_cut", "", "away-test"): ("trained on", 2),  # a mirrored copy, a turned and saved one: by the classifier
    ("other_cut", "", "home-test"): ("same photo", 1),  # another crop of a training photo
    ("both_tuned", "", "home-test"): ("tuned on", 1),  # a study with two objectives on a test photo
    ("manual", "combined", "home"): ("trained on", 1),  # under another name in another set of a combined one
    ("manual", "semi", "away"): ("trained on", 5),  # semi-supervised, with pseudo-labels of the test photos
    ("otsu", "", "home-test"): ("unseen", 4),
}  # fmt: skip


def test_every_leak_is_signed_in_the_result_and_in_the_table(done: Path, compared) -> None:
    table = pd.read_csv(PATHS.comparison_table)
    for (labels, training_set, scored_on), (word, count) in PLANTED.items():
        seen = compared[labels, training_set, scored_on].seen
        assert (seen.word, seen.count) == (word, count), (labels, training_set, scored_on)
        rows = table[(table["labels"] == labels) & (table["test_set"] == scored_on)]
        (row,) = rows[rows["training_set"].fillna("") == training_set].to_dict("records")
        assert (row["seen"], row["seen_images"]) == (word, count)
        assert pd.isna(row["ods_unseen"]) == (seen.images.get("unseen", 0) == 0)
    for name, words in (("konig", {"unseen": 2, "chosen on": 1}), ("other_cut", {"unseen": 3})):
        found = compared[name, "", "away-test"].seen.images
        assert {word: number for word, number in found.items() if word != "trained on"} == words
    early = compared["manual", "combined", "away"].seen
    assert early.images == {"unseen": 2, "chosen on": 1, "trained on": 2} and early.labels == "masks"


def test_pooled_sets_have_seen_what_their_parts_have(compared) -> None:
    parts = [compared["manual", "combined", name].seen for name in ("home", "away")]
    whole = compared["manual", "combined", "all"].seen
    for word in ("unseen", "same photo", "chosen on", "trained on"):
        assert whole.images.get(word, 0) == sum(part.images.get(word, 0) for part in parts)
    assert whole.word == "trained on" and whole.labels == "masks"


def test_scores_of_unseen_images_alone_are_those_of_a_table_without_the_others(done: Path, compared) -> None:
    table = pd.read_csv(PATHS.comparison_table)
    (row,) = table[(table["labels"] == "other_cut") & (table["test_set"] == "away-test")].to_dict("records")
    scores = pd.read_parquet(PATHS.label_scores("other_cut") / "away-test.parquet")
    kept = scores[scores["id"].isin(["alone", "of_a_choice", "of_validation"])]
    assert len(kept) == 3
    assert row["ods_unseen"] == pytest.approx(thresholds.ods(thresholds.f1(counts(kept))), abs=1e-6)
    (whole,) = table[(table["labels"] == "otsu") & (table["test_set"] == "away-test")].to_dict("records")
    assert whole["ods_unseen"] == whole["ods"]


def test_classifiers_and_studies_carry_it_too(done: Path) -> None:
    params = Params(Path("params.yaml"))
    assert all(
        each.seen is not None and each.seen.labels == "patch labels" for each in results.classifiers(params, PATHS)
    )
    studied = results.studied(params, PATHS)
    assert list(studied) == list(params.names("studies"))
    assert studied["both"].word in ("trained on", "same photo", "unseen") and studied["both"].labels.startswith("masks")
    page = (PATHS.comparison / "index.html").read_text(encoding="utf-8")
    assert "not known" not in page
