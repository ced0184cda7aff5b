"""Figures of the network that ships: what its images took part in, and the sheet of what it fails on."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from support import leaks, small_network

from hairline.data.layouts import folder as layout
from hairline.data.samples import ingest
from hairline.errors import HairlineError
from hairline.gates import identities
from hairline.imaging.images import write_image, write_mask
from hairline.labelling import chosen_options
from hairline.labelling.chosen_options import Choice, ChosenOn

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
GENERATED = {"seed": 3, "train": 5, "val": 0, "test": 0, "height_px": 64, "width_px": 80, "crack_free": 0.5,
             "style": "wide", "ingredients": {"distractors": {"text": 0}}}  # fmt: skip


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import shipped

    yield shipped
    for name in ("shipped", "shipped_seen", "shipped_failures"):
        sys.modules.pop(name, None)


def a_set(place: Path) -> Path:
    """Three test images with masks."""
    images = {"photo_1": leaks.texture(1), "copy": leaks.texture(2)[:, ::-1], "alone": leaks.texture(3)}
    rows = ["id,split"]
    for name, image in images.items():
        write_image(place / "raw/images" / f"{name}.png", np.ascontiguousarray(image))
        write_mask(place / "raw/masks" / f"{name}.png", image.mean(axis=2) < 2 * leaks.CRACK)
        rows.append(f"{name},test")
    (place / "raw/split.csv").write_text("\n".join(rows) + "\n")
    folder = place / "sets/folder"
    folder.mkdir(parents=True)
    ingest(layout.read(place / "raw", layout.Options({"train": 1.0}, [])), folder)
    return folder


def on_record(method: str, *seeds: int) -> Choice:
    known = [identities.briefly(leaks.texture(seed)) for seed in seeds]
    images = [ChosenOn("elsewhere", str(seed), str(seed), *each) for seed, each in zip(seeds, known, strict=True)]
    return Choice(method, method, {}, True, 1, "2026-01-01", "a test", "All of them.", images)


def run(shipped: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["shipped.py", *arguments])
    shipped.main()


def test_each_image_is_looked_up_in_the_records_of_generator_and_scale(
    shipped: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = (on_record("generator", 2, 9), on_record("scale", 1))
    monkeypatch.setattr(chosen_options, "shipped", lambda: choices)
    monkeypatch.setattr(shipped.shipped, "folder", lambda: small_network.make(tmp_path / "net"))
    monkeypatch.setattr(shipped.scaling, "find", lambda *_: shipped.scaling.Scale(0.5, "rule"))
    out = tmp_path / "scores.json"
    run(shipped, monkeypatch, str(out), f"walls={a_set(tmp_path)}")
    told = json.loads(out.read_text())
    auto, plain = told["rows"]
    assert auto["seen_counts"] == {"unseen": 1, "chosen on": 2} and plain["seen_counts"] == {
        "unseen": 2,
        "chosen on": 1,
    }
    assert (auto["seen"], auto["images_unseen"], auto["made_with"]) == ("chosen on", 1, "masks to choose options")
    assert "the rule for the scale" in auto["seen_why"] and "the rule for the scale" not in plain["seen_why"]
    assert 0 <= plain["ods_unseen"] <= 1
    assert [each.partition(":")[0] for each in told["chosen_on"]] == [
        "1 of 2 images of elsewhere chose the generator, by their masks",
        "1 of 1 images of elsewhere chose the scale, by their masks",
    ]


def test_sets_that_cannot_be_told_apart_and_limits_of_nothing_are_refused(
    shipped: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, told in (
        (("walls=a", "walls=b"), "two sets are called 'walls'"),
        (("walls=a", "--limit", "-1"), "expected 1 image a set or more"),
    ):
        with pytest.raises(HairlineError, match=told):
            run(shipped, monkeypatch, str(tmp_path / "scores.json"), *words)


def test_images_without_a_crack_that_stay_so_are_right(shipped: ModuleType) -> None:
    background = np.zeros((2, 100), np.int64)
    background[:, 0] = 9
    told = shipped._figures([(np.zeros(100, np.int64), each) for each in background], ["a", "b"], np.zeros(2, bool))
    assert (told["at_half"], told["ods"]) == (1.0, 1.0)


def test_another_part_of_a_photo_is_found_by_its_name_in_the_layout(
    shipped: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_photo = Choice("generator", "generator", {}, True, 1, "2026-01-01", "a test", "",
                      [ChosenOn("crack500", "IMG_1_1_1", "IMG_1", "0" * 64, "ff" * 64)])  # fmt: skip
    monkeypatch.setattr(chosen_options, "shipped", lambda: (of_photo,))
    folder = a_set(tmp_path)
    table = pd.read_parquet(folder / "samples.parquet")
    table.loc[table["id"] == "photo_1", "group"] = "IMG_1"
    table.to_parquet(folder / "samples.parquet")
    for layout_name, word in (("crack500", "same photo"), ("cfd", "unseen")):
        sets = [shipped.shipped_seen.parsed(f"walls={folder}@{layout_name}")]
        seen, unseen = shipped.SeenImages(sets, None).of("walls", ["photo_1", "alone"], False)
        assert (seen.word, unseen) == (word, [word == "unseen", True])


@pytest.mark.parametrize("told", ["walls", "=folder", "walls=", "walls=folder@nowhere"])
def test_what_is_no_set_is_refused(shipped: ModuleType, told: str) -> None:
    with pytest.raises(HairlineError, match=r"expected NAME=FOLDER|'nowhere' is not one of the layouts"):
        shipped.shipped_seen.parsed(told)


def failing(shipped: ModuleType, tmp_path: Path, file: str, info: dict[str, Any]) -> dict[str, Any]:
    net = small_network.make(tmp_path / "net", info)
    model, found = shipped.segmenter.load(net)
    placement = shipped.device.resolve(shipped.RUNTIME)
    told: dict[str, Any] = shipped.shipped_failures.write(tmp_path / file, model, found, placement, 6)
    return told


def test_the_sheet_is_of_the_networks_own_kind_of_generated_images(shipped: ModuleType, tmp_path: Path) -> None:
    told = failing(shipped, tmp_path, "sheet.jpg", {"generated": GENERATED})
    assert (told["images"], told["crack_free"], told["shown"]) == (3, 3, 3)
    picture = cv2.imread(told["picture"])
    parts = shipped.shipped_failures
    rows = -(-(3 + told["crack_free_marked"]) // parts.COLUMNS)
    assert picture.shape[0] == rows * (parts.SIDE_PX + parts.CAPTION_PX)
    assert (tmp_path / "sheet.jpg").stat().st_size < 300_000


def test_a_sheet_of_images_unlike_those_that_were_learned_is_refused(shipped: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match=r"has no 'generated'"):
        failing(shipped, tmp_path, "sheet.jpg", {})
    with pytest.raises(HairlineError, match=r"sheet\.png: expected a name that ends on \.jpg"):
        failing(shipped, tmp_path / "b", "sheet.png", {"generated": GENERATED})


def test_the_worst_come_first_and_what_is_right_on_crack_free_images_is_left_out(shipped: ModuleType) -> None:
    sheets, empty = shipped.shipped_failures, np.zeros((10, 10), bool)
    crack = empty.copy()
    crack[:2] = True

    def scored(index: int, mask: np.ndarray, first: int, last: int) -> Any:
        scores = np.zeros((10, 10), np.float32)
        scores[first:last] = 0.9
        return sheets.Scored(index, np.zeros((10, 10, 3), np.uint8), mask, scores)

    found = [scored(0, crack, 0, 2), scored(1, empty, 4, 5), scored(2, crack, 1, 3), scored(3, empty, 0, 0),
             scored(4, empty, 4, 6), scored(5, crack, 5, 5)]  # fmt: skip
    assert [told for _, told in sheets.worst(found)] == [
        "test 5: F1 0.00", "test 2: F1 0.50", "test 0: F1 1.00", "test 4: no crack, 20.00% marked",
        "test 1: no crack, 10.00% marked",
    ]  # fmt: skip
