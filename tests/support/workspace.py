"""A workspace of its own for tests that run stages: the real dvc.yaml, pipeline and source over tiny parameters."""

import importlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hairline.tracking import database, store
from support import in_memory, parameters, spoilt_params, warm

ROOT = Path(__file__).parents[2]
MADE = ("data/", "models/", "reports/")
COPIED = ("dvc.yaml", "baselines", "pipeline", "src", ".gitignore", ".dvcignore")


def make(folder: Path, values: dict[str, Any]) -> Path:
    """Copy the repository's code into a folder, write its parameters, put it under git and DVC.

    Bytecode comes along, so that the first stage need not compile; not what another process has half written. So does
    a store without runs, which takes MLflow seconds to make.
    """
    shutil.copytree(_bare().name, folder, dirs_exist_ok=True)
    parameters.write(folder, values)
    _put_store(folder / "mlruns" / "mlflow.db")
    commit(folder, "workspace")
    return folder


@cache
def _bare() -> tempfile.TemporaryDirectory[str]:
    """A workspace with neither parameters nor a store, for all others to be copies of."""
    home = tempfile.TemporaryDirectory(prefix="bare-", dir=in_memory.place())
    folder = Path(home.name)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc.*"))
        else:
            shutil.copy(ROOT / name, folder / name)
    run(folder, "git", "init", "-q")
    run(folder, "git", "config", "user.email", "tests@example.invalid")
    run(folder, "git", "config", "user.name", "tests")
    run(folder, "dvc", "init", "-q")
    run(folder, "git", "add", "-A")
    return home


def _put_store(path: Path) -> None:
    """A store as MLflow makes it there."""
    path.parent.mkdir()
    path.write_bytes(_store())
    with closing(sqlite3.connect(path)) as opened, opened:
        place = f"{store.artifacts_of(path).as_uri()}/0"
        opened.execute("update experiments set artifact_location = ?", (place,))


@cache
def _store() -> bytes:
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "mlflow.db"
        database.prepare(path, own=True)
        return path.read_bytes()


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


@cache
def _warm() -> Path:
    """Of all processes of the tests, or of this one where it has none beside it."""
    home = Path(os.environ[warm.SHARED]) if warm.SHARED in os.environ else warm.serve(environment())
    warm.wait(home)
    return home


def run(folder: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command in the workspace; its output is in the error message where it fails.

    DVC, Python and the stages that DVC starts have loaded their libraries already (:mod:`support.warm`).
    """
    process = begin(folder, command, {})
    out, errors = process.communicate()
    if check and process.returncode:
        raise AssertionError(f"{' '.join(command)}: status {process.returncode}\n{out}\n{errors}")
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def begin(folder: Path, command: Sequence[str], more: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a command as :func:`run` does, with more variables in its environment.

    Where the process is killed, what stands behind it is killed too, and has ended once its output has.
    """
    env = {**environment(), **more}
    env["PATH"] = f"{_warm()}{os.pathsep}{env['PATH']}"
    words = ["python" if command[0] == sys.executable else command[0], *command[1:]]
    return subprocess.Popen(words, cwd=folder, env=env, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)  # fmt: skip


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


def places(folder: Path, kind: str) -> dict[str, set[str]]:
    """Stage name → its deps or outs (``kind``) under data/, models/ and reports/, as DVC resolves them."""
    code = (
        "import json; from dvc.repo import Repo\n"
        f"found = {{stage.addressing: [each.def_path for each in stage.{kind}] for stage in Repo('.').index.stages}}\n"
        "print(json.dumps(found))"
    )
    found = json.loads(run(folder, sys.executable, "-c", code).stdout)
    return {name: {path for path in paths if path.startswith(MADE)} for name, paths in found.items()}


def _files(folder: Path) -> dict[str, int]:
    """Every file under data/, models/ and reports/ → when it was written, in ns."""
    files = (path for name in MADE for path in (folder / name).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in files}


def stages_run(output: str) -> set[str]:
    """Names of the stages that `dvc repro` says it ran."""
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}


def run_stage(command: list[str]) -> None:
    """Run a stage's command in this process, in the current folder."""
    python, dash_m, module, *arguments = command
    assert (python, dash_m) == ("python", "-m")
    importlib.import_module(module).main(arguments)


@contextmanager
def all_stages_run(folder: Path) -> Iterator[dict[str, set[str]]]:
    """Run every stage of a workspace in this process, which is inside it until the block ends.

    What a stage does not list among its params is spoilt while it runs, so that it fails where it reads that. Gives
    stage name → the files under data/, models/ and reports/ that it wrote.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        written, before = {}, _files(folder)
        for name, (command, listed) in stages(folder).items():
            with spoilt_params.unlisted_spoilt(folder, listed):
                try:
                    run_stage(command)
                except Exception as error:
                    error.add_note(f"in {name}, with params it does not list in dvc.yaml spoilt")
                    raise
            after = _files(folder)
            written[name] = {path for path, when in after.items() if before.get(path) != when}
            before = after
        yield written
