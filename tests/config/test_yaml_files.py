"""What a person writes as YAML is read by DVC's rules, or refused in one line that names the file."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import load_yaml, parse_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.config import yaml_files
from hairline.errors import HairlineError


def test_texts_and_numbers_are_read_as_dvc_reads_them() -> None:
    text = "a: off\nb: 010\nc: 1e-3\nd: yes\ne: '042'\n"
    assert yaml_files.parse(text, Path("p.yaml")) == {"a": "off", "b": 10, "c": 0.001, "d": "yes", "e": "042"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("experiment: 2020-13-45\n", "p.yaml, line 1: '2020-13-45' would be read as a date; put it in quotes"),
        ("a: 1\nb: [x, 2016-02-22T10:00:00Z]\n", "p.yaml, line 2: '2016-02-22T10:00:00Z' would be read as a date"),
        ("a: {2016-02-22: 1}\n", "'2016-02-22' would be read as a date; put it in quotes"),
        ("seed: !!int abc\n", "holds a value that cannot be read"),
        ("seed: !!bool abc\n", "holds a value that cannot be read"),
        ("seed: !!timestamp 2020-01-01\n", "seed: expected a text, a number, true"),
        ("seed: " + "[" * 3000 + "\n", "p.yaml, line 1: more than 50 mappings and lists inside one another"),
        ("seed: " + "{a: " * 3000 + "\n", "more than 50 mappings and lists inside one another"),
        ("".join(" " * depth + "a:\n" for depth in range(60)), "line 51: more than 50 mappings"),
        ("- " * 3000 + "a\n", "more than 50 mappings"),
        ("seed: " + "9" * 5000 + "\n", "line 1: a number of 5000 characters; put it in quotes if it is a text"),
        ("seed: 1." + "9" * 5000 + "\n", "a number of 5002 characters"),
        ("seed: 0x" + "f" * 50000 + "\n", "a number of 50002 characters"),
        ("a: [" + "x, " * 50_001 + "]\n", "line 1: more than 50000 values"),
        ("a: &a [*a]\n", "the alias 'a' stands for something that it is itself part of"),
        ("a: &a {b: *a}\n", "the alias 'a' stands for something that it is itself part of"),
        ("a: *b\n", "line 1: no valid YAML: found undefined alias 'b'"),
        ("5: a\n", "expected a text as a name, found 5; put it in quotes"),
        ("~: a\n", "expected a text as a name, found None"),
        ("x: {2016: a}\n", "x: expected a text as a name, found 2016; put it in quotes"),
        ("x: {y: [{true: a}]}\n", "x.y.0: expected a text as a name, found true; put it in quotes"),
        ("x: {1.5: a}\n", "x: expected a text as a name, found 1.5"),
        ("x: {[1, 2]: a}\n", "x: expected a text as a name, found (1, 2)"),
        ("x: !!set {a, b}\n", "x: expected a text, a number, true, false, null, a list or a mapping"),
        ("x: !!binary aGVsbG8=\n", "x: expected a text, a number"),
        ("x: !!python/object/apply:os.system ['touch told']\n", "could not determine a constructor"),
        ("x: !mine 1\n", "could not determine a constructor"),
        ('x: "\\ud800"\n', "x: holds a character that no file can have"),
        ('x: "a\\0"\n', "x: holds a character that no file can have"),
        ("a: 1\na: 2\n", "line 2: 'a' is given twice"),
        ("x: {a: 1, 'a': 2}\n", "line 1: 'a' is given twice"),
        ("a: 1\n---\nb: 2\n", "line 2: no valid YAML: but found another document"),
        ("a:\n\tb: 1\n", "line 2: no valid YAML: found character '\\t'"),
        ("%YAML 2.0\n---\na: 1\n", "no valid YAML: found incompatible YAML document"),
        ("- a\n", "expected a mapping of names to values, found ['a']"),
        ("", "expected a mapping of names to values, found nothing"),
        ("# comment\n", "expected a mapping of names to values, found nothing"),
        ("---\n...\n", "expected a mapping of names to values, found nothing"),
        ("a\n", "expected a mapping of names to values, found 'a'"),
        ("a: [1\n", "no valid YAML"),
        ("a: b: c\n", "no valid YAML"),
        ("a: @b\n", "no valid YAML"),
    ],
)
def test_what_cannot_be_read_is_one_line_at_once(text: str, told: str) -> None:
    began = time.process_time()
    with pytest.raises(HairlineError, match=r"^p\.yaml") as error:
        yaml_files.parse(text, Path("p.yaml"))
    assert time.process_time() - began < 5
    assert told in str(error.value) and "\n" not in str(error.value) and len(str(error.value)) < 300


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)
MERGED = "a0: &a0 {x: 1}\n" + "".join(
    f"a{i + 1}: &a{i + 1} {{<<: [*a{i}, *a{i}, *a{i}], y{i}: 1}}\n" for i in range(20)
)


@pytest.mark.parametrize("text", [LAUGHS, MERGED])
@pytest.mark.parametrize("parse", [yaml_files.parse, yaml_files.parse_commented])
def test_few_lines_that_stand_for_very_many_values_are_refused_at_once(text: str, parse: Callable[..., object]) -> None:
    began = time.process_time()
    with pytest.raises(HairlineError, match=r"^p\.yaml, line \d+: more than 50000 values"):
        parse(text, Path("p.yaml"))
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.write_bytes(b"a: " + b"x" * 2**20), "is larger than 1 MiB"),
        (lambda path: path.symlink_to("/dev/zero"), "expected a file of YAML, found a folder or a device"),
        (lambda path: os.mkfifo(path), "expected a file of YAML, found a folder or a device"),
        (lambda path: path.mkdir(), "expected a file of YAML, found a folder or a device"),
        (lambda path: path.symlink_to("nowhere"), "not found; make it"),
        (lambda path: path.write_text("a: 1\n", encoding="utf-16"), "is not encoded in UTF-8"),
        (lambda path: path.write_bytes("a: Prüfling\n".encode("latin-1")), "is not encoded in UTF-8"),
    ],
)
def test_files_that_are_none_of_ours_are_refused_at_once(
    tmp_path: Path, make: Callable[[Path], object], told: str
) -> None:
    path = tmp_path / "p.yaml"
    make(path)
    with pytest.raises(HairlineError) as error:
        yaml_files.read(path, "make it")
    assert str(error.value).startswith(str(path)) and told in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        b"a: 1\r\nb: [x,\r\n  y]\r\n", b"\xef\xbb\xbfa: 1\n", b"a: 1\rb: 2\r", b"---\na: 1\n...\n",
        b"%YAML 1.2\n---\na: off\n",
        b"%YAML 1.1\n---\na: off\nb: 010\n", b"a: &x {b: 1}\nc: {<<: *x, d: 2}\n", b"a: &x {b: 1}\nc: {b: 3, <<: *x}\n",
        b"a: &x [1, 2]\nb: *x\nc: *x\n", b"a: 1_000\nb: 1:30\nc: 0o10\nd: 0x1F\n",
        b"e: .5\nf: +1\ng: 1.\nh: y\ni: NO\nj: ~\n",
        b"a: 20160222_081011_1_361\nb: 042\nc: 1e3\nd: .inf\ne: -0\n", "a: Prüfling 😀\n".encode(), b"a: !!str 1\n",
    ],
)  # fmt: skip
def test_files_are_read_as_dvc_reads_them(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(content)
    assert repr(yaml_files.read(path, "")) == repr(load_yaml(str(path)))


PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(["off", "yes", "010", "1_000", "1:30", "null", "~", "2016-02-22", "<<", "=", "1e3", "#", "- a"]),
)  # fmt: skip
ODD_ENDS = ("\\x85", "\\u2028", "\\u2029", "\\r")
NESTED = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), NESTED, min_size=1, max_size=3))
def test_what_is_written_is_read_back_by_us_and_by_dvc_alike_or_refused(values: dict[str, Any]) -> None:
    try:
        text = yaml_files.dump(values)
    except HairlineError as error:
        assert "cannot be written as YAML" in str(error) and any(odd in repr(values) for odd in ODD_ENDS)
        return
    assert repr(parse_yaml(text, "p.yaml")) == repr(values)
    try:
        assert repr(yaml_files.parse(text, Path("p.yaml"))) == repr(values)
    except HairlineError as error:
        assert "holds a character that no file can have" in str(error) and "\\0" in text


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.text(st.sampled_from("0123456789abefxoynt_.:+-~'\"[]{}<&*!%#, \n\t"), max_size=14))
def test_any_text_is_read_as_dvc_reads_it_or_refused(written: str) -> None:
    text = f"a: {written}\n"
    try:
        found = yaml_files.parse(text, Path("p.yaml"))
    except HairlineError:
        return
    assert repr(found) == repr(parse_yaml(text, "p.yaml"))
