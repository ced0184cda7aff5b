"""A workspace of its own for tests that run stages: the real dvc.yaml, pipeline and source over tiny parameters."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from support import spoilt_params

ROOT = Path(__file__).parents[2]
COPIED = ("dvc.yaml", "baselines", "pipeline", "src", ".gitignore", ".dvcignore")


def make(folder: Path, values: dict[str, Any]) -> Path:
    """Copy the repository's code into a folder, write its params.yaml, put it under git and DVC."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    (folder / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    run(folder, "git", "init", "-q")
    run(folder, "git", "config", "user.email", "tests@example.invalid")
    run(folder, "git", "config", "user.name", "tests")
    run(folder, "dvc", "init", "-q")
    commit(folder, "workspace")
    return folder


def commit(folder: Path, message: str) -> None:
    """Commit everything that git does not ignore."""
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-q", "-m", message)


def environment() -> dict[str, str]:
    """This process's environment with its own Python first on the path, quiet and offline."""
    switches = {"DVC_NO_ANALYTICS": "1", "HF_HUB_OFFLINE": "1", "NO_ALBUMENTATIONS_UPDATE": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {key: value for key, value in os.environ.items() if key not in ("MLFLOW_TRACKING_URI", "DVC_ROOT")}
    return {**kept, **switches, "PATH": path}


def run(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command in the workspace; its output is in the error message where it fails."""
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def commands(folder: Path) -> dict[str, list[str]]:
    """Stage name → its command as DVC resolves it, in an order in which they can run."""
    return {name: command for name, (command, _) in stages(folder).items()}


def stages(folder: Path) -> dict[str, tuple[list[str], dict[str, list[str]]]]:
    """Stage name → its command and the params it lists in each file, as DVC resolves them, in an order to run them."""
    code = (
        "import json, networkx; from dvc.repo import Repo; repo = Repo('.')\n"
        "order = [stage for stage in networkx.dfs_postorder_nodes(repo.index.graph) if stage.cmd]\n"
        "params = lambda stage: {str(dep): list(dep.params) for dep in stage.deps if hasattr(dep, 'params')}\n"
        "print(json.dumps({stage.addressing: [stage.cmd.split(), params(stage)] for stage in order}))"
    )
    return {name: (command, listed) for name, (command, listed) in
            json.loads(run(folder, sys.executable, "-c", code).stdout).items()}  # fmt: skip


def stages_run(output: str) -> set[str]:
    """Names of the stages that `dvc repro` says it ran."""
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}


def run_stage(command: list[str]) -> None:
    """Run a stage's command in this process, in the current folder."""
    python, dash_m, module, *arguments = command
    assert (python, dash_m) == ("python", "-m")
    importlib.import_module(module).main(arguments)


@contextmanager
def all_stages_run(folder: Path) -> Iterator[None]:
    """Run every stage of a workspace in this process, which is inside it until the block ends.

    What a stage does not list among its params is spoilt while it runs, so that it fails where it reads that.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        for name, (command, listed) in stages(folder).items():
            with spoilt_params.unlisted_spoilt(folder, listed):
                try:
                    run_stage(command)
                except Exception as error:
                    error.add_note(f"in {name}, with params it does not list in dvc.yaml spoilt")
                    raise
        yield
