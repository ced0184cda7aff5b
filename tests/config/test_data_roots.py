"""What `hairline check` tells of the folders that data sets lie in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import good_sets

from hairline.config import data_roots
from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.io import plugins

Write = Callable[[dict[str, Any]], Path]
LAYOUTS = plugins.names("hairline.data.layouts")


def told(layout: str, made: good_sets.GoodSet, root: Path, write_params: Write, values: dict[str, Any]) -> list[str]:
    options = {name: getattr(made.options, name) for name in vars(made.options)}
    values["datasets"]["walls"] = {"layout": layout, "root": str(root), "options": options}
    return [line for line in data_roots.lines(Params(write_params(values))) if "datasets.synthetic" not in line]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_root_is_looked_at(layout: str, tmp_path: Path, write_params: Write, values: dict[str, Any]) -> None:
    root = tmp_path / "raw"
    made = good_sets.make(layout, root)
    assert told(layout, made, root, write_params, values) == []
    (made.images / "z.heic").write_bytes(b"")
    first, second = told(layout, made, root, write_params, values)
    assert first.startswith(f"datasets.walls: 1 of {made.files + 1} files passed over: 1 .heic (")
    assert second.strip().startswith(".heic: convert them to JPEG")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_root_that_is_absent_is_told(
    layout: str, tmp_path: Path, write_params: Write, values: dict[str, Any]
) -> None:
    made = good_sets.make(layout, tmp_path / "raw")
    (line,) = told(layout, made, tmp_path / "gone", write_params, values)
    assert line.startswith(f"datasets.walls: {tmp_path / 'gone'} is not there; put the set there")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_root_that_cannot_be_read_is_refused(
    layout: str, tmp_path: Path, write_params: Write, values: dict[str, Any]
) -> None:
    made = good_sets.make(layout, tmp_path / "raw")
    (tmp_path / "other").mkdir()
    with pytest.raises(HairlineError, match=r"params\.yaml: datasets\.walls: .*other"):
        told(layout, made, tmp_path / "other", write_params, values)


@pytest.mark.parametrize("name", ["what?", "a|b", "a*", "line\nbreak"])
def test_names_that_cannot_be_carried_are_refused(
    name: str, tmp_path: Path, write_params: Write, values: dict[str, Any]
) -> None:
    made = good_sets.make("deepcrack", tmp_path / "raw")
    (made.images / f"{name}.jpg").write_bytes(good_sets.jpeg())
    with pytest.raises(HairlineError, match=r"datasets\.walls: .* cannot be the name of a sample; .*rename the file"):
        told("deepcrack", made, tmp_path / "raw", write_params, values)


def test_a_generated_set_need_not_be_there(write_params: Write, values: dict[str, Any]) -> None:
    assert data_roots.lines(Params(write_params(values))) == []
