import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hairline.data.samples import RawSample, ingest, read_binary_mask
from hairline.gates.image_facts import computed, contrast
from hairline.imaging.images import write_image, write_mask


@settings(deadline=None)
@given(arrays(np.uint8, (5, 7)), arrays(np.bool_, (5, 7)))
def test_contrast_is_the_difference_of_means(grey, mask):
    inside = [int(value) for value, crack in zip(grey.ravel(), mask.ravel(), strict=True) if crack]
    outside = [int(value) for value, crack in zip(grey.ravel(), mask.ravel(), strict=True) if not crack]
    if not inside or not outside:
        assert np.isnan(contrast(grey, mask))
    else:
        expected = sum(outside) / len(outside) - sum(inside) / len(inside)
        assert contrast(grey, mask) == pytest.approx(expected)


def test_contrast_of_unequal_sizes_is_unknown():
    assert np.isnan(contrast(np.zeros((4, 4), np.uint8), np.eye(3, dtype=bool)))


@settings(deadline=None, max_examples=10)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["train", "test"]), st.integers(0, 2)), min_size=1, max_size=6
    )
)
def test_group_and_copy_columns_equal_brute_force(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("set")
    for picture in range(3):
        write_image(folder / "raw" / f"{picture}.png", np.full((4, 4, 3), picture, np.uint8))
    samples = [
        RawSample(f"s{index}", split, group, folder / "raw" / f"{picture}.png", None, read_binary_mask)
        for index, (group, split, picture) in enumerate(rows)
    ]
    table = computed(ingest(samples, folder), folder)
    for index, (group, _, picture) in enumerate(rows):
        in_group = {other[1] for other in rows if other[0] == group}
        alike = [(number, other[1]) for number, other in enumerate(rows) if other[2] == picture]
        row = table.iloc[index]
        assert row["group_splits"] == ", ".join(sorted(in_group))
        assert row["group_split_count"] == len(in_group)
        assert row["image_split_count"] == len({split for _, split in alike})
        assert row["copies"] == ", ".join(f"s{number} ({split})" for number, split in alike if number != index)


def test_shares_levels_and_sizes(tmp_path):
    masks = {"big": np.zeros((20, 30), bool), "small": np.ones((10, 10), bool), "none": None}
    masks["big"][:3] = True
    samples = []
    for name, mask in masks.items():
        write_image(tmp_path / "raw" / f"{name}.png", np.zeros((20, 30), np.uint8))
        if mask is not None:
            write_mask(tmp_path / "raw" / f"{name}_mask.png", mask)
        there = tmp_path / "raw" / f"{name}_mask.png" if mask is not None else None
        samples.append(RawSample(name, "test", name, tmp_path / "raw" / f"{name}.png", there, read_binary_mask))
    table = computed(ingest(samples, tmp_path), tmp_path).set_index("id")
    assert table.loc["big", "crack_share"] == pytest.approx(90 / 600)
    assert table["crack_part"].sum() == pytest.approx((90 + 100) / (600 + 100))
    assert table.loc[["big", "small"], "mask_size"].tolist() == ["30 x 20 px", "10 x 10 px"]
    assert table.loc["big", "shortest_px"] == 20
    assert table["pair"].to_dict() == {"big": "complete", "small": "complete", "none": "no mask"}
    unknown = [
        "exif_of_masked",
        "mask_unusual_share",
        "mask_size",
        "crack_share",
        "crack_part",
        "mask_empty",
        "contrast",
    ]
    assert table.loc["none", unknown].isna().all()


def test_an_empty_table_gets_the_columns(tmp_path):
    table = computed(ingest([], tmp_path), tmp_path)
    assert isinstance(table, pd.DataFrame)
    assert table.empty
    assert {"pair", "crack_share", "copies"} <= set(table.columns)
