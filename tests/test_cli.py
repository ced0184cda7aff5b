"""The command line: what a person types and what comes back."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def hairline(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from hairline.cli import main; main()", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_profile_then_check(tmp_path: Path) -> None:
    done = hairline(tmp_path, "profile", "cfd-cpu", "--profiles", str(ROOT / "profiles"))
    assert done.returncode == 0, done.stderr
    assert "experiment: cfd-cpu (new)" in done.stdout
    assert hairline(tmp_path, "check").stdout == "params.yaml: valid\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check"], "params.yaml: not found"),
        (["summary"], "params.yaml: not found"),
        (["profile", "nonsense"], "no profile 'nonsense'"),
    ],
)
def test_a_mistake_is_one_message_without_traceback(tmp_path: Path, words: list[str], told: str) -> None:
    done = hairline(tmp_path, *words)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_summary_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    done = hairline(tmp_path, "summary")
    assert done.returncode == 1
    assert "run 'dvc repro' first" in done.stderr
