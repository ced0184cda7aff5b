import cv2
import numpy as np
import pytest

from hairline.gates import near_duplicates

RNG = np.random.default_rng(3)


def texture(seed, shape=(120, 160)):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (9, 12), np.uint8)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


CHANGES = {
    "jpeg": lambda grey: cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 0),
    "brighter": lambda grey: np.clip(grey.astype(int) * 0.8 + 40, 0, 255).astype(np.uint8),
    "half size": lambda grey: cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "two pixels less": lambda grey: grey[1:-1, 2:],
    "turned by 180": lambda grey: grey[::-1, ::-1],
    "turned by 90": lambda grey: np.rot90(grey),
    "mirrored": lambda grey: grey[:, ::-1],
    "transposed": lambda grey: grey.T,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_among_others(change):
    pictures = [texture(seed) for seed in range(30)]
    pictures.append(np.ascontiguousarray(CHANGES[change](pictures[7])))
    prints = np.stack([near_duplicates.fingerprint(picture) for picture in pictures])
    assert near_duplicates.pairs(prints, 0.95) == [(7, 30)]


def test_pairs_equal_brute_force_over_all_symmetries():
    prints = np.stack([near_duplicates.fingerprint(texture(seed % 40)) for seed in range(60)])
    prints[50] = np.rot90(prints[3], 3)
    flat = prints.reshape(60, -1).astype(float)
    expected = set()
    for i in range(60):
        for j in range(i + 1, 60):
            best = max(
                np.corrcoef(flat[i], np.rot90(mirrored, turn).ravel())[0, 1]
                for mirrored in (prints[j], prints[j][::-1])
                for turn in range(4)
            )
            if best >= 0.95:
                expected.add((i, j))
    assert len(expected) >= 20
    assert set(near_duplicates.pairs(prints, 0.95)) == expected


def test_the_hash_is_the_same_for_all_eight_symmetries():
    prints = RNG.integers(0, 255, (20, 32, 32), np.uint8)
    views = [np.ascontiguousarray(view) for view in near_duplicates.symmetries(prints)]
    assert len({view.tobytes() for view in views}) == 8
    for view in views[1:]:
        distance = np.bitwise_count(near_duplicates.perceptual_hash(prints) ^ near_duplicates.perceptual_hash(view))
        assert distance.max() <= 1  # rounding may tip a bit that lies on the median


def test_flat_pictures_look_like_nothing():
    prints = np.full((3, 32, 32), 90, np.uint8)
    assert near_duplicates.pairs(prints, 0.95) == []
    assert near_duplicates.pairs(prints[:1], 0.95) == []
    assert near_duplicates.pairs(prints[:0], 0.95) == []


def test_blocks_leave_no_pair_out(monkeypatch):
    prints = np.stack([near_duplicates.fingerprint(texture(seed % 5)) for seed in range(20)])
    whole = near_duplicates.pairs(prints, 0.95)
    monkeypatch.setattr(near_duplicates, "BLOCK", 3)
    assert near_duplicates.pairs(prints, 0.95) == whole
    assert len(whole) == 5 * 6
