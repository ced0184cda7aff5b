"""A variant is a module; listing imports nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hairline.errors import HairlineError
from hairline.io import plugins


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "some_methods"
    folder.mkdir()
    for name, text in {
        "__init__": "",
        "zebra": "STRIPES = True",
        "ant": "raise RuntimeError('imported although only listed')",
        "_shared": "",
    }.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "notes.txt").write_text("no module")
    monkeypatch.syspath_prepend(tmp_path)
    yield "some_methods"
    for name in [name for name in sys.modules if name.startswith("some_methods")]:
        del sys.modules[name]


def test_names_are_the_public_files_in_order_and_nothing_is_imported(package: str) -> None:
    assert plugins.names(package) == ["ant", "zebra"]
    assert f"{package}.ant" not in sys.modules


def test_resolve_imports_just_the_one_asked_for(package: str) -> None:
    assert plugins.resolve(package, "zebra").STRIPES is True
    assert f"{package}.ant" not in sys.modules


@pytest.mark.parametrize("name", ["zebr", "_shared", "__init__", "zebra.py", "", "..zebra", "Zebra"])
def test_an_unknown_name_is_told_with_those_there_are(package: str, name: str) -> None:
    with pytest.raises(HairlineError, match=r"is not one of the some_methods there are: ant, zebra") as error:
        plugins.resolve(package, name)
    assert f"'{name}'" in str(error.value)


def test_an_error_inside_a_variant_is_not_taken_for_an_unknown_name(package: str) -> None:
    with pytest.raises(RuntimeError, match="only listed"):
        plugins.resolve(package, "ant")


@pytest.mark.parametrize("package_name", ["hairline.labelling.methods", "hairline.data.layouts"])
def test_listing_the_house_stays_light(package_name: str) -> None:
    code = (
        f"import sys; from hairline.io import plugins; assert plugins.names({package_name!r});"
        "print([name for name in ('torch', 'cv2', 'numba', 'pandas', 'scipy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
