import cv2
import numpy as np
import pytest

from hairline.gates import overlaps

SHAPE = (240, 320)
RNG = np.random.default_rng(3)


def wall(seed):
    """A wall with pores of many sizes and a crack."""
    rng = np.random.default_rng(seed)
    grey = cv2.resize(rng.integers(120, 190, (8, 10), np.uint8), SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    for _ in range(150):
        centre = (int(rng.integers(0, SHAPE[1])), int(rng.integers(0, SHAPE[0])))
        cv2.circle(grey, centre, int(rng.integers(1, 6)), int(rng.integers(60, 220)), -1, cv2.LINE_AA)
    x = np.arange(0, SHAPE[1], 4)
    y = np.clip(120 + np.cumsum(rng.integers(-4, 5, len(x))), 3, SHAPE[0] - 4)
    cv2.polylines(grey, [np.column_stack([x, y]).astype(np.int32)], False, 35, 2, cv2.LINE_AA)
    return np.clip(grey + rng.normal(0, 4, SHAPE), 0, 255).astype(np.uint8)


def turned(grey, degrees):
    centre = (grey.shape[1] / 2, grey.shape[0] / 2)
    return cv2.warpAffine(
        grey, cv2.getRotationMatrix2D(centre, degrees, 1), grey.shape[::-1], borderMode=cv2.BORDER_REFLECT
    )


def covered(grey):
    changed = grey.copy()
    changed[60:140, 100:200] = 0
    return changed


CHANGES = {
    "crop": lambda grey: grey[20:220, 40:300],
    "crop of two thirds": lambda grey: grey[60:220, 80:293],
    "crop, scaled up": lambda grey: cv2.resize(grey[24:216, 32:288], SHAPE[::-1], interpolation=cv2.INTER_LINEAR),
    "crop, mirrored": lambda grey: grey[20:220, 40:300][:, ::-1],
    "crop, turned by 90 and darker": lambda grey: (np.rot90(grey[20:220, 40:300]) * 0.6).astype(np.uint8),
    "turned by 10": lambda grey: turned(grey, 10),
    "mirrored and turned by 10": lambda grey: turned(np.ascontiguousarray(grey[::-1]), 10),
    "covered": covered,
    "JPEG": lambda grey: cv2.imdecode(cv2.imencode(".jpg", grey[20:220], [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 0),
    "dark": lambda grey: np.clip(255 * (grey / 255) ** 2, 0, 255).astype(np.uint8),
}
WALLS = [wall(seed) for seed in range(20)]
CORNERS = [overlaps.corners(grey) for grey in WALLS]


@pytest.mark.parametrize("change", CHANGES)
def test_a_part_or_a_changed_copy_is_found_among_other_walls(change):
    copy = overlaps.corners(np.ascontiguousarray(CHANGES[change](WALLS[7])))
    assert overlaps.pairs([*CORNERS, copy], ["train"] * 20 + ["test"]) == [(7, 20)]


def test_pictures_of_one_part_are_not_compared():
    copy = overlaps.corners(WALLS[7][20:220])
    assert overlaps.pairs([*CORNERS, copy], ["train"] * 21) == []


def test_other_walls_are_not_found():
    assert overlaps.pairs(CORNERS, ["train", "test"] * 10) == []


def test_flat_and_tiny_pictures_overlap_with_nothing():
    flat = [overlaps.corners(np.full(shape, 90, np.uint8)) for shape in ((240, 320), (1, 1), (5000, 4), (8, 8))]
    assert [len(one.bits) for one in flat] == [0] * 4
    assert overlaps.pairs([*flat, CORNERS[0]], ["train", "val", "test", "train", "test"]) == []
    assert overlaps.pairs([], []) == []


def test_the_corners_of_the_mirror_image_are_those_of_the_mirrored_picture():
    one, other = CORNERS[3], overlaps.corners(np.ascontiguousarray(WALLS[3][:, ::-1]))
    assert overlaps.agreeing(other, one, mirrored=True) > 100
    assert overlaps.agreeing(other, one, mirrored=False) < overlaps.AGREEING
