import numpy as np
import pycocotools.mask
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.data.outlines import read_outline
from hairline.data.polygons import mask_of

HEIGHT, WIDTH = 60, 80
PATH = [10, 20, 60, 24, 60, 28, 10, 24]  # a crack 50 px long and 4 px thick


def rectangle(x0, y0, x1, y1):
    return [x0, y0, x1, y0, x1, y1, x0, y1]


def drawn(outline):
    return mask_of([outline.packed], HEIGHT, WIDTH)


def read(segmentation, **stated):
    return read_outline({"segmentation": segmentation} | stated, HEIGHT, WIDTH)


def runs(mask):
    packed = pycocotools.mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": [HEIGHT, WIDTH], "counts": packed["counts"].decode()}


RING = [rectangle(10, 10, 50, 40), rectangle(12, 12, 48, 38)]
RING_MASK = np.zeros((HEIGHT, WIDTH), bool)
RING_MASK[10:40, 10:50] = True
FILLED = RING_MASK.copy()
RING_MASK[12:38, 12:48] = False


def test_a_polygon_inside_another_is_a_hole_where_the_area_says_so():
    found = read(RING, area=int(RING_MASK.sum()))
    assert np.array_equal(drawn(found), RING_MASK)
    assert found.remarks == ("has a polygon inside another, read as a hole: 264 px are left, and its area says 264",)


def test_an_island_in_a_hole_is_filled_again():
    island = [*RING, rectangle(20, 20, 30, 30)]
    found = read(island, area=int(RING_MASK.sum()) + 100)
    assert drawn(found).sum() == RING_MASK.sum() + 100
    assert drawn(found)[20:30, 20:30].all()


@pytest.mark.parametrize(
    ("area", "told"), [({}, "no area that would tell"), ({"area": 0}, "no area"), ({"area": 700}, "")]
)
def test_a_polygon_inside_another_is_filled_otherwise_and_told(area, told):
    found = read(RING, **area)
    assert np.array_equal(drawn(found), FILLED)
    assert "inside another, filled" in found.remarks[0]
    assert told in found.remarks[0]


def test_a_polygon_inside_another_whose_area_is_the_union_is_no_news():
    assert read(RING, area=1200, bbox=[10, 10, 40, 30]).remarks == ()
    assert read([rectangle(0, 0, 9, 9), rectangle(20, 0, 30, 9)], area=171).remarks == ()


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"area": 200, "bbox": [10, 20, 50, 8]},  # shoelace
        {"area": 200.0},
        {"area": 260},  # counted with its rim, as cv2.fillPoly draws
        {"area": 150},
        {"area": 400, "bbox": [10, 20, 50, 8]},  # of the bounding box
        {"area": 0, "bbox": []},
        {"area": None, "bbox": None},
        {"area": -1, "bbox": [0, 0, 0, 0]},
        {"area": float("nan"), "bbox": [float("nan")] * 4},
        {"area": "200", "bbox": "text"},
        {"bbox": [9, 19, 52, 10]},
        {"bbox": [10, 20, 60, 28]},  # left, top, right, bottom
        {"bbox": [35, 24, 50, 8]},  # around its centre
        {"bbox": [10 / WIDTH, 20 / HEIGHT, 50 / WIDTH, 8 / HEIGHT]},
        {"bbox": [35 / WIDTH, 24 / HEIGHT, 50 / WIDTH, 8 / HEIGHT]},
    ],
)
def test_what_exporters_state_of_an_outline_passes(stated):
    found = read([PATH], **stated)
    assert found.remarks == ()
    assert abs(drawn(found).sum() - 200) < 60


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        (
            {"area": 5000, "bbox": [0, 40, 10, 10]},
            r"area says 5000, and \d+ px are drawn; its bbox says \[0, 40, 10, 10\]",
        ),
        ({"area": 5000}, "area says 5000"),
        ({"area": 12}, "area says 12"),
        ({"area": 200, "bbox": [40, 40, 10, 10]}, r"its bbox says \[40, 40, 10, 10\]"),
        ({"bbox": [40, 5, 10, 50]}, r"its bbox says \[40, 5, 10, 50\], and it is drawn at \[10, 20, 50, 8\]"),
        ({"bbox": [20, 10, 8, 50]}, "x and y are exchanged in one of the two"),
        ({"bbox": [20, 10, 8, 50], "area": 200}, "x and y are exchanged in one of the two"),
        ({"area": 800, "bbox": [20, 40, 100, 16]}, "area says 800.*bbox says"),  # of the picture twice as large
    ],
)
def test_an_outline_that_nothing_stated_fits_is_refused(stated, told):
    with pytest.raises(ValueError, match=told):
        read([PATH], **stated)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"area": 5000, "bbox": [10, 20, 50, 8]}, "its area says 5000, and"),
        ({"area": 200, "bbox": [24, 20, 50, 8]}, "its bbox says [24, 20, 50, 8]"),
        ({"area": 103}, "its area says 103"),
    ],
)
def test_one_statement_that_does_not_fit_is_a_remark(stated, told):
    assert told in read([PATH], **stated).remarks[0]


def test_coordinates_as_shares_of_the_image_are_told():
    with pytest.raises(ValueError, match="between 0 and 1, as shares of the image's size; expected pixels; multiply x"):
        read([[0.1, 0.2, 0.5, 0.25, 0.5, 0.3]])
    assert drawn(read([[0, 0, 1, 0, 1, 1, 0, 1]])).sum() == 1  # the first pixel


def test_points_as_lists_and_a_polygon_by_itself_are_told():
    with pytest.raises(ValueError, match=r"stands there by itself; expected \[\[x1"):
        read(PATH)
    pairs = np.reshape(PATH, (-1, 2)).tolist()
    for nested in (pairs, [pairs]):
        with pytest.raises(ValueError, match=r"of points \[x, y\]; expected \[\[x1"):
            read(nested)


@pytest.mark.parametrize("flat", [[10, 10, 40, 10, 20, 10], [10.2, 10, 10.3, 30, 10.25, 30], [5, 5, 5, 5, 5, 5]])
def test_an_outline_that_draws_no_pixel_is_a_remark(flat):
    found = read([flat])
    assert found.remarks == ("draws no pixel: its outline is too thin",)
    assert not drawn(found).any()


@pytest.mark.parametrize(
    "empty",
    [
        {"segmentation": [], "area": 0, "bbox": [0, 0, 0, 0]},
        {"segmentation": [], "area": 0, "bbox": []},
        {"segmentation": [[]], "area": 0},
        {"segmentation": None, "bbox": [0, 0, 0, 0]},
        {"segmentation": runs(np.zeros((HEIGHT, WIDTH), bool)), "area": 0},
    ],
)
def test_an_empty_object_counts_for_nothing_and_is_told(empty):
    found = read_outline(empty, HEIGHT, WIDTH)
    assert found.packed is None
    assert "counts for nothing" in found.remarks[0]


@pytest.mark.parametrize("more", [{}, {"bbox": [1, 1, 5, 5]}, {"area": 25}, {"keypoints": [1, 1, 2]}])
def test_an_object_that_marks_something_without_an_outline_is_refused(more):
    with pytest.raises(ValueError, match="no outline"):
        read([], **more)


def test_run_lengths_are_checked_as_polygons_are():
    assert read(runs(RING_MASK), area=264, bbox=[10, 10, 40, 30], iscrowd=1).remarks == ()
    with pytest.raises(ValueError, match="its area says 9000, and 264 px are drawn; its bbox says"):
        read(runs(RING_MASK), area=9000, bbox=[40, 0, 10, 10])
    row_by_row = {"size": [HEIGHT, WIDTH], "counts": [20 * WIDTH + 10, 50, (HEIGHT - 20) * WIDTH - 60]}
    with pytest.raises(ValueError, match=r"its bbox says \[10, 20, 50, 1\], and it is drawn at"):
        read(row_by_row, area=50, bbox=[10, 20, 50, 1])
    with pytest.raises(ValueError, match="mark no pixel, and its area says 50"):
        read(runs(np.zeros((HEIGHT, WIDTH), bool)), area=50)


def test_what_is_cut_off_outside_of_the_image_is_told():
    assert read([rectangle(70, 10, 84, 20)]).remarks == ()
    assert read([rectangle(75, 10, 100, 20)]).remarks == ("lies outside of the image by 80% of its area, cut off",)
    assert read([rectangle(30, 50, 34, 78)]).remarks == (
        "lies outside of the image by 64% of its area, cut off; are x and y exchanged?",
    )


@settings(deadline=None, max_examples=60)
@given(
    points=st.lists(st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT)), min_size=3, max_size=12, unique=True),
    rle=st.booleans(),
)
def test_what_coco_states_of_its_own_outlines_passes(points, rle):
    """Whatever polygon is packed, pycocotools' own area and box of it are no news."""
    polygon = np.ravel(points).tolist()
    [packed] = pycocotools.mask.frPyObjects([polygon], HEIGHT, WIDTH)
    area, box = int(pycocotools.mask.area(packed)), pycocotools.mask.toBbox(packed).tolist()
    mask = pycocotools.mask.decode(packed)
    if max(polygon) <= 1 or not mask.any():
        return
    found = read(runs(mask) if rle else [polygon], area=area, bbox=box)
    assert found.remarks == ()
    assert np.array_equal(drawn(found), mask)
