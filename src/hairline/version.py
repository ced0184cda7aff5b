"""The version of hairline, as it is installed."""

from importlib.metadata import PackageNotFoundError, version


def installed() -> str:
    """The version; ``unknown`` where hairline is run from its source without having been installed."""
    try:
        return version("hairline")
    except PackageNotFoundError:
        return "unknown"
