"""Whatever lies where an artefact should be is read right or refused in one sentence, soon and in little memory."""

import io
import json
import pickle
import resource
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support import damage

from hairline.errors import HairlineError
from hairline.io import artefacts
from hairline.io.artefacts import COUNTS, FLAG, NUMBER, TEXT, WHOLE
from hairline.labelling.localization import CellVotes, Evidence, ScaledCam, Votes

MAKER = artefacts.repro("walls@one")


@dataclass
class Told:
    name: str
    counts: dict[str, int]
    share: float = 0.0


@pytest.fixture
def soon():
    """Refusing takes less than five seconds, and this process less than a GB more than before."""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.monotonic() - begun < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000


def refused(read, path, *arguments):
    with pytest.raises(HairlineError) as told:
        read(path, *arguments)
    message = str(told.value)
    assert message.startswith(f"{path}: ")
    assert "dvc repro walls@one" in message
    assert "\n" not in message
    return message


def test_json_is_given_as_it_is_and_may_hold_more_than_is_asked_for(tmp_path):
    path, content = tmp_path / "a.json", {"name": "ä", "counts": {"a": 1}, "share": 0.1, "more": [None, True]}
    path.write_text(json.dumps(content), encoding="utf-8")
    assert artefacts.read_json(path, Told, MAKER) == content


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is empty"),
        (b'{"name": "a", "coun', "is invalid JSON: EOF"),
        (b'{"name": "a", "counts": {}} {}', "is invalid JSON: trailing characters"),
        (b"null", "holds something else (Input should be an object)"),
        (b'{"name": 1, "counts": {}}', "holds something else (name: Input should be a valid string)"),
        (b'{"name": "a", "counts": {"a": 1.5}}', "holds something else (counts.a: "),
        (b'{"name": "a", "counts": {"a": true}}', "holds something else (counts.a: Input should be a valid integer)"),
        (b'{"name": "\xff", "counts": {}}', "is invalid"),
        (b'{"name": "a", "counts": {}, "more": ' + b"[" * 9999 + b"]" * 9999 + b"}", "is invalid JSON: recursion"),
        (b"[" + b"[]," * 2_000_000 + b"[]]", "holds more than 1,500,000 values"),
    ],
)  # fmt: skip
def test_json_of_another_kind_is_refused(tmp_path, soon, content, found):
    (tmp_path / "a.json").write_bytes(content)
    assert found in refused(artefacts.read_json, tmp_path / "a.json", Told, MAKER)


def test_what_is_too_large_no_file_or_endless_is_refused(tmp_path, soon):
    for read, arguments in (
        (artefacts.read_json, (Told, MAKER)), (artefacts.read_text, (MAKER,)), (artefacts.read_arrays, (MAKER,)),
        (artefacts.read_parquet, ({}, MAKER)), (artefacts.read_csv, ({}, MAKER)),
    ):  # fmt: skip
        for place in ("missing", "folder", "pipe", "zero", "nowhere"):
            path = tmp_path / place
            if not path.is_symlink() and not path.exists():
                made = {"folder": path.mkdir, "zero": lambda path=path: path.symlink_to("/dev/zero"),
                        "nowhere": lambda path=path: path.symlink_to("gone"),
                        "pipe": lambda path=path: subprocess.run(["mkfifo", path], check=True)}  # fmt: skip
                made.get(place, lambda: None)()
            refused(read, path, *arguments)
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    assert "has 1,048,576 MB; expected at most 32 MB" in refused(artefacts.read_json, tmp_path / "large", Told, MAKER)
    assert "has 1,048,576 MB" in refused(artefacts.read_text, tmp_path / "large", MAKER)
    refused(artefacts.read_parquet, tmp_path / "large", {}, MAKER)
    refused(artefacts.read_arrays, tmp_path / "large", MAKER)


def test_text_that_was_cut_is_refused(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes("ä\nb\n".encode())
    assert artefacts.read_text(path, MAKER) == "ä\nb\n"
    for content, found in ((b"a\nb", "its last line is cut"), (b"", "is empty"), (b"\xe4\n", "not encoded in UTF-8")):
        path.write_bytes(content)
        assert found in refused(artefacts.read_text, path, MAKER)


def test_a_csv_keeps_its_columns_or_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("slot,best\n0,True\n1,False\n")
    table = artefacts.read_csv(path, {"slot": WHOLE, "best": FLAG}, MAKER)
    assert table["slot"].to_list() == [0, 1]
    for rows in ("slot\n0", "slot,best\n0,5", "slot,best\n0,True\n,True", 'slot,best\n"0,True', "a\n1,2,3\n1\n4,5"):
        content = f"{rows}\n"
        path.write_text(content)
        refused(artefacts.read_csv, path, {"slot": WHOLE, "best": FLAG}, MAKER)


KINDS = {"id": TEXT, "size": WHOLE, "share": NUMBER, "masked": FLAG, "hist": COUNTS}
SOUND = {"id": ["a", "b"], "size": [1, 2], "share": [0.5, np.nan], "masked": [True, False], "hist": [[1, 2], [3, 4]]}


def test_a_table_is_read_back_and_may_have_more_columns(tmp_path):
    pd.DataFrame({**SOUND, "more": 1}).to_parquet(tmp_path / "a.parquet")
    table = artefacts.read_parquet(tmp_path / "a.parquet", KINDS, MAKER)
    assert table["size"].to_list() == [1, 2]
    pd.DataFrame({**SOUND, "more": 1}).iloc[:0].to_parquet(tmp_path / "a.parquet")
    assert artefacts.read_parquet(tmp_path / "a.parquet", KINDS, MAKER).empty


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("id", [1, 2]), ("id", ["a", None]), ("size", [1.0, 2.0]), ("size", ["1", "2"]), ("share", ["x", "y"]),
        ("masked", [1, 0]), ("masked", [True, None]), ("hist", [[1, 2], [3]]), ("hist", ["ab", "cd"]),
        ("hist", [[1, 2], None]), ("hist", [["a", "b"], ["c", "d"]]), ("id", [b"a", b"b"]),
    ],
)  # fmt: skip
def test_a_table_with_a_column_of_another_kind_is_refused(tmp_path, column, values):
    pd.DataFrame({**SOUND, column: values}).to_parquet(tmp_path / "a.parquet")
    assert f"column '{column}'" in refused(artefacts.read_parquet, tmp_path / "a.parquet", KINDS, MAKER)
    pd.DataFrame(SOUND).drop(columns=column).to_parquet(tmp_path / "a.parquet")
    assert f"has no column '{column}'" in refused(artefacts.read_parquet, tmp_path / "a.parquet", KINDS, MAKER)


def test_a_table_cut_anywhere_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    pd.DataFrame(SOUND).to_parquet(path)
    whole = path.read_bytes()
    for end in {0, 1, 4, 5, *range(8, len(whole), 97), len(whole) - 1}:
        path.write_bytes(whole[:end])
        refused(artefacts.read_parquet, path, KINDS, MAKER)


def test_a_table_of_more_rows_than_memory_holds_is_refused_by_what_it_claims(tmp_path, monkeypatch, soon):
    path = tmp_path / "a.parquet"
    pd.DataFrame({"size": np.zeros(3_000_000, np.int64)}).to_parquet(path)  # a few KB
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(artefacts, "MAX_ROWS", 2_999_999)
    assert "claims 3,000,000 rows" in refused(artefacts.read_parquet, path, {"size": WHOLE}, MAKER)


def archive(**entries):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in entries.items():
            made.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(shape, dtype="<f4", content=b""):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + content


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.write_text, (self.path, "ran")


def test_archives_that_claim_much_or_hold_objects_are_refused(tmp_path, soon):
    path, ran = tmp_path / "a.npz", tmp_path / "ran"
    pickled = npy((1,), "|O", pickle.dumps([Payload(ran)]))
    for content, found in (
        (damage.bomb(300), "claims to unfold to 300 MB"),
        (archive(cam=npy((10**12,))), "claims 4,000,000,000,000 bytes and has 0"),
        (archive(cam=npy((2**62, 8))), "an array claims"),
        (archive(cam=npy((-1,))), "an array claims"),
        (archive(cam=pickled), "pickled objects, which are never loaded"),
        (archive(cam=pickle.dumps(Payload(ran))), "cannot be read"),
        (archive(cam=b""), "cannot be read"),
        (pickle.dumps(Payload(ran)), "cannot be read"),
        (npy((1,), content=bytes(4)), "cannot be read"),
    ):
        path.write_bytes(content)
        assert found in refused(artefacts.read_arrays, path, MAKER)
    assert not ran.exists()


def test_an_archive_cut_or_changed_anywhere_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    arrays = {"cam": np.arange(300, dtype=np.float32).reshape(20, 15), "told": np.array("text"), "one": np.float64(1)}
    np.savez_compressed(path, **arrays)
    found = artefacts.read_arrays(path, MAKER)
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    whole = path.read_bytes()
    for end in range(0, len(whole), 41):
        path.write_bytes(whole[:end])
        refused(artefacts.read_arrays, path, MAKER)
    middle = whole.index(b"cam.npy") + 60
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :])
    refused(artefacts.read_arrays, path, MAKER)


def evidence(**changes):
    cells = np.zeros((3, 3), np.float32)
    values = {
        "height": 96, "width": 96, "votes": (Votes(32, 32, cells),), "cam": cells, "cam_cell_px": 32,
        "crack_probability": 0.5, "scaled": (ScaledCam(0.5, cells),), "cells": (CellVotes(1.0, cells),),
    }  # fmt: skip
    return Evidence(**{**values, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"height": 0}, {"width": 10**9, "height": 10**9}, {"cam_cell_px": -1},
        {"cam": np.zeros(9, np.float32)}, {"cam": np.full((3, 3), np.nan, np.float32)}, {"cam": np.zeros((3, 3), "U3")},
        {"votes": (Votes(32, 32, np.zeros((2, 3), np.float32)),)},
        {"votes": (Votes(0, 0, np.zeros((3, 3), np.float32)),)},
        {"scaled": (ScaledCam(0.5, np.zeros((0, 3), np.float32)),)},
    ],
)  # fmt: skip
def test_evidence_that_does_not_lie_over_an_image_is_refused(tmp_path, changes):
    path = tmp_path / "resnet18" / "walls" / "a.npz"
    path.parent.mkdir(parents=True)
    evidence().save(path)
    assert Evidence.load(path).votes[0].window_px == 32
    evidence(**changes).save(path)
    with pytest.raises(HairlineError, match=r"a\.npz: .*dvc repro localize@resnet18-walls"):
        Evidence.load(path)


def test_reading_json_brings_no_pandas():
    code = "import sys, hairline.io.artefacts; sys.exit('pandas' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
