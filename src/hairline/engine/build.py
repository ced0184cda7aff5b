"""What is installed: workers must have the same hairline, and the same libraries behind numbers, as who asks."""

import hashlib
import importlib.metadata
import platform
from functools import cache
from pathlib import Path

import hairline
from hairline.errors import HairlineError

LIBRARIES = ("numpy", "scipy", "torch", "opencv-python-headless", "scikit-image", "numba")


@cache
def installed() -> dict[str, str]:
    """Name → version; of hairline the hash of its modules, which changes while one works on it."""
    found = {"Python": platform.python_version(), "hairline": _digest(Path(hairline.__file__).parent)}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "none"
    return found


def refuse_other(asked: dict[str, str], there: dict[str, str], machine: str) -> None:
    """Raise HairlineError where a worker has something else installed than who asks."""
    apart = [f"{name} {there.get(name, 'none')} there, {asked[name]} here"
             for name in asked if there.get(name) != asked[name]]  # fmt: skip
    if apart:
        raise HairlineError(
            f"machine {machine} of the cluster has other versions: {'; '.join(apart)}; results would not be the same: "
            "install the same hairline with the same constraints.txt on all machines"
        )


def _digest(package: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        found.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]
