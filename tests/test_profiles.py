"""Profiles: the complete one is the committed params.yaml, the others are valid overlays, hand edits are kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hairline import profiles
from hairline.consistency import check
from hairline.errors import HairlineError
from hairline.params import Params

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "profiles"


def test_the_committed_params_are_the_complete_profile() -> None:
    assert (ROOT / "params.yaml").read_text() == (FOLDER / "synthetic.yaml").read_text()


@pytest.mark.parametrize("name", profiles.names(FOLDER))
def test_every_profile_is_valid(name: str, tmp_path: Path) -> None:
    target = tmp_path / "params.yaml"
    profiles.apply(FOLDER, name, target, force=False)
    check(Params(target), networks=True)
    assert Params(target).experiment == name


def test_mappings_merge_lists_replace_and_null_removes(tmp_path: Path) -> None:
    (tmp_path / "synthetic.yaml").write_text("a: {x: 1, y: 2}  # why\nb: [1, 2]\nc: {d: 1}\n")
    (tmp_path / "mine.yaml").write_text("a: {y: 3}\nb: [9]\nc: {d: null}\nnew: 4\n")
    text = profiles.render(tmp_path, "mine")
    assert yaml.safe_load(text) == {"a": {"x": 1, "y": 3}, "b": [9], "c": {}, "new": 4}
    assert "# why" in text


def test_a_mapping_of_which_nothing_is_left_stays_valid_behind_a_comment(tmp_path: Path) -> None:
    (tmp_path / "synthetic.yaml").write_text("a:  # why\n  x: 1\n\nb: 2\n")
    (tmp_path / "mine.yaml").write_text("a: {x: null}\n")
    assert yaml.safe_load(profiles.render(tmp_path, "mine")) == {"a": {}, "b": 2}


def test_anchors_are_spelled_out_so_that_values_change_alone(tmp_path: Path) -> None:
    (tmp_path / "synthetic.yaml").write_text("a: {x: 1}\nb: 2\n")
    (tmp_path / "mine.yaml").write_text(
        "b: &b\n  s: &s [1, {t: 2}]  # why\n  u: 3\nc:\n  <<: *b\n  u: 4\nd: {v: *s, w: *b}\n"
    )
    text = profiles.render(tmp_path, "mine")
    b = {"s": [1, {"t": 2}], "u": 3}
    assert yaml.safe_load(text) == {"a": {"x": 1}, "b": b, "c": b | {"u": 4}, "d": {"v": b["s"], "w": b}}
    assert not set("&*<") & set(text)
    assert "# why" in text


def test_the_ablations_differ_from_the_papers_values_where_they_say_so() -> None:
    values = yaml.safe_load(profiles.render(FOLDER, "labels-cpu"))["label_sets"]
    complete = yaml.safe_load((FOLDER / "synthetic.yaml").read_text())["label_sets"]
    assert values["konig"] == complete["konig"]
    assert values["local_otsu"]["options"]["thresholding"] == values["konig"]["options"]["thresholding"]
    wide = yaml.safe_load(profiles.render(FOLDER, "crack500-cpu"))["label_sets"]
    assert (values["konig_wide"], values["multiscale"]) == (wide["konig_wide"], wide["multiscale"])
    paper = dict(leaves(values["konig"]["options"]))
    differences = {
        name: {place: value for place, value in leaves(each["options"]) if paper[place] != value}
        for name, each in values.items()
        if each["method"] == "konig" and name not in ("konig", "konig_wide")
    }
    assert differences == {
        "reference": {
            "localization.cells": "window",
            "localization.quantise": True,
            "localization.upsampling": "hamming",
            "thresholding.grey": "bgr",
            "thresholding.includes_k1": False,
        },
        "konig_without_bilateral": {"thresholding.bilateral.radius_px": 0, "fusion.bilateral.radius_px": 0},
        "konig_without_morphology": {"localization.erosion_iterations": 0, "fusion.closing_iterations": 0},
        "konig_two_class_otsu": {"thresholding.classes": 2},
        "konig_cam_only": {"localization.patch_weight": 0},
        "konig_patches_only": {"localization.patch_weight": 1},
    }


def leaves(values: dict[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names of nested values."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{place}{key}.")
        else:
            yield f"{place}{key}", value


def test_changes_are_told_and_hand_edits_need_force(tmp_path: Path) -> None:
    target = tmp_path / "params.yaml"
    profiles.apply(FOLDER, "synthetic", target, force=False)
    changes = profiles.apply(FOLDER, "cfd-cpu", target, force=False)
    assert "experiment: synthetic → cfd-cpu" in changes
    assert "datasets.synthetic: removed" in changes
    assert profiles.apply(FOLDER, "cfd-cpu", target, force=False) == []
    edited = target.read_text().replace("seed: 7", "seed: 8")
    target.write_text(edited)
    with pytest.raises(HairlineError, match="edited by hand"):
        profiles.apply(FOLDER, "synthetic", target, force=False)
    assert target.read_text() == edited
    assert "runtime.seed: 8 → 7" in profiles.apply(FOLDER, "synthetic", target, force=True)
    assert target.read_text() == (FOLDER / "synthetic.yaml").read_text()


def test_an_unknown_profile_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match=f"there are {', '.join(profiles.names(FOLDER))}"):
        profiles.apply(FOLDER, "crack5000", tmp_path / "params.yaml", force=False)
