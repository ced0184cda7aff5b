"""Where a network's initial weights come from: what model cards, runs and reports say of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

UNKNOWN_LICENCE = "licence not known"


@dataclass(frozen=True)
class Origin:
    """Where initial weights come from.

    Attributes:
        source: Package, repository or file.
        version: Of the package, or revision of the repository; None where there is none.
        licence: By its SPDX name; None where it is not known.
        sha256: Hash of the file as it was published.
    """

    source: str
    version: str | None
    licence: str | None
    sha256: str

    def __str__(self) -> str:
        """In one line."""
        version = f" {self.version}" if self.version else ""
        return f"{self.source}{version}, {self.licence or UNKNOWN_LICENCE}, sha256 {self.sha256}"


def told(origin: Origin | None) -> str:
    """In one line, of random weights as well."""
    return "random weights" if origin is None else str(origin)


def as_json(origin: Origin | None) -> dict[str, Any] | None:
    """For model.json; None of random weights."""
    return None if origin is None else asdict(origin)


def of_info(info: Mapping[str, Any]) -> Origin | None:
    """What model.json says; None where it says nothing, as versions before this one."""
    told = info.get("origin")
    return None if not told else Origin(told["source"], told.get("version"), told.get("licence"), told["sha256"])


def started(info: Mapping[str, Any]) -> str:
    """What a network started from by its model.json, for tables: with package or repository and licence.

    >>> started({"initialisation": "none", "origin": None})
    'none'
    >>> started({"initialisation": "imagenet", "origin": {"source": "some-package", "version": "1.0",
    ...          "licence": "Apache-2.0", "sha256": "c0ffee"}})
    'imagenet (some-package 1.0, Apache-2.0)'
    >>> started({"initialisation": "file:a/b", "origin": {"source": "a/b, which started from some-package",
    ...          "licence": None, "sha256": "c0ffee"}})
    'file:a/b, which started from some-package'
    """
    initialisation, origin = str(info["initialisation"]), of_info(info)
    if origin is None:
        return initialisation
    source = f"{origin.source} {origin.version}" if origin.version else origin.source
    told = f"{source}, {origin.licence}" if origin.licence else source
    return f"file:{told}" if initialisation.startswith("file:") else f"{initialisation} ({told})"
