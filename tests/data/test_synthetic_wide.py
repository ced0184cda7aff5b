"""Images of the style ``wide``: sound, repeatable, and made of what the options say."""

import dataclasses
import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.data import synthetic as synthesis
from hairline.errors import HairlineError

NONE = {
    "surfaces": {"asphalt": 0, "concrete": 1, "plaster": 0, "masonry": 0, "noise": 0, "textures": 0},
    "cracks": {
        "meshes": 0,
        "branches": 0,
        "stepped": 0,
        "bright": 0,
        "wet": 0,
        "spalled": 0,
        "interrupted": 0,
        "lit": 0,
    },
    "distractors": {field.name: 0 for field in dataclasses.fields(synthesis.Distractors)},
    "camera": {field.name: 0 for field in dataclasses.fields(synthesis.Camera)},
}
PRECISE = {"margin": 0, "margin_px": 0, "thin": 0, "shift_px": 0, "coarse": 0}
SIDE = 96


def options(side=SIDE, crack_free=0.0, seed=3, annotators=PRECISE, **changed):
    ingredients = {group: {**values, **changed.get(group, {})} for group, values in NONE.items()}
    return synthesis.Options(
        seed=seed, train=9, val=0, test=0, height_px=side, width_px=side, crack_free=crack_free, style="wide",
        ingredients=ingredients, annotators=annotators,
    )  # fmt: skip


def made(count, **changed):
    return [synthesis.make(options(**changed), "train", index) for index in range(count)]


def differing(one, other):
    return sum(not np.array_equal(a[0], b[0]) for a, b in zip(one, other, strict=True))


def beside(mask, least_px, most_px):
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    return (distance > least_px) & (distance <= most_px)


@given(index=st.integers(0, 10_000), height=st.integers(32, 80), width=st.integers(32, 80), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_any_index_gives_a_sound_pair(index, height, width, seed):
    wide = synthesis.Options(seed, 0, 0, 0, height, width, crack_free=0.25, style="wide")
    image, mask = synthesis.make(wide, "train", index)
    assert image.shape == (height, width, 3) and image.dtype == np.uint8
    assert mask.shape == (height, width) and mask.dtype == np.bool_
    assert mask.any() != synthesis.is_crack_free(wide, index)
    assert 2 < image.mean() < 253


def test_an_image_depends_on_seed_split_and_index_only():
    wide = synthesis.Options(4, 9, 0, 0, SIDE, SIDE, 0, style="wide")
    image, mask = synthesis.make(wide, "train", 7)
    again, mask_again = synthesis.make(dataclasses.replace(wide, train=1, test=5), "train", 7)
    assert np.array_equal(image, again) and np.array_equal(mask, mask_again)
    others = [("train", 8, wide), ("test", 7, wide), ("train", 7, dataclasses.replace(wide, seed=5))]
    assert all(not np.array_equal(image, synthesis.make(other, split, index)[0]) for split, index, other in others)


def test_any_number_of_processes_writes_the_same_files(tmp_path):
    few = synthesis.Options(3, 190, 10, 10, 32, 40, 0.5, style="wide")
    hashes = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        folder.mkdir()
        synthesis.write(folder, few, processes)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        hashes.append({path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) == 2 * 210 + 1


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(synthesis.Distractors)])
def test_a_distractor_is_drawn_where_it_is_switched_on_and_marked_nowhere(name):
    off = made(3, side=128)
    on = made(3, side=128, distractors={name: 1})
    assert differing(off, on) >= 2
    for (_, without), (_, mask) in zip(off, on, strict=True):
        assert np.array_equal(without, mask)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(synthesis.Camera)])
def test_a_fault_of_the_camera_can_be_switched_on(name):
    assert differing(made(3), made(3, camera={name: 1})) == 3


@pytest.mark.parametrize("name", ["meshes", "branches", "bright", "wet", "spalled", "interrupted", "lit"])
def test_a_kind_of_crack_can_be_switched_on(name):
    assert differing(made(10), made(10, cracks={name: 1})) >= 2


def test_stepped_cracks_are_for_masonry_alone():
    assert differing(made(4), made(4, cracks={"stepped": 1})) == 0
    walls = {"concrete": 0, "masonry": 1}
    assert differing(made(8, surfaces=walls), made(8, surfaces=walls, cracks={"stepped": 1})) >= 2


def test_each_surface_can_be_the_only_one():
    looks = []
    for field in dataclasses.fields(synthesis.Surfaces):
        looks.append(made(1, surfaces={"concrete": 0, field.name: 1})[0][0].tobytes())
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize(
    ("without", "least"),
    [
        ({"distractors": {"stains": 0}}, 8),
        ({"surfaces": {"masonry": 0}}, 12),
        ({"cracks": {"bright": 0, "spalled": 0}}, 13),
        ({"camera": {"motion": 0}}, 15),
    ],
)
def test_leaving_out_one_ingredient_leaves_the_others_as_they_are(without, least):
    wide = synthesis.Options(4, 9, 0, 0, 64, 64, 0, style="wide")
    less = dataclasses.replace(wide, ingredients=without)
    pairs = [(synthesis.make(wide, "train", index), synthesis.make(less, "train", index)) for index in range(20)]
    assert least <= 20 - differing(*zip(*pairs, strict=True)) < 20


def test_cracks_are_darker_than_what_is_beside_them():
    darker = []
    for image, mask in made(24, cracks={"least_px": 3, "most_px": 12}):
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        ring = beside(mask, 2, 8)
        darker.append(grey[mask].mean() < 0.95 * grey[ring].mean() if ring.any() else True)
    assert np.mean(darker) > 0.9


def test_filled_cracks_are_brighter_on_a_dark_surface():
    brighter = []
    for image, mask in made(
        16, cracks={"least_px": 3, "most_px": 8, "bright": 1}, surfaces={"concrete": 0, "asphalt": 1}
    ):
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        brighter.append(grey[mask].mean() > grey[beside(mask, 2, 8)].mean())
    assert np.mean(brighter) > 0.6


@pytest.mark.parametrize("width", [1, 4, 12, 30])
def test_cracks_are_about_as_wide_as_asked_for(width):
    widest = []
    for _, mask in made(12, side=192, cracks={"least_px": width, "most_px": width}):
        inside = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)
        widest.append(2 * np.quantile(inside[inside > 0], 0.9))
    assert 0.4 * width < np.median(widest) < 1.6 * width + 2


def test_widths_are_log_uniform():
    widths = []
    for _, mask in made(120, side=96, cracks={"least_px": 1, "most_px": 16}):
        inside = cv2.distanceTransform(np.pad(mask, 1).astype(np.uint8), cv2.DIST_L2, 5)
        widths.append(2 * np.quantile(inside[inside > 0], 0.9))
    assert np.quantile(widths, 0.15) < 4  # half of the octaves lie below 4 px
    assert 2.5 < np.median(widths) < 7


def test_generous_annotators_mark_more_and_shifted_ones_elsewhere():
    thin_cracks = {"least_px": 3, "most_px": 8}
    precise = [mask for _, mask in made(6, cracks=thin_cracks)]
    wide = [mask for _, mask in made(6, cracks=thin_cracks, annotators=PRECISE | {"margin_px": 6})]
    assert all((large | small).sum() == large.sum() for large, small in zip(wide, precise, strict=True))
    assert sum(mask.sum() for mask in wide) > 1.2 * sum(mask.sum() for mask in precise)
    thin = [mask for _, mask in made(6, cracks=thin_cracks, annotators=PRECISE | {"thin": 1})]
    assert sum(mask.sum() for mask in thin) < sum(mask.sum() for mask in precise)
    moved = [mask for _, mask in made(6, cracks=thin_cracks, annotators=PRECISE | {"shift_px": 2})]
    assert any(not np.array_equal(one, other) for one, other in zip(moved, precise, strict=True))
    for one, other in zip(moved, precise, strict=True):
        near = cv2.dilate(other.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        assert not (one & ~near).any()


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_crack_free_images_have_no_crack_and_only_as_many(share):
    assert sum(not mask.any() for _, mask in made(8, side=32, crack_free=share)) == round(8 * share)


def test_crack_free_images_are_not_told_by_their_brightness():
    wide = synthesis.Options(4, 9, 0, 0, 64, 64, 0.5, style="wide")
    means = {False: [], True: []}
    for index in range(80):
        image, mask = synthesis.make(wide, "train", index)
        means[bool(mask.any())].append(image.mean())
    assert abs(np.mean(means[True]) - np.mean(means[False])) < 25


def test_what_makes_no_sense_is_refused():
    with pytest.raises(HairlineError, match="give one of them a weight above 0"):
        synthesis.Surfaces(**dict.fromkeys(NONE["surfaces"], 0))
    with pytest.raises(HairlineError, match="least_px is greater than most_px"):
        synthesis.Cracks(least_px=9, most_px=3)
    with pytest.raises(HairlineError, match=r"did you mean 'masonry'\?"):
        synthesis.Options(1, 1, 0, 0, 64, 64, 0, style="wide", ingredients={"surfaces": {"masonary": 0}})


def test_easy_is_the_default_and_refuses_what_would_change_nothing():
    easy = synthesis.Options(11, 9, 0, 0, 64, 64, 0)
    assert easy.style == "easy"
    assert synthesis.Options(11, 9, 0, 0, 64, 64, 0, ingredients={"cracks": {"most_px": 40}}) == easy
    for name, value in (("ingredients", NONE), ("annotators", {"margin": 0.3})):
        with pytest.raises(HairlineError, match=f"{name} change nothing .* set style to wide, or take {name} out"):
            synthesis.Options(11, 9, 0, 0, 64, 64, 0, **{name: value})
        synthesis.Options(11, 9, 0, 0, 64, 64, 0, style="wide", **{name: value})


def test_files_stay_in_their_folder(tmp_path: Path):
    synthesis.write(tmp_path, synthesis.Options(3, 1, 1, 0, 32, 32, 0, style="wide"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "masks", "split.csv"]
