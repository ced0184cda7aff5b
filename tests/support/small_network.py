"""A segmenter that is quick to build, as a training or a release leaves it in a folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from hairline.io.hashing import content_hash
from hairline.nn.architectures import unet
from hairline.nn.runtime import weights
from hairline.nn.segmenter import segmenter

OPTIONS = unet.Options("tu-test_resnet", (16, 16, 8, 8, 8))


def make(folder: Path, info: Mapping[str, Any] | None = None, half: bool = False) -> Path:
    """Write an untrained U-Net with a card; ``half``: its matrices as float16."""
    torch.manual_seed(0)
    model = unet.build(OPTIONS, "none")[0]
    segmenter.save(model, folder, "unet", OPTIONS, {"status": "trained", **(info or {})})
    (folder / "CARD.md").write_text("# A network for tests\n")
    if half:
        path, description = folder / weights.WEIGHTS_FILE, folder / weights.INFO_FILE
        tensors = {name: tensor.half() if tensor.ndim > 1 else tensor for name, tensor in weights.read(path).items()}
        path.write_bytes(safetensors.torch.save(tensors))
        told = json.loads(description.read_text()) | {weights.HASH: content_hash(path)}
        description.write_text(json.dumps(told))
    return folder
