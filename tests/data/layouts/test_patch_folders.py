import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.pictures import ids, picture

from hairline.data.layouts import patch_folders
from hairline.data.samples import CRACK, NO_CRACK, ingest
from hairline.data.splits import split_of
from hairline.errors import HairlineError

SHARES = {"train": 0.6, "val": 0.2, "test": 0.2}
PHOTO = r"\d+(?=-)"
SDNET = {
    "D/CD": ["7001-115", "7001-2", "7002-1"], "D/UD": ["7001-1", "7003-9"], "P/CP": ["001-7"], "P/UP": ["001-8"],
    "W/CW": ["7001-3"], "W/UW": ["7069-1", "7069-2"],
}  # fmt: skip
CRACKED, WHOLE = ["D/CD", "P/CP", "W/CW"], ["D/UD", "P/UP", "W/UW"]


def options(crack=CRACKED, no_crack=WHOLE, group=PHOTO, shares=SHARES, limit=0, exclude=()):
    return patch_folders.Options(list(crack), list(no_crack), group, shares, limit, list(exclude))


def metu(**values):
    return options(["Positive"], ["Negative"], "", **values)


@pytest.fixture
def sdnet(tmp_path):
    for folder, names in SDNET.items():
        for name in names:
            picture(tmp_path / folder / f"{name}.jpg")
    return tmp_path


@pytest.fixture
def metu_root(tmp_path):
    for folder in ("Positive", "Negative"):
        for number in range(1, 11):
            picture(tmp_path / folder / f"{number:05d}.jpg")
    return tmp_path


def test_sdnet_labels_and_ids_follow_the_folders(sdnet):
    samples = patch_folders.read(sdnet, options())
    assert len(samples) == 10
    assert ids(samples) == sorted(ids(samples))
    labels = {sample.id: sample.image_label for sample in samples}
    assert labels["D-CD_7001-115"] == labels["W-CW_7001-3"] == CRACK
    assert labels["D-UD_7001-1"] == labels["P-UP_001-8"] == NO_CRACK
    assert all(sample.image.is_file() and sample.mask is None for sample in samples)


def test_a_photo_is_one_group_over_both_classes_but_not_over_surfaces(sdnet):
    groups = {sample.id: sample.group for sample in patch_folders.read(sdnet, options())}
    assert groups["D-CD_7001-115"] == groups["D-CD_7001-2"] == groups["D-UD_7001-1"] == "D-7001"
    assert groups["W-CW_7001-3"] == "W-7001"
    assert groups["P-CP_001-7"] == groups["P-UP_001-8"] == "P-001"
    assert set(groups.values()) == {"D-7001", "D-7002", "D-7003", "P-001", "W-7001", "W-7069"}


def test_classes_at_the_top_share_their_photos(tmp_path):
    for folder, name in (("crack", "7-1"), ("no_crack", "7-2"), ("no_crack", "8-1")):
        picture(tmp_path / folder / f"{name}.png")
    samples = patch_folders.read(tmp_path, options(["crack"], ["no_crack"]))
    assert {sample.id: sample.group for sample in samples} == {
        "crack_7-1": "7",
        "no_crack_7-2": "7",
        "no_crack_8-1": "8",
    }


@settings(deadline=None, max_examples=30)
@given(photos=st.sets(st.integers(1, 9999), min_size=1, max_size=12))
def test_a_group_is_in_one_split(tmp_path_factory, photos):
    root = tmp_path_factory.mktemp("patches")
    for photo in photos:
        picture(root / "D" / "CD" / f"{photo}-1.png")
        picture(root / "D" / "UD" / f"{photo}-2.png")
    found = patch_folders.read(root, options(["D/CD"], ["D/UD"]))
    by_group = {sample.group: {other.split for other in found if other.group == sample.group} for sample in found}
    assert len(by_group) == len(photos)
    assert by_group == {f"D-{photo}": {split_of(f"D-{photo}", SHARES)} for photo in photos}


def test_metu_has_the_same_names_in_both_classes(metu_root):
    samples = patch_folders.read(metu_root, metu())
    assert len(set(ids(samples))) == 20
    assert [sample.group for sample in samples] == ids(samples)
    assert {sample.id for sample in samples if sample.image_label == CRACK} == {
        f"Positive_{n:05d}" for n in range(1, 11)
    }


def test_the_limit_is_for_each_class_and_evenly_spaced(metu_root):
    chosen = ids(patch_folders.read(metu_root, metu(limit=3, exclude=["Positive_00001"])))
    assert chosen == ["Negative_00001", "Negative_00004", "Negative_00007", "Positive_00002", "Positive_00005",
                      "Positive_00008"]  # fmt: skip
    assert len(patch_folders.read(metu_root, metu(limit=99))) == 20


def test_one_class_alone_is_read(metu_root):
    samples = patch_folders.read(metu_root, options([], ["Negative"], ""))
    assert {sample.image_label for sample in samples} == {NO_CRACK}


def test_the_canonical_set_carries_labels_and_no_masks(sdnet, tmp_path):
    table = ingest(patch_folders.read(sdnet, options()), tmp_path)
    assert table["image_label"].value_counts().to_dict() == {CRACK: 5, NO_CRACK: 5}
    assert not table["has_mask"].any()
    assert not (tmp_path / "masks").exists()


def test_asking_for_a_mask_is_an_error(sdnet):
    sample = patch_folders.read(sdnet, options())[0]
    with pytest.raises(RuntimeError, match="have none"):
        sample.read_mask(sample.image)


def test_a_missing_or_empty_folder_says_what_is_there(sdnet):
    with pytest.raises(HairlineError, match=r"D/XD: no images found \(in .*: D, P, W\).*options\.crack"):
        patch_folders.read(sdnet, options(["D/XD"]))
    with pytest.raises(HairlineError, match=r"/D: no images found \(in .*/D: CD, UD\).*directly in it"):
        patch_folders.read(sdnet, options(["D"], []))


def test_a_name_the_group_does_not_match_is_refused_unless_excluded(sdnet):
    picture(sdnet / "D" / "CD" / "strange.jpg")
    with pytest.raises(
        HairlineError, match=r"strange\.jpg: options\.group .*matches nothing.*'D-CD_strange' to options"
    ):
        patch_folders.read(sdnet, options())
    assert len(patch_folders.read(sdnet, options(exclude=["D-CD_strange"]))) == 10
    with pytest.raises(HairlineError, match="matches nothing"):
        patch_folders.read(sdnet, options(group=r"\d*(?=x)|", exclude=["D-CD_strange"]))


def test_two_files_of_one_name_are_refused(metu_root):
    picture(metu_root / "Positive" / "00001.png")
    with pytest.raises(HairlineError, match=r"00001\.png: 00001\.jpg has the same name"):
        patch_folders.read(metu_root, metu())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"group": "(7"}, r"group must be a regular expression, found '\(7'"),
        ({"crack": [], "no_crack": []}, "name no folder"),
        ({"crack": ["../a"]}, r"'\.\./a' is not a folder inside the root"),
        ({"crack": ["/a"]}, "'/a' is not a folder inside the root"),
        ({"crack": ["."]}, r"'\.' is not a folder inside the root"),
        ({"crack": ["D/UD"]}, "'D/UD' is named twice"),
        ({"shares": {"train": 0.5}}, "sum to 1"),
        ({"crack": ["crack/D"], "no_crack": ["no_crack/D"]}, "'crack/D' and 'no_crack/D' have one name"),
    ],
)
def test_options_are_checked(values, told):
    with pytest.raises(HairlineError, match=told):
        options(**values)


def test_the_class_above_the_source_is_fine_where_there_are_no_groups():
    assert options(["crack/D"], ["no_crack/D"], "").crack == ["crack/D"]
