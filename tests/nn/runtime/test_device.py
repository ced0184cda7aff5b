import random

import numpy as np
import pytest
import torch

from hairline.errors import HairlineError
from hairline.nn.runtime import device as runtime
from hairline.nn.runtime.recipes import ALONE, Runtime


def wish(device="cpu", precision="auto"):
    return Runtime(device, precision, 0, 0, ALONE, 60)


@pytest.mark.parametrize(("native", "expected"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_precision_follows_the_processor(monkeypatch, native, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": native, "avx512_bf16": True})
    placement = runtime.resolve(wish())
    assert placement.precision == expected
    assert placement.autocast is native


@pytest.mark.parametrize(("precision", "autocast"), [("bf16", True), ("32", False)])
def test_named_precision_is_obeyed_whatever_the_processor(monkeypatch, precision, autocast):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": not autocast})
    placement = runtime.resolve(wish(precision=precision))
    assert (placement.autocast, placement.device.type, placement.accelerator) == (autocast, "cpu", "cpu")


@pytest.mark.parametrize(("device", "expected"), [("auto", "gpu"), ("cuda", "gpu"), ("cpu", "cpu")])
def test_device_where_there_is_cuda(monkeypatch, device, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert runtime.resolve(wish(device, "32")).accelerator == expected


def test_cuda_asked_for_but_absent_is_a_readable_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert runtime.resolve(wish("auto", "32")).device.type == "cpu"
    with pytest.raises(HairlineError, match=r"no usable CUDA device; use 'auto' or 'cpu'"):
        runtime.resolve(wish("cuda"))


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("32", torch.float32)])
def test_autocast_sets_the_dtype_of_a_product(precision, dtype):
    ones = torch.ones(2, 2)
    with runtime.autocast(runtime.resolve(wish(precision=precision))):
        assert (ones @ ones).dtype == dtype
    assert (ones @ ones).dtype == torch.float32


def test_seeding_repeats_all_three_generators():
    def draw(seed):
        runtime.seed_everything(seed)
        return random.random(), float(np.random.random()), float(torch.rand(()))

    before = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    try:
        assert draw(3) == draw(3)
        assert all(one != other for one, other in zip(draw(3), draw(4), strict=True))
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])
