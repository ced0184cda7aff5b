"""What the package asks for is what its code imports, and every library that an extra brings is known to say so."""

import doctest
import re
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from hairline.errors import HairlineError
from hairline.io import extras, system_errors

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BESIDE = {"triton": "torch", "botocore": "boto3", "pydantic_core": "pydantic"}
"""Libraries that come with another one alone."""
IMPORTS = re.compile(r"^ *(?:import (\w+)|from (\w+)[\w.]* import )", re.MULTILINE)
NAMED = re.compile(r"(?:hairline|'\.)\[([a-z0-9,]+)\]")
NO_LIBRARIES = {"hairline", "_typeshed", *sys.stdlib_module_names}
ON_DEMAND = ("docs", "dev", "all", "pretrained")


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(each).name) for each in requirements}


def imported() -> dict[str, Path]:
    """Library → a file of the package that imports it."""
    found: dict[str, Path] = {}
    for path in (ROOT / "src").rglob("*.py"):
        pairs = IMPORTS.findall(path.read_text(encoding="utf-8"))
        found |= {one or other: path for one, other in pairs if (one or other) not in NO_LIBRARIES}
    return found


@pytest.fixture(scope="module")
def known() -> dict[str, list[str]]:
    """Library → the distributions that hold it."""
    return dict(packages_distributions())


def distributions(library: str, known: dict[str, list[str]]) -> set[str]:
    name = BESIDE.get(library, library)
    return {canonicalize_name(each) for each in known.get(name, [name])}


def test_every_import_is_of_the_base_or_of_an_extra_that_brings_it(known: dict[str, list[str]]) -> None:
    base = names(PROJECT["dependencies"])
    for library, path in imported().items():
        extra = extras.extra(library)
        asked = base if extra is None else names(PROJECT["optional-dependencies"][extra])
        assert distributions(library, known) & asked, f"{path}: {library} comes with {extra or 'the base'} by no name"


def test_every_library_of_an_extra_is_known_to_say_so(known: dict[str, list[str]]) -> None:
    brought = {name for each in extras.BRINGS.values() for library in each for name in distributions(library, known)}
    for extra in extras.BRINGS:
        asked = names(PROJECT["optional-dependencies"][extra])
        assert asked <= brought, f"{extra}: nothing is said where {asked - brought} are missing"
    assert set(extras.BRINGS) == set(PROJECT["optional-dependencies"]) - set(ON_DEMAND)


def test_all_is_every_extra_but_those_of_developers() -> None:
    (all_of,) = (Requirement(each) for each in PROJECT["optional-dependencies"]["all"])
    assert all_of.name == PROJECT["name"]
    assert all_of.extras == {*extras.BRINGS, "pretrained"}


def asked(told: Iterable[str], of: Collection[str], environment: Mapping[str, str]) -> Iterator[Requirement]:
    """What of some requirements of a distribution is asked for with some of its extras, on some system."""
    for each in map(Requirement, told):
        if not each.marker or any(each.marker.evaluate({**environment, "extra": extra}) for extra in ("", *of)):
            yield each


def test_all_of_it_can_be_installed_on_the_python_of_debian_12() -> None:
    system = {**default_environment(), "python_version": "3.11", "python_full_version": "3.11.2"}
    extras_of: dict[str, set[str]] = {}
    every = [*PROJECT["dependencies"], *(each for extra in PROJECT["optional-dependencies"].values() for each in extra)]
    waiting = [each for each in asked(every, (), system) if each.name != PROJECT["name"]]
    while waiting:
        each = waiting.pop()
        name, before = canonicalize_name(each.name), extras_of.get(each.name, set())
        if name in extras_of and each.extras <= before:
            continue
        extras_of[name] = before | each.extras
        with suppress(PackageNotFoundError):
            waiting += asked(requires(name) or (), each.extras, system)
            wanted = ",".join(metadata(name).get_all("Requires-Python") or ())
            assert "3.11.2" in SpecifierSet(wanted), f"{name} needs Python {wanted}"
    assert len(extras_of) > 200


def test_examples() -> None:
    assert doctest.testmod(extras).failed == 0


def test_other_errors_stay_what_they_are() -> None:
    assert system_errors.told(ModuleNotFoundError("No module named 'nonsense'", name="nonsense")) is None
    assert system_errors.told(ImportError("cannot import name 'x' from 'torch'", name="torch")) is None
    told = system_errors.told(ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"))
    assert (
        told
        == "this needs torch, which is not installed; expected the extra 'train'; run pip install 'hairline[train]'"
    )
    with pytest.raises(ModuleNotFoundError, match="nonsense"), extras.needed("a test"):
        raise ModuleNotFoundError("No module named 'nonsense'", name="nonsense")
    with pytest.raises(HairlineError, match="a map needs pyproj"):
        extras.library("pyproj.nonsense", "a map")


def test_documents_and_messages_name_extras_that_there_are() -> None:
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "Makefile", *(ROOT / "docs").rglob("*.md")]
    for path in [*files, *(ROOT / "src").rglob("*.py")]:
        for match in NAMED.finditer(path.read_text(encoding="utf-8")):
            asked = set(match[1].split(","))
            assert asked <= set(PROJECT["optional-dependencies"]), f"{path}: {match[0]}"


def test_every_extra_stands_in_the_table_of_the_installation() -> None:
    text = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    for extra in set(PROJECT["optional-dependencies"]) - {"dev"}:
        assert f"`{extra}`" in table
    assert "`all,docs,dev`" in table and "'.[all,docs,dev]'" in (ROOT / "Makefile").read_text(encoding="utf-8")
