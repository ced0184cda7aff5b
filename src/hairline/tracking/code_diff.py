"""What the code differs in from its commit, as a diff that ``git apply`` takes."""

import os
import re
import stat
import tempfile
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from hairline.tracking.git import tell
from hairline.tracking.git_repository import EVERYTHING, SOURCES, GitError, Repository

LONGEST_DIFF = 1_000_000
LONGEST_FILE = 200_000
"""Bytes of a file, or of its patch, beyond which it is named only."""
MOST_FILES, MOST_NAMES = 2000, 200
"""Files that are not tracked and are looked at, sources first, and files left out that are named."""
PROBED = 8000
"""Bytes in which git looks for a zero, which makes a file binary."""
DIFF = (
    "diff", "--binary", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--no-relative",
    "--ignore-submodules=dirty", "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/",
    "--unified=3", "--inter-hunk-context=0", "--diff-algorithm=default", "--no-function-context",
)  # fmt: skip


def code_diff(folder: Path) -> str:
    """What files differ in from HEAD, those not tracked included; empty where nothing does or git cannot be asked.

    It has been tried with ``git apply --check`` on the commit; where it does not apply, that is told. Files beyond
    :data:`LONGEST_FILE`, binary files that are not tracked and changes inside submodules are named at the top.

    Returns:
        The diff, UTF-8; bytes that are not become surrogates (``surrogateescape``).
    """
    try:
        repository = Repository(folder)
        with tempfile.TemporaryDirectory() as home:
            return _diff(repository, Path(home)).decode("utf-8", "surrogateescape")
    except GitError as error:
        tell(f"git cannot say what differs from the commit: {error}; the run has no code.diff")
        return ""
    except OSError as error:
        tell(f"no place for a copy of git's index ({error.filename}: {error.strerror}); the run has no code.diff")
        return ""


def _diff(repository: Repository, home: Path) -> bytes:
    index, base = repository.index_copy(home / "index"), repository.commit or _empty_tree(repository)
    everything = sorted(repository.untracked(), key=lambda name: not name.endswith(SOURCES))
    untracked, beyond = everything[:MOST_FILES], len(everything[MOST_FILES:])
    unfit = {name: why for name in untracked if (why := _unfit(repository.top / name))}
    listed = os.fsencode("".join(f"{name}\0" for name in untracked if name not in unfit))
    if listed:
        arguments = ("add", "--force", "--intent-to-add", "--pathspec-from-file=-", "--pathspec-file-nul")
        repository.ask("--literal-pathspecs", *arguments, index=index, given=listed)
    large = {name: why for name in _changed(repository, index, base) if (why := _large(repository.top / name))}
    without = [f":(top,exclude,literal){name}" for name in large]
    patches, long = _bounded(repository.ask(*DIFF, base, "--", *EVERYTHING, *without, index=index))
    left_out = {**large, **long, **dict.fromkeys(_submodules(repository), "changes inside it"), **unfit}
    _try(repository, home / "tried", b"".join(patches))
    return _head(left_out, beyond).encode("utf-8", "backslashreplace") + b"".join(patches)


def _head(left_out: Mapping[str, str], beyond: int) -> str:
    """What is left out and why, the first by name, the others by their number; ``git apply`` passes over it."""
    told = [f"left out: {name!r} ({why})" for name, why in left_out.items()]
    more = len(told[MOST_NAMES:]) + beyond
    return "".join(f"{line}\n" for line in [*told[:MOST_NAMES], *([f"left out: {more:,} more files"] if more else [])])


def _empty_tree(repository: Repository) -> str:
    return repository.ask("hash-object", "-t", "tree", "--stdin").decode().strip()


def _changed(repository: Repository, index: Path, base: str) -> list[str]:
    arguments = ("--no-ext-diff", "--no-renames", "--no-relative", "--ignore-submodules=dirty")
    found = repository.ask("diff", "--name-only", "-z", *arguments, base, "--", *EVERYTHING, index=index)
    return [os.fsdecode(name) for name in found.split(b"\0") if name]


def _submodules(repository: Repository) -> list[str]:
    """Submodules with changes of their own that are not committed."""
    listed = repository.names("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=no",
                              "--ignore-submodules=none", "--", *EVERYTHING)  # fmt: skip
    return [words[8] for line in listed if re.match(r"S.(M.|.U)", (words := [*line.split(" ", 8), ""])[2])]


def _large(path: Path) -> str:
    """Why a changed file is left out; empty where it is not."""
    size = path.lstat().st_size if os.path.lexists(path) else 0
    return f"{size:,} bytes" if size > LONGEST_FILE else ""


def _unfit(path: Path) -> str:
    """Why a file that is not tracked is left out; empty where it is not."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            return "a repository of its own"
        if not stat.S_ISREG(mode):
            return "" if stat.S_ISLNK(mode) else "no regular file"
        with path.open("rb") as file:
            return _large(path) or ("binary" if b"\0" in file.read(PROBED) else "")
    except OSError as error:
        return str(error.strerror)


def _bounded(diff: bytes) -> tuple[list[bytes], dict[str, str]]:
    """Patches of single files as long as there is room for them, and those that are left out."""
    kept, long, size = [], {}, 0
    for patch in _patches(diff):
        if len(patch) <= 2 * LONGEST_FILE and size + len(patch) <= LONGEST_DIFF:
            kept.append(patch)
            size += len(patch)
        else:
            long[_name(patch)] = f"a patch of {len(patch):,} bytes"
    return kept, long


def _name(patch: bytes) -> str:
    """Name of the file that a patch is of, quoted as git quotes it."""
    first = patch.partition(b"\n")[0].removeprefix(b"diff --git ")
    return first[: len(first) // 2].replace(b"a/", b"", 1).decode("ascii", "backslashreplace")


def _patches(diff: bytes) -> Iterator[bytes]:
    starts = [found.start() for found in re.finditer(rb"^diff --git ", diff, re.MULTILINE)]
    for start, end in pairwise([*starts, len(diff)]):
        yield diff[start:end]


def _try(repository: Repository, index: Path, diff: bytes) -> None:
    """Tell where a diff does not apply to the commit."""
    if not diff:
        return
    if repository.commit is not None:
        repository.ask("read-tree", repository.commit, index=index)
    try:
        repository.ask("apply", "--check", "--cached", "--whitespace=nowarn", "-p1", "-", index=index, given=diff)
    except GitError as error:
        commit = (repository.commit or "")[:12] or "an empty tree"
        tell(f"code.diff does not apply to {commit} ({error}): the run cannot be repeated from it alone")
