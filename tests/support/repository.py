"""Git repositories for tests."""

import subprocess
from pathlib import Path

SPOILT = """
[color]
    ui = always
    diff = always
[diff]
    external = /bin/false
    noprefix = true
    orderFile = /absent
    relative = true
    ignoreSubmodules = all
[status]
    showUntrackedFiles = no
    short = true
    branch = true
[core]
    fsmonitor = /bin/false
    quotepath = false
[apply]
    whitespace = error-all
"""
"""What a user may have set for their own eyes."""


def git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    """Output of a git command that must succeed."""
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "protocol.file.allow=always")
    command = ["git", "-C", str(folder), *identity, *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


def repository(folder: Path) -> Path:
    """A repository with code.py, sub/more.py and dvc.lock in its only commit."""
    folder.mkdir(exist_ok=True)
    for name in ("code.py", "sub/more.py", "dvc.lock"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("one\ntwo\n", encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder
