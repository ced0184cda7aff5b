"""Make a release ready: versions agree, wheel and source archive are built and tried, and what to push is said.

    make release               # or: python tools/release.py --out dist

Nothing is pushed, tagged or uploaded.
"""

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

import built_package
import release_notes

from hairline.config import yaml_files
from hairline.errors import HairlineError

ROOT = Path(__file__).parents[1]
NOTES = "notes.md"


def main() -> None:
    """Check, build, try, and say what to push."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder for wheel, source archive and notes")
    out = parser.parse_args().out
    version = agreed(ROOT)
    refuse_unready(ROOT, version)
    built = built_package.build(out)
    for line in built_package.tried(built):
        print(line)
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (out / NOTES).write_text(release_notes.section(text, version) + "\n", encoding="utf-8")
    print("\n".join(["", "To release:", *to_push(version, built, out / NOTES)]))


def agreed(root: Path) -> str:
    """The version that pyproject.toml, CITATION.cff and CHANGELOG.md agree on.

    Raises:
        HairlineError: If they do not, or the changelog says nothing of it.
    """
    version = str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    cited = str(yaml_files.read(root / "CITATION.cff", "")["version"])
    if cited != version:
        raise HairlineError(
            f"CITATION.cff: has version {cited}, pyproject.toml {version}; expected one; correct the one that is old"
        )
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    release_notes.section(text, version)
    newest = next(each for each in release_notes.versions(text) if each != release_notes.UNRELEASED)
    if newest != version:
        raise HairlineError(
            f"CHANGELOG.md: its newest version is {newest}, that of pyproject.toml {version}; expected one; raise the "
            "version in pyproject.toml and CITATION.cff"
        )
    return version


def refuse_unready(root: Path, version: str) -> None:
    """Raise HairlineError where files are not committed, or the version has a tag already."""
    if changed := _git(root, "status", "--porcelain"):
        raise HairlineError(
            f"{changed.splitlines()[0].strip()}: is not committed; expected what is released; commit it"
        )
    if _git(root, "tag", "--list", tag(version)):
        raise HairlineError(f"{tag(version)}: is a tag already; expected a new version; raise it in pyproject.toml")


def to_push(version: str, built: built_package.Built, notes: Path) -> list[str]:
    """The commands that publish a release, for a person to run."""
    return [
        f"  git tag -a {tag(version)} --cleanup=whitespace -F {notes}",
        f"  git push origin HEAD {tag(version)}",
        f"  attach {built.wheel} and {built.archive} to that tag's release, with {notes} as its text",
        "  (not to PyPI, whose 'hairline' is another project's)",
    ]


def tag(version: str) -> str:
    """The name of a version in git."""
    return f"v{version}"


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HairlineError(f"{root}: 'git {' '.join(words)}' failed: {done.stderr.strip()}; expected a repository")
    return done.stdout.strip()


if __name__ == "__main__":
    try:
        main()
    except HairlineError as error:
        sys.exit(f"release: {error}")
