"""Which extra of hairline brings a library, and the one sentence that says so where the library is missing."""

import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hairline.errors import HairlineError

BRINGS: Mapping[str, tuple[str, ...]] = {
    "train": (
        "torch", "torchvision", "triton", "segmentation_models_pytorch", "timm", "lightning", "torchmetrics",
        "safetensors", "huggingface_hub", "albumentations", "pydensecrf", "sklearn", "onnx", "onnxscript",
    ),
    "platform": (
        "dvc", "yaml", "mlflow", "alembic", "sqlalchemy", "optuna", "optuna_dashboard", "plotly", "great_expectations",
        "matplotlib", "grimp", "fastapi", "starlette", "uvicorn",
    ),
    "photos": ("pillow_heif",),
    "geo": ("rasterio", "geopandas", "pyogrio", "shapely", "pyproj"),
    "cluster": ("ray", "grpc"),
    "s3": ("dvc_s3", "s3fs", "boto3", "botocore"),
    "postgres": ("psycopg",),
}  # fmt: skip
"""Extra → the libraries that it brings, as Python imports them; what stands nowhere here comes with hairline itself."""


def extra(library: str) -> str | None:
    """The extra that brings a library, or a module of one; None of what hairline always has, and of all others.

    Example:
        >>> extra("rasterio.windows"), extra("numpy")
        ('geo', None)
    """
    top = library.partition(".")[0]
    return next((name for name, libraries in BRINGS.items() if top in libraries), None)


def command(name: str) -> str:
    """What installs an extra into the environment that hairline is in.

    Example:
        >>> command("geo")
        "pip install 'hairline[geo]'"
    """
    return f"pip install 'hairline[{name}]'"


def sentence(library: str, what: str) -> str:
    """What is said where a library of an extra is missing.

    Args:
        library: As Python imports it, one of :data:`BRINGS`.
        what: What needs it.

    Raises:
        ValueError: If no extra brings it.

    Example:
        >>> sentence("rasterio", "GeoTIFF")
        "GeoTIFF needs rasterio, which is not installed; expected the extra 'geo'; run pip install 'hairline[geo]'"
    """
    name = extra(library)
    if name is None:
        raise ValueError(f"no extra brings {library}")
    return f"{what} needs {library}, which is not installed; expected the extra '{name}'; run {command(name)}"


def told(error: BaseException, what: str = "this") -> str | None:
    """The sentence for an import that failed since an extra is missing; None for every other error.

    Args:
        error: What was raised.
        what: What was asked for.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name or extra(error.name) is None:
        return None
    return sentence(error.name.partition(".")[0], what)


@contextmanager
def needed(what: str) -> Iterator[None]:
    """Imports inside the block that fail since an extra is missing raise a HairlineError, in a sentence.

    Args:
        what: What needs them, the beginning of the sentence.

    Raises:
        HairlineError: If a library of an extra is missing.

    Example:
        >>> with needed("a map"):  # doctest: +IGNORE_EXCEPTION_DETAIL
        ...     raise ModuleNotFoundError(name="rasterio")
        Traceback (most recent call last):
        hairline.errors.HairlineError: a map needs rasterio, which is not installed; ...
    """
    try:
        yield
    except ModuleNotFoundError as error:
        found = told(error, what)
        if found is None:
            raise
        raise HairlineError(found) from None


def library(name: str, what: str) -> Any:
    """A library of an extra, imported.

    Args:
        name: The library, or a module of it.
        what: What needs it.

    Raises:
        HairlineError: If it is missing.
    """
    with needed(what):
        return importlib.import_module(name)


def refuse_without(library: str, what: str) -> None:
    """Raise HairlineError where a library of an extra is missing, without importing it.

    Args:
        library: As Python imports it, one of :data:`BRINGS`.
        what: What needs it.
    """
    if not installed(library):
        raise HairlineError(sentence(library, what))


def installed(library: str) -> bool:
    """Whether a library can be imported, which is found out without importing it."""
    try:
        return importlib.util.find_spec(library) is not None
    except (ModuleNotFoundError, ValueError):  # a package above it is missing, or Python was told that it is
        return False
