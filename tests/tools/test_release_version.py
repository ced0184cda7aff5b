"""A release is one version in three files, and what its users will see; nothing is built where one is missing."""

import doctest
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import release
import release_notes
from built_package import Built

from hairline.config import yaml_files
from hairline.errors import HairlineError

ROOT = Path(__file__).parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- More.

## [0.1.0] - 2026-11-01

- All.
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository that is ready."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "hairline"\nversion = "0.2.0"\n')
    (tmp_path / "CITATION.cff").write_text("cff-version: 1.2.0\nversion: 0.2.0\n")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def git(root: Path, *words: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def test_notes_are_the_section_of_a_version() -> None:
    assert release_notes.section(CHANGELOG, "0.2.0") == "### Added\n\n- More."
    assert release_notes.section(CHANGELOG, "0.1.0") == "- All."
    assert doctest.testmod(release_notes).failed == 0
    with pytest.raises(HairlineError, match=r"no section of version 0\.3\.0, only Unreleased, 0\.2\.0, 0\.1\.0"):
        release_notes.section(CHANGELOG, "0.3.0")
    with pytest.raises(HairlineError, match="says nothing of version Unreleased"):
        release_notes.section(CHANGELOG, "Unreleased")


def test_the_changelog_of_this_project_can_be_cut() -> None:
    assert "### " in release_notes.section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), "Unreleased")


def test_versions_that_agree_are_one(root: Path) -> None:
    assert release.agreed(root) == "0.2.0"


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("CITATION.cff", "0.2.0", "0.1.0", r"CITATION.cff: has version 0\.1\.0, pyproject.toml 0\.2\.0"),
        ("CHANGELOG.md", "[0.2.0]", "[0.3.0]", r"no section of version 0\.2\.0"),
        ("CHANGELOG.md", "## [Unreleased]", "## [0.3.0]\n\n- New.", r"newest version is 0\.3\.0"),
        ("CHANGELOG.md", "### Added\n\n- More.", "", r"says nothing of version 0\.2\.0"),
    ],
)
def test_versions_that_differ_are_refused(root: Path, name: str, before: str, after: str, told: str) -> None:
    (root / name).write_text((root / name).read_text().replace(before, after, 1))
    with pytest.raises(HairlineError, match=told):
        release.agreed(root)


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_what_is_not_committed_or_has_its_tag_is_refused(root: Path) -> None:
    git(root, "init", "-q")
    with pytest.raises(HairlineError, match="is not committed"):
        release.refuse_unready(root, "0.2.0")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "All")
    release.refuse_unready(root, "0.2.0")
    git(root, "tag", "v0.2.0")
    with pytest.raises(HairlineError, match=r"v0\.2\.0: is a tag already"):
        release.refuse_unready(root, "0.2.0")


def test_what_is_said_names_the_tag_and_the_files() -> None:
    told = "\n".join(release.to_push("0.2.0", Built(Path("a.whl"), Path("a.tar.gz")), Path("notes.md")))
    for each in ("git tag -a v0.2.0", "git push origin HEAD v0.2.0", "a.whl", "a.tar.gz", "notes.md"):
        assert each in told


def test_the_citation_is_of_this_version_and_names_the_paper() -> None:
    cited = yaml_files.read(ROOT / "CITATION.cff", "")
    assert cited["cff-version"] == "1.2.0" and cited["message"] and cited["authors"] and cited["license"] == "MIT"
    (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited["version"] == version
    (paper,) = cited["references"]
    method = (ROOT / "docs/method.md").read_text(encoding="utf-8")
    assert paper["url"] in method and paper["authors"][0]["family-names"] == "König"
    assert paper["title"].partition(" Generating")[0].rpartition(" ")[0] in " ".join(method.split())
