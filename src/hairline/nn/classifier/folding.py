"""The same network for asking alone: normalisation folded into convolutions, convolutions as matrix products.

Windows are small, and a third of the time of a ResNet goes into passes over memory and into convolutions of maps of one
or two cells, which libraries run at a tenth of their speed. As one matrix product each they run at nearly the
machine's peak. Results differ by rounding alone.
"""

import copy
from collections import Counter, defaultdict

import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import Tensor, fx, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from hairline.nn.classifier.backbones import Classifier


class Convolution(nn.Module):
    """A convolution with a bias, computed in the way that suits kernel and input; for inference only.

    Kernels of one pixel are a matrix product over channels. An input of fewer than half as many positions as the
    kernel has is one over all its values: most of the kernel would meet padding.
    """

    def __init__(self, layer: nn.Conv2d, norm: nn.Module | None) -> None:
        """Take over a convolution and, where one follows, fold its batch normalisation into weight and bias."""
        super().__init__()
        weight, bias = _folded(layer, norm)
        self.weight = nn.Parameter(weight.contiguous(memory_format=torch.channels_last), requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)
        self._how = (layer.stride, layer.padding, layer.dilation, layer.groups)
        self.pointwise = layer.kernel_size == (1, 1) and layer.groups == 1 and layer.padding in ("valid", (0, 0))
        self._matrices: dict[tuple[object, ...], tuple[Tensor, torch.Size]] = {}
        self._kernels: dict[tuple[object, ...], Tensor] = {}

    def forward(self, maps: Tensor) -> Tensor:
        """Maps [N, C, h, w] → [N, O, h', w'], in channels-last memory."""
        positions = maps.shape[2] * maps.shape[3]
        if self.pointwise:
            down, across = self._how[0]
            picked = maps[:, :, ::down, ::across].permute(0, 2, 3, 1)
            rows = picked.reshape(-1, picked.shape[-1])  # in four dimensions, a strided input has its weight copied
            values = F.linear(rows, self._kernel()[:, :, 0, 0], self.bias)
            return values.view(*picked.shape[:-1], -1).permute(0, 3, 1, 2)
        if self._how[-1] == 1 and 2 * positions < self.weight[0, 0].numel():
            return self._as_product(maps)
        return self._library(maps, self._kernel(), self.bias)

    def _kernel(self) -> Tensor:
        """The weight in the precision of the context, kept: autocast itself would cast it anew at every call."""
        device, dtype = self.weight.device, _precision(self.weight)
        if dtype == self.weight.dtype:
            return self.weight
        if (device, dtype) not in self._kernels:
            with torch.inference_mode(False):  # a tensor that gradients may pass as well
                self._kernels[device, dtype] = self.weight.detach().to(dtype)
        return self._kernels[device, dtype]

    def _library(self, maps: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        stride, padding, dilation, groups = self._how
        return F.conv2d(maps, weight, bias, stride, padding, dilation, groups)

    def _as_product(self, maps: Tensor) -> Tensor:
        """All values of the input times one matrix."""
        matrix, (height, width) = self._matrix(maps)
        bias = None if self.bias is None else self.bias.repeat(height * width)
        values = F.linear(maps.permute(0, 2, 3, 1).flatten(1), matrix, bias)
        return values.view(len(maps), height, width, -1).permute(0, 3, 1, 2)

    def _matrix(self, maps: Tensor) -> tuple[Tensor, torch.Size]:
        """Matrix [h'·w'·O, h·w·C] that does what the kernel does on maps of this size, and (h', w'); kept."""
        size = (*maps.shape[1:], self.weight.device, _precision(self.weight))
        if size not in self._matrices:
            channels, height, width = maps.shape[1:]
            exact = torch.autocast(maps.device.type, enabled=False)
            with torch.inference_mode(False), torch.no_grad(), exact:
                each = torch.eye(height * width * channels, dtype=self.weight.dtype, device=self.weight.device)
                single = each.view(-1, height, width, channels).permute(0, 3, 1, 2)
                answers = self._library(single, self.weight, None)
                matrix = answers.permute(0, 2, 3, 1).flatten(1).t().to(size[-1]).contiguous()
            self._matrices[size] = (matrix, answers.shape[2:])
        return self._matrices[size]


def _precision(weight: Tensor) -> torch.dtype:
    """What a product with this weight is computed in: autocast's type where it is on."""
    kind = weight.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype


def folded(model: Classifier) -> Classifier:
    """A copy of a classifier that gives the same features and logits up to rounding, faster; in evaluation mode.

    Networks that :mod:`torch.fx` cannot follow keep their normalisation layers. The copy is not for training or saving.
    """
    copied = copy.deepcopy(model).eval()
    followers = _followers(copied.body)
    for name, layer in list(copied.body.named_modules()):
        if type(layer) is nn.Conv2d and layer.padding_mode == "zeros":
            norm = copied.body.get_submodule(followers[name]) if name in followers else None
            copied.body.set_submodule(name, Convolution(layer, norm))
            if norm is not None:
                copied.body.set_submodule(followers[name], _rest(norm))
    return copied


class _Tracer(fx.Tracer):
    """Follows the features of a body down to its convolutions and normalisation layers."""

    traced_func_name = "forward_features"

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, (nn.Conv2d, _BatchNorm)) or super().is_leaf_module(m, module_qualified_name)


def _followers(body: nn.Module) -> dict[str, str]:
    """Names of convolutions whose values go into one batch normalisation and nowhere else, to the name of that.

    Both may be used several times, as by a network that looks at an image at several sizes.
    """
    try:
        nodes = list(_Tracer().trace(body).nodes)
    except Exception:  # timm's networks may branch on values; what cannot be followed stays whole: slower, not wrong
        return {}
    layers = dict(body.named_modules())
    calls = [node for node in nodes if node.op == "call_module"]
    called = Counter(str(node.target) for node in calls)
    following = defaultdict[str, set[str]](set)
    for node in calls:
        if type(layers[str(node.target)]) is nn.Conv2d:
            users = list(node.users)
            alone = len(users) == 1 and users[0].op == "call_module"
            following[str(node.target)].add(str(users[0].target) if alone else "")
    found = {}
    for target, follows in following.items():
        (one, *others) = follows
        if not others and _foldable(layers.get(one)) and called[one] == called[target]:
            found[target] = one
    return found


def _foldable(norm: nn.Module | None) -> bool:
    """Whether a layer is a batch normalisation with statistics, scales and shifts of its own."""
    return isinstance(norm, _BatchNorm) and norm.running_mean is not None and norm.affine


def _folded(layer: nn.Conv2d, norm: nn.Module | None) -> tuple[Tensor, Tensor | None]:
    """Weight and bias of both layers together: w·γ/√(σ²+ε) and (b-μ)·γ/√(σ²+ε) + β, computed in float64."""
    weight, bias = layer.weight.detach(), None if layer.bias is None else layer.bias.detach()
    if not isinstance(norm, _BatchNorm) or norm.running_mean is None or norm.running_var is None:
        return weight, bias
    mean, variance = norm.running_mean.double(), norm.running_var.double()
    factor = norm.weight.detach().double() / torch.sqrt(variance + norm.eps)
    shift = ((0 if bias is None else bias.double()) - mean) * factor + norm.bias.detach().double()
    return (weight.double() * factor.view(-1, 1, 1, 1)).to(weight.dtype), shift.to(weight.dtype)


def _rest(norm: nn.Module) -> nn.Module:
    """What a normalisation layer does besides: timm's have an activation of their own."""
    return nn.Sequential(norm.drop, norm.act) if isinstance(norm, BatchNormAct2d) else nn.Identity()
