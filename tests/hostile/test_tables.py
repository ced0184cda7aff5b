"""Tables of splits and lists as people save them: read by the letter, or refused in a sentence that names the file."""

import os

import pytest

from hairline.config.paths import Paths
from hairline.data.samples import read_samples

ROWS = ["a,train", "b,train", "c,val", "d,val", "e,test", "f,test"]
HEAD = "id,split"
GOOD = [HEAD, *ROWS]


def lines(*rows: str) -> bytes:
    return "\n".join(rows).encode() + b"\n"


TABLES = {
    "empty": b"",
    "an empty line alone": b"\n",
    "the header alone": lines(HEAD),
    "no header": lines(*ROWS),
    "another header": lines("name,part", *ROWS),
    "UTF-16": "\n".join(GOOD).encode("utf-16"),
    "Latin-1": lines(*GOOD, "wänd,train").decode().encode("latin-1"),
    "a NUL byte": lines(*GOOD[:-1], "f\0,test"),
    "random bytes": bytes(range(128, 256)) * 8,
    "a web page": b"<!doctype html><title>404</title>\n<p>gone\n",
    "a row twice": lines(*GOOD, ROWS[0]),
    "a row twice, another split": lines(*GOOD, "a,test"),
    "a row missing": lines(*GOOD[:-1]),
    "a row too many": lines(*GOOD, "g,train"),
    "a row cut short": lines(*GOOD[:-1], "f"),
    "a row with a cell too many": lines(*GOOD[:-1], "f,test,why"),
    "an empty id": lines(*GOOD[:-1], ",test"),
    "an empty split": lines(*GOOD[:-1], "f,"),
    "an unknown split": lines(*GOOD[:-1], "f,holdout"),
    "a split in capitals": lines(*GOOD[:-1], "f,TEST"),
    "an open quote": lines(*GOOD[:-1], '"f,test'),
    "columns named twice": lines("id,split,split", *(f"{row},train" for row in ROWS)),
    "a cell of a megabyte": lines(*GOOD[:-1], "f" * 2**20 + ",test"),
}
READ = {
    "semicolons": lines(*GOOD).replace(b",", b";"),
    "tabs": lines(*GOOD).replace(b",", b"\t"),
    "a byte order mark": b"\xef\xbb\xbf" + lines(*GOOD),
    "line ends of Windows": lines(*GOOD).replace(b"\n", b"\r\n"),
    "quotes": lines(*GOOD).replace(b"f,", b'"f",'),
    "rows in another order": lines(HEAD, *reversed(ROWS)),
    "no line end": lines(*GOOD)[:-1],
}


def spoil(path, content):
    path.write_bytes(content)


def assert_one_sentence(seen, name):
    assert seen.status == 1, (seen.status, seen.told)
    told = seen.told.rpartition("\nhairline: ")[2]
    assert name in told, seen.told
    assert "Traceback" not in seen.told
    assert told.count("\n") == 1, told
    assert seen.seconds < 5


@pytest.mark.parametrize("what", TABLES)
@pytest.mark.parametrize("layout", ["folder", "synthetic"])
def test_split_csv(layout, what, attempt):
    if layout == "synthetic" and what == "a row missing":
        pytest.skip("the table is the list of what there is")
    trial = attempt(layout)
    spoil(trial.root / "split.csv", TABLES[what])
    assert_one_sentence(trial.ingest(), "split.csv")
    assert trial.written() == []


@pytest.mark.parametrize("what", READ)
@pytest.mark.parametrize("layout", ["folder", "synthetic"])
def test_split_csv_as_spreadsheets_save_it(layout, what, attempt):
    trial = attempt(layout)
    spoil(trial.root / "split.csv", READ[what])
    seen = trial.ingest()
    assert seen.status == 0, seen.told
    table = read_samples(Paths(trial.folder, "tiny").dataset("walls"))
    assert [f"{row.id},{row.split}" for row in table.itertuples()] == ROWS


GROUPS = {
    "no group in a row": lines("id,group", "a,1", "b,1", "c,2", "d,2", "e,3", "f"),
    "a group in two splits": lines("id,split,group", "a,train,1", "b,train,1", "c,val,1", "d,val,2", "e,test,3",
                                   "f,test,4"),
}  # fmt: skip


def test_a_row_without_its_group(attempt):
    trial = attempt("folder")
    spoil(trial.root / "split.csv", GROUPS["no group in a row"])
    assert_one_sentence(trial.ingest(), "split.csv")


def test_a_group_in_two_splits_is_told_by_the_gate(attempt):
    trial = attempt("folder")
    spoil(trial.root / "split.csv", GROUPS["a group in two splits"])
    assert trial.ingest().status == 0
    assert "groups_across_splits" in trial.validate().told


PLACES = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "endless zeros": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("gone.csv"),
    "a link to itself": lambda path: path.symlink_to(path.name),
}
FILES = {"folder": "split.csv", "synthetic": "split.csv", "crack500": "train.txt", "coco": "labels.json"}


@pytest.mark.parametrize("what", PLACES)
@pytest.mark.parametrize("layout", FILES)
def test_in_the_place_of_a_table(layout, what, attempt):
    trial = attempt(layout)
    path = trial.root / FILES[layout]
    path.unlink()
    PLACES[what](path)
    seen = trial.ingest()
    assert_one_sentence(seen, path.name)
    assert seen.grown_mib < 1000


LISTS = {
    "UTF-16": "traincrop/a.jpg traincrop/a.png\n".encode("utf-16"),
    "a single name": b"traincrop/a.jpg\n",
    "a name out of the set": b"../../etc/passwd ../../etc/passwd\n",
    "an absolute name": b"/etc/passwd /etc/passwd\n",
    "a name of nothing": b"traincrop/z.jpg traincrop/z.png\n",
    "an image twice": b"traincrop/a.jpg traincrop/a.png\n" * 2,
    "image and mask exchanged": b"traincrop/a.png traincrop/a.jpg\n",
    "the mask of another": b"traincrop/a.jpg traincrop/b.png\n",
    "NUL bytes": bytes(600),
}


@pytest.mark.parametrize("what", LISTS)
def test_list_of_crack500(what, attempt):
    trial = attempt("crack500")
    spoil(trial.root / "train.txt", LISTS[what])
    assert_one_sentence(trial.ingest(), "train.txt")
