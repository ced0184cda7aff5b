"""`hairline upgrade`: the one params.yaml of older versions becomes three files, word for word."""

from pathlib import Path

import pytest

from hairline.config import parameter_files
from hairline.config.upgrading import upgrade
from hairline.errors import HairlineError

OLD = """\
# mine

experiment: mine  # a name

# Bounds that I chose,
# one by one
gates:
  samples:
    severities: {contrast: off}  # a text

patches: {window_px: 64}
studies:  # searches
  konig: {trials: 010}

# the end
comparison: {seed: 1}
"""


def test_sections_move_as_they_are_written_and_values_stay(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(OLD)
    assert upgrade(path, path.parent / "base") == ["gates", "studies"]
    assert (tmp_path / "gates.yaml").read_text() == (
        "# Bounds that I chose,\n# one by one\ngates:\n  samples:\n    severities: {contrast: off}  # a text\n"
    )
    assert (tmp_path / "studies.yaml").read_text() == "studies:  # searches\n  konig: {trials: 010}\n"
    assert path.read_text() == (
        "# mine\n\nexperiment: mine  # a name\n\npatches: {window_px: 64}\n# the end\ncomparison: {seed: 1}\n"
    )
    values = parameter_files.read(path)
    assert values["gates"] == {"samples": {"severities": {"contrast": "off"}}}
    assert values["studies"] == {"konig": {"trials": 10}}
    assert upgrade(path, path.parent / "base") == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("experiment: &name mine\ngates: {a: *name}\n", "move gates by hand"),  # an anchor of another section
        ("{experiment: mine, gates: {a: 1}}\n", "move gates by hand"),
        ("gates: {a: 1}\ngates: {b: 1}\n", "line 2: 'gates' is given twice"),
    ],
)
def test_what_cannot_be_cut_stays_as_it_was(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(HairlineError, match=told):
        upgrade(path, path.parent / "base")
    assert path.read_text() == text and list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(OLD)
    (tmp_path / "studies.yaml").write_text("studies: {}\n")
    with pytest.raises(HairlineError, match=r"studies\.yaml: has the section 'studies' already"):
        upgrade(tmp_path / "params.yaml", tmp_path / "base")
    assert not (tmp_path / "gates.yaml").exists()
    assert (tmp_path / "params.yaml").read_text() == OLD


def test_the_default_values_that_came_with_a_new_version_give_way(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(OLD)
    (tmp_path / "base").mkdir()
    for folder in (tmp_path, tmp_path / "base"):
        (folder / "gates.yaml").write_text("gates: {samples: {}}\n")
    (tmp_path / "studies.yaml").write_text("# nothing yet\n{}\n")
    assert upgrade(tmp_path / "params.yaml", tmp_path / "base") == ["gates", "studies"]
    assert "Bounds that I chose" in (tmp_path / "gates.yaml").read_text()
    assert "trials: 010" in (tmp_path / "studies.yaml").read_text()
