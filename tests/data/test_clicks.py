"""Files of clicks: what is confirmed is on disk, what is torn is told, and who counts."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.data import clicks
from hairline.data.clicks import CRACK, NO_CRACK, UNDO, UNSURE, Click, Place
from hairline.errors import HairlineError

HEAD = "photo,x,y,size,label,who,when"
PLACE = Place("a.jpg", 0, 128, 128)


def click(label: str, who: str = "anna", place: Place = PLACE) -> Click:
    return Click(place, label, who, clicks.now())


def write(path: Path, *rows: str, ending: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + ending, encoding="utf-8")
    return path


def read(folder: Path) -> dict[Place, clicks.Label]:
    return clicks.read(folder)[0]


def test_what_is_appended_is_read_whatever_the_photo_is_called(tmp_path: Path) -> None:
    names = [
        'Wand "1", links.jpg',
        "Brücke/tag 2/ü.png",
        "<script>alert(1)</script>.jpg",
        "=1+1.jpg",
        "%2e%2e.jpg",
        "';--.jpg",
    ]
    with clicks.only_writer(tmp_path / "clicks", "anna") as path:
        for name in names:
            clicks.append(path, click(CRACK, place=Place(name, 1, 2, 3)))
    assert read(tmp_path / "clicks") == {Place(name, 1, 2, 3): CRACK for name in names}
    assert path.read_text(encoding="utf-8").startswith(HEAD + "\n")


def test_of_one_person_the_last_row_counts_and_an_undo_leaves_none(tmp_path: Path) -> None:
    with clicks.only_writer(tmp_path, "anna") as path:
        for label in (CRACK, NO_CRACK):
            clicks.append(path, click(label))
        assert read(tmp_path) == {PLACE: NO_CRACK}
        clicks.append(path, click(UNDO))
        assert read(tmp_path) == {}
        clicks.append(path, click(UNSURE))
        assert read(tmp_path) == {PLACE: UNSURE}
    assert len(path.read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ((CRACK, CRACK), CRACK),
        ((CRACK, NO_CRACK), UNSURE),
        ((NO_CRACK, CRACK), UNSURE),
        ((UNSURE, CRACK), CRACK),
        ((NO_CRACK, UNSURE), NO_CRACK),
        ((UNSURE, UNSURE), UNSURE),
        ((CRACK, CRACK, NO_CRACK), UNSURE),
        ((CRACK, UNDO), CRACK),
    ],
)
def test_of_several_people_those_who_are_sure_must_agree(
    tmp_path: Path, labels: tuple[str, ...], expected: str
) -> None:
    for number, label in enumerate(labels):
        with clicks.only_writer(tmp_path, f"p{number}") as path:
            clicks.append(path, click(label, f"p{number}"))
    assert read(tmp_path) == {PLACE: expected}


@given(st.lists(st.sampled_from([CRACK, NO_CRACK, UNSURE, UNDO]), min_size=1, max_size=6))
@settings(deadline=None)
def test_the_order_of_people_changes_no_label(labels: list[str]) -> None:
    people = [clicks.standing([click(label, str(number))]) for number, label in enumerate(labels)]
    assert clicks.merged(people) == clicks.merged(reversed(people))


def test_wherever_a_kill_tears_a_row_all_before_it_stay_and_it_is_told(tmp_path: Path) -> None:
    with clicks.only_writer(tmp_path, "anna") as path:
        clicks.append(path, click(CRACK))
        whole = path.read_bytes()
        clicks.append(path, click(NO_CRACK, place=Place("ü, b.jpg", 7, 7, 7)))
        both = path.read_bytes()
    for end in range(len(whole), len(both)):
        path.write_bytes(both[:end])
        labels, torn = clicks.read(tmp_path)
        complete = end == len(both) - 1  # all but the line's end: nothing of it is missing
        assert labels == {PLACE: CRACK} | ({Place("ü, b.jpg", 7, 7, 7): NO_CRACK} if complete else {})
        assert len(torn) == (len(whole) < end < len(both) - 1)
        with clicks.only_writer(tmp_path, "anna") as again:
            clicks.append(again, click(UNSURE, place=Place("c.jpg", 0, 0, 1)))
        assert read(tmp_path) == labels | {Place("c.jpg", 0, 0, 1): UNSURE}
    path.write_bytes(whole + b"\0" * 300)  # as file systems leave it when the power went
    assert read(tmp_path) == {PLACE: CRACK}
    for end in range(len(HEAD)):
        path.write_bytes(HEAD.encode()[:end])
        assert clicks.read(tmp_path) == ({}, [])
        with clicks.only_writer(tmp_path, "anna") as again:
            clicks.append(again, click(CRACK))
        assert read(tmp_path) == {PLACE: CRACK}


def test_a_row_that_is_none_in_the_middle_is_an_error_with_its_line(tmp_path: Path) -> None:
    for row, words in (
        ("a.jpg,0,0,128,maybe,anna,", "line 3 has the label 'maybe'; expected crack, no_crack, unsure"),
        ("a.jpg,-1,0,128,crack,anna,", "line 3 has the x '-1'; expected a whole number"),
        ("a.jpg,0,0,0,crack,anna,", "line 3 has the size '0'"),
        ("a.jpg,0,1e9,9,crack,anna,", "line 3 has the y '1e9'"),
        ("a.jpg,0", "line 3 has 2 of 7 values"),
    ):
        write(tmp_path / "anna.csv", HEAD, "a.jpg,0,0,128,crack,anna,", row, "a.jpg,0,0,128,crack,anna,")
        with pytest.raises(HairlineError, match=r"anna\.csv: line 3"):
            clicks.read(tmp_path)
        try:
            clicks.read(tmp_path)
        except HairlineError as error:
            assert words in str(error)


def test_tables_made_elsewhere_are_read(tmp_path: Path) -> None:
    write(tmp_path / "mine.csv", "label;size;photo;y;x", "No crack;64;a.jpg;5;4.0", "CRACK;64;b.jpg;5;4", ending="")
    write(tmp_path / "theirs.csv", "photo,x,y,size,label,weather", "c.jpg,1,2,3,rissig,rain")
    labels, torn = clicks.read(tmp_path, {"rissig": CRACK})
    assert labels == {
        Place("a.jpg", 4, 5, 64): NO_CRACK, Place("b.jpg", 4, 5, 64): CRACK, Place("c.jpg", 1, 2, 3): CRACK,
    }  # fmt: skip
    assert torn == []
    with pytest.raises(HairlineError, match=r"'rissig'.*options\.labels"):
        clicks.read(tmp_path)


def test_a_table_without_the_columns_says_which(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "photo,x,y,label", "a.jpg,0,0,crack")
    with pytest.raises(HairlineError, match=r"a\.csv: has the columns photo, x, y, label; .* name the column size"):
        clicks.read(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(HairlineError, match="UTF-8"):
        clicks.read(tmp_path)


def test_one_process_writes_the_clicks_of_a_name(tmp_path: Path) -> None:
    with clicks.only_writer(tmp_path, "Anna"), clicks.only_writer(tmp_path, "bob"):
        for name in ("Anna", "anna", "ANNA"):
            with (
                pytest.raises(HairlineError, match=r"Anna\.csv: another process writes"),
                clicks.only_writer(tmp_path, name),
            ):
                pass
    with clicks.only_writer(tmp_path, "anna") as path:
        assert path.name == "Anna.csv"


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from hairline.data import clicks\n"
        f"with clicks.only_writer(Path({str(tmp_path)!r}), 'anna'): print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    with pytest.raises(HairlineError, match="another process"), clicks.only_writer(tmp_path, "anna"):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    with clicks.only_writer(tmp_path, "anna") as path:
        clicks.append(path, click(CRACK))
    process.stdout.close()


def test_rows_are_added_to_no_table_of_other_columns(tmp_path: Path) -> None:
    table = write(tmp_path / "anna.csv", "label,size,photo,y,x", "crack,64,a.jpg,5,4")
    before = table.read_bytes()
    with (
        pytest.raises(HairlineError, match=r"anna\.csv: is not a file of clicks .* rename it"),
        clicks.only_writer(tmp_path, "anna"),
    ):
        pass
    assert table.read_bytes() == before


def test_a_file_that_was_taken_away_is_not_made_anew(tmp_path: Path) -> None:
    with clicks.only_writer(tmp_path, "anna") as path:
        clicks.append(path, click(CRACK))
        path.rename(tmp_path / "stashed")
        with pytest.raises(HairlineError, match=r"anna\.csv: was taken away .* start 'hairline click' again"):
            clicks.append(path, click(NO_CRACK))
        assert not path.exists()
    (tmp_path / "stashed").rename(path)
    with clicks.only_writer(tmp_path, "anna") as again:
        clicks.append(again, click(NO_CRACK))
    assert read(tmp_path) == {PLACE: NO_CRACK}


def test_a_file_that_cannot_be_opened_is_told_in_a_sentence(tmp_path: Path) -> None:
    with clicks.only_writer(tmp_path, "anna") as path:
        path.unlink()
        path.mkdir()
        with pytest.raises(HairlineError, match=r"anna\.csv: the click was not saved \(Is a directory\)"):
            clicks.append(path, click(CRACK))


def test_a_full_disk_is_told_and_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with clicks.only_writer(tmp_path, "anna") as path:
        clicks.append(path, click(CRACK))
        before, write_some = path.read_bytes(), os.write

        def full(descriptor: int, content: bytes) -> int:
            write_some(descriptor, content[:5])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(HairlineError, match=r"anna\.csv: the click was not saved \(No space left on device\)"):
            clicks.append(path, click(NO_CRACK))
        monkeypatch.undo()
        assert path.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(HairlineError, match="cannot be written"), clicks.only_writer(tmp_path / "clicks", "anna"):
            pass
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("name", ["", " ", "..", "../x", "a/b", ".hidden", "a\nb", "<b>", "x" * 41, "=1+1", "a.", "-x"])
def test_names_that_are_no_file_names_are_refused(name: str) -> None:
    with pytest.raises(HairlineError, match="cannot be a person's name"):
        clicks.person(name)


@pytest.mark.parametrize("name", ["Jörg", "Ann-Marie", "J. Doe", "田中", "x1", " anna "])
def test_names_of_people_are_taken(name: str) -> None:
    assert clicks.person(name) == name.strip()
