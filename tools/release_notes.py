"""Cut the notes of a version out of CHANGELOG.md.

    python tools/release_notes.py 0.1.0 > notes.md
    python tools/release_notes.py Unreleased

prints what stands below the heading of that version.
"""

import argparse
import re
import sys
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io import terminal

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$", re.MULTILINE)
UNRELEASED = "Unreleased"


def main() -> None:
    """Print the section of a version."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", help=f"as 0.1.0, or '{UNRELEASED}'")
    print(section(CHANGELOG.read_text(encoding="utf-8"), parser.parse_args().version))


def section(text: str, version: str) -> str:
    r"""What stands below the heading of a version, without it.

    Args:
        text: A changelog in the form of Keep a Changelog.
        version: Of its heading.

    Raises:
        HairlineError: If there is no such heading, or nothing below it.

    Example:
        >>> section("## [0.2.0] - 2026-12-01\n\n- More.\n\n## [0.1.0] - 2026-11-01\n\n- The first.\n", "0.2.0")
        '- More.'
    """
    found = list(HEADING.finditer(text))
    place = next((place for place, each in enumerate(found) if each[1] == version), None)
    if place is None:
        raise HairlineError(
            f"CHANGELOG.md: has no section of version {version}, only {', '.join(versions(text))}; expected the "
            f"heading '## [{version}] - YYYY-MM-DD'; write it above what is new since the version before"
        )
    end = found[place + 1].start() if place + 1 < len(found) else len(text)
    told = text[found[place].end() : end].strip()
    if not told:
        raise HairlineError(f"CHANGELOG.md: says nothing of version {version}; expected what users will see; write it")
    return told


def versions(text: str) -> list[str]:
    """Versions of a changelog, the newest first, and what is unreleased."""
    return [each[1] for each in HEADING.finditer(text)]


if __name__ == "__main__":
    try:
        with terminal.as_long_as_read():
            main()
    except HairlineError as error:
        sys.exit(f"release_notes: {error}")
