"""Profiles: the default is the committed one, all are valid, what they are made of merges in order, edits are kept."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hairline.config import parameter_files, profiles, yaml_files
from hairline.config.checks import check
from hairline.config.parameter_files import FILES
from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.io import atomic

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "profiles"
GATES, STUDIES = "gates: {samples: {a: 1}}  # bounds\n", "studies: {}\n"


def make(folder: Path, base: str, **files: str) -> Path:
    """A folder of profiles: what params.yaml of the base holds, and other files, ``__`` in their names for a folder."""
    for name, text in {"base__params": base, "base__gates": GATES, "base__studies": STUDIES, **files}.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def rendered(folder: Path, name: str) -> dict[str, Any]:
    """The sections of all files of a profile."""
    return merged(profiles.render(folder, name))


def merged(texts: Mapping[str, str]) -> dict[str, Any]:
    return {key: value for name, text in texts.items() for key, value in yaml_files.parse(text, Path(name)).items()}


def test_the_committed_parameters_are_the_default_profile() -> None:
    for name, text in profiles.render(FOLDER, "synthetic").items():
        told = f"{name} is not as profiles/base/{name}: change both, or run 'hairline profile synthetic --force'"
        assert (ROOT / name).read_text() == text == (FOLDER / "base" / name).read_text(), told


@pytest.fixture(scope="module")
def each_network_once() -> Iterator[None]:
    """Profiles share networks, each of which takes a second to try: what passed is not tried again."""
    from hairline.nn.classifier import backbones
    from hairline.nn.segmenter import segmenter

    def once(ask: Callable[..., None]) -> Callable[..., None]:
        passed = set()

        def asked(*words: object) -> None:
            if repr(words) not in passed:
                ask(*words)
                passed.add(repr(words))

        return asked

    with pytest.MonkeyPatch.context() as patch:
        for module, names in ((segmenter, ("check", "check_batches")), (backbones, ("check_batches", "check_windows"))):
            for name in names:
                patch.setattr(module, name, once(getattr(module, name)))
        yield


@pytest.mark.parametrize("name", profiles.names(FOLDER))
def test_every_profile_is_valid(each_network_once: None, name: str, tmp_path: Path) -> None:
    target = tmp_path / "params.yaml"
    profiles.apply(FOLDER, name, target, force=False)
    check(Params(target), networks=True)
    assert Params(target).experiment == name


def test_every_part_is_used() -> None:
    used = [yaml_files.read(FOLDER / f"{name}.yaml", "").get("use", []) for name in profiles.names(FOLDER)]
    assert {part for each in used for part in each} == set(profiles.parts(FOLDER))


def test_mappings_merge_lists_replace_and_null_removes(tmp_path: Path) -> None:
    base = "a: {x: 1, y: 2}  # why\nb: [1, 2]\nc: {d: 1}\n"
    make(tmp_path, base, mine="a: {y: 3}\nb: [9]\nc: {d: null}\nnew: 4\ngates: {samples: {a: off}}\n")
    texts = profiles.render(tmp_path, "mine")
    assert yaml_files.parse(texts["params.yaml"], tmp_path) == {"a": {"x": 1, "y": 3}, "b": [9], "c": {}, "new": 4}
    assert yaml_files.parse(texts["gates.yaml"], tmp_path) == {"gates": {"samples": {"a": "off"}}}
    assert texts["studies.yaml"] == STUDIES
    assert "# why" in texts["params.yaml"] and "# bounds" in texts["gates.yaml"]


def test_what_comes_later_wins_and_the_profile_comes_last(tmp_path: Path) -> None:
    folder = make(
        tmp_path, "a: {x: 1, y: 1, z: 1}\n", mine="use: [sets/one, sets/two]\na: {z: 4}\n",
        other="use: [sets/two, sets/one]\n", parts__sets__one="a: {x: 2, y: 2, z: 2}\n",
        parts__sets__two="a: {y: 3, z: 3}\n",
    )  # fmt: skip
    assert rendered(folder, "mine")["a"] == {"x": 2, "y": 3, "z": 4}
    assert rendered(folder, "other")["a"] == {"x": 2, "y": 2, "z": 2}
    assert "use" not in rendered(folder, "mine")


def test_an_entry_like_another_is_a_copy_of_it_as_it_is_then(tmp_path: Path) -> None:
    mine = "use: [two]\na:\n  second: {like: first, o: {y: 5}, p: null}\n  first: null\n  third: {like: second, q: 1}\n"
    part = "a: {first: {o: {x: 2}}}\n"
    folder = make(tmp_path, "a:\n  first: {o: {x: 1, y: 1}, p: 0}  # why\n", mine=mine, parts__two=part)
    assert rendered(folder, "mine")["a"] == {
        "second": {"o": {"x": 2, "y": 5}},
        "third": {"o": {"x": 2, "y": 5}, "q": 1},
    }
    make(tmp_path, "a: {first: 1}\n", mine="a: {second: {like: fisrt}}\n")
    with pytest.raises(HairlineError, match=r"mine\.yaml: a\.second\.like: there is no 'fisrt' .* there are first"):
        profiles.render(folder, "mine")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"mine": "use: [sets/two]\n"}, r"mine\.yaml: use: there is no part 'sets/two'; there are sets/one"),
        ({"mine": "use: [../base/params]\n"}, "there is no part"),
        ({"mine": "use: [sets/one, sets/one]\n"}, r"mine\.yaml: use: names 'sets/one' twice"),
        ({"mine": "use: sets/one\n"}, r"mine\.yaml: use: expected a list of parts"),
        ({"mine": "use: [sets/one]\n", "parts__sets__one": "use: [sets/one]\n"}, r"one\.yaml: use: a part cannot use"),
        ({"mine": "a: 1\nb: 2\na: 3\n"}, r"mine\.yaml, line 3: 'a' is given twice"),
        ({"mine": "use: [sets/one]\n", "parts__sets__one": "a: [1\n"}, r"one\.yaml, line \d: no valid YAML"),
    ],
)
def test_what_cannot_be_put_together_is_told(tmp_path: Path, files: dict[str, str], told: str) -> None:
    folder = make(tmp_path, "a: 1\n", **{"parts__sets__one": "a: 2\n", **files})
    with pytest.raises(HairlineError, match=told):
        profiles.render(folder, "mine")


def test_a_mapping_of_which_nothing_is_left_stays_valid_with_its_comment(tmp_path: Path) -> None:
    folder = make(tmp_path, "a:  # why\n  x: 1\n\nb: 2\n", mine="a: {x: null}\n")
    assert rendered(folder, "mine") == {"a": {}, "b": 2, "gates": {"samples": {"a": 1}}, "studies": {}}
    assert "a: {}  # why\n" in profiles.render(folder, "mine")["params.yaml"]


def test_anchors_are_spelled_out_so_that_values_change_alone(tmp_path: Path) -> None:
    mine = "b: &b\n  s: &s [1, {t: 2}]  # why\n  u: 3\nc:\n  <<: *b\n  u: 4\nd: {v: *s, w: *b}\n"
    text = profiles.render(make(tmp_path, "a: {x: 1}\nb: 2\n", mine=mine), "mine")["params.yaml"]
    b = {"s": [1, {"t": 2}], "u": 3}
    expected = {"a": {"x": 1}, "b": b, "c": b | {"u": 4}, "d": {"v": b["s"], "w": b}}
    assert yaml_files.parse(text, tmp_path) == expected
    assert not set("&*<") & set(text)
    assert "# why" in text


def test_long_lines_break_behind_commas_and_values_stay(tmp_path: Path) -> None:
    names = ", ".join(f'"{number}, # no comment, it\'s {number}"' for number in range(40))
    block = "  t: |\n    one,\n\n    two # three\n"
    folder = make(tmp_path, "a: 1\n", mine=f"b:\n  c: [{names}]  # these\n", texts=f"b:\n{block}  c: [{names}]\n")
    text = profiles.render(folder, "mine")["params.yaml"]
    values = [f"{number}, # no comment, it's {number}" for number in range(40)]
    assert yaml_files.parse(text, tmp_path)["b"]["c"] == values
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120 + len("  # these") and lines[-1].endswith("]  # these")
    assert rendered(folder, "texts")["b"] == {"t": "one,\n\ntwo # three\n", "c": values}


def test_the_ablations_differ_from_the_papers_values_where_they_say_so() -> None:
    values = rendered(FOLDER, "labels-cpu")["label_sets"]
    complete = rendered(FOLDER, "synthetic")["label_sets"]
    assert {**values["konig"], "classifier": "any"} == {**complete["konig"], "classifier": "any"}
    assert values["local_otsu"]["options"]["thresholding"] == values["konig"]["options"]["thresholding"]
    wide = rendered(FOLDER, "crack500-cpu")["label_sets"]
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
    assert "studies.konig.trials: 24 → 100" in changes
    assert profiles.apply(FOLDER, "cfd-cpu", target, force=False) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "change"),
    [
        ("params.yaml", "seed: 7", "seed: 8", "runtime.seed: 8 → 7"),
        ("gates.yaml", "max_drift: 0.3", "max_drift: 0.4", "gates.samples.max_drift: 0.4 → 0.3"),
        ("studies.yaml", "trials: 100", "trials: 9", "studies.konig.trials: 9 → 24"),
    ],
)
def test_an_edit_of_any_of_the_files_keeps_them_all(tmp_path: Path, file: str, old: str, new: str, change: str) -> None:
    target = tmp_path / "params.yaml"
    profiles.apply(FOLDER, "cfd-cpu", target, force=False)
    edited = tmp_path / file
    edited.write_text(edited.read_text().replace(old, new, 1))
    before = contents(tmp_path)
    with pytest.raises(HairlineError, match="edited by hand") as caught:
        profiles.apply(FOLDER, "synthetic", target, force=False)
    assert change in str(caught.value)
    assert contents(tmp_path) == before
    assert change in profiles.apply(FOLDER, "synthetic", target, force=True)
    assert contents(tmp_path) == profiles.render(FOLDER, "synthetic")


def test_a_missing_file_is_written_again_only_by_force(tmp_path: Path) -> None:
    target = tmp_path / "params.yaml"
    profiles.apply(FOLDER, "cfd-cpu", target, force=False)
    (tmp_path / "gates.yaml").unlink()
    with pytest.raises(HairlineError, match="edited by hand"):
        profiles.apply(FOLDER, "cfd-cpu", target, force=False)
    profiles.apply(FOLDER, "cfd-cpu", target, force=True)
    assert contents(tmp_path) == profiles.render(FOLDER, "cfd-cpu")


def test_a_broken_file_is_told_and_force_writes_over_it(tmp_path: Path) -> None:
    target = tmp_path / "params.yaml"
    target.write_text("a: [1\n")
    with pytest.raises(HairlineError, match=r"params\.yaml, line 2: no valid YAML"):
        profiles.apply(FOLDER, "synthetic", target, force=False)
    profiles.apply(FOLDER, "synthetic", target, force=True)
    assert contents(tmp_path) == profiles.render(FOLDER, "synthetic")


@pytest.mark.parametrize("blocked", FILES)
def test_where_one_file_cannot_be_written_all_stay_as_they_were(tmp_path: Path, blocked: str) -> None:
    target = tmp_path / "params.yaml"
    profiles.apply(FOLDER, "synthetic", target, force=False)
    (tmp_path / f".partial.{os.getpid()}-{atomic.HOST}.{blocked}").mkdir()  # where it is written before it is renamed
    before = contents(tmp_path)
    with pytest.raises(OSError):
        profiles.apply(FOLDER, "cfd-cpu", target, force=False)
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, str]:
    return {name: path.read_text() for name, path in parameter_files.paths(folder / "params.yaml").items()}


def test_an_unknown_profile_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match=f"there are {', '.join(profiles.names(FOLDER))}"):
        profiles.apply(FOLDER, "crack5000", tmp_path / "params.yaml", force=False)


def test_what_is_not_valid_is_not_written_and_told_as_a_fault_of_the_profile(tmp_path: Path) -> None:
    folder = make(tmp_path / "profiles", "cut: 1\n", faulty="cut: 2\n")
    target = tmp_path / "params.yaml"

    def refuse(params: Path) -> None:
        assert yaml_files.read(params, "")["cut"] == 2
        raise HairlineError(f"{params}: cut: too large")

    with pytest.raises(
        HairlineError, match=r"faulty\.yaml: what it comes to is not valid[^/]*\n.*/faulty\.yaml: cut: too"
    ):
        profiles.apply(folder, "faulty", target, force=False, check=refuse)
    assert not target.exists()


@pytest.mark.parametrize(
    ("place", "file"),
    [("a.low", "base/params.yaml"), ("a.high", "mine.yaml"), ("a.absent", "mine.yaml"), ("b", "base/params.yaml")],
)
def test_a_fault_is_told_of_the_file_that_sets_the_value(tmp_path: Path, place: str, file: str) -> None:
    folder = make(tmp_path / "profiles", "a: {low: 1, high: 2}\nb: 3\n", mine="a: {high: 4}\n")

    def refuse(params: Path) -> None:
        raise HairlineError(f"{params}: {place}: wrong\n{params}: nothing.like.it: wrong\nno place")

    with pytest.raises(HairlineError) as caught:
        profiles.apply(folder, "mine", tmp_path / "params.yaml", force=False, check=refuse)
    told = str(caught.value).splitlines()[1:]
    assert told == [f"{folder / file}: {place}: wrong", "params.yaml: nothing.like.it: wrong", "no place"]


def test_a_profile_that_changes_is_applied_again_without_force(tmp_path: Path) -> None:
    folder = make(tmp_path / "profiles", "cut: 1\n", mine="cut: 2\n")
    target = tmp_path / "params.yaml"
    profiles.apply(folder, "mine", target, force=False)
    (folder / "mine.yaml").write_text("cut: 3\n")
    assert profiles.apply(folder, "mine", target, force=False) == ["cut: 2 → 3"]
    target.write_text(target.read_text().replace("cut: 3", "cut: 4"))
    with pytest.raises(HairlineError, match="edited by hand"):
        profiles.apply(folder, "mine", target, force=False)


def test_null_of_what_is_not_there_is_told(tmp_path: Path) -> None:
    folder = make(tmp_path, "label_sets: {konig: 1}\n", mine="label_sets: {kong: null}\n")
    with pytest.raises(HairlineError, match=r"mine\.yaml: label_sets\.kong: null removes, but there is no 'kong' here"):
        profiles.render(folder, "mine")
