"""Variants: a method is a module, and its file name is its name.

Data set layouts, labellers and architectures are found by listing a package, so that adding one is adding
one file. Nothing is imported until a name is resolved.
"""

import difflib
import importlib
import pkgutil
from types import ModuleType

from hairline.errors import HairlineError


def names(package: str) -> list[str]:
    """Sorted names of the modules directly inside a package, e.g. ``names("hairline.labelling.methods")``."""
    folder = importlib.import_module(package).__path__
    return sorted(module.name for module in pkgutil.iter_modules(folder) if not module.name.startswith("_"))


def resolve(package: str, name: str) -> ModuleType:
    """Import one variant of a package.

    Args:
        package: Dotted name of the package, e.g. ``"hairline.data.layouts"``.
        name: The variant's name, which is its file name without ``.py``.

    Raises:
        HairlineError: If there is no such variant; the message lists those there are.
    """
    available = names(package)
    if name not in available:
        kind = package.rpartition(".")[2]
        meant = difflib.get_close_matches(name, available, n=1)
        close = f"; did you mean '{meant[0]}'?" if meant else ""
        raise HairlineError(f"'{name}' is not one of the {kind} there are: {', '.join(available)}{close}")
    return importlib.import_module(f"{package}.{name}")
