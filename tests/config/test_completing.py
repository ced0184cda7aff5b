"""`hairline upgrade`: the gates.yaml of an older version gets the rules it lacks, and keeps what a person wrote."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import parameters

from hairline.config import yaml_files
from hairline.config.completing import complete
from hairline.config.params import ADDED_TO_GATES
from hairline.errors import HairlineError

BASE = Path(__file__).parents[2] / "profiles" / "base" / "gates.yaml"

ADDED = {
    "min_brightness", "min_spread", "max_faint_images", "severities.mask_remarks", "severities.exposure",
    "severities.files_passed_over", "severities.overlaps_across_splits",
}  # fmt: skip
"""What the gates.yaml of commit 9eecd90 lacks, at least."""


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "gates.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def older() -> str:
    """The base without what came after 9eecd90, with values and comments of a person."""
    names = [place.rpartition(".")[2] for place in ADDED]
    lines = BASE.read_text(encoding="utf-8").splitlines(keepends=True)
    text = "".join(line for line in lines if line.split(":")[0].strip() not in names)
    for before, after in (
        ("min_contrast: 0\n", "min_contrast: 3   # Grüße\n"),
        ("polarity: error\n", "polarity: off # known\n\n      # over it\n"),
        ("{train: 0.3}", "{val:   0.1}"),
        ("for_datasets: {}", "for_datasets: {mine: {samples: {require_masks: false}}}"),
    ):
        assert before in text
        text = text.replace(before, after)
    return text


def test_what_an_older_file_lacks_is_added_where_the_base_has_it(file: Callable[[str], Path]) -> None:
    path = file(older())
    added = complete(path, BASE)
    assert set(added) == {f"gates.samples.{place}" for place in ADDED}
    base, lines = BASE.read_text(encoding="utf-8").splitlines(), path.read_text(encoding="utf-8").splitlines()
    new = [line for line in lines if line not in older().splitlines()]
    assert [line for line in lines if line not in new] == older().splitlines()
    assert new == [line for line in base if line in new] and len(new) == len(ADDED)
    for line in new:
        assert lines[lines.index(line) - 1].split(":")[0] == base[base.index(line) - 1].split(":")[0]
    assert complete(path, BASE) == []


def test_values_of_a_person_stay_and_those_of_the_base_are_added(file: Callable[[str], Path]) -> None:
    path = file(older())
    complete(path, BASE)
    expected: Any = yaml_files.read(BASE, "")
    expected["gates"]["samples"] |= {"min_contrast": 3, "min_split_share": {"val": 0.1}}
    expected["gates"]["samples"]["severities"]["polarity"] = "off"
    expected["gates"]["for_datasets"] = {"mine": {"samples": {"require_masks": False}}}
    assert yaml_files.read(path, "") == expected


@pytest.mark.parametrize(
    "text",
    [
        "gates: {samples: {severities: {polarity: off}}, patches: {}, waivers: []}\n",
        "gates:\n    samples:\n        severities: {}  # none\n    waivers:\n    - gate: samples\n      reason: x",
        "gates:\n  labels: {max_small: 0.1,\n           max_full: 0.2}\n\n  # the end\n",
        "{}\n",
    ],
)
def test_any_style_of_writing_is_kept(file: Callable[[str], Path], text: str) -> None:
    path = file(text)
    given: Any = yaml_files.parse(text, path)
    complete(path, BASE)
    values: Any = yaml_files.read(path, "")
    assert complete(path, BASE) == []
    for gate, options in given.get("gates", {}).items():
        found = values["gates"][gate]
        assert found == options or {**found, **options, "severities": found["severities"]} == found
    assert set(values["gates"]) == {"samples", "patches", "labels", "for_datasets", "waivers"}


def test_where_no_text_can_be_added_the_file_stays_as_it_is(file: Callable[[str], Path]) -> None:
    text = "gates:\n  samples: &one {severities: {}}\n  patches: *one\n"
    path = file(text)
    with pytest.raises(HairlineError, match=r"gates\.yaml: lacks .*gates\.labels.*copy them from .* by hand"):
        complete(path, BASE)
    assert path.read_text() == text


def test_what_stands_for_a_rule_that_an_older_file_lacks_is_what_the_base_has() -> None:
    base = parameters.base()["gates"]
    for gate, added in ADDED_TO_GATES.items():
        for name, value in added.items():
            own = base[gate][name]
            assert (value == {rule: own[rule] for rule in value}) if isinstance(value, dict) else value == own
