"""Brings a params.yaml of older versions to the files of this one: sections move as they are written, comments kept."""

from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML

from hairline.config import parameter_files, yaml_files
from hairline.config.parameter_files import COMMON, OWN
from hairline.errors import HairlineError
from hairline.io.atomic import write_texts


def upgrade(params: Path, base: Path) -> list[str]:
    """Move the sections of a params.yaml that have files of their own into these.

    Args:
        params: The params.yaml.
        base: Folder of the default values; a file beside ``params`` that is one of them is written over.

    Returns:
        The sections that were moved; none where there was nothing to do.

    Raises:
        HairlineError: If the file cannot be read, a file to be written has such a section with values of its own, or
            the text cannot be cut between sections; all files are then as they were.
    """
    before = yaml_files.read(params, "nothing to upgrade; write one with 'hairline profile synthetic'")
    moved = [section for section in before if section in OWN]
    targets = {section: params.with_name(OWN[section]) for section in moved}
    for section, path in targets.items():
        if path.exists() and section in yaml_files.read(path, "") and not _is_base(path, base):
            raise HairlineError(
                f"{path}: has the section '{section}' already, with values of its own; remove it there or in {params}"
            )
    texts = _cut(params.read_text(encoding="utf-8"), moved)
    if not _equal(texts, parameter_files.split(before)):
        raise HairlineError(
            f"{params}: cannot be cut between its sections (one may use an anchor of another); "
            f"move {' and '.join(moved)} by hand"
        )
    if moved:
        files = {COMMON: params} | {OWN[section]: path for section, path in targets.items()}
        write_texts({path: texts[name] for name, path in files.items()})
    return moved


def _is_base(path: Path, base: Path) -> bool:
    default = base / path.name
    return default.is_file() and default.read_bytes() == path.read_bytes()


def _cut(text: str, moved: list[str]) -> dict[str, str]:
    """File → its part of the text; a section begins with the comment lines right above it."""
    lines = text.splitlines(keepends=True)
    root = YAML().compose(text)
    starts = [(key.start_mark.line, str(key.value)) for key, _ in root.value]
    begins = [(_above(lines, line), section) for line, section in starts]
    ends = [line for line, _ in begins[1:]] + [len(lines)]
    parts = {COMMON: lines[: begins[0][0]]} | {OWN[section]: [] for section in moved}
    for (begin, section), end in zip(begins, ends, strict=True):
        parts[OWN.get(section, COMMON)] += lines[begin:end]
    return {name: "".join(part).strip("\n") + "\n" for name, part in parts.items()}


def _equal(texts: Mapping[str, str], files: Mapping[str, Mapping[str, object]]) -> bool:
    """Whether texts hold these values; a text that is no YAML of its own does not."""
    try:
        return all(yaml_files.parse(text, Path(name)) == files[name] for name, text in texts.items())
    except HairlineError:
        return False


def _above(lines: list[str], line: int) -> int:
    """The first of the comment lines that stand right above a line."""
    while line > 0 and lines[line - 1].startswith("#"):
        line -= 1
    return line
