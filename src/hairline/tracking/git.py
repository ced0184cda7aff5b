"""Which code this is, as git says; where it cannot be asked, or fails, that is unknown: never "clean"."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from hairline.io.hashing import workspace_root
from hairline.tracking.git_repository import GitError, Repository

NO_COMMIT = "none"
UNKNOWN = "unknown"

log = logging.getLogger(__name__)
_told: set[str] = set()


@dataclass(frozen=True)
class GitFacts:
    """State of the code at one moment.

    Attributes:
        commit: Full hash of HEAD; ``none`` before the first commit, ``unknown`` where git cannot be asked.
        dirty: Whether anything differs from HEAD, untracked files included and dvc.lock files left out (DVC rewrites
            them between the stages of one pipeline run); None where git cannot be asked.
    """

    commit: str
    dirty: bool | None


def facts(folder: Path) -> GitFacts:
    """Commit and dirtiness of the git repository around a folder.

    What is unknown is told once, with git's reason, but where DVC is set to do without git (``core.no_scm``).
    """
    commit = UNKNOWN
    try:
        repository = Repository(folder)
        commit = repository.commit or NO_COMMIT
        return GitFacts(commit, repository.dirty())
    except (GitError, OSError) as error:  # or no place for a temporary file
        if commit == UNKNOWN and _without_git(workspace_root(folder)):
            return GitFacts(commit, None)
        what = "which commit this code is" if commit == UNKNOWN else f"whether this code differs from {commit[:12]}"
        tell(f"git cannot say {what}: {error}; runs record it as '{UNKNOWN}' ('hairline doctor' says the way out)")
        return GitFacts(commit, None)


def _without_git(root: Path) -> bool:
    """Whether DVC is set to do without git in a workspace."""
    files = [path for path in (root / ".dvc" / "config", root / ".dvc" / "config.local") if path.is_file()]
    set_to = [
        re.findall(r"^\s*no_scm\s*=\s*(\w+)", path.read_text(encoding="utf-8", errors="replace"), re.M)
        for path in files
    ]
    return [value.lower() for values in set_to for value in values][-1:] == ["true"]


def tell(message: str) -> None:
    """Warn of something, once a process."""
    if message not in _told:
        _told.add(message)
        log.warning("%s", message)


def words(commit: str, dirty: bool | None, digits: int = 64) -> str:
    """A commit for readers, as ``0123456789ab with changes``."""
    return commit[:digits] + changes(commit, dirty)


def changes(commit: str, dirty: bool | None) -> str:
    """What to say behind a commit; nothing where it is clean or itself unknown."""
    return {True: " with changes", False: "", None: "" if commit == UNKNOWN else ", changes unknown"}[dirty]
