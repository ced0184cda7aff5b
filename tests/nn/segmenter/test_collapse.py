import numpy as np
import torch

from hairline.nn.segmenter.collapse import Extremes, extremes


def test_counts_are_those_of_a_loop():
    draws = np.random.default_rng(0)
    logits = torch.from_numpy(draws.normal(0, 1, (12, 3, 4)).astype(np.float32))
    crack = torch.from_numpy(draws.random((12, 3, 4)) > 0.9)
    logits[0], logits[1], logits[2] = -1, 1, -1
    crack[0, 0, 0], crack[2] = True, False
    expected = [0, 0, 0, 0]
    for image, truth in zip(logits.numpy(), crack.numpy(), strict=True):
        expected[0] += truth.any()
        expected[1] += truth.any() and not (image >= 0).any()
        expected[2] += 1
        expected[3] += (image >= 0).all()
    assert extremes(logits, crack).tolist() == expected
    assert expected[1] >= 1 and expected[3] >= 1


def test_ignored_pixels_call_nothing():
    logits, crack, ignored = torch.ones(4, 1, 2), torch.zeros(4, 1, 2, dtype=torch.bool), torch.zeros(4, 1, 2).bool()
    crack[0, 0, 0] = ignored[0, 0, 1] = True  # a crack that is missed, beside an ignored pixel that is called
    logits[0, 0, 0] = -1
    logits[1, 0, 1] = -1
    ignored[1, 0, 1] = True  # all that counts is called
    ignored[2] = True  # nothing counts: no image
    logits[3] = -1
    assert extremes(logits, crack, ignored).tolist() == [1, 1, 3, 1]


def test_rates_and_their_warnings():
    watch = Extremes()
    scores = watch.rates([20, 19, 40, 0])
    assert scores == {"train/all_black": 0.95, "train/all_white": 0}
    assert [line[:3] for line in watch.warnings(scores)] == ["95%"]
    assert watch.warnings(watch.rates([20, 10, 40, 20])) == []
    assert "called crack all over" in watch.warnings(watch.rates([0, 0, 4, 4]))[0]


def test_the_final_output_is_watched():
    targets = torch.zeros(2, 4, 4, dtype=torch.uint8)
    targets[:, 0, 0] = 128
    answer = (-torch.ones(2, 1, 4, 4), torch.ones(2, 1, 4, 4))
    assert Extremes().count(answer, targets).tolist() == [2, 2, 2, 0]
