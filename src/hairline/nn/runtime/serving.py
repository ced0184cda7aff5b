"""What networks that MLflow serves have in common: where they run, and which packages they need."""

import importlib.metadata

from hairline.nn.runtime.recipes import ALONE, Runtime

RUNTIME = Runtime("auto", "32", 0, 0, ALONE, 60)
PACKAGES = ("torch", "torchvision", "timm", "segmentation-models-pytorch", "safetensors", "huggingface-hub", "numpy")


def requirements() -> list[str]:
    """What loading needs, in the versions that are here."""
    return [f"{name}=={importlib.metadata.version(name)}" for name in PACKAGES]
