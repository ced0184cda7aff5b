"""Sets of mask files: what is crack is found out once, from all of them, or they are refused by name."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.pictures import picture

from hairline.data.layouts import cfd, folder
from hairline.data.masks import Pixels
from hairline.data.patch_index import Options, index
from hairline.data.samples import RawSample, ingest, load_ignored, load_mask
from hairline.errors import HairlineError
from hairline.reporting.gate_page import contents_of_set

SHAPE = (48, 64)
OPTIONS = folder.Options({"train": 1.0}, [])


def crack(number):
    """A crooked line of three pixels, another one for every number."""
    mask, row = np.zeros(SHAPE, bool), 10 + 5 * (number % 5)
    for column in range(4, 60):
        row += (column * (number + 3)) % 3 - 1
        row = min(max(row, 3), 44)
        mask[row - 1 : row + 2, column] = True
    return mask


def grey(mask, value=255, kind=np.uint8):
    return mask.astype(kind) * kind(value)


def coloured(mask, colour, ground=(0, 0, 0)):
    return np.where(mask[..., None], np.uint8(colour), np.uint8(ground))


def painted(mask, pen, ground=(0, 0, 0), opacity=255):
    return np.dstack([coloured(mask, pen, ground), grey(mask, opacity)])


def indexed(indices, colours, transparent=None):
    image = Image.fromarray(indices.astype(np.uint8))
    table = np.zeros((256, 3), np.uint8)
    for number, colour in colours.items():
        table[number] = colour
    image.putpalette(table.ravel().tolist())
    if transparent is not None:
        image.info["transparency"] = transparent
    return image


def void(number):
    """Classes as VOC numbers them: 1, and 255 for a ring that is neither."""
    one = crack(number).astype(np.uint8)
    return one + (cv2.dilate(one, np.ones((5, 5), np.uint8)) - one) * np.uint8(255)


def instances(number):
    found = crack(number).astype(np.uint8)
    found[:, 32:] *= 1 + (number % 3 == 0)
    return found


def saved_as_jpeg(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def read(root, masks, pixels=Pixels(), suffix="png", **how):  # noqa: B008
    """Ingest a set with these masks; the table."""
    for number, mask in enumerate(masks):
        picture(root / "images" / f"{number}.png", np.full(SHAPE, 150, np.uint8))
        image = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
        (root / "masks").mkdir(exist_ok=True)
        image.save(root / "masks" / f"{number}.{suffix}", **how)
    (root / "set").mkdir(exist_ok=True)
    return ingest(folder.read(root, OPTIONS), root / "set", pixels=pixels)


def refusal(root, *arguments, **more):
    with pytest.raises(HairlineError) as error:
        read(root, *arguments, **more)
    assert not list((root / "set").iterdir())
    return str(error.value)


READ = {
    "red": lambda n: coloured(crack(n), (255, 0, 0)),
    "blue": lambda n: coloured(crack(n), (0, 0, 255)),
    "dark green": lambda n: coloured(crack(n), (0, 128, 0)),
    "white on blue": lambda n: coloured(crack(n), (255, 255, 255), (0, 0, 139)),
    "some red, some white": lambda n: coloured(crack(n), (255, 0, 0)) if n % 2 else grey(crack(n)),
    "0 and 1, or 0 and 255": lambda n: grey(crack(n), 1 if n % 2 else 255),
    "1-bit, or 0 and 255": lambda n: crack(n) if n % 2 else grey(crack(n)),
    "16 bits, 0 and 1": lambda n: grey(crack(n), 1, np.uint16),
    "16 bits, 0 and 4095": lambda n: grey(crack(n), 4095, np.uint16),
    "16 bits, 0 and 65535 or 255": lambda n: grey(crack(n), 255 if n % 2 else 65535, np.uint16),
    "black pen on transparent ground": lambda n: painted(crack(n), (0, 0, 0)),
    "black pen, the ground white below": lambda n: painted(crack(n), (0, 0, 0), (255, 255, 255)),
    "grey with alpha": lambda n: np.dstack([grey(crack(n), 0), grey(crack(n))]),
    "opaque": lambda n: np.dstack([coloured(crack(n), (255, 255, 255)), np.full(SHAPE, 255, np.uint8)]),
    "all transparent": lambda n: np.dstack([coloured(crack(n), (255, 255, 255)), np.zeros(SHAPE, np.uint8)]),
    "number 2 of a palette": lambda n: indexed(crack(n) * 2, {2: (0, 128, 0)}),
    "number 1, dark": lambda n: indexed(crack(n), {1: (10, 10, 10)}),
    "number 1, palette all black": lambda n: indexed(crack(n), {}),
    "number 1, ground transparent": lambda n: indexed(crack(n), {1: (128, 0, 0)}, transparent=0),
    "PNG that was JPEG": lambda n: saved_as_jpeg(grey(crack(n)), (98, 95, 75, 50)[n % 4]),
    "60 and 150": lambda n: grey(crack(n), 90) + np.uint8(60),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_is_clear_is_read(name, tmp_path):
    table = read(tmp_path, [READ[name](number) for number in range(4)])
    for number in range(4):
        assert np.array_equal(load_mask(tmp_path / "set", str(number)), crack(number))
    assert (table["mask_reading"] != "").all()


def test_soft_edges_are_read_at_half(tmp_path):
    soft = [cv2.GaussianBlur(grey(crack(number)), (0, 0), 0.8) for number in range(3)]
    table = read(tmp_path, [*soft, *(np.dstack([level, level * 0, level * 0]) for level in soft)])
    for number in range(6):
        assert np.array_equal(load_mask(tmp_path / "set", str(number)), soft[number % 3] > 127)
    assert (table["mask_unusual_pixels"] > 0).all()


REFUSED = {
    "void of VOC": (lambda n: indexed(void(n), {1: (128, 0, 0), 255: (224, 224, 192)}), "several colours (#000000, #8"),
    "void in grey": (void, "0.png, 1.png, 2.png and 1 more: the values 0, 1 and 255"),
    "void of 128": (lambda n: np.where(void(n) == 255, 128, void(n) * 255).astype(np.uint8), "values 0, 128 and 255"),
    "instances": (instances, "0.png, 3.png: the values 0, 1 and 2, none above half"),
    "classes": (lambda n: np.where(crack(n), 255, np.where(crack(n + 7), 170, grey(crack(n + 4), 85))).astype(np.uint8),
                "the values 0, 85, 170 and 255"),
    "void in one file": (lambda n: grey(crack(n), 1) if n else void(n), "1 of 4 masks do not say what is crack (0.png"),
    "one class of many": (lambda n: grey(crack(n), 38), "the values 0 and 38, none above half"),
    "dark in 16 bits": (lambda n: grey(crack(n), 2, np.uint16), "the values 0 and 2, none above half"),
    "faint pen": (lambda n: painted(crack(n), (0, 0, 0), opacity=100), "the values 0 and 100, none above half"),
    "two colours in a file": (lambda n: coloured(crack(n), (255, 0, 0)) + coloured(crack(n + 2) & ~crack(n), (0, 255, 0)
                              ), "several colours (#000000, #00ff00, #ff0000)"),
    "two colours in a set": (lambda n: coloured(crack(n), (255, 0, 0) if n else (0, 255, 0)), "in #ff0000, 0.png in"),
    "two numbers in a set": (lambda n: indexed(crack(n) * (1 + n % 2), {1: (128, 0, 0), 2: (0, 128, 0)}), "#008000, 0"),
    "number 5, palette all black": (lambda n: indexed(crack(n) * 5, {}), "the values 0 and 5, none above half"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_clear_is_refused_by_file_and_value(name, tmp_path):
    make, words = REFUSED[name]
    told = refusal(tmp_path, [make(number) for number in range(4)])
    assert words in told
    assert (
        "save these masks as the others are" if "set" in name.split() else "list beside the options of this"
    ) in told


@pytest.mark.parametrize("quality", [100, 95, 90])
def test_0_and_1_in_jpeg_are_refused(quality, tmp_path):
    told = refusal(tmp_path, [grey(crack(number), 1) for number in range(3)], suffix="jpg", quality=quality)
    assert "where JPEG has blurred 0 and 1" in told
    assert "as PNG" in told


def test_what_the_refusal_names_is_read_when_it_is_stated(tmp_path):
    masks = [void(number) for number in range(3)]
    assert "pixels: {crack: [1], background: [0, 255]}" in refusal(tmp_path, masks)
    read(tmp_path, masks, Pixels(crack=(1,), background=(0, 255)))
    for number in range(3):
        assert np.array_equal(load_mask(tmp_path / "set", str(number)), crack(number))


STATED = {
    "colours": (lambda n: coloured(crack(n), (255, 0, 0), (0, 255, 0)), Pixels(("#ff0000",), ("#00ff00",))),
    "numbers of a palette": (lambda n: indexed(void(n), {1: (128, 0, 0), 255: (9, 9, 9)}), Pixels((1,), (0, 255))),
    "colours of a palette": (lambda n: indexed(void(n), {1: (128, 0, 0), 255: (9, 9, 9)}),
                             Pixels(("#800000",), ("#000000", "#090909"))),
    "16 bits": (lambda n: grey(crack(n), 700, np.uint16), Pixels((700,))),
    "dark": (lambda n: grey(~crack(n)), Pixels("dark")),
    "dark in JPEG": (lambda n: saved_as_jpeg(grey(~crack(n)), 90), Pixels("dark")),
    "bright": (lambda n: np.maximum(grey(crack(n)), grey(crack(n + 7), 60)), Pixels("bright")),
}  # fmt: skip


@pytest.mark.parametrize("name", STATED)
def test_what_is_stated_is_read(name, tmp_path):
    make, pixels = STATED[name]
    read(tmp_path, [make(number) for number in range(3)], pixels)
    for number in range(3):
        assert np.array_equal(load_mask(tmp_path / "set", str(number)), crack(number))


def test_what_is_stated_is_checked_against_the_files(tmp_path):
    told = refusal(tmp_path, [void(0), grey(crack(1), 1)], Pixels(crack=(1,)))
    assert (
        "1 of 2 masks" in told and "0.png: the values 255" in told and "add the others to one of the two lists" in told
    )
    assert "the values 0 and 1, none above" in refusal(tmp_path, [grey(crack(0), 1), grey(crack(1))], Pixels("bright"))


@pytest.mark.parametrize(
    ("values", "words"),
    [({"crack": (1,), "background": (0, 1)}, "1 is in both lists"), ({"crack": ()}, "crack lists no value"),
     ({"crack": ("red",)}, "Pixels.crack"), ({"crack": (-1,)}, "Pixels.crack"), ({"bits": 11}, "Pixels.bits"),
     ({"ignore": (127,)}, "crack is no list; list crack as well"),
     ({"crack": (1,), "ignore": (0, 1)}, "ignore lists 0 and 1, and so does crack or background")],
)  # fmt: skip
def test_statements_are_checked(values, words):
    with pytest.raises(HairlineError, match=words):
        Pixels(**values)


def test_masks_that_are_no_image_files_take_no_statement(tmp_path):
    picture(tmp_path / "a.png")
    sample = RawSample("a", "train", "a", tmp_path / "a.png", tmp_path / "a.mat", cfd.read_truth)
    with pytest.raises(HairlineError, match=r"a\.mat: is no image file, so that pixels\.crack"):
        ingest([sample], tmp_path, pixels=Pixels("dark"))


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.sampled_from([0, 1, 2, 38, 100, 128, 200, 254, 255]), min_size=1, max_size=4, unique=True))
def test_a_mask_that_marks_something_is_never_read_as_blank(values, tmp_path_factory):
    root = tmp_path_factory.mktemp("set")
    bands = np.zeros(SHAPE, np.uint8)
    for number, value in enumerate(values):
        bands[10 * number + 2 : 10 * number + 7, 5:60] = value
    try:
        table = read(root, [bands])
    except HairlineError:
        return
    assert table.loc[0, "crack_pixels"] > 0 or not bands.any()


PHOTO = np.add.outer(np.arange(48) * 60, np.arange(64) * 15).astype(np.uint16)  # 0 … 3765, of 12 bits


def photos(root, images, pixels=Pixels()):  # noqa: B008
    for number, pixel in enumerate(images):
        path = root / "images" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cv2.imencode(".png", pixel)[1].tobytes())
    (root / "set").mkdir(exist_ok=True)
    return ingest(folder.read(root, OPTIONS), root / "set", pixels=pixels)


def shown(root, number):
    return np.asarray(Image.open(root / "set" / "images" / f"{number}.png")).astype(int)


def test_16_bit_images_of_a_set_share_one_range(tmp_path):
    table = photos(tmp_path, [PHOTO, PHOTO // 20, (PHOTO >> 4).astype(np.uint8)])
    assert table["grey_bits"].tolist() == [12, 12, 8]
    assert np.array_equal(shown(tmp_path, 0)[..., 0], PHOTO >> 4)
    assert np.array_equal(shown(tmp_path, 1)[..., 0], PHOTO // 20 >> 4)  # darker than the first, as it was taken
    assert np.array_equal(shown(tmp_path, 2)[..., 0], PHOTO >> 4)


def test_16_bit_colours_keep_their_range(tmp_path):
    colours = np.dstack([PHOTO, PHOTO // 2, PHOTO // 3])
    table = photos(tmp_path, [colours, np.dstack([colours, PHOTO * 16])])
    assert table["grey_bits"].tolist() == [12, 12]  # alpha is no brightness
    for number in range(2):
        assert np.array_equal(shown(tmp_path, number), colours[..., ::-1] >> 4)


def test_a_stated_range_is_used_and_checked(tmp_path):
    assert photos(tmp_path, [PHOTO], Pixels(bits=14))["grey_bits"].tolist() == [14]
    assert np.array_equal(shown(tmp_path, 0)[..., 0], PHOTO >> 6)
    with pytest.raises(
        HairlineError, match=r"0\.png: holds values up to 3765, more than 10 bits; correct pixels\.bits"
    ):
        photos(tmp_path, [PHOTO], Pixels(bits=10))


def test_transparent_parts_of_images_are_counted(tmp_path):
    clear = np.dstack([np.full((48, 64, 3), 120, np.uint8), np.full((48, 64), 255, np.uint8)])
    clear[:5, :7, 3] = 0
    assert photos(tmp_path, [clear, clear[..., :3]])["transparent_pixels"].tolist() == [35, 0]


def test_the_gate_tells_what_values_were_taken_for(tmp_path):
    masks = [grey(crack(0)), grey(crack(1), 1), painted(crack(2), (0, 0, 0)), grey(crack(3))]
    told = contents_of_set(read(tmp_path, masks))
    assert "above half of the range (2), " in told
    assert "1 among 0 and 1 (1)" in told
    assert "what is painted on transparent ground (1)" in told
    assert "16-bit" not in told and "transparent parts" not in told
    (tmp_path / "two").mkdir()
    assert "16-bit images have a range of 12 bits (1)" in contents_of_set(photos(tmp_path / "two", [PHOTO]))


def test_values_that_are_stated_to_be_ignored_are_neither(tmp_path):
    masks = [void(0), grey(crack(1), 1), np.full(SHAPE, 255, np.uint8)]  # 255 for a ring, nowhere, everywhere
    samples = read(tmp_path, masks, Pixels(crack=(1,), background=(0,), ignore=(255,)))
    ring = void(0) == 255
    assert samples["ignored_pixels"].tolist() == [ring.sum(), 0, 0]
    assert samples["has_mask"].tolist() == [True, True, False]
    assert samples["mask_remarks"].tolist() == ["", "", "2.png says nothing of any pixel, so that it counts as no mask"]
    np.testing.assert_array_equal(load_mask(tmp_path / "set", "0"), crack(0))
    ignored_of = load_ignored(tmp_path / "set", samples)
    np.testing.assert_array_equal(ignored_of("0"), ring)
    assert ignored_of("1") is None
    decided = read(tmp_path / "decided", masks[:2], Pixels(crack=(1,), background=(0, 255)))
    assert "ignored_pixels" not in decided and samples["mask_sha256"][1] == decided["mask_sha256"][1]
    assert samples["mask_sha256"][0] != decided["mask_sha256"][0]
    told = refusal(tmp_path / "other", [void(0), grey(crack(1), 9)], Pixels(crack=(1,), background=(0,), ignore=(255,)))
    assert "background 0, ignored 255; add the others to one of the three lists" in told


def test_patches_without_crack_that_hold_ignored_pixels_are_neither_of_the_two(tmp_path):
    levels = np.zeros(SHAPE, np.uint8)
    levels[4, 4], levels[4, 5], levels[4, 20], levels[40, 40] = 255, 127, 127, 255
    samples = read(tmp_path, [levels], Pixels(crack=(255,), background=(0,), ignore=(127,)))
    patches = index(samples, tmp_path / "set", Options(16, 16)).set_index(["y", "x"])["crack"]
    assert patches[0, 0] and patches[32, 32] and (0, 16) not in patches.index
    assert len(patches) == 3 * 4 - 1 and patches.sum() == 2
