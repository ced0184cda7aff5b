import torch
from torch import nn

from hairline.nn.training.processors import depthwise_in_float32


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.Conv2d(8, 8, 5, padding=2, groups=8),
        nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
    )


def seen(layers, images):
    """The types that every layer takes its weights in, and its answer."""
    kinds, hooks = [], []
    for layer in layers:
        hooks.append(layer.register_forward_hook(lambda _module, _given, answer: kinds.append(answer.dtype)))
    with torch.autocast("cpu", torch.bfloat16):
        answer = layers(images)
    for hook in hooks:
        hook.remove()
    return kinds, answer


def test_only_rounding_changes_and_only_within_the_block() -> None:
    layers, images = network(), torch.rand(2, 3, 32, 32)
    exact = layers(images)
    names = list(layers.state_dict())
    kinds, before = seen(layers, images)
    with depthwise_in_float32(layers):
        inside, answer = seen(layers, images)
        answer.float().sum().backward()
        assert list(layers.state_dict()) == names
        assert torch.equal(layers(images), exact)  # without autocast nothing happens
    assert kinds == inside == [torch.bfloat16] * 4
    assert not torch.equal(answer, before)
    assert (answer - exact).abs().max() <= (before - exact).abs().max() + 2**-9
    assert layers[1].weight.grad.dtype == torch.float32
    assert torch.equal(seen(layers, images)[1], before)
