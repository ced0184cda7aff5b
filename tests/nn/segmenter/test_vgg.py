"""VGG-16 in stages against torchvision's in one piece."""

import torch
from torchvision.models import vgg16_bn

from hairline.nn.segmenter.vgg import Vgg16


def test_weights_of_torchvision_fit_and_give_its_features():
    torch.manual_seed(0)
    theirs, ours = vgg16_bn(weights=None).eval(), Vgg16().eval()
    ours.features.load_state_dict(theirs.features.state_dict())
    images = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        stages = ours(images)
        torch.testing.assert_close(stages[-1].pooled, theirs.features(images))
    shapes = [(1, width, 64 >> depth, 96 >> depth) for depth, width in enumerate((64, 128, 256, 512, 512))]
    assert [tuple(stage.features.shape) for stage in stages] == shapes


def test_indices_tell_where_the_maxima_lie():
    stage = Vgg16().eval()(torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)))[1]
    found = stage.features.flatten(2).gather(2, stage.indices.flatten(2)).reshape(stage.pooled.shape)
    assert torch.equal(found, stage.pooled)
    assert torch.equal(stage.pooled, stage.features.unflatten(3, (8, 2)).unflatten(2, (8, 2)).amax(dim=(3, 5)))
