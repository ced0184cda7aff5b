"""Options that ship with a method, and the images that they were chosen on: a file a choice in ``choosers/``.

Whoever uses such options is no longer blind to these images, wherever they lie and whatever they are called. So a file
names each by the set it is of and its id there, by a hash of its pixels that turning and mirroring leaves as it is,
and by 64 strengths of frequencies, from which no picture can be made again. ``tools/record_choice.py`` writes one.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hairline.io.artefacts import read_json

FOLDER = Path(__file__).with_name("choosers")
MAKER = "tools/record_choice.py (docs/ledger.md)"


@dataclass(frozen=True)
class ChosenOn:
    """An image that options were chosen on.

    Attributes:
        set: Layout of the published set that it is of.
        id: Its id there.
        group: Its parent photo there; its id where it is a photo of its own.
        pixels: SHA-256 of its pixels, the same for all eight turns and flips.
        strengths: 64 strengths of frequencies, a byte each, as hexadecimal digits.
    """

    set: str
    id: str
    group: str
    pixels: str
    strengths: str


@dataclass(frozen=True)
class Choice:
    """Options that were chosen on images.

    Attributes:
        name: Name of the choice, that of its file.
        method: The labelling method they are of; ``maskless`` for the objective of studies.
        options: Dotted path of each option → the value that was chosen; empty for what has no options.
        masks: Whether the masks of these images decided.
        used: How many of ``images`` were used; fewer than all where it is known only among which they were.
        when: Date of the choice.
        by: Command or commit by which it was made.
        note: How the list of images came about.
        images: The images.
    """

    name: str
    method: str
    options: dict[str, Any]
    masks: bool
    used: int
    when: str
    by: str
    note: str
    images: list[ChosenOn]


def holding(choices: Iterable[Choice], method: str, options: Mapping[str, Any]) -> list[Choice]:
    """The choices that options of a label set are owed to.

    That is every choice with a value that stands among them; but a value that several came to is owed to the one with
    the most values there, of these the latest: to choose anew frees from the choice before.

    Args:
        choices: Those to look among.
        method: The label set's method.
        options: Its options, nested plain values.
    """
    own, among = dict(flat(options)), [choice for choice in choices if choice.method == method]
    equal = {c.name: {path for path, value in c.options.items() if own.get(path, _NONE) == value} for c in among}
    held, owed = set[str](), set[str]()
    for choice in sorted(among, key=lambda choice: (len(equal[choice.name]), choice.when, choice.name), reverse=True):
        if equal[choice.name] - owed or not choice.options:
            held.add(choice.name)
            owed |= equal[choice.name]
    return [choice for choice in among if choice.name in held]


def clause(choice: Choice, what: str) -> str:
    """What was chosen on an image of a choice, with how and on how many; ``what`` is a clause whose ``it`` it is.

    >>> clause(Choice("a", "crf", {}, True, 1, "", "", "", []), "an option was chosen on it")
    'an option was chosen on it, by its mask (a)'
    """
    among = f", {choice.used} of {len(choice.images)} images" if choice.used < len(choice.images) else ""
    return f"{what}, {'by its mask' if choice.masks else 'without its mask'} ({choice.name}{among})"


_NONE = object()


def flat(options: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of every option; lists are values.

    >>> dict(flat({"fusion": {"closing_px": 9}, "cams": [1, 2]}))
    {'fusion.closing_px': 9, 'cams': [1, 2]}
    """
    if isinstance(options, Mapping):
        for key, value in options.items():
            yield from flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, list(options) if isinstance(options, tuple) else options


@cache
def shipped() -> tuple[Choice, ...]:
    """Every choice on record, by name.

    Raises:
        HairlineError: If a file is no record of a choice.
    """
    return tuple(read(path) for path in sorted(FOLDER.glob("*.json")))


def read(path: Path) -> Choice:
    """The record of a choice.

    Raises:
        HairlineError: If the file is none.
    """
    told = read_json(path, Choice, MAKER, "the record of a choice")
    return Choice(**{**told, "images": [ChosenOn(**image) for image in told["images"]]})


def as_text(choice: Choice) -> str:
    """A record as its file holds it, one line an image."""
    told = asdict(choice)
    images = ",\n".join("  " + json.dumps(image) for image in told.pop("images"))
    head = json.dumps(told, indent=1, ensure_ascii=False).removesuffix("\n}")
    return f'{head},\n "images": [\n{images}\n ]\n}}\n'
