"""Masks as tools encode them: read as they were drawn, or refused, or stopped by the gate; never silently another."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from PIL import Image
from support.kinds import IDS, crack, grey, truth, wall

from hairline.config.paths import Paths
from hairline.data.layouts import folder
from hairline.data.samples import ingest, load_image, load_mask, read_samples
from hairline.errors import HairlineError

VOC = [0, 0, 0, 128, 0, 0] + [0] * 759 + [224, 224, 192]
OPTIONS = folder.Options(shares={"train": 1.0}, exclude=[])


def png(pixels, palette=None, **how):
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette(palette)
    file = io.BytesIO()
    image.save(file, "PNG", **how)
    return file.getvalue()


def jpeg(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def coloured(mask, colour):
    return mask[..., None] * np.uint8(colour)


def ring(mask):
    """The pixels around a crack, as VOC marks them void."""
    grown = mask.copy()
    for axis in (0, 1):
        for step in (1, -1):
            grown |= np.roll(grown, step, axis)
    return grown & ~mask


def on_transparency(mask):
    return np.dstack([np.zeros((*mask.shape, 3), np.uint8), grey(mask)])


ENCODINGS = {
    "1 bit": lambda mask: png(mask),
    "0 and 255": lambda mask: png(grey(mask)),
    "0 and 1": lambda mask: png(mask.astype(np.uint8)),
    "0 and 128": lambda mask: png(mask * np.uint8(128)),
    "0 and 127": lambda mask: png(mask * np.uint8(127)),
    "0 and 2": lambda mask: png(mask * np.uint8(2)),
    "RGB": lambda mask: png(coloured(mask, [255, 255, 255])),
    "red": lambda mask: png(coloured(mask, [255, 0, 0])),
    "green": lambda mask: png(coloured(mask, [0, 255, 0])),
    "blue": lambda mask: png(coloured(mask, [0, 0, 255])),
    "dark red, as VOC draws": lambda mask: png(coloured(mask, [128, 0, 0])),
    "RGBA, opaque": lambda mask: png(np.dstack([coloured(mask, [255] * 3), np.full(mask.shape, 255, np.uint8)])),
    "black pen on transparent ground": lambda mask: png(on_transparency(mask)),
    "white pen on transparent ground": lambda mask: png(np.dstack([coloured(mask, [255] * 3), grey(mask)])),
    "red pen on transparent ground": lambda mask: png(np.dstack([coloured(mask, [255, 0, 0]), grey(mask)])),
    "grey and alpha": lambda mask: png(np.dstack([grey(mask), np.full(mask.shape, 255, np.uint8)])),
    "alpha alone, grey": lambda mask: png(np.dstack([np.zeros_like(grey(mask)), grey(mask)])),
    "16 bits, 0 and 65535": lambda mask: png(mask * np.uint16(65535)),
    "16 bits, 0 and 1": lambda mask: png(mask.astype(np.uint16)),
    "16 bits, 0 and 255": lambda mask: png(mask * np.uint16(255)),
    "palette, index 1": lambda mask: png(mask.astype(np.uint8), [0, 0, 0, 128, 0, 0]),
    "palette, index 1 bright": lambda mask: png(mask.astype(np.uint8), [0, 0, 0, 255, 255, 255]),
    "palette, index 2": lambda mask: png(mask * np.uint8(2), [0, 0, 0, 0, 128, 0, 128, 0, 0]),
    "palette, white first": lambda mask: png((~mask).astype(np.uint8), [255, 255, 255, 0, 0, 0]),
    "JPEG of 0 and 255": lambda mask: jpeg(grey(mask), 95),
    "JPEG of 0 and 1": lambda mask: jpeg(mask.astype(np.uint8), 100),
    "inverted": lambda mask: png(grey(~mask)),
    "VOC with void": lambda mask: png(mask.astype(np.uint8) + 255 * ring(mask).astype(np.uint8), VOC),
    "VOC with void, in grey": lambda mask: png(mask.astype(np.uint8) + 255 * ring(mask).astype(np.uint8)),
    "instances": lambda mask: png(mask * (1 + (np.arange(mask.shape[1]) > 30)).astype(np.uint8)),
    "classes, crack is 3": lambda mask: png(mask * np.uint8(3) + ring(mask) * np.uint8(1)),
}  # fmt: skip
READ = {
    "1 bit", "0 and 255", "0 and 1", "RGB", "RGBA, opaque", "grey and alpha", "16 bits, 0 and 65535",
    "16 bits, 0 and 1", "16 bits, 0 and 255", "palette, index 1", "palette, index 1 bright", "palette, white first",
    "JPEG of 0 and 255",
}  # fmt: skip
"""What has always been read, and must go on to be."""
REFUSED = {"VOC with void", "VOC with void, in grey", "instances", "classes, crack is 3"}
"""What can be read in more than one way."""


def encode(root, names, encoding):
    for name in names:
        (root / "masks" / f"{name}.png").write_bytes(ENCODINGS[encoding](crack(name)))


@pytest.mark.parametrize("some", ["all of a set", "every third of a set"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_masks_of_a_set(encoding, some, attempt):
    trial = attempt("folder")
    encode(trial.root, list(IDS) if some == "all of a set" else ["b", "e"], encoding)
    done = trial.ingest()
    stopped = done.status or trial.validate().status
    assert stopped in (0, 1)
    assert encoding not in REFUSED or stopped, "read as if there were one way only"
    if not stopped:
        sets = Paths(trial.folder, "tiny").dataset("walls")
        assert list(read_samples(sets)["id"]) == list(IDS)
        for name in IDS:
            assert np.array_equal(load_mask(sets, name), crack(name)), name
    assert encoding not in READ or not stopped, done.told


LABELS = {
    "crack labelled as enclosed background": lambda mask: mask * np.uint8(2) + np.uint8(1),
    "0 and 1": lambda mask: mask.astype(np.uint8),
    "0 and 255": grey,
    "a label of 5": lambda mask: mask * np.uint8(4) + np.uint8(1),
    "negative labels": lambda mask: mask.astype(np.int8) * np.int8(-1) + np.int8(1),
    "halves": lambda mask: mask * 0.5 + 1,
    "not a number": lambda mask: np.where(mask, np.nan, 1.0),
    "three dimensions": lambda mask: np.stack([mask, mask]).astype(np.uint8) + np.uint8(1),
    "nothing": lambda mask: np.zeros((0, 0), np.uint8),
}
"""Ground truth of CFD that says something else than its labels do."""


@pytest.mark.parametrize("what", LABELS)
def test_labels_of_cfd(what, attempt):
    trial = attempt("cfd")
    trial.mask.write_bytes(truth(LABELS[what](crack("b"))))
    seen = trial.ingest()
    assert seen.status == 1, seen.told
    assert "b.mat: found" in seen.told and "Traceback" not in seen.told


BITS = {"10": 1023, "12": 4095, "14": 16383, "16": 65535}


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_grey_of_some_bits_in_sixteen(bits, kind, attempt):
    """One range for the set: the walls come out as bright as they are, whatever the camera's depth."""
    trial = attempt("folder")
    top = BITS[bits]
    for name in IDS:
        file = io.BytesIO()
        grey_levels = np.rint(wall(name)[..., 0] / 255 * top).astype(np.uint16)
        grey_levels[0, 0] = top
        Image.fromarray(grey_levels).save(file, kind)
        (trial.root / "images" / f"{name}.png").write_bytes(file.getvalue())
    assert trial.ingest().status == 0
    for name in IDS:
        found = load_image(Paths(trial.folder, "tiny").dataset("walls"), name)[..., 0].astype(int)
        assert np.abs(found - wall(name)[..., 0])[1:].max() <= 1


MASKS = st.integers(1, 12).flatmap(
    lambda height: st.integers(1, 12).flatmap(
        lambda width: st.lists(st.booleans(), min_size=height * width, max_size=height * width).map(
            lambda values: np.array(values).reshape(height, width)
        )
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(masks=st.lists(MASKS, min_size=1, max_size=4), encoding=st.sampled_from(sorted(ENCODINGS.keys() - REFUSED)))
def test_any_masks_in_any_encoding(masks, encoding, tmp_path_factory):
    """Whatever is read back equals what was written, or is refused; a set's blank masks say nothing of the others."""
    # opaque all over and black all over is how most software writes a mask without a crack
    assume(not (encoding.startswith("alpha alone") and all(mask.all() for mask in masks)))
    home = tmp_path_factory.mktemp("masks")
    for kind in ("images", "masks"):
        (home / "raw" / kind).mkdir(parents=True)
    (home / "set").mkdir()
    for number, mask in enumerate(masks):
        Image.fromarray(np.full((*mask.shape, 3), 150, np.uint8)).save(home / "raw" / "images" / f"{number}.png")
        (home / "raw" / "masks" / f"{number}.png").write_bytes(ENCODINGS[encoding](mask))
    try:
        ingest(folder.read(home / "raw", OPTIONS), home / "set")
    except HairlineError as error:
        assert len(str(error).splitlines()) == 1
        assert encoding not in READ
        return
    table = read_samples(home / "set").set_index("id")
    for number, mask in enumerate(masks):
        found = load_mask(home / "set", str(number))
        told = table.loc[str(number), "mask_unusual"]
        assert np.array_equal(found, mask) or told or encoding in ("JPEG of 0 and 255", "inverted"), encoding
