"""Every network as an ONNX file answers as it does in torch, on images of any size."""

import numpy as np
import pytest
import torch
from support.networks import ALL, build

from hairline.nn.exporting import files, parity, sessions
from hairline.nn.runtime import device
from hairline.nn.segmenter import segmenter
from hairline.nn.segmenter.segmenter import Calibration


def lively(network: str) -> segmenter.Segmenter:
    """A network whose untrained answers differ from pixel to pixel, and neither all 0 nor all 1."""
    model = build(network).eval()
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5, generator=generator)  # timm's last ones of blocks are 0
    image = next(parity.generated(1, 96, 96))
    logits = segmenter.logits(model, image, device.resolve(files.CPU))
    spread = max(float(logits.std()), 0.05)  # less would show how 32 bits round
    model.calibration = Calibration(spread, -float(logits.mean()) / spread)
    return model


@pytest.mark.parametrize("network", ALL)
def test_an_exported_network_answers_as_in_torch(network, tmp_path):
    model = lively(network)
    (tmp_path / "a.onnx").write_bytes(files.as_onnx(model, network).SerializeToString())
    session = sessions.Session(tmp_path / "a.onnx")
    assert session.signature == sessions.SIGNATURE
    side = model.multiple_px
    for height, width in ((1, 1), (3, side + 1), (2 * side, side), (130, 3 * side - 5)):
        image = next(parity.generated(1, height, width))
        expected = segmenter.predict(model, image, device.resolve(files.CPU))
        found = session.scores(image)
        assert found.shape == (height, width) and found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=0, atol=parity.LARGEST)
    assert np.ptp(expected) > 0.05
