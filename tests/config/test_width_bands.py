"""Classes of crack widths: those that ship, and files of them."""

from pathlib import Path

import pytest

from hairline.config import width_bands
from hairline.errors import HairlineError

MINE = """
source: the client
width: max
bands:
  - {name: fine, up_to_mm: 0.2}
  - {name: wide, up_to_mm: null, meaning: to be filled}
"""


def test_the_limits_of_aci_224r_and_en_1992() -> None:
    aci, en = width_bands.read(), width_bands.read("en1992")
    assert [band.up_to_mm for band in aci.bands] == [0.10, 0.15, 0.18, 0.30, 0.41, None]
    assert [band.up_to_mm for band in en.bands] == [0.2, 0.3, 0.4, None]
    assert "224R-01" in aci.source and "1992-1-1" in en.source
    assert [aci.name_of(width) for width in (0.05, 0.10, 0.101, 0.41, 5)] == ["A", "A", "B", "E", "F"]


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "bands.yaml"
    file.write_text(MINE)
    found = width_bands.read(str(file))
    assert (found.width, found.name_of(0.2), found.name_of(0.21)) == ("max", "fine", "wide")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("up_to_mm: null", "up_to_mm: 0.1", "expected limits up_to_mm that rise"),
        ("up_to_mm: 0.2", "up_to_mm: null", "expected limits up_to_mm that rise"),
        ("up_to_mm: 0.2", "up_to_mm: -1", "expected a number greater than 0"),
        ("width: max", "width: mode", "'mean', 'p95' or 'max'"),
        ("source: the client", "author: the client", "author"),
        ("name: fine", "title: fine", "title"),
        ("name: fine", "name: wide", "expected classes with names of their own, found wide 2 times"),
    ],
)
def test_files_that_say_no_bands(tmp_path: Path, before: str, after: str, told: str) -> None:
    file = tmp_path / "bands.yaml"
    file.write_text(MINE.replace(before, after))
    with pytest.raises(HairlineError) as error:
        width_bands.read(str(file))
    assert told in str(error.value) and str(file) in str(error.value) and "\n" not in str(error.value)


def test_a_name_that_is_none() -> None:
    with pytest.raises(HairlineError, match="aci224r, en1992 or a file"):
        width_bands.read("aci")
