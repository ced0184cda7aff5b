"""A newer version's values reach a person's file; what the person changed stays."""

from pathlib import Path

import pytest

from hairline.config import yaml_files
from hairline.config.carrying import carried

BEFORE = "a: 1  # one\nb: {x: 1, y: 2}\nl: [1, 2]\nold: 5\n"
AFTER = "a: 2\nb: {x: 9, y: 2, z: 3}\nl: [1, 2, 3]\nnew: {p: 1}\n"


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (BEFORE, {"a": 2, "b": {"x": 9, "y": 2, "z": 3}, "l": [1, 2, 3], "new": {"p": 1}}),
        (BEFORE.replace("a: 1", "a: 7"), {"a": 7, "b": {"x": 9, "y": 2, "z": 3}, "l": [1, 2, 3], "new": {"p": 1}}),
        (BEFORE.replace("x: 1", "x: 4, w: 0"),
         {"a": 2, "b": {"x": 4, "w": 0, "y": 2, "z": 3}, "l": [1, 2, 3], "new": {"p": 1}}),
        (BEFORE.replace("[1, 2]", "[]"), {"a": 2, "b": {"x": 9, "y": 2, "z": 3}, "l": [], "new": {"p": 1}}),
        (BEFORE.replace("old: 5", "old: 6"),
         {"a": 2, "b": {"x": 9, "y": 2, "z": 3}, "l": [1, 2, 3], "old": 6, "new": {"p": 1}}),
        ("b: {x: 1, y: 2}\nl: [1, 2]\n", {"b": {"x": 9, "y": 2, "z": 3}, "l": [1, 2, 3], "new": {"p": 1}}),
        ("a: 1\nb: none\nl: [1, 2]\n", {"a": 2, "b": "none", "l": [1, 2, 3], "new": {"p": 1}}),
    ],
)  # fmt: skip
def test_three_versions_become_one(own: str, expected: object) -> None:
    assert yaml_files.parse(carried(own, BEFORE, AFTER, Path("p.yaml")), Path("p.yaml")) == expected


def test_nothing_new_leaves_the_text_as_it_is_written() -> None:
    own = "# mine\na:   8\nb: {x: 1, y: 2}\n\n\nl: [1,2]\nold: 5\n"
    assert carried(own, BEFORE, BEFORE, Path("p.yaml")) == own


def test_comments_of_the_person_stay() -> None:
    assert "# one" in carried(BEFORE, BEFORE, AFTER, Path("p.yaml"))
