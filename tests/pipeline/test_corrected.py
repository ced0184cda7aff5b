"""Masks that people corrected: checked, taken where there are any, weighed, signed; without what they ignore."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support import places

from hairline.config import segmenter_record, uses
from hairline.config.checks import check
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data.budget import Budget
from hairline.data.layouts import synthetic
from hairline.data.masks import Pixels
from hairline.data.samples import ingest, load_mask, read_samples
from hairline.data.training_set import Part, TrainingSet, Weights
from hairline.data.training_table import Images, read, table
from hairline.data.uses import Use
from hairline.errors import HairlineError
from hairline.imaging.images import write_scores
from hairline.nn.training.mixture import Mixture
from pipeline import index_patches, label_corrected, label_manual, list_training_images, score_labels, validate_labels

Write = Callable[[dict[str, Any]], Path]
PATHS = Paths(Path(), "tiny")
ROOT = Path("data/raw/corrected/synthetic")
PLAIN = TrainingSet((Part("synthetic", "train"),))
TAKEN = TrainingSet((Part("synthetic", "train", corrected=True),))
UNSURE = slice(10, 20)


@pytest.fixture
def asked(values: dict[str, Any]) -> dict[str, Any]:
    """Parameters of a training set that takes corrected masks."""
    values["corrected"] = {"synthetic": {"root": str(ROOT)}}
    values["label_sets"]["faint"] = values["label_sets"]["otsu"]
    values["training_sets"]["synthetic"]["parts"][0]["corrected"] = True
    values["matrix"]["label_sets"] = ["manual", "faint"]
    return values


@pytest.fixture
def params(
    tmp_path: Path, asked: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """A workspace of six training and two validation images with faint labels, and corrected masks of three of them.

    The first ignores ten rows, the second everything, and the third, of a validation image, nothing.
    """
    monkeypatch.chdir(tmp_path)
    write_params(asked)
    places.make(tmp_path, 64)
    label_manual.main([])
    samples, folder = read_samples(PATHS.dataset("synthetic")), PATHS.labels("faint", "synthetic")
    for name in samples["id"]:
        write_scores(folder / f"{name}.png", np.full((64, 64), 127 / 255))  # a level that means nothing in such labels
    samples[["id"]].assign(crack_pixels=0, trainable=True).to_parquet(folder / "labels.parquet", index=False)
    levels = np.uint8(255) * load_mask(PATHS.dataset("synthetic"), "train_00001")
    levels[UNSURE] = 127
    written("train_00001", levels)
    written("train_00004", np.full((64, 64), 127, np.uint8))
    written("val_00000", np.zeros((64, 64), np.uint8))
    return asked


def written(name: str, levels: np.ndarray, suffix: str = ".png") -> Path:
    path = ROOT / f"{name}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels).save(path)
    return path


def label() -> None:
    label_corrected.main(["--dataset", "synthetic"])


def listed(training_set: TrainingSet, label_set: str = "faint") -> Images:
    table(training_set, label_set, PATHS.data).to_parquet("t.parquet")
    return read(Path("t.parquet"), PATHS.data)


def test_corrected_masks_are_taken_where_there_are_any_and_pseudo_labels_elsewhere(params: dict[str, Any]) -> None:
    label()
    images = listed(TAKEN)
    own = {"synthetic/train_00001", "synthetic/train_00004", "synthetic/val_00000"}
    assert set(images.table.index[images.table["label_set"] == "corrected"]) == own
    assert images.pseudo == set(images.table.index) - own
    assert images.training(0) == [f"synthetic/train_{number:05}" for number in (0, 1, 2, 3, 5)]  # not what says nothing
    assert images.validation() == ["synthetic/val_00000", "synthetic/val_00001"]
    key, crack = "synthetic/train_00001", load_mask(PATHS.dataset("synthetic"), "train_00001")
    ignored = images.ignored(key)
    assert ignored is not None and ignored[UNSURE].all() and ignored.sum() == 640
    np.testing.assert_array_equal(images.target(key), crack & ~ignored)
    row = images.table.loc[key]
    assert (row["pixels"], row["crack_pixels"]) == (64 * 64 - 640, (crack & ~ignored).sum())
    assert images.ignored("synthetic/train_00000") is None  # 127 is a confidence there
    assert images.target("synthetic/train_00000").max() == pytest.approx(127 / 255)
    masks = listed(TAKEN, "manual").table
    assert set(masks["label_set"]) == {"manual"} and masks.equals(listed(PLAIN, "manual").table)  # masks stay masks
    alone = listed(PLAIN, "corrected")
    assert alone.training(0) == [key] and alone.validation() == ["synthetic/val_00000"]


def test_where_no_image_of_a_training_set_has_one_its_table_is_the_same(params: dict[str, Any]) -> None:
    for path in ROOT.glob("train*"):
        path.unlink()
    label()
    wanted = TrainingSet((Part("synthetic", "train"), Part("synthetic", "val")))
    taking = TrainingSet(
        (Part("synthetic", "train", corrected=True), Part("synthetic", "val")), weights=Weights(1, 9, 1)
    )
    tables = [table(each, "faint", PATHS.data) for each in (wanted, taking)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_weights_say_how_often_images_of_a_kind_come(params: dict[str, Any]) -> None:
    label()
    images = listed(replace(TAKEN, weights=Weights(corrected=3, pseudo=0.5)))
    keys = images.training(0)
    assert sorted(keys) == [f"synthetic/train_{number:05}" for number in (0, 1, 2, 3, 5)]
    found = images.shares(keys)
    assert [count for _, count, _ in found] == [4, 1]
    assert [share for *_, share in found] == pytest.approx([2 / 5, 3 / 5])
    sizes, shares = tuple(2 * count for _, count, _ in found), tuple(share for *_, share in found)
    mixture = Mixture(sizes, shares, 40)
    drawn = Counter(keys[index // 2] for batch in mixture.batches(5, 0, 0) for _, index in batch)
    assert drawn.pop("synthetic/train_00001") == 24 and set(drawn.values()) == {4}  # 6 times as often as the others
    assert listed(replace(TAKEN, weights=Weights(2, 2, 2))).shares(keys) == []


def test_weights_hold_within_parts_that_have_shares(params: dict[str, Any]) -> None:
    label()
    halves = Part("synthetic", "train", None, 0.5, True), Part("synthetic", "val", "manual", 0.5)
    images = listed(TrainingSet(halves, weights=Weights(manual=7, corrected=4)))
    found = images.shares(images.training(0))
    assert [count for _, count, _ in found] == [4, 1, 2]
    assert [share for *_, share in found] == pytest.approx([1 / 4, 1 / 4, 1 / 2])


@pytest.mark.parametrize("order", ["random", "expected"])
def test_a_budget_goes_to_images_that_nobody_has_corrected(params: dict[str, Any], order: str) -> None:
    label()
    own = {"train_00001", "train_00004", "val_00000"}
    rows = listed(replace(TAKEN, budget=Budget(4, order))).table
    assert set(rows.loc[rows["label_set"] == "corrected", "id"]) == own
    assert set(rows.loc[rows["label_set"] == "manual", "id"]) == {f"train_{number:05}" for number in (0, 2, 3, 5)}
    with pytest.raises(HairlineError, match=r"a budget of 5 images, and 4 .* have a mask and no corrected one; lower"):
        listed(replace(TAKEN, budget=Budget(5, order)))
    alone = listed(replace(PLAIN, budget=Budget(4, order)), "corrected").table
    assert set(alone["label_set"]) == {"corrected"}  # masks have nothing to correct


def test_a_part_has_its_share_whatever_its_labels_are(params: dict[str, Any]) -> None:
    label()
    halves = Part("synthetic", "train", None, 0.25, True), Part("synthetic", "val", "manual", 0.75)
    for budget in (None, Budget(2, "random")):
        images = listed(TrainingSet(halves, budget=budget))
        kinds = images.table.loc[images.table["split"] == "train", "label_set"]
        assert kinds.nunique() == (2 if budget is None else 3)
        expected = [("synthetic (train)", 5, 0.25), ("synthetic (val)", 2, 0.75)]
        assert images.shares(images.training(0)) == expected


def test_a_kind_that_gets_nothing_of_an_epoch_is_told_by_its_name() -> None:
    with pytest.raises(
        HairlineError, match=r"^mine \(train\): a share of 0\.01 gives .*items_per_epoch to 100 or more"
    ):
        Mixture((5, 5), (0.01, 0.99), 20, ("mine (train)", "other (train)"))


ZEROS = np.zeros((64, 64), np.uint8)
SPOILT: dict[str, Callable[[], object]] = {
    "train_00002.png: is 65 pixels wide and 64 high, its image 64 and 64; ":
        lambda: written("train_00002", np.zeros((64, 65), np.uint8)),
    "train_00002.png: holds the value 128; expected a PNG in which crack is 255, no crack 0 and what nobody can":
        lambda: written("train_00002", ZEROS + np.uint8(128)),
    "holds the values 1, 2, 3, 4, 5 and 248 more":
        lambda: written("train_00002", np.arange(4096).reshape(64, 64).astype(np.uint8)),
    "'nobody' is no image of 'synthetic'; expected the id of an image": lambda: written("nobody", ZEROS),
    "'train_00002.jpg' cannot be corrected masks; expected PNG files": lambda: written("train_00002", ZEROS, ".jpg"),
    "is transparent in parts": lambda: written("train_00002", np.dstack([ZEROS] * 4)),
    "corrected/synthetic: holds no picture; expected corrected masks": lambda: [p.unlink() for p in ROOT.iterdir()],
    "corrected/synthetic: not found; expected the folder of the corrected masks": lambda: ROOT.rename("gone"),
}  # fmt: skip


def test_what_is_no_corrected_mask_of_an_image_is_one_sentence(params: dict[str, Any]) -> None:
    for told, spoil in SPOILT.items():
        shutil.copytree(ROOT, "kept")
        spoil()
        with pytest.raises(HairlineError) as caught:
            label()
        assert told in str(caught.value) and str(caught.value).count("\n") == 0
        assert not PATHS.labels("corrected", "synthetic").exists()
        shutil.rmtree(ROOT, ignore_errors=True)
        Path("kept").rename(ROOT)
    written("train_00002", ZEROS + np.uint8(9))
    written("train_00003", ZEROS[1:])
    with pytest.raises(HairlineError, match=r"train_00002.*\n.*train_00003"):
        label()


def test_other_files_of_the_folder_are_left_alone(params: dict[str, Any]) -> None:
    (ROOT / "masks").mkdir()
    for path in ROOT.glob("*.png"):
        path.rename(ROOT / "masks" / path.name)
    (ROOT / "who.csv").write_text("id,who\ntrain_00001,somebody\n")
    (ROOT / ".gitignore").write_text("*.png\n")
    label()
    assert len(list(PATHS.labels("corrected", "synthetic").glob("*.png"))) == 3


def test_the_gate_of_labels_and_the_list_of_images_take_both_kinds(params: dict[str, Any], write_params: Write) -> None:
    params["gates"]["labels"]["severities"] = dict.fromkeys(params["gates"]["labels"]["severities"], "warn")
    write_params(params)
    label()
    list_training_images.main([])
    validate_labels.main(["--label-set", "faint", "--training-set", "synthetic"])
    verdict = PATHS.labels_verdicts("synthetic", "faint") / "synthetic-train.json"
    assert '"faint"' in verdict.read_text()
    params["training_sets"]["synthetic"]["budget"] = {"images": 2, "order": "random"}
    write_params(params)
    list_training_images.main([])
    validate_labels.main(["--label-set", "faint", "--training-set", "synthetic"])
    assert '"faint"' in verdict.read_text()  # by whose name waivers are stated
    params["training_sets"]["synthetic"]["budget"] = {"images": 99, "order": "random"}
    write_params(params)
    with pytest.raises(HairlineError, match=r"^training_sets\.synthetic with 'faint': a budget of 99 images, and "):
        list_training_images.main([])


def test_a_corrected_mask_is_a_mask_seen(params: dict[str, Any]) -> None:
    label()
    index_patches.main(["--dataset", "synthetic"])
    list_training_images.main([])
    made = uses.made(Params(Path("params.yaml")), PATHS)
    of = {use.how: use for use in made.segmenters[SegmenterName("faint", "unet", "synthetic")]}
    assert of["unet learned from its corrected mask"] == Use(
        "unet learned from its corrected mask", "trained on", "masks", frozenset({"synthetic/train_00001"})
    )
    assert of["unet learned from its label of faint"].images == {f"synthetic/train_{n:05}" for n in (0, 2, 3, 5)}
    images = listed(TAKEN)
    options, _ = Params(Path("params.yaml")).training("unet")
    record = segmenter_record.record("unet", images, images.training(0), replace(options, weights="none"))
    assert {way.how: (way.labels, len(way.images)) for way in record.ways if "from its" in way.how} == {
        "unet learned from its label of faint": ("patch labels", 4),
        "unet learned from its corrected mask": ("masks", 1),
    }


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"corrected": {}}, "training_sets.synthetic.parts: 'synthetic' is not in corrected; it has"),
        ({"corrected": {"walls": {"root": "x"}}}, "corrected: 'walls' is not in matrix.datasets"),
        (
            {"corrected": {"synthetic": {"root": "data/tiny/x"}}},
            "corrected.synthetic.root: 'data/tiny/x' and data/tiny",
        ),
        ({"corrected": {"synthetic": {"folder": "x"}}}, "corrected.synthetic.folder"),
        ({"weights": {"corrected": 0}}, "weights.corrected"),
        ({"weights": {"masks": 1}}, "weights.masks"),
        ({"labels": "corrected", "split": "test"}, "corrected masks of them are as good as the masks"),
        ({"labels": "faint", "split": "test"}, "take 'corrected' out of this part"),
        ({"name": "corrected"}, "label_sets.corrected: this name is kept for masks that people corrected"),
    ],
)
def test_what_parameters_say_of_corrected_masks_is_checked(
    asked: dict[str, Any], write_params: Write, change: dict[str, Any], told: str
) -> None:
    training_set = asked["training_sets"]["synthetic"]
    if "corrected" in change:
        asked["corrected"] = change["corrected"]
    if "weights" in change:
        training_set["weights"] = change["weights"]
    if "labels" in change:
        training_set["parts"][0].update(change)
    if "name" in change:
        asked["label_sets"][change["name"]] = asked["label_sets"]["otsu"]
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(asked)))
    assert told in str(caught.value)


def test_parameters_with_corrected_masks_are_checked_and_files_of_older_versions_have_none(
    asked: dict[str, Any], write_params: Write
) -> None:
    asked["matrix"]["label_sets"] = ["corrected", "faint"]
    check(Params(write_params(asked)))
    del asked["corrected"]
    assert Params(write_params(asked)).corrected == {}


def test_what_masks_of_a_data_set_ignore_is_neither_learned_nor_scored(params: dict[str, Any]) -> None:
    raw, dataset, options = PATHS.synthetic_set("synthetic"), PATHS.dataset("synthetic"), synthetic.Options()
    for sample in synthetic.read(raw, options):
        assert sample.mask is not None
        levels = np.array(Image.open(sample.mask))
        levels[UNSURE] = 127
        Image.fromarray(levels).save(sample.mask)
    shutil.rmtree(dataset)
    dataset.mkdir()
    ingest(synthetic.read(raw, options), dataset, pixels=Pixels(crack=(255,), background=(0,), ignore=(127,)))
    label_manual.main([])
    images = listed(PLAIN, "manual")
    for key in images.table.index:
        ignored = images.ignored(key)
        assert ignored is not None and ignored[UNSURE].all() and ignored.sum() == 640
    score_labels.main(["--label-set", "faint"])  # the same score everywhere: at 0.49 and below, all is predicted
    found = pd.read_parquet(PATHS.label_scores("faint") / "synthetic-train.parquet").set_index("id")
    cracks = {str(name): load_mask(dataset, str(name)).sum() for name in found.index}
    f1 = [2 * crack / (64 * 64 - 640 + crack) if crack else 1.0 for crack in cracks.values()]
    told = json.loads(PATHS.label_score_metrics("faint").read_text())["synthetic-train"]
    assert told["ois"] == pytest.approx(np.mean(f1)) and [sum(found.loc[name, "crack_hist"]) for name in cracks] == [
        *cracks.values()
    ]
