import numpy as np
import pycocotools.mask
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hairline.data.polygons import any_inside_another, drawn, mask_of, odd_overlap, run_lengths

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


def counted(mask):
    """Run lengths by going down the columns one pixel after the other."""
    runs, current = [0], False
    for x in range(mask.shape[1]):
        for y in range(mask.shape[0]):
            if mask[y, x] != current:
                runs.append(0)
                current = not current
            runs[-1] += 1
    return runs


def rectangle(x0, y0, x1, y1):
    return [x0, y0, x1, y0, x1, y1, x0, y1]


@settings(deadline=None)
@given(mask=masks)
def test_run_lengths_as_numbers_give_the_mask_they_were_counted_on(mask):
    found = drawn({"size": list(mask.shape), "counts": counted(mask)}, *mask.shape)
    assert found.dtype == np.bool_
    assert np.array_equal(found, mask)


@settings(deadline=None)
@given(mask=masks)
def test_run_lengths_as_text_give_the_mask_coco_packed(mask):
    packed = pycocotools.mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    text = packed["counts"].decode()
    assert run_lengths(text) == counted(mask)
    assert np.array_equal(drawn({"size": list(mask.shape), "counts": text}, *mask.shape), mask)


def test_long_runs_take_several_characters_and_shorter_ones_are_negative_differences():
    mask = np.zeros((100, 400), bool)
    mask[:, 100:300] = True
    mask[3, 350] = True
    packed = pycocotools.mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert run_lengths(packed["counts"].decode()) == [10000, 20000, 5003, 1, 4996]


@settings(deadline=None)
@given(
    corner=st.tuples(st.integers(-20, 30), st.integers(-20, 30)), size=st.tuples(st.integers(1, 60), st.integers(1, 60))
)
def test_a_rectangle_covers_its_pixels_and_what_lies_outside_is_cut_off(corner, size):
    height, width = 17, 23
    (x0, y0), (x1, y1) = corner, np.add(corner, size).tolist()
    expected = np.zeros((height, width), bool)
    expected[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    if expected.any():
        assert np.array_equal(drawn([rectangle(x0, y0, x1, y1)], height, width), expected)
    else:
        with pytest.raises(ValueError, match=rf"from \({x0}, {y0}\) to \({x1}, {y1}\) lies outside .* 23 x 17"):
            drawn([rectangle(x0, y0, x1, y1)], height, width)


def depths(points, side):
    """How far inside of a triangle the centre of each pixel lies, in pixels: negative outside of it."""
    y, x = np.mgrid[:side, :side] + 0.5
    corners = np.array(points, float)
    clockwise = np.sign(np.linalg.det(np.column_stack([corners, np.ones(3)])))
    edges = zip(corners, np.roll(corners, -1, axis=0), strict=True)
    sides = [((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / np.hypot(*(b - a)) for a, b in edges]
    return np.min(clockwise * np.array(sides), axis=0)


@settings(deadline=None)
@given(points=st.lists(st.tuples(st.integers(-30, 70), st.integers(-30, 70)), min_size=3, max_size=3, unique=True))
def test_a_triangle_that_overhangs_covers_the_pixels_inside_of_it(points):
    assume(abs(np.linalg.det(np.column_stack([np.array(points), np.ones(3)]))) > 1)
    depth = depths(points, 40)
    try:
        found = drawn([np.ravel(points).tolist()], 40, 40)
    except ValueError:
        found = np.zeros((40, 40), bool)
    assert found[depth > 1].all()
    assert not found[depth < -1].any()


def test_an_outline_of_several_polygons_is_their_union():
    found = drawn([rectangle(0, 0, 2, 2), rectangle(1, 1, 4, 3)], 5, 6)
    expected = np.zeros((5, 6), bool)
    expected[:2, :2] = expected[1:3, 1:4] = True
    assert np.array_equal(found, expected)


@settings(deadline=None)
@given(found=st.lists(hnp.arrays(bool, (7, 9)), min_size=1, max_size=5))
def test_many_areas_are_joined_or_counted_by_parity(found):
    packed = [pycocotools.mask.encode(np.asfortranarray(mask.astype(np.uint8))) for mask in found]
    assert np.array_equal(mask_of(packed, 7, 9), np.any(found, axis=0))
    assert np.array_equal(mask_of([odd_overlap(packed)], 7, 9), np.sum(found, axis=0) % 2 == 1)
    inside = any((a <= b).all() and 0 < a.sum() < b.sum() for a in found for b in found)
    assert any_inside_another(packed) == inside


def test_an_outline_is_limited_by_its_length_in_the_image():
    zigzag = [[0, 0, 900, 0, 0, 900] * 1001]
    with pytest.raises(ValueError, match=r"has an outline of [0-9,]+ px; expected at most 1,000,000, or run lengths"):
        drawn(zigzag, 900, 900)
    assert drawn(zigzag, 5, 6).any()


def test_hundreds_of_polygons_are_joined():
    dots = [rectangle(x, y, x + 1, y + 1) for x in range(0, 40, 2) for y in range(0, 40, 2)]
    expected = np.zeros((40, 40), bool)
    expected[::2, ::2] = True
    assert np.array_equal(drawn(dots, 40, 40), expected)


def test_a_polygon_with_slanted_sides_has_its_area():
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    circle = np.column_stack([50 + 40 * np.cos(angle), 50 + 40 * np.sin(angle)])
    area = drawn([circle.ravel().tolist()], 100, 100).sum()
    assert abs(area - np.pi * 40**2) < 0.02 * np.pi * 40**2


@pytest.mark.parametrize(
    ("segmentation", "told"),
    [
        ([], "no outline"),
        (None, "no outline"),
        ("text", "no outline"),
        ([3, 4, 5, 6, 7, 8], "no list of finite numbers"),
        ([[0, 0, 1, "1", 2, 2]], "no list of finite numbers"),
        ([[0, 0, 1, float("nan"), 2, 2]], "no list of finite numbers"),
        ([[0, 0, 1, float("inf"), 2, 2]], "no list of finite numbers"),
        ([[0, 0, 10**400, 1, 2, 2]], "no list of finite numbers"),
        ([[0, 0, 1, 1]], "has 4 coordinates; expected an even number, of 3 points or more"),
        ([[0, 0, 1, 1, 2, 2, 3]], "has 7 coordinates"),
        ([rectangle(0, 0, 2, 2), rectangle(6, 0, 8, 2)], r"from \(6, 0\) to \(8, 2\) lies outside"),
        ({"size": [6, 5], "counts": [30]}, r"size \[6, 5\]; expected \[5, 6\]"),
        ({"counts": [30]}, r"size None; expected \[5, 6\]"),
        ({"size": [5, 6], "counts": [10, 19]}, "sum to 29; expected 30"),
        ({"size": [5, 6], "counts": [10, 21]}, "sum to 31; expected 30"),
        ({"size": [5, 6], "counts": []}, "sum to 0"),
        ({"size": [5, 6], "counts": ""}, "sum to 0"),
        ({"size": [5, 6], "counts": [31, -1]}, "no list of numbers from 0"),
        ({"size": [5, 6], "counts": [15.0, 15.0]}, "no list of numbers from 0"),
        ({"size": [5, 6], "counts": None}, "no list of numbers from 0"),
        ({"size": [5, 6], "counts": "é"}, "the character 'é'"),
        ({"size": [5, 6], "counts": "P"}, "end within a number"),
        ({"size": [5, 6], "counts": "o" * 3_000_000}, "end within a number"),
        ({"size": [5, 6], "counts": "o" * 3_000_000 + "0"}, "a number of 3,000,001 characters; expected at most 6"),
        ({"size": [5, 6], "counts": "1" * 4_000_001}, "have 4,000,001 characters; expected at most 4,000,000"),
        ([[0.5] * 200_002], "has 100,001 points; expected at most 100,000, or run lengths"),
        ([[0, 0, 1, 0, 1, 1]] * 10_001, "has 10,001 polygons; expected at most 10,000, or run lengths"),
    ],
)
def test_what_is_wrong_is_told(segmentation, told):
    with pytest.raises(ValueError, match=told):
        drawn(segmentation, 5, 6)
