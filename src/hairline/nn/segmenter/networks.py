"""Names of segmentation networks, and what the names alone tell: no torch here, so that parameters stay quick to read.

``unet`` is a module of :mod:`hairline.nn.architectures`. A module may ask for words behind its name, which become
options of it: ``smp:FPN:resnet34`` is the module ``smp`` with the options ``architecture: FPN`` and ``encoder:
resnet34``.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from hairline.errors import HairlineError
from hairline.io import plugins

PACKAGE = "hairline.nn.architectures"


def module(network: str) -> ModuleType:
    """The module of a network.

    Raises:
        HairlineError: If there is none; the message lists those there are.
    """
    return plugins.resolve(PACKAGE, network.partition(":")[0])


def with_words(network: str, options: object) -> object:
    """Options with those that the network's name gives.

    Args:
        network: ``MODULE`` or ``MODULE:WORD:…``.
        options: What else is given; returned as it is where it is no mapping, for the schema to judge.

    Raises:
        HairlineError: If there is no such module, the words are too few or too many, or an option is given twice.
    """
    name, *words = network.split(":")
    fields: tuple[str, ...] = getattr(module(network), "WORDS", ())
    if len(words) != len(fields):
        expected = ":".join([name, *(f"<{field}>" for field in fields)])
        raise HairlineError(f"'{network}' is no complete name; expected {expected}")
    if not isinstance(options, Mapping):
        return options
    twice = sorted(set(fields) & set(options))
    if twice:
        raise HairlineError(f"the name '{network}' tells {', '.join(twice)}; leave it out of the options")
    return {**options, **dict(zip(fields, words, strict=True))}


def digest(network: str) -> str:
    """SHA-256 of the source of a network's module, for a folder of all Python files in it.

    Raises:
        HairlineError: If there is no such module.
    """
    content = hashlib.sha256()
    for path in _sources(module(network)):
        content.update(f"{path.name}\0".encode() + path.read_bytes())
    return content.hexdigest()


def _sources(of: ModuleType) -> list[Path]:
    if hasattr(of, "__path__"):
        return sorted(path for folder in of.__path__ for path in Path(folder).rglob("*.py"))
    assert of.__file__ is not None
    return [Path(of.__file__)]
