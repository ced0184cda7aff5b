"""Which pictures are one: turned, mirrored, saved again; parts of one place; and independent ones, which are not."""

import hashlib

import cv2
import numpy as np
import pandas as pd
import pytest
from support.leaks import saved_again, texture
from support.pictures import real

from hairline.data.samples import digest
from hairline.data.uses import Pictures
from hairline.gates import identities, near_duplicates, same_pictures
from hairline.gates.near_duplicates import symmetries
from hairline.imaging.images import read_image
from hairline.labelling import chosen_options

NONE = pd.DataFrame(columns=[*same_pictures.KNOWN, "strengths"])


def views(image: np.ndarray) -> list[np.ndarray]:
    turned = [np.rot90(image, times) for times in range(4)]
    return [np.ascontiguousarray(view) for view in turned + [view[:, ::-1] for view in turned]]


def known(images: dict[str, np.ndarray], photos: dict[str, str] | None = None) -> pd.DataFrame:
    rows = [{"key": name, **identities.of_image(np.ascontiguousarray(image))} for name, image in images.items()]
    return pd.DataFrame(rows).assign(photo=[(photos or {}).get(name, name) for name in images])


def shown(found: Pictures, key: str) -> set[str]:
    return {name for name, there in zip(found.keys, found.shown_in([key]), strict=True) if there} - {key}


@pytest.mark.parametrize("shape", [(20, 31), (24, 24), (1, 5)])
def test_one_hash_for_all_turns_and_flips_and_another_for_every_other_picture(shape) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    hashes = {identities.turned_digest(view) for view in views(image)}
    assert len(hashes) == 1 and hashes <= {digest(view) for view in views(image)}
    for channel in range(3):
        other = image.copy()
        other[-1, -1, channel] ^= 1
        assert identities.turned_digest(other) not in hashes
    assert identities.turned_digest(np.ascontiguousarray(image[..., ::-1])) not in hashes


def test_one_hash_where_the_first_rows_of_several_views_are_equal() -> None:
    image = np.full((9, 9, 3), 7, dtype=np.uint8)
    image[4, 2] = 200  # all four borders look the same
    assert len({identities.turned_digest(view) for view in views(image)}) == 1
    flat = np.full((9, 9, 3), 7, dtype=np.uint8)
    assert identities.turned_digest(flat) == hashlib.sha256(b"(9, 9, 3)" + flat.tobytes()).hexdigest()


def test_copies_are_found_however_turned_and_saved_and_independent_pictures_are_not() -> None:
    one = texture(1, 120, 160)
    copies = {
        "mirrored": one[:, ::-1],
        "turned jpeg": saved_again(np.rot90(one), 50),
        "scaled": cv2.resize(one, (112, 84), interpolation=cv2.INTER_AREA),
        "darker": np.clip(one * 0.8 + 5, 0, 255).astype(np.uint8),
    }
    others = {f"other {seed}": texture(seed, 120, 160) for seed in range(2, 60)}
    found = same_pictures.pictures(known({"one": one, **copies, **others}), NONE)
    assert shown(found, "one") == set(copies)
    assert not [name for name in others if shown(found, name)]
    assert found.same[0] == found.same[1] and len(set(found.same.tolist())) == 4 + len(others)


def flat_pictures(count: int, slope: float) -> dict[str, np.ndarray]:
    rng, (y, x) = np.random.default_rng(3), np.mgrid[:96, :128] / 100
    grey = [120 + slope * x + slope / 2 * y + slope / 3 * x * y + rng.normal(0, 1.5, x.shape) for _ in range(count)]
    return {
        f"flat {n}": np.repeat(np.clip(each, 0, 255).astype(np.uint8)[..., None], 3, 2) for n, each in enumerate(grey)
    }


@pytest.mark.parametrize("slope", [0.0, 2.0, 40.0])
def test_nearly_flat_pictures_in_the_same_light_are_not_one_unless_their_pixels_are(slope) -> None:
    images = flat_pictures(40, slope)
    images["turned"] = np.rot90(images["flat 3"])
    own = known(images)
    found = same_pictures.pictures(own, own.assign(key=own["key"] + " chosen", turned_sha256="0" * 64).iloc[:5])
    assert shown(found, "flat 3") == {"turned"}
    assert not [name for name in images if name not in ("flat 3", "turned") and shown(found, name)]


def test_images_known_by_strengths_alone_are_found_saved_again() -> None:
    images = {f"{seed}": texture(seed) for seed in range(30)}
    chosen = known({f"chosen {seed}": saved_again(np.rot90(texture(seed)), 60) for seed in (2, 7, 99)})
    found = same_pictures.pictures(known(images), chosen[NONE.columns])
    assert [shown(found, f"chosen {seed}") for seed in (2, 7, 99)] == [{"2"}, {"7"}, set()]


def test_parts_of_a_photo_and_photos_that_are_said_to_be_one() -> None:
    images = {name: texture(seed) for seed, name in enumerate("abcde")} | {"a again": texture(0)}
    photos = {"a": "p", "b": "p", "a again": "q", "c": "q", "d": "r"}
    chosen = known({"x": texture(70)}, {"x": "elsewhere"})[NONE.columns]
    found = same_pictures.pictures(known(images, photos), chosen, [("elsewhere", "r")])
    number = dict(zip(found.keys, found.photos.tolist(), strict=True))
    assert number["a"] == number["b"] == number["c"] and number["d"] == number["x"]
    assert len({number[name] for name in "ade"}) == 3


def test_equal_pictures_of_one_grey_are_one_but_make_no_photos_one() -> None:
    black = np.zeros((96, 96, 3), np.uint8)
    images = {"black 1": black, "black 2": black, "a": texture(0), "b": texture(1)}
    found = same_pictures.pictures(known(images, {"black 1": "p", "a": "p", "black 2": "q", "b": "q"}), NONE)
    assert shown(found, "black 1") == {"black 2"}
    assert found.photos[0] == found.photos[2] != found.photos[1] == found.photos[3]


def test_crops_of_one_place_overlap_mirrored_too_and_only_where_they_are_of_different_kinds() -> None:
    place = texture(5, 400, 520)
    images = {"left": place[:320, :400], "right": place[60:380, 110:510][:, ::-1], "else": texture(6, 320, 400)}
    own = known(images)
    found = same_pictures.pictures(own, NONE)
    every = np.ones(3, dtype=bool)
    told = same_pictures.with_overlaps(found, own, np.array([1, 0, 0]), every)
    assert told.overlapping.tolist() == [[0, 1]]
    assert told.beside(told.shown_in(["left"])).tolist() == [True, True, False]
    assert not len(same_pictures.with_overlaps(found, own, np.array([1, 1, 0]), every).overlapping)
    assert not len(same_pictures.with_overlaps(found, own, np.array([1, 0, 0]), ~every).overlapping)


def test_strengths_are_the_same_in_all_eight_symmetries() -> None:
    print_ = near_duplicates.fingerprint(texture(8)[..., 0])
    found = near_duplicates.strengths(np.stack(symmetries(print_)))
    assert np.abs(found.astype(int) - found[0]).max() <= 1
    assert near_duplicates.apart(found[:1], near_duplicates.strengths(np.full((1, 32, 32), 9, np.uint8))).tolist() == [
        [2]
    ]


def test_the_published_images_on_record_are_those_at_hand() -> None:
    folder = real("cfd") / "image"
    images = {(image.set, image.id): image for choice in chosen_options.shipped() for image in choice.images}
    for image in [images[key] for key in sorted(images) if key[0] == "cfd"][::20]:
        found = identities.of_image(read_image(folder / f"{image.id}.jpg"))
        assert found["strengths"].hex() == image.strengths and found["turned_sha256"] == image.pixels
