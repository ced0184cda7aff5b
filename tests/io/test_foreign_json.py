import json
import os

import pytest

from hairline.errors import HairlineError
from hairline.io import foreign_json
from hairline.io.foreign_json import read_json


def read(path):
    return read_json(path, "an export", "split it", "export again")


def put(folder, text):
    path = folder / "a.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_was_written_is_read(tmp_path):
    value = {"é": [1, 2.5, None, {"a": "b"}], "big": 10**4000}
    assert read(put(tmp_path, json.dumps(value))) == value
    assert read(put(tmp_path, "\ufeff" + json.dumps(value, ensure_ascii=False))) == value
    assert read(put(tmp_path, '{"a": 1, "a": 1}')) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", r"cannot be read as JSON \(Expecting"),
        ("", "cannot be read as JSON"),
        ("[" * 200_000, "nested too deeply"),
        ("1" * 5000, "a whole number of more than 4,300 digits"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', "has the key 'b' twice, as 1 and 3"),
    ],
)
def test_what_is_no_json_is_told(tmp_path, text, told):
    with pytest.raises(HairlineError, match=rf"a\.json: .*{told}.*; export again$"):
        read(put(tmp_path, text))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_told_with_what_to_do(tmp_path, encoding):
    (tmp_path / "a.json").write_bytes('{"é": 1}'.encode(encoding))
    with pytest.raises(HairlineError, match=r"a\.json: cannot be read as JSON .*not UTF-8.*; save the file as UTF-8$"):
        read(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("limit", "told"),
    [("MAX_BYTES", "16 bytes"), ("MAX_VALUES", "4 values"), ("MAX_CONTAINERS", "3 lists and mappings")],
)
def test_what_is_over_a_limit_is_told_before_it_is_read(tmp_path, monkeypatch, limit, told):
    path = put(tmp_path, "[[1,2,3,4],[55]]")
    monkeypatch.setattr(foreign_json, limit, 2)
    with pytest.raises(HairlineError, match=rf"a\.json: holds {told}; expected at most 2; split it$"):
        read(path)


def test_pipes_devices_and_folders_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "folder.json").mkdir()
    for name in ("pipe", "zero", "folder"):
        with pytest.raises(HairlineError, match=rf"{name}\.json: is a .*; expected an export"):
            read(tmp_path / f"{name}.json")


def test_a_file_that_only_claims_to_be_long_is_refused(tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(foreign_json.MAX_BYTES + 1)
    with pytest.raises(HairlineError, match="holds 100,000,001 bytes; expected at most 100,000,000; split it"):
        read(tmp_path / "a.json")
