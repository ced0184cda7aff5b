"""The guided filter (He, Sun and Tang 2010, "Guided Image Filtering"): smooth one map where another one is smooth."""

from torch import Tensor
from torch.nn import functional as F


def guided_filter(guide: Tensor, source: Tensor, radius_px: int, eps: float) -> Tensor:
    """Filter a map so that it is, in every window, a linear function of a guide.

    In each window w of (2 r + 1)² pixels, a = cov(guide, source) / (var(guide) + ε) and b = mean(source) - a
    mean(guide) (equations 5 and 6); the answer at a pixel is mean(a) guide + mean(b) over the windows that hold it
    (equation 8). Windows end at the border. The time does not depend on what the maps show.

    Args:
        guide: float [N, 1, H, W].
        source: What is filtered, same shape and dtype.
        radius_px: r.
        eps: ε, in squared units of the guide; guide variations below √ε are smoothed away.

    Returns:
        float [N, 1, H, W]; it may leave the range of the source a little.
    """
    mean_guide, mean_source = _mean(guide, radius_px), _mean(source, radius_px)
    covariance = _mean(guide * source, radius_px) - mean_guide * mean_source
    variance = (_mean(guide * guide, radius_px) - mean_guide * mean_guide).clamp(min=0)
    slope = covariance / (variance + eps)
    offset = mean_source - slope * mean_guide
    return _mean(slope, radius_px) * guide + _mean(offset, radius_px)


def _mean(values: Tensor, radius_px: int) -> Tensor:
    """Mean over the part of each window that lies on the map."""
    return F.avg_pool2d(values, 2 * radius_px + 1, stride=1, padding=radius_px, count_include_pad=False)
