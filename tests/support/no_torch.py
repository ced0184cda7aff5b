"""Runs hairline's command line as where torch and what stands on it, and what experiments need, are not installed."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

ABSENT = {
    "torch", "torchvision", "torchmetrics", "lightning", "pytorch_lightning", "timm", "segmentation_models_pytorch",
    "safetensors", "huggingface_hub", "triton", "mlflow", "dvc", "optuna", "albumentations", "great_expectations",
    "onnx", "onnxscript", "numba", "pydensecrf", "matplotlib", "fastapi", "starlette", "uvicorn", "pycocotools",
    "sqlalchemy", "plotly", "jinja2",
}  # fmt: skip


class Absent(MetaPathFinder):
    """Finds nothing, in the words of Python, for the packages that are left out."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse a package of :data:`ABSENT`."""
        if fullname.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)
        return None


if __name__ == "__main__":
    sys.meta_path.insert(0, Absent())
    from hairline.cli.app import main

    main()
