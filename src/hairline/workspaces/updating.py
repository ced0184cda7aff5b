"""Brings a workspace to the installed version: stages as they are now, parameters with what people changed."""

from dataclasses import dataclass
from pathlib import Path

from hairline.config.carrying import carried
from hairline.config.yaml_files import read_text
from hairline.errors import HairlineError
from hairline.io.atomic import write_texts
from hairline.io.reading import read_text as read_file
from hairline.version import installed
from hairline.workspaces import own_files, parameters, plan, record, shipped
from hairline.workspaces.record import Record

BEFORE = ".before-update"
IGNORES = ".gitignore"


@dataclass(frozen=True)
class Update:
    """What an update changes.

    Attributes:
        folder: The workspace.
        texts: Path in it → new text, of files that change.
        gone: Stages that are no more.
        edited: Those of both that a person changed, or that hairline had not written: what they hold is kept
            beside, with the ending ``.before-update``.
        before: The record as it is.
        after: The record as it becomes.
    """

    folder: Path
    texts: dict[str, str]
    gone: list[str]
    edited: list[str]
    before: Record
    after: Record

    def lines(self) -> list[str]:
        """The differences, for people."""
        told = list(plan.difference(self.folder, self.texts))
        told += [f"new: {name}" for name in self.texts if not (self.folder / name).exists()]
        told += [f"removed: {name}" for name in self.gone]
        return told + [f"changed by you, so what it holds is kept as {name}{BEFORE}: {name}" for name in self.edited]


def planned(folder: Path) -> Update:
    """What an update would change.

    Raises:
        HairlineError: If the folder is no workspace that ``hairline init`` made, or a parameter file cannot be read.
    """
    before = record.read(folder / record.FILE)
    if before is None:
        raise HairlineError(
            f"{folder}: no workspace that 'hairline init' made; run 'hairline init' in it first, or name the right "
            "folder"
        )
    stages, values = shipped.stages(), parameters.texts(before.profile, before.over)
    others = {name: digest for name, digest in before.digests.items() if not _is_stage(name)}
    completed = _completed(folder, before)
    lists = {IGNORES: own_files.GIT_IGNORES + own_files.ignored_outputs(folder)} if completed else {}
    after = Record(installed(), before.profile, before.over, values, others | record.digests(stages | lists))
    texts = stages | completed | {name: _carried(folder, name, before, text) for name, text in values.items()}
    there = {name: _there(folder / name) for name in (*texts, *filter(_is_stage, before.digests))}
    changed = {name: text for name, text in texts.items() if there[name] != text}
    gone = [name for name in before.digests if _is_stage(name) and name not in stages and there[name] is not None]
    carry = values.keys() & before.parameters.keys()
    stay = {*carry, *completed}
    edited = [name for name in (*changed, *gone) if name not in stay and _edited(before, name, there[name])]
    return Update(folder, changed, gone, edited, before, after)


def write(update: Update) -> None:
    """Do it, all files or none; then remove what is no more."""
    folder = update.folder
    kept = {folder / f"{name}{BEFORE}": read_file(folder / name) for name in update.edited}
    texts = {**update.texts, record.FILE: update.after.text()}
    write_texts({**kept, **{folder / name: text for name, text in texts.items()}})
    for name in update.gone:
        (folder / name).unlink(missing_ok=True)


def _completed(folder: Path, before: Record) -> dict[str, str]:
    """What git passes over, with the lines that a version before did not write; a line that is gone since stays so."""
    path, outputs = folder / IGNORES, own_files.ignored_outputs(folder)
    older = before.digests.get(IGNORES) == record.digest(own_files.GIT_IGNORES)
    if not older or not outputs or not path.is_file():
        return {}
    return {IGNORES: own_files.with_lacking(_there(path) or "", outputs)}


def _is_stage(name: str) -> bool:
    return name == "dvc.yaml" or name.startswith("pipeline/")


def _carried(folder: Path, name: str, before: Record, text: str) -> str:
    path = folder / name
    if not path.exists() or name not in before.parameters:
        return text
    return carried(read_text(path, ""), before.parameters[name], text, path)


def _there(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else None


def _edited(before: Record, name: str, text: str | None) -> bool:
    return text is not None and not before.wrote(name, text)
