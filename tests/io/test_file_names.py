"""One comparison of names: whatever systems and tools do to a name, it is found; what is not sure is not."""

import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairline.io.file_names import Names, Tree, printable

LETTERS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="/\\"), min_size=1)


@given(LETTERS)
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    name = name.strip() or "x"
    names = Names([name, "something else"])
    forms = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    for written in [*forms, *(quote(form) for form in forms), f" {name} "]:
        if written != "something else":
            assert names.find(written) == name


@pytest.mark.parametrize("written", ["a.JPG", "A.jpg", "%61.jpg", " a.jpg"])
def test_of_two_names_that_are_alike_only_the_exact_one_is_meant(written: str) -> None:
    names = Names(["a.jpg", "a.Jpg"])
    assert names.find("a.jpg") == "a.jpg"
    assert names.find("a.Jpg") == "a.Jpg"
    assert names.find(written) is None
    assert set(names.all(written)) == {"a.jpg", "a.Jpg"}


def test_a_percent_sign_that_is_there_is_taken_as_it_is() -> None:
    assert Names(["i%20j", "i j"]).find("i%20j") == "i%20j"
    assert Names(["50% b"]).find("50% b") == "50% b"


@pytest.mark.parametrize("written", ["Süd/Wand 1.JPG", "Süd\\Wand 1.JPG", "süd/wand%201.jpg", "s%C3%BCd%2FWand 1.jpg"])
def test_a_path_is_found_part_by_part(written: str, tmp_path: Path) -> None:
    folder = tmp_path / unicodedata.normalize("NFD", "Süd")
    folder.mkdir()
    (folder / "Wand 1.JPG").touch()
    assert Tree(tmp_path).find(written) == folder / "Wand 1.JPG"


def test_a_path_that_is_not_there_is_given_as_written(tmp_path: Path) -> None:
    assert Tree(tmp_path).find("gone/a.jpg") == tmp_path / "gone" / "a.jpg"
    assert Tree(tmp_path).find("%2e%2e/a.jpg") == tmp_path / "%2e%2e" / "a.jpg"


@given(st.text())
def test_names_for_messages_are_one_line_of_text(name: str) -> None:
    assert printable(name).isprintable()
    printable(name).encode("utf-8")
