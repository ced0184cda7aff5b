"""The command line: what a person types and what comes back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from support import parameters, workspace
from typer.testing import CliRunner

from hairline import version
from hairline.cli import app as cli
from hairline.cli.app import app
from hairline.data.samples import RawSample, ingest, read_binary_mask
from hairline.errors import HairlineError
from hairline.imaging.images import write_image

ROOT = Path(__file__).parents[2]


def hairline(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return workspace.run(folder, sys.executable, "-c", "from hairline.cli.app import main; main()", *words, check=False)


def test_profile_then_check(tmp_path: Path) -> None:
    done = hairline(tmp_path, "profile", "cfd-cpu", "--profiles", str(ROOT / "profiles"))
    assert done.returncode == 0, done.stderr
    assert "experiment: cfd-cpu (new)" in done.stdout
    assert hairline(tmp_path, "check").stdout == "params.yaml, gates.yaml, studies.yaml: valid\n"


def test_version_is_that_of_the_package() -> None:
    done = CliRunner().invoke(cli.app, ["--version"])
    assert done.exit_code == 0 and done.stdout == f"hairline {version.installed()}\n"


@pytest.mark.parametrize(
    ("command", "told"),
    [("predict", "interrupted; the same command goes on from here"), ("rank", "interrupted")],
)
def test_who_interrupts_reads_whether_the_same_command_goes_on(
    command: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted = typer.Typer()

    @interrupted.callback(invoke_without_command=True)
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", lambda: interrupted([]))
    monkeypatch.setattr(sys, "argv", ["hairline", command])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130 and capsys.readouterr().err == f"\nhairline: {told}\n"


def test_help_waits_for_no_library() -> None:
    code = "import sys, hairline.cli.app as app\ntry: app.app(['--help'])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "typer" in loaded and "numpy" not in loaded
    assert not loaded & {"pydantic", "pandas", "ruamel", "tqdm", "psutil", "cv2", "torch", "mlflow", "dvc", "optuna"}


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
    parameters.write(tmp_path, parameters.base())
    done = hairline(tmp_path, "summary")
    assert done.returncode == 1
    assert "run 'dvc repro' first" in done.stderr


def test_accept_writes_a_baseline_and_tells_what_moved(tmp_path: Path, values: dict[str, Any]) -> None:
    parameters.write(tmp_path, values)
    assert "run the ingest stage" in hairline(tmp_path, "accept").stderr
    folder, rng = tmp_path / "data/tiny/sets/synthetic", np.random.default_rng(0)
    folder.mkdir(parents=True)
    for brightness in (90, 160):
        raw = []
        for number in range(4):
            path = tmp_path / f"raw/{number}.png"
            write_image(path, rng.integers(brightness, brightness + 20, (20, 30, 3), np.uint8))
            raw.append(RawSample(str(number), "train", str(number), path, None, read_binary_mask))
        ingest(raw, folder)
        told = hairline(tmp_path, "accept", "synthetic").stdout
    assert "baselines/tiny/synthetic.json: 4 images accepted" in told
    assert "brightness: shift 1.00, median 99" in told
    accepted = json.loads((tmp_path / "baselines/tiny/synthetic.json").read_text())
    assert accepted["images"] == 4
    assert 160 <= accepted["quantiles"]["brightness"][10] <= 180
    wrong = hairline(tmp_path, "accept", "walls")
    assert wrong.returncode == 1
    assert "datasets has no 'walls'" in wrong.stderr


@pytest.mark.parametrize("redirected", ["2>&-", ">&- 2>&-", "| true", "<&-"])
def test_streams_that_are_closed_or_left_early_cause_no_traceback(tmp_path: Path, redirected: str) -> None:
    parameters.write(tmp_path, parameters.base())
    command = f"'{sys.executable}' -c 'from hairline.cli.app import main; main()' upgrade {redirected}"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_an_output_that_is_full_is_one_message(tmp_path: Path) -> None:
    parameters.write(tmp_path, parameters.base())
    command = f"'{sys.executable}' -c 'from hairline.cli.app import main; main()' upgrade > /dev/full"
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr and "Traceback" not in done.stderr


def test_sync_outside_a_workspace_is_told_and_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["sync"])
    assert isinstance(result.exception, HairlineError) and "no workspace" in str(result.exception)
    assert not list(tmp_path.iterdir())
