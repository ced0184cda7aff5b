from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hairline.data import samples
from hairline.errors import HairlineError

IMAGE = np.random.default_rng(0).integers(0, 255, (5, 7, 3), np.uint8)
MASK = np.arange(35).reshape(5, 7) % 4 == 0


def raw(folder, name, split="train", mask=MASK, image=IMAGE, suffix="png"):
    image_path, mask_path = folder / f"{name}.{suffix}", folder / f"{name}_mask.png"
    Image.fromarray(image).save(image_path)
    if mask is not None:
        Image.fromarray(mask).save(mask_path)
    return samples.RawSample(
        name, split, "group", image_path, None if mask is None else mask_path, samples.read_binary_mask
    )


@pytest.fixture
def canonical(tmp_path):
    source, folder = tmp_path / "source", tmp_path / "set"
    source.mkdir()
    folder.mkdir()
    wanted = [raw(source, "b"), raw(source, "a", "val", ~MASK), raw(source, "c", "test", None)]
    return folder, samples.ingest(wanted, folder)


def test_ingest_records_what_it_found(canonical):
    folder, table = canonical
    assert list(table.columns) == list(samples.COLUMNS)
    assert table["id"].tolist() == ["a", "b", "c"]
    assert table["split"].tolist() == ["val", "train", "test"]
    assert table[["height", "width"]].to_numpy().tolist() == [[5, 7]] * 3
    assert table["has_mask"].tolist() == [True, True, False]
    assert table["crack_pixels"].tolist() == [int((~MASK).sum()), int(MASK.sum()), 0]
    assert table["mask_height"].tolist() == [5, 5, 0]
    assert table["source"].tolist() == ["a.png", "b.png", "c.png"]
    assert table["image_sha256"].nunique() == 1
    assert table["mask_sha256"].tolist()[2] == ""
    pd.testing.assert_frame_equal(table, samples.read_samples(folder))


def test_pixels_survive_ingest(canonical):
    folder, _ = canonical
    assert np.array_equal(samples.load_image(folder, "b"), IMAGE)
    assert np.array_equal(samples.load_mask(folder, "b"), MASK)
    assert not samples.mask_path(folder, "c").exists()


def test_a_mask_of_another_size_is_recorded_not_judged(tmp_path):
    table = samples.ingest([raw(tmp_path, "a", mask=MASK[:3])], tmp_path)
    assert table[["height", "mask_height", "mask_width"]].to_numpy().tolist() == [[5, 3, 7]]


def test_samples_are_chosen_by_split(canonical):
    folder, _ = canonical
    assert samples.read_samples(folder, "train", "test")["id"].tolist() == ["b", "c"]
    assert samples.read_samples(folder, "train").index.tolist() == [0]


def test_a_set_that_was_not_ingested_is_named(tmp_path):
    with pytest.raises(HairlineError, match=r"samples\.parquet: not found; run the ingest stage"):
        samples.read_samples(tmp_path)


def test_a_damaged_table_is_named(canonical):
    folder, _ = canonical
    for content in (b"", b"half", (folder / "samples.parquet").read_bytes()[:-99]):
        (folder / "samples.parquet").write_bytes(content)
        with pytest.raises(HairlineError, match=r"samples\.parquet: cannot be read .*dvc repro ingest@set"):
            samples.read_samples(folder)


def test_the_same_picture_in_two_formats_has_one_digest(tmp_path):
    table = samples.ingest([raw(tmp_path, "a"), raw(tmp_path, "b", suffix="bmp")], tmp_path)
    assert table["image_sha256"].nunique() == 1


def test_the_digest_tells_pixels_and_shapes_apart():
    assert samples.digest(IMAGE) != samples.digest(IMAGE[::-1])
    assert samples.digest(MASK) != samples.digest(MASK.reshape(7, 5))
    assert samples.digest(IMAGE[:, ::-1]) == samples.digest(IMAGE[:, ::-1].copy())


@given(count=st.integers(0, 300), wanted=st.integers(0, 300))
@settings(deadline=None)
def test_evenly_spaced_indices(count, wanted):
    chosen = samples.evenly(count, wanted)
    assert len(chosen) == min(count, wanted)
    assert chosen == sorted(set(chosen))
    assert all(0 <= index < count for index in chosen)
    gaps = np.diff([*chosen, count])
    assert gaps.size == 0 or gaps.max() - gaps.min() <= 1


def test_two_samples_of_one_id_are_refused(tmp_path):
    (tmp_path / "set").mkdir()
    twins = [raw(tmp_path, "a"), replace(raw(tmp_path, "b"), id="a")]
    with pytest.raises(HairlineError, match=r"b\.png: its id 'a' is that of .*a\.png too"):
        samples.ingest(twins, tmp_path / "set")
