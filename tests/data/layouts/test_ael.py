from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.pictures import ids, picture, splits

from hairline.data.layouts import ael
from hairline.errors import HairlineError

ALL = ["AIGLE_RN", "ESAR", "LCMS"]
MASK = np.eye(6, 8, dtype=bool)
BLACK = np.where(MASK, 0, 255).astype(np.uint8)
IDS = ["AIGLE_RN_C18a", "AIGLE_RN_C18b", "AIGLE_RN_F01a", "ESAR_20a", "LCMS_40c"]


def options(subsets=ALL, crack="black", exclude=(), test=(), val=()):
    return ael.Options(list(subsets), crack, list(exclude), list(test), list(val))


def subset_of(name):
    return next(subset for subset in ALL if name.startswith(subset))


def published(root):
    for name in IDS:
        subset = subset_of(name)
        image = f"Im_GT_{name}.jpg" if subset == "ESAR" else f"Im_GT_{name}or.png"
        picture(root / "IMAGES" / subset / image)
        picture(root / "GROUND_TRUTH" / subset / f"GT_{name}.png", BLACK)
    picture(root / "IMAGES" / "ESAR" / "Im_noGT_ESAR_20a.jpg")
    picture(root / "IMAGES" / "LRIS" / "Im_GT_LRIS_36aor.png")
    return root


@pytest.fixture
def root(tmp_path):
    published(tmp_path / "TITS")
    return tmp_path


@pytest.mark.parametrize("parent", ["TITS", "DATASET", ""])
def test_the_published_layout_is_paired_by_names(tmp_path, parent):
    published(tmp_path / parent)
    samples = ael.read(tmp_path, options())
    assert ids(samples) == IDS
    for sample in samples:
        assert sample.id in sample.image.stem and sample.id in sample.mask.stem
        assert (sample.image.parents[1].name, sample.mask.parents[1].name) == ("IMAGES", "GROUND_TRUTH")
        assert np.array_equal(sample.read_mask(sample.mask).crack, MASK)


def test_the_bundle_layout_may_have_white_cracks(tmp_path):
    for name in IDS:
        stem = f"Im_GT_{name}" if subset_of(name) == "ESAR" else f"Im_GT_{name}or"
        picture(tmp_path / "img" / subset_of(name) / f"{stem}.jpg")
        picture(tmp_path / "gt" / subset_of(name) / f"{stem}.png", MASK)
    samples = ael.read(tmp_path, options(crack="white"))
    assert ids(samples) == IDS
    assert all(np.array_equal(sample.read_mask(sample.mask).crack, MASK) for sample in samples)
    inverted = ael.read(tmp_path, options(crack="black"))[0]
    assert np.array_equal(inverted.read_mask(inverted.mask).crack, ~MASK)


def test_pictures_of_one_place_are_one_group(root):
    groups = [sample.group for sample in ael.read(root, options())]
    assert groups == ["AIGLE_RN_C18", "AIGLE_RN_C18", "AIGLE_RN_F01", "ESAR_20", "LCMS_40"]


@settings(max_examples=20, deadline=None)  # it writes files
@given(number=st.integers(1, 99), letter=st.sampled_from("abcdefg"), subset=st.sampled_from(ALL))
def test_every_spelling_of_a_name_is_one_id(number, letter, subset):
    name = f"{subset}_{number:02d}{letter}"
    spellings = [f"{start}{name}{end}" for start in ("", "GT_", "Im_", "Im_GT_") for end in ("", "or")]
    for image, truth in zip(spellings, reversed(spellings), strict=True):
        with TemporaryDirectory() as root:
            paths = [Path(root, folder, subset, f"{stem}.png") for folder, stem in (("img", image), ("gt", truth))]
            for path in paths:
                path.parent.mkdir(parents=True)
                path.touch()  # only names are read
            (sample,) = ael.read(Path(root), options([subset]))
        assert (sample.id, sample.group, sample.image, sample.mask) == (name, name[:-1], *paths)


def test_subsets_splits_and_exclusions(root):
    chosen = options(["ESAR", "AIGLE_RN"], exclude=["AIGLE_RN_F01a"], test=["AIGLE_RN_C18a"], val=["AIGLE_RN_C18b"])
    assert splits(ael.read(root, chosen)) == {
        "AIGLE_RN_C18a": "test", "AIGLE_RN_C18b": "val", "ESAR_20a": "train",
    }  # fmt: skip
    (root / "TITS" / "GROUND_TRUTH" / "ESAR" / "GT_ESAR_20a.png").unlink()
    picture(root / "TITS" / "GROUND_TRUTH" / "ESAR" / "GT_ESAR_21a.png", BLACK)
    picture(root / "TITS" / "IMAGES" / "ESAR" / "Im_GT_ESAR_21a.jpg")
    excluded = options(["ESAR"], exclude=["ESAR_20a"], test=["ESAR_20a"])
    assert ids(ael.read(root, excluded)) == ["ESAR_21a"]


def test_the_split_must_name_what_is_there(root):
    with pytest.raises(
        HairlineError, match=r"names GT_ESAR_20a, which AIGLE_RN, ESAR, LCMS do not hold.*AIGLE_RN_C18a"
    ):
        ael.read(root, options(test=["GT_ESAR_20a"]))
    with pytest.raises(HairlineError, match="names LCMS_40c, which ESAR do not hold"):
        ael.read(root, options(["ESAR"], val=["LCMS_40c"]))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"test": ["a"], "val": ["a"]}, "both name a"),
        ({"subsets": []}, "one or more of AIGLE_RN"),
        ({"subsets": ["ESAR", "ESAR"]}, "one or more of AIGLE_RN"),
    ],
)
def test_options_are_checked(values, told):
    with pytest.raises(HairlineError, match=told):
        options(**values)


def test_a_single_file_is_refused_unless_excluded(root):
    truth = root / "TITS" / "GROUND_TRUTH" / "AIGLE_RN" / "GT_AIGLE_RN_F01a.png"
    truth.unlink()
    with pytest.raises(HairlineError, match=r"Im_GT_AIGLE_RN_F01aor\.png: has no counterpart .*GROUND_TRUTH.*\(1 such"):
        ael.read(root, options())
    assert len(ael.read(root, options(exclude=["AIGLE_RN_F01a"]))) == 4
    picture(truth, BLACK)
    (root / "TITS" / "IMAGES" / "AIGLE_RN" / "Im_GT_AIGLE_RN_F01aor.png").unlink()
    with pytest.raises(HairlineError, match=r"GT_AIGLE_RN_F01a\.png: has no counterpart .*IMAGES.*exclude"):
        ael.read(root, options())


def test_two_files_of_one_id_are_refused(root):
    picture(root / "TITS" / "IMAGES" / "AIGLE_RN" / "Im_GT_AIGLE_RN_C18a.png")
    with pytest.raises(HairlineError, match=r"Im_GT_AIGLE_RN_C18aor\.png: Im_GT_AIGLE_RN_C18a\.png has the id .*C18a'"):
        ael.read(root, options())


def test_a_missing_layout_says_what_is_there(tmp_path):
    published(tmp_path / "tits")
    with pytest.raises(
        HairlineError, match=r"no folder of images \(in .*: tits\); expected one of TITS/IMAGES, DATASET"
    ):
        ael.read(tmp_path, options())
    with pytest.raises(HairlineError, match=r"no folder of images \(in .*: no such folder\)"):
        ael.read(tmp_path / "gone", options())


def test_two_layouts_in_one_folder_are_refused(root):
    published(root)
    with pytest.raises(HairlineError, match="found both TITS/IMAGES and IMAGES"):
        ael.read(root, options())


def test_a_missing_or_empty_subset_is_named(root):
    (root / "TITS" / "GROUND_TRUTH" / "LCMS").rename(root / "LCMS")
    with pytest.raises(HairlineError, match=r"GROUND_TRUTH/LCMS: holds no image .*no such folder.*options\.subsets"):
        ael.read(root, options())
    (root / "TITS" / "IMAGES" / "ESAR" / "Im_GT_ESAR_20a.jpg").unlink()
    with pytest.raises(HairlineError, match=r"IMAGES/ESAR: holds no image .*found: Im_noGT_ESAR_20a\.jpg"):
        ael.read(root, options(["ESAR"]))


def test_unusual_values_are_told_but_not_the_blur_of_jpeg(tmp_path):
    blocks = np.full((16, 32), 255, np.uint8)
    blocks[:, 5:9] = 0
    Image.fromarray(blocks).save(tmp_path / "truth.jpg", quality=90)
    blurred = ael.read_truth(tmp_path / "truth.jpg", "black")
    assert len(np.unique(np.asarray(Image.open(tmp_path / "truth.jpg")))) > 2
    assert (blurred.crack == (blocks == 0)).all()
    assert not blurred.unusual
    grey = np.array([[0, 10, 255, 255], [0, 255, 100, 255]], np.uint8)
    exact = ael.read_truth(picture(tmp_path / "truth.png", grey), "black")
    assert exact.crack.tolist() == [[True, True, False, False], [True, False, True, False]]
    assert exact.unusual == {10: 1, 100: 1}
