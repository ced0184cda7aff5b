"""What `hairline doctor` says of git and DVC; each way out has been tried by going it. Writes nothing."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hairline.cli.doctor_machine import Finding
from hairline.errors import HairlineError
from hairline.tracking import dvc_lock
from hairline.tracking.git_repository import GitError, Repository

NO_SCM = "dvc config core.no_scm true"
WITHOUT = f"or, to work without git: {NO_SCM}"
TIMEOUT_S = 60.0
REMEDIES = {
    "not a git repository: ": "mv .git .git.old && git init; or, where that folder was moved: git worktree "
    f"repair in it; {WITHOUT}",
    "not a git repository": f"git init; {WITHOUT}",
    "ignores this folder": f"git init in this folder makes it a repository of its own; {WITHOUT}",
    "index file": "rm .git/index && git reset: makes the index anew, your files stay",
    "leads to no commit": "tail .git/logs/HEAD (second column) and git branch -a show commits that are left: "
    "git reset --soft COMMIT; "
    "or mv .git elsewhere && git init",
    "(core.worktree)": "git config --unset core.worktree",
    "is not installed": f"install git; {WITHOUT}",
}
"""What git says → what to do; otherwise its own words have to do."""


def repository(root: Path) -> Iterator[Finding]:
    """Whether git can be asked about the code, and DVC works with or without it."""
    try:
        Repository(root).dirty()
    except GitError as error:
        yield _failing(root, str(error))


def _failing(root: Path, reason: str) -> Finding:
    if (answer(root, "dvc", "config", "core.no_scm") or "").lower() == "true":
        return Finding("ok", f"no git (core.no_scm is set): runs have the commit 'unknown' ({reason})")
    remedy = next((remedy for words, remedy in REMEDIES.items() if words in reason), None)
    stops = "; every dvc command stops" if "not a git repository" in reason else ""
    return Finding("problem", f"git cannot be asked: {reason}{stops}", remedy or f"mend what it says; {WITHOUT}")


def versioning(root: Path) -> Iterator[Finding]:
    """DVC: its program, its folder, a default remote, the lock file."""
    if not (root / ".dvc").is_dir():
        yield _no_workspace(root)
        return
    if shutil.which("dvc") is None:
        yield Finding("problem", "no dvc on the PATH", "activate the environment (. .venv/bin/activate), or make setup")
        return
    remote = answer(root, "dvc", "config", "core.remote")
    if remote is None:
        yield Finding(
            "problem", "dvc cannot read its configuration", "'dvc config -l' names the line; mend .dvc/config"
        )
    elif remote and not answer(root, "dvc", "config", f"remote.{remote}.url"):
        yield Finding("problem", f"the default DVC remote '{remote}' has no address: dvc commands stop",
                      f"dvc remote add -d {remote} /some/where, or dvc config --unset core.remote")  # fmt: skip
    elif remote:
        yield Finding("ok", f"DVC remote '{remote}'")
    else:
        yield Finding("note", "no default DVC remote: data, labels and weights are on this machine alone",
                      "dvc remote add -d store /some/where, then dvc push")  # fmt: skip
    yield from _lock(root / "dvc.lock")


def _no_workspace(root: Path) -> Finding:
    told = f"{root}: no DVC workspace (.dvc is missing)"
    if not (root / "dvc.yaml").is_file():
        return Finding("problem", told, "run hairline in a clone of the project")
    return Finding("problem", told, "dvc init (where there is no git: dvc init --no-scm)")


def _lock(path: Path) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding("note", "no dvc.lock: nothing has run yet", "make repro")
        return
    try:
        dvc_lock.stages(path)
    except HairlineError as error:
        what, _, remedy = str(error).partition("; ")
        yield Finding("problem", what, remedy)


def answer(root: Path, *command: str) -> str | None:
    """What a command says; None where it fails or there is no such program."""
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
