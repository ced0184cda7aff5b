"""What `hairline doctor` looks at in the workspace: DVC, tracking store, line endings, parameters. Writes nothing."""

from collections.abc import Iterator
from pathlib import Path

from hairline.cli import doctor_git, doctor_store
from hairline.cli.doctor_machine import Finding
from hairline.config import parameter_files
from hairline.config.checks import check
from hairline.config.params import Params
from hairline.errors import HairlineError

TEXTS = (*parameter_files.FILES, "dvc.yaml", "dvc.lock")
SIGNS = (".dvc", "dvc.yaml", "params.yaml")
"""A folder with one of these is a workspace, or was one."""


def workspace(root: Path) -> Iterator[Finding]:
    """What a workspace is made of, in the order in which things depend on each other; or that a folder is none."""
    if not any((root / name).exists() for name in SIGNS):
        told = f"{root} is no workspace: 'hairline predict', 'measure', 'label' and 'score' need none"
        yield Finding("note", told, "hairline init FOLDER, to train on own photos; or run this in a clone")
        return
    yield from repository(root)
    yield from doctor_git.versioning(root)
    yield from doctor_store.tracking(root)
    yield parameters(root)


def repository(root: Path) -> Iterator[Finding]:
    """Git, and line endings that would give files another hash on this machine than on others."""
    yield from doctor_git.repository(root)
    if doctor_git.answer(root, "git", "config", "--type=bool", "core.autocrlf") == "true" and not _overruled(root):
        yield Finding("problem", "git turns line endings (core.autocrlf=true): hashes differ between machines",
                      "git config core.autocrlf input, then check the files out again: with everything committed, "
                      "git rm -rq --cached . && git reset -q --hard")  # fmt: skip
    turned = [name for name in TEXTS if (root / name).is_file() and b"\r\n" in (root / name).read_bytes()]
    if turned:
        yield Finding("problem", f"Windows line endings in {', '.join(turned)}: every stage would run again",
                      f"sed -i 's/\\r$//' {' '.join(turned)}")  # fmt: skip
    else:
        yield Finding("ok", "line endings are the same everywhere")


def _overruled(root: Path) -> bool:
    """Whether .gitattributes asks for Unix line endings, whatever git is set to."""
    path = root / ".gitattributes"
    return path.is_file() and "eol=lf" in path.read_text(encoding="utf-8")


def parameters(root: Path) -> Finding:
    """The parameter files, as ``hairline check`` has them."""
    try:
        check(Params(root / "params.yaml"), networks=False)
    except HairlineError as error:
        return Finding("problem", str(error), "mend what it says, then 'hairline check'")
    return Finding("ok", f"{', '.join(parameter_files.FILES)} are valid")
