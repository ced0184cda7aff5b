"""`hairline score` on good sets: the numbers do not depend on how files are written, and everything is told."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pycocotools import mask as rle
from support import judged
from support.judged import NAMES, Score

from hairline.imaging.images import read_scores
from hairline.judge.files import paired
from hairline.metrics import thresholds


def counts_at(levels: np.ndarray, mask: np.ndarray, percent: int) -> tuple[int, int, int]:
    """True and false positives and false negatives, in whole numbers so that nothing is rounded."""
    predicted = levels.astype(int) * 100 >= 255 * percent
    return (predicted & mask).sum(), (predicted & ~mask).sum(), (mask & ~predicted).sum()


def f1(tp: int, fp: int, fn: int) -> float:
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else 1.0


def expected(count: int = len(NAMES)) -> dict[str, float]:
    """ODS and OIS by the definition, pixel by pixel."""
    tables = np.array([[f1(*counts_at(judged.scores(seed), judged.mask(seed), percent)) for percent in range(1, 100)]
                       for seed in range(count)])  # fmt: skip
    return {"ods": tables.mean(axis=0).max(), "ois": tables.max(axis=1).mean()}


def test_folders_of_pictures(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path, tuple(f"w{index}" for index in range(12)))
    told = score(predictions, masks, "--json", "-").values
    found = told["predictions"]["scores"]
    for name, value in expected(12).items():
        assert found[name] == pytest.approx(value, abs=1e-12)
    for name in ("ods", "ois", "ap"):
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
    assert told["groups"] == {"count": 12, "how": "every image is taken for a photo of its own"}
    assert told["remarks"] == []


def as_8_bits(path: Path, levels: np.ndarray) -> None:
    judged.picture(path.with_suffix(".bmp"), levels)


def as_16_bits(path: Path, levels: np.ndarray) -> None:
    judged.picture(path.with_suffix(".tif"), levels.astype(np.uint16) * np.uint16(257))


def as_grey_colours(path: Path, levels: np.ndarray) -> None:
    judged.picture(path.with_suffix(".png"), levels[..., None].repeat(3, axis=2))


def as_opaque(path: Path, levels: np.ndarray) -> None:
    judged.picture(path.with_suffix(".png"), np.dstack([levels, levels, levels, np.full_like(levels, 255)]))


def as_floats(path: Path, levels: np.ndarray) -> None:
    np.save(path.with_suffix(".npy"), levels / 255)


def as_floats_of_one_channel(path: Path, levels: np.ndarray) -> None:
    np.save(path.with_suffix(".npy"), np.asfortranarray((levels / 255)[None]))


def as_other_byte_order(path: Path, levels: np.ndarray) -> None:
    np.save(path.with_suffix(".npy"), (levels / 255).astype(">f8"))


def as_levels(path: Path, levels: np.ndarray) -> None:
    np.save(path.with_suffix(".npy"), levels)


@pytest.mark.parametrize("write", [as_8_bits, as_16_bits, as_grey_colours, as_opaque, as_floats,
                                   as_floats_of_one_channel, as_other_byte_order, as_levels])  # fmt: skip
def test_every_way_to_write_scores_gives_the_same(score: Score, tmp_path: Path, write: object) -> None:
    _, masks = judged.pair(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    for seed, name in enumerate(NAMES):
        write(other / name, judged.scores(seed))
    found = score(other, masks, "--json", "-").values["predictions"]["scores"]
    assert {name: found[name] for name in expected()} == pytest.approx(expected(), abs=1e-12)


@pytest.mark.parametrize(("option", "of"), [
    (["--logits"], lambda levels: np.log((levels + 0.5) / (255.5 - levels))),
    (["--scale", "100"], lambda levels: levels / 255 * 100),
    (["--scale", "255"], lambda levels: levels.astype(np.float32)),
    (["--scale", "4080"], lambda levels: levels.astype(np.uint16) * np.uint16(16)),
])  # fmt: skip
def test_what_values_mean_can_be_stated(score: Score, tmp_path: Path, option: list[str], of: object) -> None:
    predictions, masks = judged.pair(tmp_path)
    for path in predictions.iterdir():
        np.save(path.with_suffix(".npy"), of(read_scores(path)))
        path.unlink()
    refused = score(predictions, masks).sentence
    assert option[0] in refused
    found = score(predictions, masks, "--json", "-", *option).values["predictions"]["scores"]
    assert found["ods"] == pytest.approx(expected()["ods"], abs=0.01)


@pytest.mark.parametrize("high", [1, 255])
def test_binary_predictions_are_told(score: Score, tmp_path: Path, high: int) -> None:
    predictions, masks = judged.pair(tmp_path)
    for path in predictions.iterdir():
        judged.picture(path, (read_scores(path) > 150).astype(np.uint8) * np.uint8(high))
    told = score(predictions, masks, "--json", "-").values
    assert told["predictions"]["binary"]
    assert "binary predictions" in told["quote"]
    assert "one threshold" in told["result"]
    scores = told["predictions"]["scores"]
    assert scores["ods"] == scores["ois"] == told["predictions"]["at_threshold"]["f1"]


def test_a_set_of_its_own_masks_is_perfect(score: Score, tmp_path: Path) -> None:
    _, masks = judged.pair(tmp_path)
    other = tmp_path / "other"
    other.symlink_to(masks)
    assert score(other, masks, "--json", "-").values["predictions"]["scores"]["ods"] == 1


def test_names_with_endings_and_in_folders(score: Score, tmp_path: Path) -> None:
    names = ("x/Straße #1?", "x/100%", "y/裂縫 2")
    for seed, name in enumerate(names):
        judged.picture(tmp_path / "p" / f"{name}_pred.png", judged.scores(seed))
        judged.picture(tmp_path / "m" / f"{name}_mask.tif", judged.mask(seed).astype(np.uint8))
    told = score(tmp_path / "p", tmp_path / "m", "--json", "-").values
    assert told["remarks"] == ["names are compared predictions without '_pred' and masks without '_mask'"]
    assert told["predictions"]["scores"]["images"] == 3


@pytest.mark.parametrize(("masks", "predictions", "found"), [
    (["a", "b"], ["a", "b"], {"a": "a", "b": "b"}),
    (["A1", "b"], ["a1", "B"], {"A1": "a1", "b": "B"}),
    (["a_gt", "b_gt"], ["a", "b"], {"a_gt": "a", "b_gt": "b"}),
    (["s/a", "t/b"], ["a", "b"], {"s/a": "a", "t/b": "b"}),
    (["s/a", "t/b"], ["a.fuse", "b.fuse"], {"s/a": "a.fuse", "t/b": "b.fuse"}),
    (["s/a", "t/a"], ["s/a", "t/a"], {"s/a": "s/a", "t/a": "t/a"}),
    (["a", "b"], ["a", "a_pred", "b_pred"], {"a": "a", "b": None}),
])  # fmt: skip
def test_pairs_by_name(masks: list[str], predictions: list[str], found: dict[str, str | None]) -> None:
    assert paired(masks, predictions).of == found


def test_a_missing_prediction_counts_as_empty_where_that_is_stated(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    whole = score(predictions, masks, "--json", "-").values["predictions"]["scores"]["ods"]
    (predictions / "b.png").unlink()
    assert "'b'" in score(predictions, masks).sentence
    told = score(predictions, masks, "--allow-missing", "--json", "-").values
    assert told["predictions"]["missing"] == ["b"]
    assert told["predictions"]["scores"]["ods"] < whole
    assert "1 missing predictions counted as empty" in told["quote"]
    assert "1 of 4 predictions are missing" in told["remarks"][0]


def test_predictions_without_a_mask_are_told(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    (masks / "c.png").unlink()
    assert "'c'" in score(predictions, masks, "--json", "-").values["remarks"][0]


def test_only_some_images(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    (tmp_path / "list.txt").write_text("a.jpg\n\nC\n", encoding="utf-8")
    told = score(predictions, masks, "--only", tmp_path / "list.txt", "--json", "-").values
    assert told["predictions"]["scores"]["images"] == 2


GROUPINGS = [
    (["20160222_081011_1_361", "20160222_081011_1_721", "IMG_6470_1_1"], "crack500", 2),
    (["20160222_081011_1_361", "20160222_081020_1_721", "20160222_081040_1_1"], "crack500", 2),  # 9 s, 20 s
    (["wall1-1", "wall1-2", "wall2-1"], r"(wall\d)", 2),
    (["x/wall1-1", "x/wall1-2", "y/wall2-1"], r"wall\d", 2),
]


@pytest.mark.parametrize(("names", "stated", "count"), GROUPINGS)
def test_photos_by_name(score: Score, tmp_path: Path, names: list[str], stated: str, count: int) -> None:
    predictions, masks = judged.pair(tmp_path, tuple(names))
    told = score(predictions, masks, "--groups", stated, "--json", "-").values
    assert told["groups"]["count"] == count
    assert f"3 images of {count} photos" in told["quote"]


def test_a_pattern_may_be_the_name_of_a_folder(score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predictions, masks = judged.pair(tmp_path, ("wall1", "wall2", "other"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wall").mkdir()
    assert score(predictions, masks, "--groups", "wall", "--json", "-").values["groups"]["count"] == 2


def test_photos_by_a_table(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    table = tmp_path / "photos.csv"
    table.write_text("id;group\na.jpg;one\nB;one\nc;two\nd;two\nelsewhere;three\n", encoding="utf-8")
    assert score(predictions, masks, "--groups", table, "--json", "-").values["groups"]["count"] == 2


def test_against_others_on_the_same_images(score: Score, tmp_path: Path) -> None:
    names = tuple(f"w{index}" for index in range(12))
    predictions, masks = judged.pair(tmp_path, names)
    worse = tmp_path / "worse"
    for path in predictions.iterdir():
        judged.picture(worse / path.name, np.roll(read_scores(path), 2, axis=0))
    told = score(worse, masks, "--against", predictions, "--json", "-").values
    one, other = (told[part]["scores"]["ods"] for part in ("predictions", "against"))
    assert told["difference"]["difference"] == pytest.approx(one - other, abs=1e-12)
    assert one < other
    assert "Its ODS minus that of predictions is -" in told["result"]
    printed = [line for line in score(worse, masks, "--against", predictions).out.splitlines() if "To quote" in line]
    for name, ods, line in zip(("worse", "predictions"), (one, other), printed, strict=True):
        assert line.startswith(f"To quote ({name})  scored with hairline") and f"(ODS {ods:.3f}" in line


def test_a_fixed_threshold(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    told = score(predictions, masks, "--threshold", "0.7", "--json", "-").values["predictions"]["at_threshold"]
    tables = [counts_at(judged.scores(seed), judged.mask(seed), 70) for seed in range(len(NAMES))]
    assert told["f1"] == pytest.approx(np.mean([f1(*table) for table in tables]))
    tp, fp, fn = np.sum(tables, axis=0)
    assert told["pooled_precision"] == pytest.approx(tp / (tp + fp))
    assert told["pooled_crack_iou"] == pytest.approx(tp / (tp + fp + fn))


def test_files_of_a_folder(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    out, copy = tmp_path / "made" / "here", tmp_path / "numbers.json"
    told = score(predictions, masks, "--out", out, "--json", copy, "--images", predictions)
    assert told.status == 0, told.err
    assert sorted(path.name for path in out.iterdir()) == [
        "images.csv", "index.html", "scores.csv", "scores.json", "scores.parquet"]  # fmt: skip
    values = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    assert values == json.loads(copy.read_text(encoding="utf-8"))
    assert values["quote"] in told.out
    table = pd.read_parquet(out / "scores.parquet")
    again = thresholds.counts(np.stack(table["crack_hist"].to_list()), np.stack(table["background_hist"].to_list()))
    assert thresholds.ods(thresholds.f1(again)) == values["predictions"]["scores"]["ods"]
    images = pd.read_csv(out / "images.csv")
    assert images["f1"].mean() == pytest.approx(values["predictions"]["scores"]["ods"], abs=1e-6)
    assert images["best_f1"].mean() == pytest.approx(values["predictions"]["scores"]["ois"], abs=1e-6)
    assert score(predictions, masks, "--out", out).status == 0  # in the place of the earlier ones


def test_hashes_are_of_pixels_and_names(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    before = score(predictions, masks, "--json", "-").values
    for path in list(masks.iterdir()):
        judged.picture(path.with_suffix(".bmp"), (read_scores(path) > 0).astype(np.uint8))
        path.unlink()
    judged.picture(predictions / "a.png", judged.scores(17))
    after = score(predictions, masks, "--json", "-").values
    assert after["masks"]["sha256"] == before["masks"]["sha256"]
    assert after["predictions"]["sha256"] != before["predictions"]["sha256"]


def test_dark_cracks(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    before = score(predictions, masks, "--json", "-").values["predictions"]["scores"]
    for path in masks.iterdir():
        judged.picture(path, 255 - read_scores(path))
    assert "--invert" in score(predictions, masks).sentence
    assert score(predictions, masks, "--invert", "--json", "-").values["predictions"]["scores"] == before
    stated = score(predictions, masks, "--crack", "0", "--background", "255", "--json", "-").values
    assert stated["predictions"]["scores"] == before


def test_masks_that_are_mostly_crack_can_be_stated(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    for path in masks.iterdir():
        judged.picture(path, np.full(judged.SHAPE, 255, np.uint8))
    assert score(predictions, masks, "--no-invert").status == 0


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda levels: levels * 0, "nothing was predicted"),
    (lambda levels: 255 - levels, "lower on crack than on background"),
    (lambda levels: levels // 4, "no score reaches 0.5"),
])  # fmt: skip
def test_odd_predictions_are_scored_and_told(score: Score, tmp_path: Path, spoil: object, told: str) -> None:
    predictions, masks = judged.pair(tmp_path)
    for path in predictions.iterdir():
        judged.picture(path, spoil(read_scores(path)))
    found = score(predictions, masks)
    assert found.status == 0
    assert told in found.err


def test_jpeg_predictions_are_told(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    for path in list(predictions.iterdir()):
        Image.open(path).save(path.with_suffix(".jpg"))
        path.unlink()
    assert "4 of 4 predictions are of a format that changes values (JPEG)" in score(predictions, masks).err


def packed(area: np.ndarray) -> dict[str, object]:
    found = rle.encode(np.asfortranarray(area.astype(np.uint8)))
    return {"size": found["size"], "counts": found["counts"].decode()}


def coco_masks(path: Path) -> Path:
    images = [{"id": 7 + seed, "file_name": f"{name}.jpg", "width": 32, "height": 24}
              for seed, name in enumerate(NAMES)]  # fmt: skip
    marks = [{"id": seed, "image_id": 7 + seed, "category_id": 1, "segmentation": packed(judged.mask(seed))}
             for seed in range(len(NAMES))]  # fmt: skip
    content = {"images": images, "annotations": marks, "categories": [{"id": 1, "name": "crack"}]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def coco_results(path: Path, ids: list[object]) -> Path:
    content = [{"image_id": ids[seed], "category_id": 1, "segmentation": packed(judged.scores(seed) >= level),
                "score": level / 255} for seed in range(len(NAMES)) for level in (200, 120, 60)]  # fmt: skip
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_coco_results_are_the_largest_score_over_a_pixel(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    for seed, name in enumerate(NAMES):
        levels = judged.scores(seed)
        steps = np.select([levels >= 200, levels >= 120, levels >= 60], [200, 120, 60], 0)
        judged.picture(predictions / f"{name}.png", steps.astype(np.uint8))
    plain = score(predictions, masks, "--json", "-").values
    truth = coco_masks(tmp_path / "instances.json")
    for words in ((coco_results(tmp_path / "r.json", [7, 8, 9, 10]), truth),
                  (coco_results(tmp_path / "t.json", ["7", "8", "9", "10"]), truth),
                  (coco_results(tmp_path / "n.json", list(NAMES)), masks)):  # fmt: skip
        told = score(*words, "--json", "-").values
        for name in ("ods", "ois", "ap"):
            assert told["predictions"]["scores"][name] == pytest.approx(plain["predictions"]["scores"][name], abs=1e-12)
        assert told["masks"]["sha256"] == plain["masks"]["sha256"]


def test_one_category_of_coco_results(score: Score, tmp_path: Path) -> None:
    truth = coco_masks(tmp_path / "instances.json")
    content = json.loads(truth.read_text(encoding="utf-8"))
    content["categories"].append({"id": 2, "name": "rust"})
    truth.write_text(json.dumps(content), encoding="utf-8")
    only_crack = coco_results(tmp_path / "r.json", [7, 8, 9, 10])
    expected = score(only_crack, truth, "--json", "-").values["predictions"]
    entries = json.loads(only_crack.read_text(encoding="utf-8"))
    rust = [entry | {"category_id": 2, "score": 1, "segmentation": packed(~judged.mask(0))} for entry in entries[:5]]
    both = tmp_path / "both.json"
    both.write_text(json.dumps(entries + rust), encoding="utf-8")
    found = score(both, truth, "--categories", "crack", "--json", "-").values["predictions"]
    assert found["sha256"] == expected["sha256"]


def test_folders_the_other_way_round_are_told(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    assert "the other way round" in score(masks, predictions, "--no-invert").err


def test_coco_annotations_as_predictions_are_binary(score: Score, tmp_path: Path) -> None:
    _, masks = judged.pair(tmp_path)
    told = score(coco_masks(tmp_path / "mine.json"), masks, "--json", "-").values
    assert told["predictions"]["binary"]
    assert told["predictions"]["scores"]["ods"] == 1


def test_neither_torch_nor_any_of_the_chain_is_imported(tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    code = (
        "import sys; from hairline.cli import app\n"
        "try: app.main()\nexcept SystemExit: pass\n"
        "print([name for name in ('torch', 'mlflow', 'dvc', 'optuna', 'great_expectations') if name in sys.modules])"
    )
    words = ["score", str(predictions), str(masks), "--out", str(tmp_path / "out")]
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_pixels_that_are_ignored_count_nowhere(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    whole = score(predictions, masks, "--json", "-").values
    rng = np.random.default_rng(5)
    curves = []
    for seed, name in enumerate(NAMES):
        ignored, crack = rng.random(judged.SHAPE) < 0.4, judged.mask(seed)
        levels = np.where(ignored, 127, 255 * crack).astype(np.uint8)
        judged.picture(masks / f"{name}.png", levels)
        kept = judged.scores(seed)[~ignored], crack[~ignored]
        curves.append([f1(*counts_at(*kept, percent)) for percent in range(1, 100)])
    stated = ("--crack", "255", "--background", "0", "--ignore", "127")
    told = score(predictions, masks, *stated, "--json", "-").values
    table = np.array(curves)
    assert told["predictions"]["scores"]["ods"] == pytest.approx(table.mean(axis=0).max(), abs=1e-12)
    assert told["predictions"]["scores"]["ois"] == pytest.approx(table.max(axis=1).mean(), abs=1e-12)
    assert told["masks"]["crack"] == "255, as stated, 127 ignored" and told["masks"]["ignored_pixels"] > 0
    assert f"{told['masks']['ignored_pixels']:,} px of 4 masks ignored" in told["quote"]
    assert told["masks"]["sha256"] != whole["masks"]["sha256"] and "ignored" not in whole["quote"]


def test_masks_that_ignore_every_pixel_are_no_masks(score: Score, tmp_path: Path) -> None:
    predictions, masks = judged.pair(tmp_path)
    stated = ("--crack", "255", "--background", "0", "--ignore", "127", "--json", "-")
    judged.picture(masks / "d.png", np.full(judged.SHAPE, 127, np.uint8))
    told = score(predictions, masks, *stated, "--out", tmp_path / "out").values
    assert told["groups"]["count"] == 3
    assert told["remarks"][0] == "every pixel of 1 of 4 masks is ignored, so these are not scored: 'd'"
    for name in NAMES:
        judged.picture(masks / f"{name}.png", np.full(judged.SHAPE, 127, np.uint8))
    assert "every pixel of the 4 masks has a value that --ignore lists" in score(predictions, masks, *stated).sentence


def test_what_is_ignored_is_stated_beside_what_is_crack_and_once(score: Score, tmp_path: Path) -> None:
    folders = judged.pair(tmp_path)
    assert "add --crack and --background, e.g. --crack 255" in score(*folders, "--ignore", "127").sentence
    assert "lists 255, and so does --crack" in score(*folders, "--crack", "255", "--ignore", "255,9").sentence
    judged.picture(tmp_path / "masks" / "a.png", np.full(judged.SHAPE, 9, np.uint8))
    told = score(*folders, "--crack", "255", "--ignore", "127").sentence
    assert "the values 9" in told and "ignored 127; add the others to one of the three lists" in told
