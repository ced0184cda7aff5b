"""Choices on record: whole, of options that exist, held by label sets with their values; the tool that records one."""

import json
import re
import sys
from collections import Counter
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import record_choice
from support import parameters, places
from support.leaks import texture

from hairline.config import profiles, yaml_files
from hairline.data.samples import read_samples
from hairline.errors import HairlineError
from hairline.gates import identities
from hairline.labelling import chosen_options
from hairline.labelling.chosen_options import Choice, flat, holding, shipped

OLD = Choice("old", "konig", {"cut": 0.3, "fusion.closing_px": 9}, True, 1, "2026-01-01", "", "", [])
NEW = replace(OLD, name="new", options={"cut": 0.3, "erosion_px": 5}, when="2026-02-01")


def held(options: dict[str, object], *choices: Choice) -> list[str]:
    return [choice.name for choice in holding(choices, "konig", options)]


def test_a_choice_holds_where_any_of_its_values_stands() -> None:
    assert held({"cut": 0.5, "fusion": {"closing_px": 9}}, OLD) == ["old"]
    assert held({"cut": 0.5, "fusion": {"closing_px": 3}}, OLD) == []
    assert held({"cut": 0.5}, OLD) == []
    assert holding([OLD], "crf", {"cut": 0.3}) == []
    assert [choice.name for choice in holding([replace(OLD, options={})], "konig", {})] == ["old"]


def test_values_chosen_anew_are_owed_to_the_later_choice_alone() -> None:
    new = {"cut": 0.3, "erosion_px": 5, "fusion": {"closing_px": 3}}
    assert held(new, OLD, NEW) == held(new, NEW, OLD) == ["new"]
    assert held({**new, "fusion": {"closing_px": 9}}, OLD, NEW) == ["old", "new"]  # kept from the earlier one
    assert held({"cut": 0.3, "erosion_px": 3, "fusion": {"closing_px": 9}}, OLD, NEW) == ["old"]
    assert held({"cut": 0.3, "erosion_px": 3}, OLD, NEW) == ["new"]  # part of what was chosen anew


@pytest.mark.parametrize("choice", shipped(), ids=lambda choice: choice.name)
def test_choices_on_record_are_whole(choice: Choice) -> None:
    assert choice.images and choice.by and re.fullmatch(r"\d{4}-\d\d-\d\d", choice.when)
    assert 0 < choice.used <= len(choice.images) and (choice.used == len(choice.images) or choice.note)
    assert all(re.fullmatch(r"[0-9a-f]{64}", image.pixels) for image in choice.images)
    assert all(re.fullmatch(r"[0-9a-f]{128}", image.strengths) for image in choice.images)
    assert max(Counter((image.set, image.id) for image in choice.images).values()) == 1


@cache
def label_sets() -> dict[str, tuple[str, dict[str, object]]]:
    """Profile and name of every label set of some profiles → its method and options."""
    found = {}
    for profile in ("crack500-cpu", "labels-cpu", "cfd-cpu"):
        for text in profiles.render(parameters.ROOT / "profiles", profile).values():
            for name, entry in yaml_files.parse(text, Path("params.yaml")).get("label_sets", {}).items():
                found[f"{profile}/{name}"] = entry["method"], entry["options"]
    return found


def test_every_choice_on_record_is_of_options_that_ship() -> None:
    shipping = [dict(flat(options)).keys() for _, options in label_sets().values()]
    for choice in shipped():
        if choice.options:
            assert any(choice.options.keys() <= options for options in shipping), choice.name


def test_the_paper_s_values_are_owed_to_no_choice_of_ours_and_what_was_chosen_is() -> None:
    own = {name: [choice.method for choice in holding(shipped(), *entry)] for name, entry in label_sets().items()}
    for name, choices in own.items():
        if name.endswith(("/konig", "/reference", "/otsu", "/konig_cam_only")):
            assert choices == [], name
    for name in ("crack500-cpu/multiscale", "crack500-cpu/konig_wide", "crack500-cpu/crf", "cfd-cpu/multiscale"):
        assert own[name], name


def recorded(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["record_choice.py", "mine", "--method", "konig", "--by", "a test", "--when",
                                      "2026-01-02", *arguments])  # fmt: skip
    record_choice.main()


def test_the_tool_records_what_the_ledger_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = tmp_path / places.make(tmp_path, 64).dataset("synthetic")
    ids = list(read_samples(dataset)["id"])[:2]
    (tmp_path / "ids.txt").write_text("\n".join(ids) + "\n")
    (tmp_path / "options.json").write_text('{"localization": {"cut": 0.3}, "cams": [{"scale": 2}]}')
    recorded(monkeypatch, "--options", f"{tmp_path / 'options.json'}", "--masks", "--folder", f"{tmp_path}",
             "--images", "synthetic", f"{dataset}", f"{tmp_path / 'ids.txt'}")  # fmt: skip
    choice = chosen_options.read(tmp_path / "mine.json")
    assert choice.options == {"localization.cut": 0.3, "cams": [{"scale": 2}]}
    assert [(image.set, image.id) for image in choice.images] == [("synthetic", name) for name in ids]
    assert (choice.masks, choice.used) == (True, 2)
    assert "pixels" in (tmp_path / "mine.json").read_text().splitlines()[-3]  # a line an image
    with pytest.raises(HairlineError, match=r"mine.json: is on record already, .*choose another name"):
        recorded(monkeypatch, "--folder", f"{tmp_path}", "--images", "synthetic", f"{dataset}", f"{tmp_path}")
    (tmp_path / "mine.json").unlink()
    (tmp_path / "ids.txt").write_text("gone\n")
    with pytest.raises(HairlineError, match=r"ids.txt: 'gone' and 0 others are no ids of .*synthetic; correct them"):
        recorded(
            monkeypatch, "--folder", f"{tmp_path}", "--images", "synthetic", f"{dataset}", f"{tmp_path / 'ids.txt'}"
        )


def test_a_file_that_is_no_record_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({**asdict(OLD), "masks": "yes"}))
    with pytest.raises(HairlineError, match=r"x.json: holds something else \(masks: .*expected the record of a choice"):
        chosen_options.read(tmp_path / "x.json")


def test_no_picture_can_be_made_from_what_is_recorded() -> None:
    one = identities.of_image(texture(1))
    assert len(one["strengths"]) == 64  # of 64 frequencies, without their signs
    assert one["strengths"] == identities.of_image(np.ascontiguousarray(texture(1)[::-1]))["strengths"]
