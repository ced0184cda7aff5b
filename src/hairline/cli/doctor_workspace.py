"""What `hairline doctor` looks at in the workspace: DVC, tracking store, line endings, parameters. Writes nothing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from hairline.cli import doctor_store
from hairline.cli.doctor_machine import Finding
from hairline.config import parameter_files
from hairline.config.checks import check
from hairline.config.params import Params
from hairline.errors import HairlineError

TEXTS = (*parameter_files.FILES, "dvc.yaml", "dvc.lock")


def workspace(root: Path) -> Iterator[Finding]:
    """Everything about a workspace, in the order in which things depend on each other."""
    yield from repository(root)
    yield from versioning(root)
    yield from doctor_store.tracking(root)
    yield parameters(root)


def repository(root: Path) -> Iterator[Finding]:
    """Git, and line endings that would give files another hash on this machine than on others."""
    if _output(root, "git", "rev-parse", "--git-dir") is None:
        yield Finding("note", "no git repository", "git init: commits are part of every run's lineage")
    elif _output(root, "git", "config", "core.autocrlf") == "true" and not _overruled(root):
        yield Finding("problem", "git turns line endings (core.autocrlf=true): hashes differ between machines",
                      "git config core.autocrlf input, then check the files out again")  # fmt: skip
    turned = [name for name in TEXTS if (root / name).is_file() and b"\r\n" in (root / name).read_bytes()]
    if turned:
        yield Finding("problem", f"Windows line endings in {', '.join(turned)}: every stage would run again",
                      f"sed -i 's/\\r$//' {' '.join(turned)}")  # fmt: skip
    else:
        yield Finding("ok", "line endings are the same everywhere")


def _overruled(root: Path) -> bool:
    """Whether .gitattributes asks for Unix line endings, whatever git is set to."""
    path = root / ".gitattributes"
    return path.is_file() and "eol=lf" in path.read_text()


def versioning(root: Path) -> Iterator[Finding]:
    """DVC: its folder, a default remote, the lock file."""
    if not (root / ".dvc").is_dir():
        yield Finding(
            "problem", f"{root}: no DVC workspace (.dvc is missing)", "run hairline in a clone of the project"
        )
        return
    remote = _output(root, "dvc", "config", "core.remote")
    if remote:
        yield Finding("ok", f"DVC remote '{remote}'")
    else:
        yield Finding("note", "no default DVC remote: data, labels and weights are on this machine alone",
                      "dvc remote add -d store /some/where, then dvc push")  # fmt: skip
    if not (root / "dvc.lock").is_file():
        yield Finding("note", "no dvc.lock: nothing has run yet", "make repro")


def parameters(root: Path) -> Finding:
    """The parameter files, as ``hairline check`` has them."""
    try:
        check(Params(root / "params.yaml"), networks=False)
    except HairlineError as error:
        return Finding("problem", str(error), "mend what it says, then 'hairline check'")
    return Finding("ok", f"{', '.join(parameter_files.FILES)} are valid")


def _output(root: Path, *command: str) -> str | None:
    """What a command says; None where it fails or there is no such program."""
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
