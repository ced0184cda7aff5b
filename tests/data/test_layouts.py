import unicodedata

import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.pictures import ids, picture, real, splits

from hairline.data.layouts import cfd, crack500, folder, synthetic
from hairline.data.samples import read_binary_mask
from hairline.data.splits import split_of
from hairline.errors import HairlineError
from hairline.imaging.images import read_image

MASK = np.eye(6, 8, dtype=bool)


# CRACK500

CROPS = ["20160222_081011_1_361", "20160222_081011_641_1", "20160307_142626_1_1", "IMG_2935_649_969"]


def crack500_options(folders=None, limit=None, exclude=()):
    return crack500.Options(folders or {"traincrop": "train"}, limit or {}, list(exclude))


@pytest.fixture
def crack500_root(tmp_path):
    for directory, list_name, names in (("traincrop", "train", CROPS), ("valcrop", "val", ["20160222_080850_1_1"])):
        for name in names:
            picture(tmp_path / directory / f"{name}.jpg")
            picture(tmp_path / directory / f"{name}.png", MASK)
        lines = [f"{directory}/{name}.jpg {directory}/{name}.png\n" for name in names]
        (tmp_path / f"{list_name}.txt").write_text("".join(lines))
    return tmp_path


def test_crack500_folders_become_the_splits_they_are_given(crack500_root):
    samples = crack500.read(crack500_root, crack500_options({"traincrop": "train", "valcrop": "test"}))
    assert splits(samples) == {**dict.fromkeys(CROPS, "train"), "20160222_080850_1_1": "test"}
    assert all(np.array_equal(sample.read_mask(sample.mask).crack, MASK) for sample in samples)


def test_crack500_groups_are_photos(crack500_root):
    samples = crack500.read(crack500_root, crack500_options())
    assert [sample.group for sample in samples] == ["20160222_081011"] * 2 + ["20160307_142626", "IMG_2935"]
    assert crack500.photo("something_else") == "something_else"


def test_crack500_limits_are_evenly_spaced(crack500_root):
    options = crack500_options({"traincrop": "train", "valcrop": "val"}, {"train": 2, "val": 0})
    assert ids(crack500.read(crack500_root, options)) == [CROPS[0], CROPS[2], "20160222_080850_1_1"]


def test_crack500_list_decides_what_belongs_to_the_set(crack500_root):
    picture(crack500_root / "traincrop" / "20160101_000000_1_1.jpg")
    assert ids(crack500.read(crack500_root, crack500_options())) == CROPS
    (crack500_root / "train.txt").unlink()
    unlisted = crack500.read(crack500_root, crack500_options())
    assert ids(unlisted) == ["20160101_000000_1_1", *CROPS]
    assert unlisted[0].mask is None
    assert unlisted[1].mask == crack500_root / "traincrop" / f"{CROPS[0]}.png"


def test_crack500_files_a_list_names_must_be_there_unless_excluded(crack500_root):
    (crack500_root / "traincrop" / f"{CROPS[1]}.png").unlink()
    with pytest.raises(HairlineError, match=rf"train\.txt: 1 of the 8 files.*{CROPS[1]}\.png.*exclude"):
        crack500.read(crack500_root, crack500_options())
    samples = crack500.read(crack500_root, crack500_options(exclude=[CROPS[1]]))
    assert ids(samples) == [CROPS[0], *CROPS[2:]]


def test_crack500_malformed_list_is_named(crack500_root):
    (crack500_root / "train.txt").write_text("traincrop/a.jpg\n")
    with pytest.raises(HairlineError, match=r"train\.txt: entry 1 is 'traincrop/a\.jpg'; expected"):
        crack500.read(crack500_root, crack500_options())


def test_crack500_missing_or_empty_folder_says_what_is_there(crack500_root):
    with pytest.raises(HairlineError, match=r"testcrop: no such folder .*train\.txt, traincrop"):
        crack500.read(crack500_root, crack500_options({"testcrop": "test"}))
    (crack500_root / "testcrop").mkdir()
    with pytest.raises(HairlineError, match=r"testcrop: holds no \.jpg"):
        crack500.read(crack500_root, crack500_options({"testcrop": "test"}))
    with pytest.raises(HairlineError, match="no such folder"):
        crack500.read(crack500_root / "gone", crack500_options())


def test_crack500_one_id_in_two_folders_is_refused(crack500_root):
    (crack500_root / "val.txt").unlink()
    picture(crack500_root / "valcrop" / f"{CROPS[0]}.jpg")
    with pytest.raises(HairlineError, match=f"'{CROPS[0]}' is in traincrop and in valcrop"):
        crack500.read(crack500_root, crack500_options({"traincrop": "train", "valcrop": "val"}))


def test_crack500_real():
    root = real("crack500")
    samples = crack500.read(root, crack500_options({"traincrop": "train", "valcrop": "test"}, {"test": 7}))
    assert [sample.split for sample in samples].count("train") == 591
    assert [sample.split for sample in samples].count("test") == 7
    assert {len(sample.group) for sample in samples} == {8, 15}
    for sample in samples[::80]:
        mask = sample.read_mask(sample.mask).crack
        assert mask.shape == read_image(sample.image).shape[:2]
        assert 0 < mask.mean() < 0.5


# CFD

LABELS = np.array([[1, 2, 3], [4, 1, 2]], np.uint8)


def truth(path, labels=LABELS, field="Segmentation", name="groundTruth"):
    path.parent.mkdir(parents=True, exist_ok=True)
    struct = np.empty((1, 1), dtype=[(field, "O"), ("Boundaries", "O")])
    struct[0, 0] = (labels, labels == 2)
    scipy.io.savemat(path, {name: struct})
    return path


def cfd_options(exclude=(), test=(), val=()):
    return cfd.Options(list(exclude), list(test), list(val))


@pytest.fixture
def cfd_root(tmp_path):
    for number in range(1, 6):
        picture(tmp_path / "image" / f"{number:03d}.jpg")
    for number in range(1, 5):
        truth(tmp_path / "groundTruth" / f"{number:03d}.mat")
    return tmp_path


def test_cfd_split_and_masks(cfd_root):
    samples = cfd.read(cfd_root, cfd_options(exclude=["002"], test=["004"], val=["001"]))
    assert splits(samples) == {"001": "val", "003": "train", "004": "test"}
    mask = samples[0].read_mask(samples[0].mask).crack
    assert mask.tolist() == [[False, True, False], [True, False, True]]
    assert mask.dtype == np.bool_


def test_a_star_stands_for_every_id_that_is_not_named(cfd_root):
    assert splits(cfd.read(cfd_root, cfd_options(exclude=["002"], test=["*"], val=["001"]))) == {
        "001": "val", "003": "test", "004": "test",
    }  # fmt: skip
    with pytest.raises(HairlineError, match="both name"):
        cfd_options(exclude=[], test=["*"], val=["*"])


def test_cfd_split_must_name_what_is_there(cfd_root):
    with pytest.raises(HairlineError, match=r"names 005, 099, but .*; .*options\.test and options\.val of this"):
        cfd.read(cfd_root, cfd_options(test=["099"], val=["005", "001"]))
    excluded = cfd.read(cfd_root, cfd_options(exclude=["001"], test=["001"]))
    assert ids(excluded) == ["002", "003", "004"]


def test_cfd_splits_must_not_overlap():
    with pytest.raises(HairlineError, match="both name 007"):
        cfd_options(test=["007", "008"], val=["007"])
    with pytest.raises(HairlineError, match="both name Brücke"):
        cfd_options(test=["Brücke"], val=[unicodedata.normalize("NFD", "Brücke")])


def test_cfd_missing_folder_says_what_is_there(cfd_root):
    (cfd_root / "groundTruth").rename(cfd_root / "truth")
    with pytest.raises(HairlineError, match=r"groundTruth: no \.mat file found .*: image, truth"):
        cfd.read(cfd_root, cfd_options())
    with pytest.raises(HairlineError, match=r"image: no \.jpg file found .*: no such folder"):
        cfd.read(cfd_root / "gone", cfd_options())


def test_cfd_unexpected_ground_truth_is_told(tmp_path):
    cases = {
        "the variables other": truth(tmp_path / "name.mat", name="other"),
        "fields .*'Other'": truth(tmp_path / "field.mat", field="Other"),
        "labels 0, 9": truth(tmp_path / "labels.mat", labels=np.array([[0, 1], [9, 2]])),
        r"Segmentation of shape \(1,\)": truth(tmp_path / "text.mat", labels="crack"),
    }
    scipy.io.savemat(tmp_path / "plain.mat", {"groundTruth": LABELS})
    cases[r"groundTruth of shape \(2, 3\)"] = tmp_path / "plain.mat"
    (tmp_path / "junk.mat").write_bytes(b"junk" * 99)
    (tmp_path / "empty.mat").write_bytes(b"")
    for found, path in cases.items():
        with pytest.raises(
            HairlineError, match=rf"{path.name}: found .*{found}.*; expected .*options\.exclude of this"
        ):
            cfd.read_truth(path)
    for name in ("junk.mat", "empty.mat"):
        with pytest.raises(HairlineError, match=f"{name}: found no readable MATLAB file"):
            cfd.read_truth(tmp_path / name)
    with pytest.raises(HairlineError, match=r"gone\.mat: no such file"):
        cfd.read_truth(tmp_path / "gone.mat")


def test_cfd_truncated_ground_truth_is_told(tmp_path):
    whole = truth(tmp_path / "whole.mat").read_bytes()
    for length in range(0, len(whole) // 2, 9):
        (tmp_path / "cut.mat").write_bytes(whole[:length])
        with pytest.raises(HairlineError, match=r"cut\.mat: found .*options\.exclude of this data set"):
            cfd.read_truth(tmp_path / "cut.mat")


def test_cfd_real():
    test = [f"{number:03d}" for number in range(73, 119)]
    val = ["004", "009", "019", "039", "053", "062", "068"]
    samples = cfd.read(real("cfd"), cfd_options(["042"], test, val))
    found = [sample.split for sample in samples]
    assert [found.count(split) for split in ("train", "val", "test")] == [64, 7, 46]
    for sample in samples:
        mask = sample.read_mask(sample.mask).crack
        assert mask.shape == (320, 480)
        assert 0 < mask.mean() < 0.2
    assert read_image(samples[0].image).shape == (320, 480, 3)


# Folder

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}


def folder_options(shares=None, exclude=()):
    return folder.Options(shares or SHARES, list(exclude))


@pytest.fixture
def folder_root(tmp_path):
    for name in ("a.jpg", "b.PNG", "c.v2.tif"):
        picture(tmp_path / "images" / name)
    picture(tmp_path / "masks" / "a.png", MASK)
    picture(tmp_path / "masks" / "c.v2.bmp", MASK)
    (tmp_path / "images" / "notes.txt").write_text("not an image")
    return tmp_path


def test_folder_pairs_by_name(folder_root):
    samples = folder.read(folder_root, folder_options())
    assert ids(samples) == ["a", "b", "c.v2"]
    assert [sample.mask is None for sample in samples] == [False, True, False]
    assert [sample.group for sample in samples] == ids(samples)
    assert ids(folder.read(folder_root, folder_options(exclude=["a"]))) == ["b", "c.v2"]


def test_folder_split_file(folder_root):
    table = folder_root / "split.csv"
    table.write_text("id,split,group\na,val,wall\nb,test,\nc.v2,train,wall\n", encoding="utf-8-sig")
    samples = folder.read(folder_root, folder_options())
    assert splits(samples) == {"a": "val", "b": "test", "c.v2": "train"}
    assert [sample.group for sample in samples] == ["wall", "b", "wall"]
    table.write_text("id,group\na,wall\nb,wall\nc.v2,wall\n")
    assert set(splits(folder.read(folder_root, folder_options())).values()) == {split_of("wall", SHARES)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,split\na,train\nb,train\n", r"'c\.v2' is an image without a row"),
        ("id,split\na,train\nb,train\nc.v2,train\nz,val\n", "'z' names no image there is"),
        ("id,split\na,training\nb,train\nc.v2,train\n", "line 2 has the split 'training'; expected one of train, val"),
        ("id,split\na,train\na,val\nc.v2,train\n", "line 3 has the id 'a'; expected each id once"),
        ("name,split\na,train\n", "found the columns name, split; expected id and split"),
        ("", r"found the columns \(none\)"),
    ],
)
def test_folder_split_file_must_fit(folder_root, text, message):
    (folder_root / "split.csv").write_text(text)
    with pytest.raises(HairlineError, match=rf"split\.csv: .*{message}"):
        folder.read(folder_root, folder_options())


def test_folder_mistakes_are_told(folder_root):
    with pytest.raises(HairlineError, match=r"no images found \(in .*: a\.jpg"):
        folder.read(folder_root / "images", folder_options())
    with pytest.raises(HairlineError, match="no such folder"):
        folder.read(folder_root / "gone", folder_options())
    extra = picture(folder_root / "masks" / "a_mask.png", MASK)
    with pytest.raises(HairlineError, match=r"a_mask\.png: there is no image of that name"):
        folder.read(folder_root, folder_options())
    extra.unlink()
    picture(folder_root / "images" / "a.png")
    with pytest.raises(HairlineError, match=r"a\.png: a\.jpg has the same name"):
        folder.read(folder_root, folder_options())


def palette(indices, colours):
    image = Image.fromarray(indices)
    image.putpalette(colours)
    return image


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(MASK),
        Image.fromarray(MASK * np.uint8(255)),
        Image.fromarray(MASK.astype(np.uint8)),
        Image.fromarray(MASK * np.uint8(90) + np.uint8(60)),
        Image.fromarray(MASK * np.uint16(65535)),
        Image.fromarray(MASK * np.uint8(255)).convert("RGBA"),
        palette(MASK.astype(np.uint8), [0, 0, 0, 128, 0, 0]),
        palette(MASK * np.uint8(7), [0, 0, 0] * 7 + [255, 255, 255]),
    ],
    ids=["1-bit", "0/255", "0/1", "60/150", "16-bit", "RGBA", "palette 0/1", "palette 0/7"],
)
def test_folder_masks_of_any_mode(tmp_path, image):
    image.save(tmp_path / "mask.png")
    assert np.array_equal(read_binary_mask(tmp_path / "mask.png").crack, MASK)


def test_folder_all_black_mask_has_no_crack(tmp_path):
    picture(tmp_path / "mask.png", np.zeros((3, 4), np.uint8))
    assert not read_binary_mask(tmp_path / "mask.png").crack.any()


def test_folder_shares_are_met():
    found = [split_of(f"group {number}", SHARES) for number in range(4000)]
    for split, share in SHARES.items():
        assert abs(found.count(split) / 4000 - share) < 0.03
    assert {split_of(str(number), {"test": 1.0}) for number in range(50)} == {"test"}


@given(group=st.text(max_size=20), share=st.floats(0, 1))
@settings(deadline=None)
def test_folder_a_split_without_share_gets_nothing(group, share):
    shares = {"train": share, "val": 0.0, "test": 1 - share}
    assert shares[split_of(group, shares)] > 0


def test_folder_shares_must_sum_to_one():
    with pytest.raises(HairlineError, match="sum to 1"):
        folder_options({"train": 0.8, "val": 0.1})


# Synthetic (what is written is read back: test_synthesis.py)


def test_synthetic_mistakes_are_told(tmp_path):
    with pytest.raises(HairlineError, match=r"split\.csv: not found .*generate"):
        synthetic.read(tmp_path, synthetic.Options())
    (tmp_path / "split.csv").write_text("id,split\n00000,train\n")
    picture(tmp_path / "images" / "00000.png")
    with pytest.raises(HairlineError, match=r"00000\.png: not found, but split\.csv names it"):
        synthetic.read(tmp_path, synthetic.Options())
