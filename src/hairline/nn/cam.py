"""Grad-CAM++ in closed form, for networks that end in global average pooling and one linear layer."""

import torch
from torch import Tensor


def grad_cam_plus_plus(features: Tensor, crack_weight: Tensor) -> Tensor:
    r"""Activation map of the crack class, before any normalisation: ReLU(Σ_k ReLU(w_k) A_k).

    Grad-CAM++ (Chattopadhyay et al. 2018, eq. 19) weights feature map k by the sum over space of α·ReLU(g), with
    α = g² / (2g² + ΣA·g³). Behind global average pooling over P positions and a linear layer the gradient g of the
    logit is w_k / P everywhere, so α is the same everywhere too; normalised to sum 1 over space it leaves
    ReLU(w_k) / P. The factor 1 / P is the same for all maps and falls out when the map is divided by its maximum
    (METHOD §2): one forward pass, no gradients.

    Args:
        features: Last feature maps A, after their activation, float [N, K, h, w].
        crack_weight: Last layer's weight w of every feature for the crack logit, shape [K].

    Returns:
        Maps of shape [N, h, w], ≥ 0, in the dtype of ``crack_weight``, not normalised.
    """
    return torch.einsum("nkhw,k->nhw", features.to(crack_weight.dtype), crack_weight.relu()).relu()
