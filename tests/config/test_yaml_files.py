"""What a person writes as YAML is read by DVC's rules, or refused in one line that names the file."""

from pathlib import Path

import pytest

from hairline.config import yaml_files
from hairline.errors import HairlineError


def test_texts_and_numbers_are_read_as_dvc_reads_them() -> None:
    text = "a: off\nb: 010\nc: 1e-3\nd: yes\ne: '042'\n"
    assert yaml_files.parse(text, Path("p.yaml")) == {"a": "off", "b": 10, "c": 0.001, "d": "yes", "e": "042"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("experiment: 2020-13-45\n", "holds a value that cannot be read"),
        ("seed: !!int abc\n", "holds a value that cannot be read"),
        ("seed: !!bool abc\n", "holds a value that cannot be read"),
        ("seed: " + "[" * 3000 + "\n", "holds a value that cannot be read"),
        ("5: a\n", "expected names of sections, found 5"),
        ("~: a\n", "expected names of sections, found None"),
        ("a: 1\na: 2\n", "line 2: 'a' is given twice"),
        ("- a\n", "expected a mapping"),
        ("a: [1\n", "no valid YAML"),
    ],
)
def test_what_cannot_be_read_is_one_line(text: str, told: str) -> None:
    with pytest.raises(HairlineError, match=r"^p\.yaml") as error:
        yaml_files.parse(text, Path("p.yaml"))
    assert told in str(error.value) and "\n" not in str(error.value)
