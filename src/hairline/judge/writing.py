"""What a judgement leaves in a folder: the page, the tables, all numbers as JSON; whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

from hairline.errors import HairlineError
from hairline.io.atomic import whole_folder, write_json
from hairline.io.file_names import printable
from hairline.io.reading import there
from hairline.judge import outcome as outcomes
from hairline.judge.outcome import Outcome
from hairline.judge.page import page
from hairline.judge.pictures import Shown
from hairline.reporting.formatting import csv

PAGE, NUMBERS, CONVENTIONS, IMAGES, SCORES = "index.html", "scores.json", "scores.csv", "images.csv", "scores.parquet"
FILES = frozenset((PAGE, NUMBERS, CONVENTIONS, IMAGES, SCORES))


def refuse_other(folder: Path) -> None:
    """Refuse a place for the files that is taken by anything else, which writing would remove.

    Raises:
        HairlineError: If so.
    """
    above = next(each for each in (folder.absolute(), *folder.absolute().parents) if there(each))
    if above != folder.absolute():
        if not above.is_dir():
            raise HairlineError(
                f"--out {printable(str(folder))}: {printable(str(above))} is a file; expected a folder there; name "
                "another"
            )
        return
    if not folder.is_dir():
        raise HairlineError(
            f"--out {printable(str(folder))}: is a file; expected a folder or nothing there; name another"
        )
    if folder.is_symlink():
        raise HairlineError(f"--out {printable(str(folder))}: is a link; expected a folder of its own; name another")
    others = sorted(path.name for path in folder.iterdir() if path.name not in FILES or not path.is_file())
    if others:
        raise HairlineError(
            f"--out {printable(str(folder))}: holds other files ({printable(others[0])}); expected a new folder, an "
            "empty one, or one that was written here before; name another"
        )


def refuse_json(file: Path, inputs: Sequence[Path]) -> None:
    """Refuse a place for the numbers that is a folder, or that holds what is scored, which writing would replace.

    Args:
        file: The place.
        inputs: Files and folders that are read.

    Raises:
        HairlineError: If so.
    """
    if file.is_dir():
        raise HairlineError(f"--json {printable(str(file))}: is a folder; expected a file; name one")
    place, other = file.resolve(), file.exists() and file.suffix.lower() != ".json"
    for each in map(Path.resolve, inputs):
        if place == each or (other and each in place.parents):
            raise HairlineError(
                f"--json {printable(str(file))}: is a file of what is read, which the numbers would replace; expected "
                "one of their own; name another"
            )


def write(folder: Path, found: Outcome, pictures: Sequence[Shown]) -> None:
    """Write all files of a judgement, in the place of those of an earlier one.

    Raises:
        HairlineError: If the folder holds anything else.
    """
    refuse_other(folder)
    with whole_folder(folder) as partial:
        (partial / PAGE).write_text(page(found, pictures), encoding="utf-8")
        (partial / CONVENTIONS).write_text(csv(outcomes.convention_table(found)), encoding="utf-8")
        (partial / IMAGES).write_text(csv(outcomes.image_table(found)), encoding="utf-8")
        outcomes.whole_table(found).to_parquet(partial / SCORES, index=False)
        write_json(partial / NUMBERS, outcomes.content(found))
