"""The readers and writers of annotation tools."""

from pathlib import Path

from support import apart

REQUIREMENTS = Path(__file__).with_suffix(".txt")


def folder() -> Path:
    """The folder, to be put on the import path; skips the test where it has yet to be made and no index answers."""
    return apart.folder(REQUIREMENTS, "annotation-tools")
