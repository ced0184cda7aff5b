"""Training sets: what their tables list, what is learned from, and what is refused."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import places

from hairline.config.checks import check
from hairline.config.params import Params
from hairline.config.training_sets import leaks
from hairline.data.budget import Budget
from hairline.data.samples import image_path, load_image, load_mask, read_samples
from hairline.data.training_set import Part, TrainingSet, Weights
from hairline.data.training_table import Images, read, table
from hairline.errors import HairlineError
from hairline.imaging.images import read_scores, write_image, write_scores
from hairline.metrics import published
from pipeline import label_manual, list_training_images

Write = Callable[[dict[str, Any]], Path]
TRAIN = TrainingSet((Part("synthetic", "train"),))


@pytest.fixture
def place(tmp_path: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of an ingested set of six training and two validation images with the label sets manual and faint."""
    monkeypatch.chdir(tmp_path)
    write_params(values)
    data = tmp_path / places.make(tmp_path, 64).data
    label_manual.main([])
    monkeypatch.chdir(data)
    samples = read_samples(Path("sets/synthetic"))
    for name in samples["id"]:
        write_scores(
            Path("labels/faint/synthetic", f"{name}.png"), load_mask(Path("sets/synthetic"), name) * np.float32(0.6)
        )
    rows = samples[["id", "split"]].assign(crack_pixels=9, trainable=samples["id"] != "train_00001")
    rows.to_parquet("labels/faint/synthetic/labels.parquet", index=False)
    return data


def test_a_table_lists_every_image_once_with_its_label_and_what_they_hold(place: Path) -> None:
    listed = table(TRAIN, "faint", place)
    samples = read_samples(Path("sets/synthetic")).set_index("id")
    assert listed["role"].to_list() == ["train"] * 6 + ["val"] * 2 == listed["split"].to_list()
    assert set(listed["id"]) == set(samples.index) and set(listed["dataset"]) == {"synthetic"}
    for row in listed.to_dict("records"):
        assert row["label"] == f"labels/faint/synthetic/{row['id']}.png"
        assert row["label_sha256"] == hashlib.sha256(Path(row["label"]).read_bytes()).hexdigest()
        assert row["image_sha256"] == samples.loc[row["id"], "image_sha256"]
        assert row["pixels"] == 64 * 64
        assert row["trainable"] == (row["id"] != "train_00001")


def test_parts_with_labels_of_their_own_keep_them(place: Path) -> None:
    both = TrainingSet((Part("synthetic", "train"), Part("synthetic", "val", "faint")))
    listed = table(both, "manual", place)
    assert listed["role"].to_list() == ["train"] * 8  # what is learned from does not validate as well
    assert listed.groupby("split")["label_set"].unique().map(list).to_dict() == {"train": ["manual"], "val": ["faint"]}
    only = table(TrainingSet((Part("synthetic", "train", "faint"),)), "manual", place)
    assert set(only["label_set"]) == {"faint"}  # validation images go with the first part of their data set


def test_images_and_targets_are_those_of_their_data_set_and_label_set(place: Path) -> None:
    table(TRAIN, "faint", place).to_parquet("t.parquet")
    images = read(Path("t.parquet"), place)
    assert images.label_sets == ["faint"]
    assert images.training(0) == [f"synthetic/train_{number:05}" for number in (0, 2, 3, 4, 5)]
    assert images.validation() == ["synthetic/val_00000", "synthetic/val_00001"]
    key = images.training(0)[2]
    np.testing.assert_array_equal(images.image(key), load_image(Path("sets/synthetic"), "train_00003"))
    expected = read_scores(Path("labels/faint/synthetic/train_00003.png")) / 255
    assert images.target(key).dtype == np.float32
    np.testing.assert_allclose(images.target(key), expected, atol=1e-6)
    assert images.target(key).max() == pytest.approx(0.6, abs=0.002)


def test_shares_are_those_of_parts_and_count_what_is_learned_from(place: Path) -> None:
    mixed = TrainingSet((Part("synthetic", "val", "manual", 0.75), Part("synthetic", "train", None, 0.25)))
    table(mixed, "faint", place).to_parquet("t.parquet")
    images = read(Path("t.parquet"), place)
    assert images.shares(images.training(0)) == [("synthetic (val)", 2, 0.75), ("synthetic (train)", 5, 0.25)]
    assert images.pseudo == {f"synthetic/train_{number:05}" for number in range(6)}
    table(TRAIN, "faint", place).to_parquet("t.parquet")
    images = read(Path("t.parquet"), place)
    assert images.shares(images.training(0)) == []


def faint(images: int, order: str = "random", **options: Any) -> TrainingSet:
    return TrainingSet((Part("synthetic", "train"),), budget=Budget(images=images, order=order, **options), seed=4)


def test_a_budget_learns_the_masks_of_as_many_images_and_the_labels_of_the_others(place: Path) -> None:
    table(replace(faint(3), weights=Weights(manual=2)), "faint", place).to_parquet("t.parquet")
    images = read(Path("t.parquet"), place)
    learned = images.table[images.table["role"] == "train"]
    masks = learned[learned["label_set"] == "manual"]
    assert len(learned) == 6 and len(masks) == 3 and images.seed == 4
    assert list(learned.index[:3]) == list(masks.index)  # parts follow each other
    for key in masks.index:
        np.testing.assert_array_equal(images.target(key) == 1, load_mask(Path("sets/synthetic"), key.split("/")[1]))
    assert images.pseudo == set(images.table.index) - set(masks.index)
    counts = [len(masks[masks["trainable"]]), len(learned[(learned["label_set"] == "faint") & learned["trainable"]])]
    whole = 2 * counts[0] + counts[1]
    expected = [("synthetic (train), weight 2", counts[0], 2 * counts[0] / whole)]
    expected += [("synthetic (train), weight 1", counts[1], counts[1] / whole)]
    for found, (name, count, share) in zip(images.shares(images.training(0)), expected, strict=True):
        assert found == (name, count, pytest.approx(share, abs=1e-5))


def test_budgets_of_one_order_hold_each_other_and_seeds_draw_other_images(place: Path) -> None:
    def corrected(training_set: TrainingSet) -> set[str]:
        listed = table(training_set, "faint", place)
        return set(listed.loc[listed["label_set"] == "manual", "id"])

    some, more, other = (corrected(faint(count, seed=seed)) for count, seed in ((2, 2), (4, 2), (4, 5)))
    assert len(some) == 2 and some < more and len(more) == len(other) == 4 and more != other


def test_a_ranking_takes_the_largest_values_first(place: Path) -> None:
    differing = "train_00004"
    path = Path("labels/other/synthetic")
    for name in read_samples(Path("sets/synthetic"))["id"]:
        mask = load_mask(Path("sets/synthetic"), name)
        write_scores(path / f"{name}.png", (~mask if name == differing else mask) * np.float32(0.6))
    pd.read_parquet("labels/faint/synthetic/labels.parquet").to_parquet(path / "labels.parquet")
    listed = table(faint(1, "disagreement", beside=("other",)), "faint", place)
    assert listed.loc[listed["label_set"] == "manual", "id"].to_list() == [differing]


def test_a_ranking_by_which_all_images_are_alike_is_refused(place: Path) -> None:
    with pytest.raises(HairlineError, match=r"'disagreement' is 0 for all 6 images of 'synthetic' by which a budget"):
        table(faint(1, "disagreement", beside=("faint",)), "faint", place)


def test_masks_have_nothing_to_correct_and_none_changes_nothing(place: Path) -> None:
    pd.testing.assert_frame_equal(table(faint(3), "manual", place).drop(columns="seed"), table(TRAIN, "manual", place))
    pd.testing.assert_frame_equal(table(faint(0), "faint", place).drop(columns="seed"), table(TRAIN, "faint", place))


def test_a_budget_beyond_the_masks_is_refused(place: Path) -> None:
    with pytest.raises(HairlineError, match=r"a budget of 7 images, and 6 training images of 'synthetic' have a mask"):
        table(faint(7), "faint", place)


def listing(trainable: list[bool]) -> Images:
    names = [f"{index:02}" for index in range(len(trainable))]
    rows = pd.DataFrame({"role": "train", "label": "x.png", "trainable": trainable}, index=names)
    return Images(rows, Path(), Path())


def test_every_label_set_learns_from_the_same_choice_of_images() -> None:
    masks, pseudo = (listing(flags).training(5) for flags in ([True] * 20, [index % 4 == 0 for index in range(20)]))
    assert masks == ["00", "04", "08", "12", "16"] == pseudo
    fewer = listing([index not in (4, 5) for index in range(20)])
    assert fewer.training(5) == ["00", "08", "12", "16"]
    assert fewer.training(0) == [name for name in fewer.table.index if name not in ("04", "05")]


def test_an_image_without_a_label_is_listed_and_not_learned_from(place: Path) -> None:
    labels = pd.read_parquet("labels/faint/synthetic/labels.parquet")
    labels[~labels["id"].isin(["train_00004", "val_00000"])].to_parquet("labels/faint/synthetic/labels.parquet")
    Path("labels/faint/synthetic/train_00004.png").unlink()
    table(TRAIN, "faint", place).to_parquet("t.parquet")
    images = read(Path("t.parquet"), place)
    row = images.table.loc["synthetic/train_00004"]
    assert (row["label"], row["label_sha256"], row["trainable"]) == ("", "", False)
    assert "synthetic/train_00004" not in images.training(0)
    assert images.validation() == ["synthetic/val_00001"]


def test_what_changed_behind_the_table_is_refused(place: Path) -> None:
    table(TRAIN, "faint", place).to_parquet("t.parquet")
    images = read(Path("t.parquet"), place)
    write_scores(Path("labels/faint/synthetic/train_00000.png"), np.zeros((64, 64), np.float32))
    write_image(image_path(Path("sets/synthetic"), "train_00002"), np.zeros((64, 64, 3), np.uint8))
    for look in (lambda: images.target("synthetic/train_00000"), lambda: images.image("synthetic/train_00002")):
        with pytest.raises(
            HairlineError, match=r"'synthetic/train_0000\d' changed since t\.parquet .*list_training_images"
        ):
            look()
    images.image("synthetic/train_00000")


def test_files_that_are_not_there_are_one_message(place: Path) -> None:
    table(TRAIN, "faint", place).to_parquet("t.parquet")
    for name in ("train_00000", "val_00001"):
        Path(f"labels/faint/synthetic/{name}.png").unlink()
    with pytest.raises(HairlineError) as caught:
        read(Path("t.parquet"), place)
    told = str(caught.value)
    for part in ("train_00000.png: not found, nor 1 others of the 16 files", "t.parquet", "dvc pull", "labels/faint"):
        assert part in told
    with pytest.raises(HairlineError, match=r"labels/otsu/synthetic/labels\.parquet: not found; make the labels of"):
        table(TRAIN, "otsu", place)
    with pytest.raises(HairlineError, match=r"sets/synthetic: no test image"):
        table(TrainingSet((Part("synthetic", "test", "faint"),)), "manual", place)


def semi(values: dict[str, Any], labels: str | None) -> dict[str, Any]:
    part = {"dataset": "synthetic", "split": "test"} | ({"labels": labels} if labels else {})
    values["training_sets"]["semi"] = {"parts": [{"dataset": "synthetic", "split": "train", "labels": None}, part]}
    values["matrix"]["training_sets"] = ["synthetic", "semi"]
    return values


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (None, "so their labels must be named: a segmenter trained on 'manual' would learn the masks it is scored on"),
        ("manual", "'manual' is the masks they are scored against"),
        ("konig_tuned", "the options of 'konig_tuned' were chosen on their masks"),
    ],
)
def test_masks_that_score_are_not_learned_from(
    place: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch,
    labels: str | None, told: str,
) -> None:  # fmt: skip
    values["studies"]["konig"]["tuning"]["split"] = "test"
    path = write_params(semi(values, labels))
    with pytest.raises(HairlineError) as caught:
        check(Params(path))
    (line,) = str(caught.value).splitlines()
    assert "params.yaml: training_sets.semi.parts.1: the test images of 'synthetic' are scored, " in line
    assert told in line and "labels: konig" in line
    with pytest.raises(HairlineError) as caught:
        monkeypatch.chdir(path.parent)
        list_training_images.main([])
    assert str(caught.value) == line.removeprefix(f"{path.parent}/")
    assert not (place / "training").exists()


@pytest.mark.parametrize(("objective", "refused"), [(["ods", "maskless"], True), (["maskless"], False)])
def test_a_study_is_by_masks_unless_the_mask_free_objective_is_its_only_one(
    values: dict[str, Any], write_params: Write, objective: list[str], refused: bool
) -> None:
    values["studies"]["konig"].update(objective=objective, tuning={"split": "test", "count": 3})
    assert bool([*leaks(Params(write_params(semi(values, "konig_tuned"))))]) == refused


def test_pseudo_labels_of_scored_images_and_masks_that_do_not_score_are_learned_from(
    values: dict[str, Any], write_params: Write
) -> None:
    check(Params(write_params(semi(values, "konig"))))
    check(Params(write_params(semi(values, "konig_tuned"))))  # tuned on training images
    values = semi(values, None)
    values["datasets"]["other"] = values["datasets"]["synthetic"]
    values["matrix"].update(datasets=["synthetic", "other"], localized=["synthetic", "other"], test_sets=["other"])
    check(Params(write_params(values)))
    values["matrix"].update(test_sets=["synthetic"], training_sets=["synthetic"])
    params = Params(write_params(values))
    assert not [*leaks(params)]  # nothing is trained on it


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"paper": "crack500"}, ["training_sets.synthetic.paper: 'crack500' is no", "crack500-train+test"]),
        ({"paper": "crack500-train"}, ["paper: 'crack500-train' is of crack500, the parts are of synthetic"]),
        ({"parts": [{"dataset": "walls", "split": "train"}]}, ["'walls' is not in matrix.localized"]),
        ({"parts": [{"dataset": "synthetic", "split": "train", "labels": "snake"}]}, ["'snake' is not in label_sets"]),
        ({"parts": [{"dataset": "synthetic", "split": "all"}]}, ["training_sets.synthetic.parts.0.split", "'train'"]),
        ({"parts": []}, ["training_sets.synthetic", "parts is empty"]),
        ({"parts": [{"dataset": "synthetic", "split": "train", "share": 0.5}]}, ["come to 0.5; they must come to 1"]),
        ({"parts": [{"dataset": "synthetic", "split": "train", "share": 2}]}, ["parts.0.share", "or equal to 1"]),
        (
            {"parts": [{"dataset": "synthetic", "split": "train", "share": 1},
                       {"dataset": "synthetic", "split": "val"}]},
            ["1 of its 2 parts with a share; give one to all, or to none"],
        ),
        ({"parts": [{"dataset": "synthetic", "split": "train"}] * 2}, ["train images of 'synthetic' are in two parts"]),
        ({"budget": {"images": 2, "order": "expected", "beside": ["manual"]}}, ["beside names 'manual', and a"]),
        ({"budget": {"images": 2, "order": "area"}}, ["order is 'area', which compares label sets, and beside names"]),
        (
            {"parts": [{"dataset": "synthetic", "split": "train", "labels": "manual"}],
             "budget": {"images": 2, "order": "random"}},
            ["a budget of 2 images, and every part learns from masks already"],
        ),
        ({"parts": [{"dataset": "synthetic", "split": "train", "corrected": True}]}, ["in corrected; it has none"]),
    ],
)  # fmt: skip
def test_a_faulty_training_set_is_one_line(
    values: dict[str, Any], write_params: Write, change: dict[str, Any], told: list[str]
) -> None:
    values["training_sets"]["synthetic"].update(change)
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(values)))
    (line,) = str(caught.value).splitlines()
    assert all(part in line for part in told), line


def test_a_limit_of_images_cuts_no_budget(values: dict[str, Any], write_params: Write) -> None:
    values["training_sets"]["synthetic"]["budget"] = {"images": 2, "order": "random"}
    check(Params(write_params(values)))
    values["segmenter"]["max_images"] = 4
    with pytest.raises(HairlineError, match=r"synthetic\.budget: segmenter\.max_images is 4 for .* learn from some of"):
        check(Params(write_params(values)))


def test_the_paper_has_the_training_sets_it_is_said_to_have() -> None:
    printed = published.results()
    segmenters = printed[printed["table"].isin(published.SEGMENTER_TABLES)]
    assert set(segmenters["trained_on"]) - {"crack500"} == set(published.TRAINED_ON)
    again = segmenters[segmenters["trained_on"] == "crack500-train"]
    first = segmenters[segmenters["trained_on"] == "crack500"]
    keys = ["tested_on", "labels", "model", "metric"]
    both = again.merge(first, on=keys, suffixes=("", "_first"))
    assert len(both) == len(again) and (both["value"] == both["value_first"]).all()
