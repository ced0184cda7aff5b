"""Grad-CAM++ of the crack class: in closed form behind global average pooling and one linear layer, else by gradient.

Both follow Chattopadhyay et al. 2018, eq. 19, with α normalised to sum 1 over space (docs/method.md §2). With A_k the
last feature maps, g the gradient of the *crack* logit with respect to them and S_k the sum of A_k over space:

    α = g² / (2g² + S·g³),  w_k = Σ ReLU(g)·α / Σ α,  map = ReLU(Σ_k w_k A_k).

The package pytorch-grad-cam adds a fixed 1e-6 to the denominator and does not normalise α. The gradient behind an
average over P positions is w/P; on full frames its square drowns in that 1e-6 (median 9e-9 in a ResNet-18 trained on
CRACK500 that sees 640 x 360), so that the weight of a map goes with g³ in place of g. Maps over their maximum then
differ by 0.08-0.24 (12 validation crops), and by more the larger the image: no reference for full frames, see
``test_a_fixed_epsilon_swamps_small_gradients``.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from hairline.nn.classifier.backbones import CRACK


def grad_cam_plus_plus(features: Tensor, crack_weight: Tensor) -> Tensor:
    r"""Activation map of the crack class in closed form, before any normalisation: ReLU(Σ_k ReLU(w_k) A_k).

    Behind global average pooling over P positions and a linear layer the gradient g of the logit is w_k / P
    everywhere, so α is the same everywhere too; normalised to sum 1 over space it leaves ReLU(w_k) / P. The factor
    1 / P is the same for all maps and falls out when the map is divided by its maximum (docs/method.md §2): one
    forward pass, no gradients.

    Args:
        features: Last feature maps A, after their activation, float [N, K, h, w].
        crack_weight: Last layer's weight w of every feature for the crack logit, shape [K].

    Returns:
        Maps of shape [N, h, w], ≥ 0, in the dtype of ``crack_weight``, not normalised.
    """
    return torch.einsum("nkhw,k->nhw", features.to(crack_weight.dtype), crack_weight.relu()).relu()


def by_gradient(features: Tensor, head: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """Activation map of the crack class behind any head, before any normalisation.

    Takes the memory of about four times the features, besides what the head needs.

    Args:
        features: Last feature maps A, float [N, K, h, w] in the precision of the head; no inference tensor.
        head: Feature maps → logits [N, 2], each row of its own map alone.

    Returns:
        Maps of shape [N, h, w], ≥ 0, not normalised; and the logits [N, 2].
    """
    with torch.inference_mode(False), torch.enable_grad():
        features = features.detach().requires_grad_()
        logits = head(features)
        (gradient,) = torch.autograd.grad(logits[:, CRACK].sum(), features)
    return from_gradient(features.detach(), gradient), logits.detach()


def from_gradient(features: Tensor, gradient: Tensor) -> Tensor:
    """Grad-CAM++ from feature maps and the gradient of the crack logit, both [N, K, h, w]; maps [N, h, w] ≥ 0.

    α is computed as 1 / (2 + S·g), which is the same where g ≠ 0 and does not underflow; where g = 0 it is 0, as it is
    in the limit of an ε in the denominator that goes to 0. A map whose α sum to 0 has no weight.
    """
    alpha = torch.where(gradient == 0, 0, 1 / (2 + features.sum((2, 3), keepdim=True) * gradient))
    total = alpha.sum((2, 3))
    weight = (gradient.relu() * alpha).sum((2, 3)) / torch.where(total == 0, 1, total)
    return torch.einsum("nkhw,nk->nhw", features, weight).relu()
