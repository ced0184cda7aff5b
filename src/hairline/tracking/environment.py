"""Versions of the packages that results depend on."""

from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "torch", "torchvision", "segmentation-models-pytorch", "timm", "lightning", "mlflow", "dvc", "optuna",
    "albumentations", "opencv-python-headless", "scikit-image", "great-expectations", "numpy", "pandas", "numba",
)  # fmt: skip


def installed(name: str) -> str | None:
    """Version of a package, None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
