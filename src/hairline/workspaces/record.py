"""What `hairline init` wrote into a workspace, kept in it: so that an update knows what a person changed since."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hairline.errors import HairlineError

FILE = ".hairline/workspace.json"
BEGUN = ".hairline/begun.json"
"""The same while a workspace is being made: what is there of it is hairline's to write anew."""


@dataclass(frozen=True)
class Record:
    """What a workspace was made of.

    Attributes:
        version: Of hairline.
        profile: The profile of its parameters.
        over: What was merged over that.
        parameters: Parameter file → its text as it was written.
        digests: Every other file that is hairline's → SHA-256 of its text.
    """

    version: str
    profile: str
    over: dict[str, Any]
    parameters: dict[str, str]
    digests: dict[str, str]

    def text(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    def wrote(self, name: str, text: str) -> bool:
        """Whether a file is as it was written."""
        if name in self.parameters:
            return self.parameters[name] == text
        return self.digests.get(name) == digest(text)


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def digests(texts: Mapping[str, str]) -> dict[str, str]:
    """The digest of each text."""
    return {name: digest(text) for name, text in texts.items()}


def read(path: Path) -> Record | None:
    """A record; None where there is none.

    Raises:
        HairlineError: If the file holds none.
    """
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        record = Record(**told)
        whole = all(isinstance(each, str) for each in (record.version, record.profile))
        if whole and all(isinstance(each, dict) for each in (record.over, record.parameters, record.digests)):
            return record
    except (TypeError, ValueError):
        pass
    raise HairlineError(
        f"{path}: is not as 'hairline init' wrote it; bring it back from git, or make the workspace anew in "
        "another folder"
    )
