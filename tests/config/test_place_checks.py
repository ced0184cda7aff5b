"""Names and roots that no file can have, or that something else has, are refused; odd ones that work are not."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hairline.config.checks import check
from hairline.config.params import Params
from hairline.errors import HairlineError

Write = Callable[[dict[str, Any]], Path]

WORKS = [
    "data/raw/my photos", "data/raw/Crack (1)", "data/raw/x; echo INJECTED > told.txt #", "data/raw/it's",
    'data/raw/a"b', "data/raw/a\nb", "data/raw/$HOME", "data/raw/${datasets}", "data/raw/`id`", "-dash",
    "data/raw/Prüf", "../elsewhere",
    "/somewhere/else", "data/raw/a%20b", "data/raw/#x?", "data/raw/" + "l" * 255, "data/raw", "data/tiny2", "c:/photos",
]  # fmt: skip


@pytest.mark.parametrize("root", WORKS)
def test_roots_that_dvc_can_have_are_taken(values: dict[str, Any], write_params: Write, root: str) -> None:
    values["datasets"]["synthetic"]["root"] = root
    check(Params(write_params(values)))


@pytest.mark.parametrize(
    ("root", "told"),
    [
        ("", "'' and data/tiny, which stages write, lie inside one another; move the data set"),
        (".", "'.' and data/tiny, which stages write"),
        ("data/raw/..", "'data/raw/..' and data/tiny, which stages write"),
        ("data", "'data' and data/tiny, which stages write"),
        ("data/tiny/sets/synthetic", "and data/tiny, which stages write"),
        ("models", "'models' and models/tiny, which stages write"),
        ("reports/tiny", "and reports/tiny, which stages write"),
        ("state/x", "and state, which stages write"),
        (".dvc/cache", "and .dvc, which stages write"),
        ("..", "'..' and data/tiny, which stages write"),
        ("/", "'/' and data/tiny, which stages write"),
        ("s3://bucket/photos", "expected a folder, found the address 's3://bucket/photos'; download it"),
        ("https://example.org/photos", "expected a folder, found the address"),
        ("remote://store/photos", "expected a folder, found the address"),
        ("file:///photos", "expected a folder, found the address"),
        ("~/photos", "'~/photos': ~ is not filled in here"),
        ("data/raw/" + "l" * 256, "a path of 265 characters has a name that is longer than file systems take"),
        ("data/raw/" + "ü" * 128, "a name that is longer than file systems take"),
        ("data/raw/" + "l/" * 3000, "a path of 6009 characters"),
    ],
)
def test_roots_that_stages_or_file_systems_cannot_have_are_one_line(
    values: dict[str, Any], write_params: Write, root: str, told: str
) -> None:
    values["datasets"]["synthetic"]["root"] = root
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(values)))
    assert f"params.yaml: datasets.synthetic.root: {told[:0]}" in str(caught.value) and told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


ODD = ["", "a b", "a-b", "ä", "a.b", "../a", "a/b", "a;b", "$a", "a\nb", "'a'", "a" * 101]
SECTIONS = itertools.cycle(["datasets", "classifiers", "label_sets", "studies", "architectures", "training_sets"])


@pytest.mark.parametrize(("section", "name"), list(zip(SECTIONS, ODD, strict=False)))
def test_names_of_other_characters_are_one_line(
    values: dict[str, Any], write_params: Write, section: str, name: str
) -> None:
    values[section][name] = dict(next(iter(values[section].values())))
    with pytest.raises(HairlineError, match="expected 1 to 100 letters from A to Z, digits and _, found") as caught:
        check(Params(write_params(values)))
    assert len(set(str(caught.value).splitlines())) == 1


def test_names_that_differ_in_capitals_alone_are_told(values: dict[str, Any], write_params: Write) -> None:
    for section, name in (("classifiers", "Lite0"), ("label_sets", "MANUAL"), ("label_sets", "Konig_Tuned")):
        own = next(iter(values[section].values()))
        changed = {**values, section: {**values[section], name: own}}
        with pytest.raises(HairlineError, match=rf"{section}\.\w+: differs from '\w+' in capitals alone, .*same"):
            check(Params(write_params(changed)))


def test_names_that_read_as_numbers_or_words_are_names(values: dict[str, Any], write_params: Write) -> None:
    for name in ("2016", "true", "null", "con", "nul", "1e3", "010", "off"):
        values["label_sets"][name] = values["label_sets"]["otsu"]
    check(Params(write_params(values)))


def test_names_that_make_too_long_a_file_name_are_told(values: dict[str, Any], write_params: Write) -> None:
    names = {section: letter * 80 for section, letter in (("label_sets", "l"), ("architectures", "a"))}
    for section, name in names.items():
        values[section][name] = next(iter(values[section].values()))
        values["matrix"][section] = [name]
    check(Params(write_params(values)))
    values["training_sets"]["t" * 80] = values["training_sets"]["synthetic"]
    values["matrix"]["training_sets"] = ["t" * 80]
    with pytest.raises(HairlineError, match=r"make a file name of 2\d\d characters, more than the 225 that file"):
        check(Params(write_params(values)))


def test_what_is_the_same_for_all_architectures_is_told_where_one_has_its_own(
    values: dict[str, Any], write_params: Write
) -> None:
    values["architectures"]["unet"]["training"] = {"classifier": "lite0"}
    told = r"params\.yaml: architectures\.unet\.training\.classifier: is the same .*change segmenter\.classifier"
    with pytest.raises(HairlineError, match=told):
        check(Params(write_params(values)))
