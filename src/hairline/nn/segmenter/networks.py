"""Names of segmentation networks, and what the names alone tell: no torch here, so that parameters stay quick to read.

``unet`` is a module of :mod:`hairline.nn.architectures`. A module may ask for words behind its name, which become
options of it: ``smp:FPN:resnet34`` is the module ``smp`` with the options ``architecture: FPN`` and ``encoder:
resnet34``.
"""

from collections.abc import Mapping
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
