"""Extent against a flood fill by hand."""

import numpy as np
import pytest

from hairline.labelling.extent import extent


def by_flood_fill(scores: np.ndarray, levels: list[float], length_px: float) -> np.ndarray:
    total = np.zeros(scores.shape)
    for level in levels:
        for start in zip(*np.nonzero(scores > np.float32(level)), strict=True):
            seen, todo = {start}, [start]
            while todo:
                y, x = todo.pop()
                for near in ((y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)):
                    inside = 0 <= near[0] < scores.shape[0] and 0 <= near[1] < scores.shape[1]
                    if inside and near not in seen and scores[near] > np.float32(level):
                        seen.add(near)
                        todo.append(near)
            ys, xs = [y for y, _ in seen], [x for _, x in seen]
            length = ((max(ys) - min(ys) + 1) ** 2 + (max(xs) - min(xs) + 1) ** 2) ** 0.5
            total[start] += min(length / length_px, 1)
    return total / len(levels)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (12, 17)])
@pytest.mark.parametrize("levels", [[0.6], [0.3, 0.5, 0.9]])
def test_extent_is_the_size_of_the_component(shape: tuple[int, int], levels: list[float]) -> None:
    scores = np.random.default_rng(3).random(shape, dtype=np.float32)
    np.testing.assert_allclose(extent(scores, levels, 6.0), by_flood_fill(scores, levels, 6.0), atol=1e-6)


def test_a_line_is_long_and_a_spot_is_not() -> None:
    scores = np.zeros((40, 60), np.float32)
    scores[20] = 0.8
    scores[5:8, 5:8] = 0.9
    found = extent(scores, [0.1, 0.2], 50.0)
    assert found[20].min() == 1
    assert found[6, 6] == pytest.approx(18**0.5 / 50)
    assert not found[scores == 0].any()


def test_a_diagonal_hangs_together() -> None:
    found = extent(np.eye(30, dtype=np.float32), [0.5], 1800**0.5)
    assert found.diagonal().min() == pytest.approx(1)
