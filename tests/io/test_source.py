"""The import closure of a module, on a small project of its own, and of this project's stages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hairline.errors import HairlineError
from hairline.io.source import Source

FILES = {
    "src/hairline/__init__.py": "",
    "src/hairline/errors.py": "",
    "src/hairline/metrics/__init__.py": "",
    "src/hairline/metrics/scores.py": "TABLE = 'numbers.csv'\n",
    "src/hairline/metrics/numbers.csv": "1\n",
    "src/hairline/metrics/unread.csv": "1\n",
    "src/hairline/metrics/other.py": "",
    "src/hairline/tracking/__init__.py": "from hairline.metrics import other\n",
    "src/hairline/reporting/__init__.py": "",
    "src/hairline/reporting/page.py": "from hairline.metrics import other\nFOLDER = 'templates'\n",
    "src/hairline/reporting/templates/page.html": "<p>\n",
    "pipeline/__init__.py": "",
    "pipeline/score.py": (
        "from hairline import tracking\n"
        "from hairline.metrics.scores import TABLE\n"
        "from hairline.reporting import page\n"
    ),
}
ASK = """
import sys, json
from hairline.io.source import Source
source = Source()
print(json.dumps([source.closure("pipeline.score"), source.closure("pipeline.score", shows=True)]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    own = Path(__file__).parents[2] / "src/hairline"
    for name in ("errors.py", "io/__init__.py", "io/source.py", "io/hashing.py", "io/observers.py"):
        (tmp_path / "src/hairline" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "src/hairline" / name).write_bytes((own / name).read_bytes())
    return tmp_path


def asked(project: Path) -> list[dict[str, str]]:
    path = f"{project / 'src'}:{project}"
    done = subprocess.run([sys.executable, "-c", ASK], cwd=project, env={"PYTHONPATH": path}, check=True,
                          capture_output=True, text=True)  # fmt: skip
    return list(json.loads(done.stdout))


def test_a_closure_follows_imports_and_data_files_but_not_the_code_that_shows(project: Path) -> None:
    computing, showing = asked(project)
    computed = {"hairline.metrics", "hairline.metrics.scores", "hairline.metrics/numbers.csv", "pipeline",
                "pipeline.score"}  # fmt: skip
    assert set(computing) == computed
    drawn = {"hairline.reporting", "hairline.reporting.page", "hairline.reporting/templates", "hairline.metrics.other"}
    assert set(showing) == computed | drawn


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ("src/hairline/metrics/scores.py", (True, True)),
        ("src/hairline/metrics/numbers.csv", (True, True)),
        ("src/hairline/metrics/unread.csv", (False, False)),
        ("src/hairline/metrics/other.py", (False, True)),
        ("src/hairline/tracking/__init__.py", (False, False)),
        ("src/hairline/reporting/page.py", (False, True)),
        ("src/hairline/reporting/templates/page.html", (False, True)),
        ("pipeline/score.py", (True, True)),
    ],
)
def test_a_closure_changes_with_what_it_follows_alone(project: Path, changed: str, differs: tuple[bool, bool]) -> None:
    before = asked(project)
    with (project / changed).open("a") as file:
        file.write("\n")
    after = asked(project)
    assert tuple(old != new for old, new in zip(before, after, strict=True)) == differs


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("src/hairline/metrics/more/odd.py", "", "more/odd.py: in no package"),
        ("src/hairline/reporting/wip.py", "def x(:\n", "wip.py"),
    ],
)
def test_what_cannot_be_followed_is_told(project: Path, file: str, text: str, told: str) -> None:
    (project / file).parent.mkdir(exist_ok=True)
    (project / file).write_text(text)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        asked(project)
    last = caught.value.stderr.strip().splitlines()[-1]
    assert last.startswith("hairline.errors.HairlineError") and told in last


def test_what_pages_tell_of_runs_belongs_to_the_stages_that_show_them() -> None:
    shown, computed = Source().closure("pipeline.compare", shows=True), Source().closure("pipeline.compare")
    assert {"hairline.tracking.costs", "hairline.config.training_sets", "hairline.reporting.page"} <= set(shown)
    assert not [name for name in computed if name.startswith(("hairline.tracking", "hairline.reporting"))]
    assert "hairline.tracking.runs" not in shown


def test_how_values_are_merged_belongs_to_every_stage() -> None:
    assert "hairline.config.merging" in Source().closure("pipeline.train_classifier")


def test_a_module_that_is_not_there_is_told() -> None:
    with pytest.raises(HairlineError, match=r"pipeline\.nonsense: there is no such module"):
        Source().closure("pipeline.nonsense")


def test_what_segmenters_learn_does_not_depend_on_how_they_are_scored_nor_shown() -> None:
    learned = Source().closure("pipeline.train_segmenter")
    assert "hairline.nn.segmenter.training" in learned
    told = [name for name in learned if name.startswith(("hairline.metrics", "hairline.gates", "hairline.reporting"))]
    own = [
        "hairline.metrics.learned",
        "hairline.metrics.operating_point",
        "hairline.metrics.ranking",
    ]  # whether it learned anything, at which score, and which masks a budget takes
    assert told == ["hairline.metrics", *own]


def test_a_labeller_brings_what_it_imports_and_no_other_labeller() -> None:
    source, package = Source(), "hairline.labelling.methods"
    konig = source.closure(f"{package}.konig")
    assert {f"{package}.konig", "hairline.labelling.fusion", "hairline.labelling.thresholding"} <= set(konig)
    assert not set(source.modules(package)) - {f"{package}.konig"} & set(konig)
