"""Layers over a batch that several processes have parts of, against torch's own over the whole of it, in 64 bit."""

import numpy as np
import pytest
import torch
from support import ranks
from timm.layers import BatchNormAct2d
from torch import nn

from hairline.nn.training import gathering
from hairline.nn.training.whole_batch import WholeBatch


def network(normalisation):
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 8, 3), normalisation(8), nn.Dropout2d(0.3), nn.Conv2d(8, 8, 3, stride=2), normalisation(8)]
    return nn.Sequential(*layers, nn.Dropout(0.2), nn.Conv2d(8, 1, 1)).double().train()


def step(items, normalisation):
    """Loss, gradients and running statistics after a step whose loss is none that is a mean over the items."""
    model, layers = network(normalisation), WholeBatch()
    images, targets = torch.randn(items, 3, 12, 12).double(), torch.rand(items, 1, 4, 4).double()
    layers.items = items
    if gathering.ranks() > 1:
        layers.apply(model)
    torch.manual_seed(4)
    mine = images[gathering.rank() :: gathering.ranks()].to(memory_format=torch.channels_last)
    scores = gathering.whole(model(mine), items).sigmoid()
    loss = 1 - (2 * (scores * targets).sum() + 1) / (scores.square().sum() + targets.square().sum() + 1)
    loss.backward()
    gradients = torch.cat([each.grad.flatten() for each in model.parameters()])
    if gathering.ranks() > 1:
        torch.distributed.all_reduce(gradients)
    layers.revert(model)
    assert not any("forward" in vars(each) for each in model.modules())
    return loss.item(), gradients.numpy(), torch.cat([each.double().flatten() for each in model.buffers()]).numpy()


@pytest.mark.parametrize(("count", "items", "normalisation"), [
    (2, 5, nn.BatchNorm2d), (3, 2, nn.BatchNorm2d), (2, 4, BatchNormAct2d),
])  # fmt: skip
def test_a_step_is_that_of_one_process(count, items, normalisation):
    one, every = step(items, normalisation), ranks.answers(count, step, items, normalisation)
    for found in every:
        assert found[0] == every[0][0]  # the very same in all of them
        for mine, wanted in zip(found, one, strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=1e-10, atol=1e-14)


def single(count):
    model = nn.BatchNorm2d(3).train()
    WholeBatch().apply(model)
    values = torch.ones(1, 3, 1, 1)[gathering.rank() : count]
    try:
        model(values)
    except ValueError as error:
        return str(error)


def test_a_single_value_a_channel_is_refused_as_torch_does():
    assert all("more than 1 value per channel" in told for told in ranks.answers(2, single, 1))


def shared(items):
    return gathering.shared_out(items, lambda own: [(item, gathering.rank()) for item in own])


def test_what_is_shared_out_comes_back_in_order():
    assert ranks.answers(3, shared, list("abcde")) == [[("a", 0), ("b", 1), ("c", 2), ("d", 0), ("e", 1)]] * 3
    assert ranks.answers(3, shared, ["a"]) == [[("a", 0)]] * 3
    assert shared(list("ab")) == [("a", 0), ("b", 0)]
