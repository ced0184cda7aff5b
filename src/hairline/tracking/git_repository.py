"""A git repository, asked with a configuration of its own: what people set for their own eyes changes no answer."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

TIMEOUT_S = 60.0
KEPT = ("GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
"""Variables of git that are left as they are; hooks set others, such as GIT_DIR, to the repository they run for."""
USERS = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
"""Where the user's own settings lie, if elsewhere."""
FIXED = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.untrackedCache=false", "core.quotePath=true",
    "diff.suppressBlankEmpty=false", "diff.orderFile=/dev/null",
    "apply.whitespace=nowarn", "apply.ignoreWhitespace=no",
)  # fmt: skip
"""Settings of a repository that are overruled."""
READING = r"^(core\.(autocrlf|eol|excludesfile|attributesfile)|filter\..*\.(clean|process|required))$"
"""The user's own settings that decide what files hold for git, such as those of Git LFS; they go on to hold."""
SOURCES = (".py", ".yaml", ".yml")
"""Untracked files that count even where only the user's own list of ignored files hides them."""
EVERYTHING = (":/", ":(top,exclude,glob)**/dvc.lock")


class GitError(Exception):
    """Git could not be asked; says why, in git's own words."""


class Repository:
    """The git repository around a folder, read only."""

    def __init__(self, folder: Path) -> None:
        """Find it.

        Raises:
            GitError: If git is missing, fails, finds no repository, or one that ignores the folder.
        """
        self._settings: list[str] = []
        self.top = Path(os.fsdecode(_run(["-C", str(folder), *self._options(), "rev-parse", "--show-toplevel"])[:-1]))
        if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(self.top)):
            raise GitError(f"the repository is of the files in {self.top} (core.worktree), not of these")
        if _status(["-C", str(folder), *self._options(), "check-ignore", "--quiet", "."]) == 0:
            raise GitError(f"the repository {self.top} ignores this folder")
        self._settings = _reading(self.top)
        self.commit = self._head()

    def _options(self) -> list[str]:
        return [word for setting in (*self._settings, *FIXED) for word in ("-c", setting)]

    def ask(self, *words: str, index: Path | None = None, given: bytes = b"") -> bytes:
        """What git says to a command at the top of the repository.

        Args:
            words: Command and arguments.
            index: Another index than the repository's own; what git stores meanwhile goes beside that, not into the
                repository.
            given: For its standard input.

        Raises:
            GitError: If it fails.
        """
        more = {} if index is None else {"GIT_INDEX_FILE": str(index), **self._objects_beside(index)}
        return _run(["-C", str(self.top), *self._options(), *words], more, given)

    def _objects_beside(self, index: Path) -> dict[str, str]:
        own = str(self._path("objects")).replace("\\", "\\\\").replace('"', '\\"')
        objects = index.with_name("objects")
        objects.mkdir(exist_ok=True)
        return {"GIT_OBJECT_DIRECTORY": str(objects), "GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{own}"'}

    def names(self, *words: str) -> list[str]:
        """The same for commands that list names, each ended by a zero byte."""
        return [os.fsdecode(name) for name in self.ask(*words).split(b"\0") if name]

    def _head(self) -> str | None:
        """Hash of HEAD; None before the first commit.

        Raises:
            GitError: If HEAD leads to something broken.
        """
        try:
            return self.ask("rev-parse", "--verify", "HEAD^{commit}").decode().strip()
        except GitError:
            branch = self._branch()
            if branch in self._branches() or self._path(branch).exists():
                raise GitError(f"{branch} leads to no commit") from None
            return None

    def _branch(self) -> str:
        """Full name of the branch that HEAD is at, or ``HEAD`` where it is at a commit itself."""
        try:
            return os.fsdecode(self.ask("symbolic-ref", "HEAD")).strip()
        except GitError:
            return "HEAD"

    def _branches(self) -> list[str]:
        return os.fsdecode(self.ask("for-each-ref", "--format=%(refname)")).splitlines()

    def _path(self, name: str) -> Path:
        """Where a file of the repository's own lies."""
        return self.top / os.fsdecode(self.ask("rev-parse", "--git-path", name)[:-1])

    def dirty(self) -> bool:
        """See :class:`GitFacts`."""
        status = ("status", "--porcelain", "--no-renames", "--untracked-files=no", "--ignore-submodules=none")
        return bool(self.ask(*status, "--", *EVERYTHING)) or bool(self.untracked()) or bool(self.concealed())

    def untracked(self) -> list[str]:
        """Files that are neither tracked nor ignored; the user's own list of ignored files hides no sources."""
        found = self.names("ls-files", "-z", "--others", "--exclude-standard", "--", *EVERYTHING)
        own = self._path("info/exclude")
        rules = ["--exclude-per-directory=.gitignore", *([f"--exclude-from={own}"] if own.is_file() else [])]
        hidden = self.names("ls-files", "-z", "--others", *rules, "--", *EVERYTHING)
        return list(dict.fromkeys([*found, *(name for name in hidden if name.endswith(SOURCES))]))

    def concealed(self) -> list[str]:
        """Tracked files that differ though the index says not to look (``git update-index --assume-unchanged``)."""
        flagged = self._flagged()
        if not flagged:
            return []
        with tempfile.TemporaryDirectory() as home:
            index = self.index_copy(Path(home) / "index")
            differing = self.ask("diff-files", "--name-only", "-z", index=index).split(b"\0")
        return [name for name in flagged if os.fsencode(name) in differing]

    def index_copy(self, path: Path) -> Path:
        """Copy the index to a path; in the copy git looks at every file that is there."""
        own = self._path("index")
        if own.is_file():
            shutil.copy2(own, path)  # git takes a file for unchanged that is older than the index
        flagged = os.fsencode("".join(f"{name}\0" for name in self._flagged()))
        for flag in ("--no-assume-unchanged", "--no-skip-worktree") if flagged else ():
            self.ask("update-index", flag, "-z", "--stdin", index=path, given=flagged)
        return path

    def _flagged(self) -> list[str]:
        """Files that git is told not to look at, and that are there."""
        listed = self.names("ls-files", "-z", "-v", "--", *EVERYTHING)
        names = [line[2:] for line in listed if line[0].islower() or line[0] == "S"]
        return [name for name in names if os.path.lexists(self.top / name)]


def _reading(top: Path) -> list[str]:
    """The user's own settings in :data:`READING`; none where they cannot be read."""
    command = ["git", "-C", str(top), "config", "--null", "--get-regexp", READING]
    try:
        done = subprocess.run(command, capture_output=True, env=_without(*KEPT, *USERS), timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return []
    found = [os.fsdecode(each) for each in done.stdout.split(b"\0") if each] if done.returncode == 0 else []
    return [each.replace("\n", "=", 1) for each in found]


def _without(*kept: str) -> dict[str, str]:
    """The environment without git's variables, except some."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in kept}


def _environment() -> dict[str, str]:
    return _without(*KEPT) | {
        "GIT_CONFIG_GLOBAL": str(Path(__file__).with_name("own.gitconfig")),
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",  # stages run side by side, and the folder may be read-only
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",  # a commit's hash stands for what others find under it
        "LC_ALL": "C",
    }


def _called(words: list[str], more: dict[str, str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *words], capture_output=True, input=given, env=_environment() | more, timeout=TIMEOUT_S
        )
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except OSError as error:
        raise GitError(f"git cannot be run ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git did not answer within {TIMEOUT_S:.0f} s") from None


def _run(words: list[str], more: dict[str, str] | None = None, given: bytes = b"") -> bytes:
    done = _called(words, more or {}, given)
    if done.returncode:
        raise GitError(_reason(done.stderr.decode(errors="replace")) or f"it ended with {done.returncode}")
    return done.stdout


def _reason(told: str) -> str:
    """The line that says why git failed."""
    found = [match[1].strip() for kind in ("fatal", "error") for match in re.finditer(f"^{kind}: (.+)", told, re.M)]
    return (found or told.split("\n"))[0]


def _status(words: list[str]) -> int:
    return _called(words, {}, b"").returncode
