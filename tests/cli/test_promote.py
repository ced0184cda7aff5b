"""What `hairline promote` reads: names as they are, and one sentence for what it cannot use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.results import BOOTSTRAP, labels, random_table, segmenter

from hairline.cli import promote
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.errors import HairlineError
from hairline.io.atomic import write_json
from hairline.reporting import comparison, formatting, model_cards
from hairline.tracking.records import RunRecord, write_record

NAMES = ["NA", "2016", "1e5", "null", "None", "nan", "007", "true", "inf", "1_000"]


@pytest.mark.parametrize("name", NAMES)
def test_a_comparison_is_read_back_with_its_names(name: str, tmp_path: Path) -> None:
    table = comparison.summarise(
        [
            segmenter(name, random_table(1), architecture=name, dataset=name),
            labels(name, random_table(2), dataset=name),
        ],
        BOOTSTRAP,
    )
    path = tmp_path / "comparison.csv"
    path.write_text(formatting.csv(table), encoding="utf-8")
    read = comparison.read_summary(path)
    assert list(read["labels"]) == [name, name] and list(read["test_set"]) == [name, name]
    row, _ = model_cards.best(read, None)
    assert (row["labels"], row["model"], row["test_set"]) == (name, name, name)
    assert row["ods"] == pytest.approx(table["ods"][0], rel=1e-5)
    missing = table["ods_minus_manual"].isna()
    assert list(read["ods_minus_manual"].isna()) == list(missing)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text.replace("ods,", "ods_of_old,", 1),
        lambda text: text.replace("segmenter,", "segmenter,walls,walls,", 1),
        lambda text: "\0" * 100,
        lambda text: "\xff" + text,
    ],
    ids=["cut", "empty", "older", "shifted", "zeros", "other encoding"],
)
def test_a_comparison_that_is_none_is_one_message(spoil: object, tmp_path: Path) -> None:
    assert callable(spoil)
    table = comparison.summarise([segmenter("konig", random_table(1))], BOOTSTRAP)
    path = tmp_path / "comparison.csv"
    path.write_bytes(spoil(formatting.csv(table)).encode("latin-1"))
    with pytest.raises(HairlineError, match=r"comparison.csv: not a comparison of this version \(.*\); 'dvc repro"):
        comparison.read_summary(path)


def test_trials_with_choices_that_read_as_nothing_keep_them(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    path.write_text("slot,ods,best,option/mode\n0,0.5,True,None\n1,,False,NA\n", encoding="utf-8")
    read = formatting.read_csv(path)
    assert list(read["option/mode"]) == ["None", "NA"] and list(read["best"]) == [True, False]
    assert read["ods"].isna().to_list() == [False, True]


def test_a_network_is_promoted_without_a_picture_where_the_images_are_not_here(
    tmp_path: Path,
    values: dict[str, Any],
    write_params: Callable[[dict[str, Any]], Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    params, name = Params(write_params(values)), SegmenterName("konig", "unet", "synthetic")
    paths = Paths(tmp_path, params.experiment)
    table = comparison.summarise([segmenter("konig", random_table(1), "synthetic", "unet", "synthetic")], BOOTSTRAP)
    kept = paths.segmenter_scores(name, "synthetic") / "predictions" / "a.png"
    for folder in (paths.comparison_table.parent, kept.parent, paths.segmenter(name)):
        folder.mkdir(parents=True)
    paths.comparison_table.write_text(formatting.csv(table), encoding="utf-8")
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(kept)
    told = {"label_set": "konig", "training_set": "synthetic", "architecture": "unet", "initialisation": "none",
            "images": 6, "epochs": 1, "seed": 7, "precision": "32"}  # fmt: skip
    write_json(paths.segmenter(name) / "model.json", told)
    day = "2026-01-01T00:00:00+00:00"
    record = RunRecord("f00", "tiny", "train", "konig-unet", "none", False, {}, {}, [], day, day, "")
    write_record(paths.segmenter_record(name), record)
    cards: list[Any] = []
    monkeypatch.setattr(promote.registry, "promote", lambda *given: cards.extend(given[-1]) or "1")
    assert promote.promote(tmp_path, params, None)[:2] == ("1", "tiny-segmenter")
    assert [card.picture for card in cards] == [None] and cards[0].text.startswith("# unet on pseudo-labels `konig`")
    assert "konig-unet-synthetic has no picture" in caplog.text and "'dvc pull'" in caplog.text
