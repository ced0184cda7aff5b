"""Encoders: names, starts from files, sizes of images."""

import pytest
import segmentation_models_pytorch as smp
import timm
import torch
from segmentation_models_pytorch.encoders import get_encoder
from torch import nn

from hairline.errors import HairlineError
from hairline.nn.runtime import weights
from hairline.nn.runtime.weights import Published
from hairline.nn.segmenter import encoders


@pytest.mark.parametrize(
    ("name", "close"),
    [("resnet19", "resnet18"), ("tu-convnext_tinny", "tu-convnext_tiny"), ("efficientnet_b0", "efficientnet-b0"),
     ("tu-resnet18.no_such_tag", "tu-resnet18"), ("???", "resnet50")],
)  # fmt: skip
def test_an_unknown_name_is_told_with_close_ones(name, close):
    with pytest.raises(HairlineError, match=r"is none of segmentation_models_pytorch; choose for example") as caught:
        encoders.known(name)
    assert name in str(caught.value) and close in str(caught.value).partition("example ")[2].split(", ")


@pytest.mark.parametrize("name", ["resnet18", "mit_b0", "tu-convnext_atto", "tu-resnet18.tv_in1k"])
def test_known_names_are_given_back(name):
    assert encoders.known(name) == name


def test_imagenet_weights_lie_where_their_libraries_put_them():
    assert encoders.published("vgg16_bn").repository == "smp-hub/vgg16_bn.imagenet"
    assert len(encoders.published("vgg16_bn").revision) == 40  # a pinned commit
    assert encoders.published("tu-resnet18.tv_in1k").repository == "timm/resnet18.tv_in1k"
    assert encoders.published("tu-test_vit").repository.startswith("timm/test_vit")


@pytest.mark.parametrize("name", ["resnet18", "convnext_atto", "efficientnet_b0"])
def test_timms_encoder_starts_from_timms_network(tmp_path, name):
    """Some of timm's encoders name their parts otherwise than its classifiers; all must end with the same weights."""
    torch.manual_seed(0)
    theirs, ours = timm.create_model(name, num_classes=5), get_encoder(f"tu-{name}", weights=None)
    weights.write(theirs, tmp_path / "net.safetensors")
    path = str(tmp_path / "net.safetensors")
    assert encoders.start(ours, path, Published(None), "it").initial == f"file:{path}"
    images = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        expected = theirs.eval().forward_intermediates(images, intermediates_only=True, norm=False)[-1]
        torch.testing.assert_close(ours.eval()(images)[-1], expected)


def test_a_deeper_network_of_the_same_parts_does_not_fit(tmp_path):
    weights.write(timm.create_model("resnet34"), tmp_path / "net.safetensors")
    for encoder in (get_encoder("resnet18", weights=None), get_encoder("tu-resnet18", weights=None)):
        with pytest.raises(HairlineError, match=r"net\.safetensors for it: these weights are of another network"):
            encoders.start(encoder, str(tmp_path / "net.safetensors"), Published(None), "it")


def test_without_weights_nothing_is_changed():
    encoder = get_encoder("resnet18", weights=None)
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    assert encoders.start(encoder, "none", Published(None), "it").initial == "none"
    assert all(torch.equal(before[name], tensor) for name, tensor in encoder.state_dict().items())


class Toy(nn.Module):
    """A network that halves four times and refuses maps below a side, without any weights."""

    def __init__(self, least_px, factor=1):
        super().__init__()
        self.encoder = nn.Identity()
        self.encoder.output_stride = 16
        self.least_px, self.factor = least_px, factor

    def forward(self, images):
        if min(images.shape[2:]) < self.least_px:
            raise RuntimeError(f"too small\nfor {self.least_px}")
        return images[:, :1].repeat(1, 1, self.factor, 1)


def test_the_multiple_is_the_stride_doubled_as_often_as_needed():
    assert encoders.multiple_px(lambda: Toy(1), "it", "") == 16
    assert encoders.multiple_px(lambda: Toy(17), "it", "") == 32
    assert encoders.multiple_px(lambda: Toy(128), "it", "") == 128


def test_what_cannot_be_built_is_one_line_with_choices():
    with pytest.raises(HairlineError, match=r"^it cannot be built for images of any size: too small; choose another$"):
        encoders.multiple_px(lambda: Toy(129), "it", "choose another")
    with pytest.raises(HairlineError, match=r"images of 128x128 px give logits of the shape \(1, 1, 256, 128\)"):
        encoders.multiple_px(lambda: Toy(1, factor=2), "it", "choose another")


def test_trying_sizes_out_leaves_the_generator_alone():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    encoders.multiple_px(lambda: smp.FPN("mit_b0", encoder_weights=None), "it", "")  # not to be made on the meta device
    assert torch.equal(torch.rand(4), expected)
