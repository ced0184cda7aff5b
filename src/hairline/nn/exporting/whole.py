"""A segmenter with everything around it as one module, from the pixels of a photo to scores: what is exported."""

import torch
from torch import Tensor, nn

from hairline.nn.segmenter.segmenter import Segmenter


class Whole(nn.Module):
    """RGB uint8 [height, width, 3] of any size → scores of crack, float32 [height, width] in [0, 1].

    As :func:`hairline.nn.segmenter.segmenter.predict`: mirrored to multiples of what the network needs, normalised,
    asked, cut back, calibrated, made scores, refined where the segmenter does so.
    """

    def __init__(self, segmenter: Segmenter) -> None:
        super().__init__()
        self.segmenter = segmenter

    def forward(self, image: Tensor) -> Tensor:
        """Scores of an image."""
        height, width = image.shape[:2]
        pixels = _mirrored(_mirrored(image, 0, self.segmenter.multiple_px), 1, self.segmenter.multiple_px)
        found = self.segmenter.outputs(pixels.permute(2, 0, 1)[None])
        scores = [self.segmenter.calibration(each[:, :, :height, :width].float()).sigmoid() for each in found]
        refine = self.segmenter.refine
        return (scores[0] if refine is None else refine(scores))[0, 0]


def _mirrored(image: Tensor, axis: int, multiple: int) -> Tensor:
    """An image mirrored at its far edge, again and again, to a multiple of a length, as np.pad's ``reflect`` does."""
    length = image.shape[axis]  # a tensor while the network is traced
    period = (2 * torch.as_tensor(length) - 2).clamp(min=1)
    at = torch.arange((length + multiple - 1) // multiple * multiple) % period
    return image.index_select(axis, torch.minimum(at, period - at))
