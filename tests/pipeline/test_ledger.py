"""A leak of every kind, planted, through the stages that make the ledger: each is signed, and nothing else is."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from support import leaks, parameters

from hairline.config import uses
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data import ledger as files
from hairline.data.ledger import Scored
from hairline.data.seen import Seen
from hairline.labelling import chosen_options
from pipeline import identify, index_patches, ingest, label_manual, ledger, list_training_images

PATHS = Paths(Path(), "tiny")
HOME = ["photo1_right", "test_0", "test_1", "test_2"]
AWAY = ["alone", "mirrored", "of_a_choice", "of_validation", "turned_jpeg"]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A workspace, which this process is in, with the planted leaks and its ledger; no network is trained for it."""
    folder = tmp_path_factory.mktemp("leaks")
    parameters.write(folder, leaks.values())
    leaks.write(folder)
    leaks.start(folder / "start")
    leaks.record(folder / "choosers", leaks.choice(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(chosen_options, "FOLDER", folder / "choosers")
        chosen_options.shipped.cache_clear()
        for dataset in ("home", "away", "copies"):
            for stage in (ingest, identify, index_patches):
                stage.main(["--dataset", dataset])
        label_manual.main([])
        shutil.copytree(PATHS.label_set("manual"), PATHS.label_set("other_cut"))  # what the labels are matters nothing
        list_training_images.main([])
        ledger.main([])
        yield folder
    chosen_options.shipped.cache_clear()


@pytest.fixture(scope="module")
def seen(done: Path) -> dict[Scored, Seen]:
    return files.read(PATHS.ledger)


@pytest.fixture(scope="module")
def words(done: Path) -> dict[Scored, dict[str, str]]:
    return {scored: dict(found) for scored, found in files.read_words(PATHS.ledger).items()}


def label(name: str, dataset: str) -> Scored:
    return Scored("label", name, "", "", dataset, "test")


def segmenter(labels: str, architecture: str, training_set: str, dataset: str) -> Scored:
    return Scored("segmenter", labels, architecture, training_set, dataset, "test")


def test_copies_of_training_images_and_other_parts_of_their_photos_are_signed_and_nothing_else(words, seen) -> None:
    home, away = label("other_cut", "home"), label("other_cut", "away")
    assert words[home] == {**dict.fromkeys(HOME, "unseen"), "photo1_right": "same photo"}
    told = {**dict.fromkeys(AWAY, "unseen"), "mirrored": "trained on", "turned_jpeg": "trained on"}
    assert words[away] == told
    assert seen[away] == Seen(
        {"unseen": 3, "trained on": 2}, "patch labels",
        ("2 of 5 images: classifier lite0 learned from the labels of its patches.",),
    )  # fmt: skip
    assert seen[home].why == (
        "1 of 4 images, by another part of its photo or place: classifier lite0 learned from the labels of its "
        "patches.",
    )


def test_labels_of_the_image_alone_have_seen_nothing(seen) -> None:
    for dataset, count in (("home", 4), ("away", 5)):
        assert seen[label("otsu", dataset)] == Seen({"unseen": count}, "no labels")


def test_a_default_chosen_on_a_test_image_is_signed_where_its_value_stands(words, seen) -> None:
    assert words[label("konig", "away")]["of_a_choice"] == "chosen on"
    assert words[label("konig", "away")]["alone"] == "unseen"
    assert seen[label("konig", "away")].labels == "masks to choose options"
    assert any("ship with hairline were chosen on it, by its mask (planted)" in why
               for why in seen[label("konig", "away")].why)  # fmt: skip
    assert words[label("other_cut", "away")]["of_a_choice"] == "unseen"


def test_a_study_signs_what_it_searched_on_and_whether_by_masks(words, seen) -> None:
    for study, labels, by in (
        ("both_tuned", "masks to choose options", "by its mask"), ("blind_tuned", "patch labels", "without its mask")
    ):  # fmt: skip
        found = words[label(study, "home")]
        assert sum(word == "tuned on" for word in found.values()) == 1
        assert seen[label(study, "home")].labels == labels
        assert seen[label(study, "home")].word == "tuned on"
        assert f"searched options of other_cut on it, {by}." in seen[label(study, "home")].why[0]
    assert "tuned on" not in words[label("both_tuned", "away")].values()


def test_a_combined_training_set_is_signed_by_images_whatever_they_are_called(words, seen) -> None:
    name = segmenter("manual", "unet", "combined", "home")
    assert words[name] == {**dict.fromkeys(HOME, "unseen"), "test_0": "trained on", "photo1_right": "same photo"}
    assert (seen[name].word, seen[name].count, seen[name].labels) == ("trained on", 1, "masks")
    assert seen[name].why[0] == "1 of 4 images: unet learned from its mask."
    assert words[segmenter("manual", "unet", "home", "home")]["test_0"] == "unseen"


def test_pseudo_labels_of_test_photos_that_were_learned_from_are_signed(words, seen) -> None:
    name = segmenter("manual", "unet", "semi", "away")
    assert set(words[name].values()) == {"trained on"} and seen[name].labels == "masks"
    assert "5 of 5 images: unet learned from its label of other_cut." in seen[name].why
    assert words[segmenter("manual", "unet", "home", "away")]["alone"] == "unseen"


def test_weights_that_validation_images_chose_are_signed(words, seen) -> None:
    early, last = (segmenter("manual", name, "home", "away") for name in ("early", "unet"))
    assert words[early]["of_validation"] == "chosen on" and words[last]["of_validation"] == "unseen"
    assert "1 of 5 images: its mask chose the weights of early." in seen[early].why


def test_what_generated_images_and_the_rule_for_the_scale_were_made_on_is_told(done: Path, tmp_path: Path) -> None:
    values = leaks.values()
    values["architectures"]["grown"] = {**values["architectures"]["unet"], "training": {"init": "shipped"}}
    values["matrix"]["architectures"] = ["unet", "grown"]
    values["evaluation"]["scale"] = "auto"
    choosers = tmp_path / "choosers"
    for method in ("generator", "scale"):
        leaks.record(choosers, replace(leaks.choice(done), name=f"own_{method}", method=method, options={}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chosen_options, "FOLDER", choosers)
        chosen_options.shipped.cache_clear()
        made = uses.made(Params(parameters.write(tmp_path, values)), PATHS)
    chosen_options.shipped.cache_clear()
    for architecture, expected in (("unet", {"own_scale:0"}), ("grown", {"own_scale:0", "own_generator:0"})):
        found = made.segmenters[SegmenterName("manual", architecture, "home")]
        assert {key for use in found for key in use.images if key.startswith("own_")} == expected
        assert all(use.labels == "masks to choose options" for use in found if use.images & expected)


def test_scores_that_labels_are_joined_with_owe_what_these_owe(done: Path, tmp_path: Path) -> None:
    values, found = leaks.values(), {}
    values["training_sets"]["masked"] = {"parts": [{"dataset": "home", "split": "train", "labels": "manual"}]}
    values["matrix"]["training_sets"] = ["masked"]
    tables = [PATHS.training_table(name, labels) for name in ("home", "masked") for labels in ("manual", "other_cut")]
    tables[2].parent.mkdir()
    for table in tables[2:]:
        shutil.copy(tables[0], table)
    for share in (0, 0.4):
        values["evaluation"]["fused"] = share
        made = uses.made(Params(parameters.write(tmp_path, values)), PATHS)
        owed = {name.label_set: set(took) for name, took in made.segmenters.items() if name.architecture == "unet"}
        found[share] = owed["other_cut"] - owed["manual"]
        assert made.label_sets["other_cut"] and not owed["manual"] & set(made.label_sets["other_cut"])
    assert found == {0: set(), 0.4: set(made.label_sets["other_cut"])}


def test_a_classifier_of_generated_images_owes_what_their_generator_was_made_beside(done: Path, tmp_path: Path) -> None:
    choosers, found = tmp_path / "choosers", {}
    leaks.record(choosers, replace(leaks.choice(done), name="own", method="generator", options={}))
    for style in ("easy", "wide"):
        values = leaks.values()
        sizes = {"train": 6, "val": 1, "test": 4, "height_px": leaks.SIDE_PX, "width_px": leaks.SIDE_PX}
        values["synthetic_sets"] = {"home": {"seed": 1, **sizes, "crack_free": 0.2, "style": style}}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chosen_options, "FOLDER", choosers)
            chosen_options.shipped.cache_clear()
            made = uses.made(Params(parameters.write(tmp_path, values)), PATHS)
        chosen_options.shipped.cache_clear()
        found[style] = {key for use in made.classifiers["lite0"] for key in use.images if key.startswith("own:")}
    assert found == {"easy": set(), "wide": {"own:0"}}


def test_segmenters_have_seen_what_the_one_that_they_start_from_has(words, seen) -> None:
    name = segmenter("manual", "continued", "home", "away")
    assert words[name]["alone"] == "trained on"
    assert words[segmenter("manual", "unet", "home", "away")]["alone"] == "unseen"
    assert "1 of 5 images: continued started from start, for which net learned from its mask." in seen[name].why
    assert "classifier" not in " ".join(seen[name].why)  # whose weights are then not used


def test_segmenters_owe_what_their_labels_owe(words) -> None:
    name = segmenter("other_cut", "unet", "home", "away")
    assert words[name] == {**dict.fromkeys(AWAY, "unseen"), "mirrored": "trained on", "turned_jpeg": "trained on"}


def test_every_scored_image_has_a_word_and_the_counts_are_those_of_the_words(words, seen) -> None:
    assert words.keys() | {name for name in seen if not seen[name].images} == seen.keys()
    for name, found in words.items():
        assert pd.Series(found).value_counts().to_dict() == dict(seen[name].images)


def test_masks_of_test_images_that_are_learned_from_are_told(done: Path, caplog: pytest.LogCaptureFixture) -> None:
    ledger.main([])
    told = [record.message for record in caplog.records]
    begun = "segmenters trained on combined (labels: manual) learned from the masks of 1 of the 4 test images of home"
    assert [line for line in told if line.startswith(begun) and "(test_0)" in line]
    others = [line for line in told if "(labels: other_cut)" in line]
    assert others and all("of the 5 test images of away" in line and "(alone)" in line for line in others)  # by a start
