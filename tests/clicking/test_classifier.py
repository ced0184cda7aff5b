"""What the classifier of clicks would label, on a part of a photo."""

from pathlib import Path

import numpy as np
import torch

from hairline.clicking.choosing import Chooser
from hairline.clicking.classifier import SHOWN_PX, Preview
from hairline.clicking.features import Kept
from hairline.clicking.patches import Patch
from hairline.imaging.images import write_image
from hairline.nn.classifier import backbones, frozen


def test_a_preview_shows_the_likeliest_part_of_a_large_photo(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = frozen.Frozen(backbones.build("test_resnet", "none")[0].eval())
    image = np.full((120, 900, 3), 180, np.uint8)
    image[:, 820:] = np.random.default_rng(0).integers(0, 256, (120, 80, 3), dtype=np.uint8)
    write_image(tmp_path / "a.png", image)
    files = {"a.png": tmp_path / "a.png"}
    patches = [Patch("a.png", left, 0, 100) for left in range(0, 900, 100)]
    chooser = Chooser(patches, Kept(files, patches, network, tmp_path / "kept"), 0)
    preview = Preview(chooser, network, files)
    assert preview("a.png").shape == (120, SHOWN_PX, 3) and chooser.likeliest("a.png") is None
    chooser.next({patches[0]: False, patches[3]: False, patches[8]: True}, 2)
    assert chooser.likeliest("a.png") == patches[8]
    shown = preview("a.png")
    assert shown.shape == (120, SHOWN_PX, 3) and shown[:, -40:].std() > 20
