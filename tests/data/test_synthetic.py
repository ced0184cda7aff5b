import dataclasses
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from hairline.data import synthetic as synthesis
from hairline.data.layouts import synthetic
from hairline.imaging.images import read_image, read_mask

OPTIONS = synthesis.Options(seed=1, train=30, val=0, test=0, height_px=256, width_px=256, crack_free=0.2)


@pytest.fixture(scope="module")
def made():
    return [synthesis.make(OPTIONS, "train", index) for index in range(OPTIONS.train)]


def grey(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def f1(predicted, mask):
    total = predicted.sum() + mask.sum()
    return 2 * (predicted & mask).sum() / total if total else 1.0


def around(mask, radius_px):
    size = 2 * radius_px + 1
    return cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8)) > 0


def test_one_global_threshold_fails(made):
    scores = [f1(grey(image) <= threshold_otsu(grey(image)), mask) for image, mask in made]
    cracked = [score for score, (_, mask) in zip(scores, made, strict=True) if mask.any()]
    assert np.mean(scores) < 0.3
    assert np.mean(cracked) < 0.3  # not only because crack-free images count as 0


def test_a_local_threshold_works_beside_the_crack(made):
    scores = []
    for image, mask in made:
        if mask.any():
            near = around(mask, 8)
            local = cv2.blur(grey(image).astype(np.float32), (33, 33))
            scores.append(f1((grey(image) < 0.75 * local) & near, mask))
    assert np.mean(scores) > 0.7


def test_cracks_are_clearly_darker_than_what_is_right_beside_them(made):
    for image, mask in made:
        if mask.any():
            beside = around(mask, 6) & ~around(mask, 2)
            assert grey(image)[mask].mean() < 0.8 * grey(image)[beside].mean()


def test_cracks_are_thin_and_cover_little(made):
    for _, mask in made:
        from_edge = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
        assert mask.mean() < 0.15
        assert np.quantile(from_edge, 0.99) <= synthesis.MAX_WIDTH_PX / 2 + 1


def test_crack_free_images_look_like_the_others(made):
    means = {bool(mask.any()): [] for _, mask in made}
    for image, mask in made:
        means[bool(mask.any())].append(grey(image).mean())
    assert abs(np.mean(means[True]) - np.mean(means[False])) < 40


@given(index=st.integers(0, 10_000), height=st.integers(32, 90), width=st.integers(32, 90), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_any_index_gives_a_sound_pair(index, height, width, seed):
    options = synthesis.Options(seed, 0, 0, 0, height, width, crack_free=0.25)
    image, mask = synthesis.make(options, "train", index)
    assert image.shape == (height, width, 3)
    assert image.dtype == np.uint8
    assert mask.shape == (height, width)
    assert mask.dtype == np.bool_
    assert mask.any() != synthesis.is_crack_free(options, index)
    assert 5 < image.mean() < 250


@given(share=st.integers(0, 100), start=st.integers(0, 200), count=st.integers(1, 200))
@settings(deadline=None)
def test_crack_free_images_are_spread_evenly(share, start, count):
    options = dataclasses.replace(OPTIONS, crack_free=share / 100)
    free = sum(synthesis.is_crack_free(options, index) for index in range(start, start + count))
    assert abs(free - count * share / 100) < 1 + 1e-6


def test_an_image_depends_on_seed_split_and_index_only():
    image, mask = synthesis.make(OPTIONS, "train", 7)
    again, mask_again = synthesis.make(dataclasses.replace(OPTIONS, train=1, val=5, test=9), "train", 7)
    assert np.array_equal(image, again)
    assert np.array_equal(mask, mask_again)
    assert not np.array_equal(image, synthesis.make(OPTIONS, "train", 8)[0])
    assert not np.array_equal(image, synthesis.make(OPTIONS, "test", 7)[0])
    assert not np.array_equal(image, synthesis.make(dataclasses.replace(OPTIONS, seed=2), "train", 7)[0])


def test_more_training_images_leave_the_test_images_as_they_are(tmp_path):
    few = synthesis.Options(seed=3, train=2, val=1, test=2, height_px=48, width_px=40, crack_free=0.5)
    contents = []
    for options in (few, dataclasses.replace(few, train=5, val=0)):
        folder = tmp_path / str(options.train)
        synthesis.write(folder, options)
        tested = [sample for sample in synthetic.read(folder, synthetic.Options()) if sample.split == "test"]
        contents.append(
            {sample.id: (read_image(sample.image).tobytes(), sample.mask.read_bytes()) for sample in tested}
        )
    assert contents[0] == contents[1] and len(contents[0]) == 2


def test_what_is_written_is_read_back(tmp_path):
    options = synthesis.Options(seed=3, train=3, val=1, test=2, height_px=48, width_px=40, crack_free=0.5)
    synthesis.write(tmp_path, options)
    samples = synthetic.read(tmp_path, synthetic.Options())
    assert [sample.id for sample in samples] == [
        "test_00000", "test_00001", "train_00000", "train_00001", "train_00002", "val_00000",
    ]  # fmt: skip
    for sample in samples:
        split, _, index = sample.id.partition("_")
        assert sample.split == split
        image, mask = synthesis.make(options, split, int(index))
        assert np.array_equal(read_image(sample.image), image)
        assert np.array_equal(read_mask(sample.mask), mask)


def test_an_image_takes_little_time():
    synthesis.make(OPTIONS, "train", 0)
    seconds = []
    for index in range(8):
        start = time.process_time()
        synthesis.make(OPTIONS, "train", index)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.05
