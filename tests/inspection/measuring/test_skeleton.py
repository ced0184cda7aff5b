"""Thinning keeps the topology; the graph walks every pixel of the skeleton."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import euler_number

from hairline.inspection.measuring import distances
from hairline.inspection.measuring.graph import FREE, RING, graph
from hairline.inspection.measuring.thinning import thinned


def blobs(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    levels = ndimage.gaussian_filter(rng.normal(size=(60, 80)), rng.uniform(0.5, 3))
    return np.pad(levels > np.quantile(levels, rng.uniform(0.4, 0.9)), 1).astype(np.uint8)


@pytest.mark.parametrize("seed", range(10))
def test_components_and_holes_stay_and_nothing_is_added(seed: int) -> None:
    mask = blobs(seed)
    thin = thinned(mask)
    assert not (thin & ~mask & 1).any()
    assert euler_number(thin, 2) == euler_number(mask, 2)
    numbers, count = ndimage.label(mask, np.ones((3, 3)))
    assert set(np.unique(numbers[thin > 0])) == set(range(1, count + 1))
    assert ndimage.label(thin, np.ones((3, 3)))[1] == count


def test_a_bar_becomes_a_line_in_its_middle() -> None:
    mask = np.zeros((30, 80), np.uint8)
    mask[10:19, 10:70] = 1
    y, x = np.nonzero(thinned(mask))
    inner = (x > 20) & (x < 60)
    assert set(y[inner]) <= {13, 14, 15} and len(x[inner]) == 39


def test_every_pixel_of_a_skeleton_is_walked() -> None:
    for seed in range(10):
        thin = thinned(blobs(seed))
        found = graph(thin)
        walked = set(np.concatenate([path.pixels for path in found.paths]).tolist())
        walked |= {pixel for pixels in found.junctions.values() for pixel in pixels.tolist()}
        assert walked == set(range(int(thin.sum())))
        steps = np.concatenate([np.abs(np.diff(found.points[path.pixels], axis=0)) for path in found.paths])
        assert steps.max() <= 1
        inner = np.concatenate([path.pixels[1:-1] for path in found.paths if path.start != RING])
        assert len(inner) == len(set(inner.tolist()))


def test_a_cross_a_ring_and_a_dot() -> None:
    thin = np.zeros((40, 60), np.uint8)
    thin[10, 5:26] = thin[3:18, 15] = 1
    thin[30, 30] = 1
    ring = np.zeros_like(thin)
    cv2.circle(ring, (45, 15), 8, 1, 1)
    found = graph(thin | thinned(ring))
    kinds = sorted((path.start, path.end, len(path.pixels)) for path in found.paths)
    ends = [(start, end) for start, end, _ in kinds]
    assert ends.count((RING, RING)) == 1 and ends.count((FREE, FREE)) == 1
    assert sum(0 in each for each in ends) == 4 and len(found.junctions) == 1
    crosses = sorted(path.length for path in found.paths if path.start == 0 or path.end == 0)
    assert crosses == [7, 7, 10, 10]


@pytest.mark.parametrize("seed", range(20))
def test_nodes_and_paths_are_as_many_as_the_topology_wants(seed: int) -> None:
    thin = thinned(blobs(seed))
    found = graph(thin)
    paths = [path for path in found.paths if len(path.pixels) > 1 and path.start != RING]
    dots = sum(len(path.pixels) == 1 for path in found.paths)
    free = sum((path.start == FREE) + (path.end == FREE) for path in paths)
    assert len(found.junctions) + free + dots - len(paths) == euler_number(thin, 2)


@pytest.mark.parametrize("seed", range(4))
def test_distances_in_bands_are_those_of_the_whole_mask(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.pad(np.ones((58, 40), np.uint8), 1) if seed == 3 else blobs(seed)
    monkeypatch.setattr(distances, "ROWS", 7)
    monkeypatch.setattr(distances, "AROUND", 2)
    rows, columns = np.nonzero(mask)
    expected = cv2.distanceTransform(mask, cv2.DIST_L2, 5)[rows, columns]
    np.testing.assert_array_equal(distances.distances(mask, rows, columns), expected)
