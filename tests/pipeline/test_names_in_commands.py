"""Nothing that stands in the parameters is run by the shell that DVC hands commands to."""

import itertools
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import tiny_values
from support import parameters, workspace

from hairline.config import yaml_files

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TOLD = "x; touch told #"
ODD_ROOTS = {
    "2016": "data/raw/my (1) photos", "true": "data/raw/x; touch told #", "null": "data/raw/it's \"mine\"",
    "010": "data/raw/a\nb", "1e3": "data/raw/$HOME ${datasets} `id`", "dash": "-rf", "umlaut": "data/raw/Prüf",
}  # fmt: skip


def test_every_name_in_a_command_stands_in_a_dep_that_no_other_name_makes() -> None:
    stages = yaml_files.read(ROOT / "dvc.yaml", "")["stages"]
    for name, stage in stages.items():
        told = stage.get("do", stage)
        named = set(re.findall(r"\$\{[^}]*\}", told["cmd"]))
        in_deps = set(itertools.chain(*(re.findall(r"\$\{[^}]*\}", dep) for dep in told["deps"])))
        assert named <= in_deps, f"{name}: DVC would run {named - in_deps} by a shell, whatever stands there"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the stage code has run."""
    folder = workspace.make(tmp_path_factory.mktemp("made"), tiny_values())
    workspace.run(folder, "dvc", "repro", "code")
    return folder


def spoilt(*places: tuple[str, str]) -> dict[str, Any]:
    """The tiny experiment with an entry of some sections under another name, or a name in a list of the matrix."""
    values = tiny_values()
    for section, name in places:
        if section.startswith("matrix."):
            values["matrix"][section.partition(".")[2]].append(name)
        elif section == "classifiers.dataset":
            values["classifiers"]["lite0"]["dataset"] = name
        else:
            values[section][name] = next(iter(values[section].values()))
    return values


@pytest.mark.parametrize(
    "places",
    [
        [("synthetic_sets", TOLD), ("datasets", TOLD), ("classifiers", TOLD)],
        [("label_sets", TOLD), ("studies", TOLD)],
        [
            ("matrix.classifiers", TOLD),
            ("matrix.label_sets", "x'; touch told; '"),
            ("matrix.test_sets", "$(touch told)"),
        ],
        [("classifiers.dataset", "x\ntouch told")],
    ],
)
def test_a_name_that_is_a_command_is_not_run(made: Path, places: list[tuple[str, str]]) -> None:
    parameters.write(made, spoilt(*places))
    everything = workspace.run(made, "dvc", "repro", "--keep-going", check=False)
    assert everything.returncode and not (made / "told").exists()
    if places[0][0] != "classifiers.dataset":  # which is in the commands of two stages alone
        assert "Running stage" not in everything.stdout.replace("Running stage 'code'", ""), everything.stdout
        assert "expected 1 to 100 letters from A to Z, digits and _, found" in everything.stderr
    name, _ = places[0]
    stage = {"synthetic_sets": "generate", "label_sets": "label", "matrix.classifiers": "localize"}.get(
        name, "validate_patches"
    )
    alone = workspace.run(made, "dvc", "repro", "--single-item", "--force", stage, check=False)
    assert alone.returncode and not (made / "told").exists(), alone.stdout


def test_data_sets_may_lie_at_odd_places_under_names_that_read_as_numbers_and_words(made: Path) -> None:
    values = tiny_values()
    entry = values["datasets"]["synthetic"]
    values["matrix"]["test_sets"] += ["2016"]  # so that one is in a list too
    values["matrix"]["localized"] += ["2016"]
    values["matrix"]["datasets"] += ["2016"]
    values["datasets"] |= {name: {**entry, "root": root} for name, root in ODD_ROOTS.items()}
    parameters.write(made, values)
    workspace.run(made, "dvc", "repro", "code", "generate")
    for root in ODD_ROOTS.values():
        shutil.copytree(made / "data/raw/synthetic", made / root)
    workspace.run(made, "dvc", "repro", *(f"ingest@{name}" for name in ODD_ROOTS))
    for name in ODD_ROOTS:
        assert (made / "data/tiny/sets" / name / "samples.parquet").is_file()
    assert not (made / "told").exists()
