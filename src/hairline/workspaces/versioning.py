"""Puts a workspace under git and DVC, or leaves it under those that are there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hairline.errors import HairlineError
from hairline.workspaces import shipped

QUIET = ("[core]", "    analytics = false", "    check_update = false")
PLOTS = ("[plots]", "    html_template = plots/page.html")
VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "DVC_ROOT")


def repository(folder: Path) -> Path | None:
    """The root of the git repository that an existing folder lies in; None of none.

    Raises:
        HairlineError: If git refuses to say.
    """
    done = _run(folder, "git", "rev-parse", "--show-toplevel")
    if done.returncode == 0:
        return Path(done.stdout.strip()).resolve()
    if "not a git repository (or any" in done.stderr:
        return None
    raise HairlineError(
        f"{folder}: git does not open its repository ({_last(done.stderr)}); see what 'git status' says"
    )


def initialise(folder: Path) -> list[str]:
    """Make a folder a git repository and a DVC project where it is none.

    Returns:
        What was done, a line each.

    Raises:
        HairlineError: If git or DVC refuses.
    """
    told = list[str]()
    with_git = shutil.which("git") is not None
    top = repository(folder) if with_git else None
    if with_git and top is None:
        _must(folder, "git", "init", "-q")
        told.append("git: initialised")
    elif top is not None:
        told.append(f"git: the repository {top}")
    else:
        told.append("git: not installed, so DVC works without it and nothing is versioned; install git for that")
    if (folder / ".dvc").is_dir():
        return [*told, "DVC: the project that is there"]
    options = [] if with_git else ["--no-scm"]
    options += ["--subdir"] if top is not None and top != folder.resolve() else []
    _must(folder, sys.executable, "-m", "dvc", "init", "-q", *options)
    _quieten(folder / ".dvc")
    return [
        *told,
        "DVC: initialised" + (", as a project of its own in the repository" if "--subdir" in options else ""),
    ]


def ignored(folder: Path, name: str) -> str | None:
    """The rule by which git ignores a file of a folder, as ``FILE:LINE:RULE``; None where it does not, or is not there.

    Args:
        folder: In a repository or not.
        name: Path in the folder, of a file that need not exist.
    """
    if shutil.which("git") is None or _run(folder, "git", "check-ignore", "-q", name).returncode:
        return None
    return _run(folder, "git", "check-ignore", "-v", name).stdout.partition("\t")[0]


def _quieten(home: Path) -> None:
    """Let a DVC project that was just made call nobody, as hairline's own, nor its page of plots."""
    config = home / "config"
    lines = config.read_text(encoding="utf-8").splitlines() if config.exists() else []
    added = QUIET if "[core]" not in lines else QUIET[1:]
    place = lines.index("[core]") + 1 if "[core]" in lines else len(lines)
    config.write_text("\n".join([*lines[:place], *added, *lines[place:], *PLOTS]) + "\n", encoding="utf-8")
    (home / "plots").mkdir(exist_ok=True)
    shutil.copyfile(shipped.plots_page(), home / "plots" / "page.html")


def _must(folder: Path, *command: str) -> None:
    done = _run(folder, *command)
    if done.returncode:
        name = "dvc" if command[0] == sys.executable else command[0]
        raise HairlineError(
            f"{folder}: '{name} init' failed ({_last(done.stderr)}); mend that and run 'hairline init' again, "
            "which goes on"
        )


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    env = {**kept, "LC_ALL": "C", "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, errors="replace", check=False)


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ").removeprefix("fatal: ").rstrip(".") if lines else "it did not say why"
