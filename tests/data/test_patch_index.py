"""The patch index against slices of the mirrored mask."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.data.patch_index import COLUMNS, Options, crack_flags, index
from hairline.data.samples import CRACK, NO_CRACK, load_mask, mask_path
from hairline.errors import HairlineError
from hairline.imaging.images import write_mask
from hairline.imaging.windows import PatchGrid
from hairline.metrics.patch_scores import patch_scores


@settings(deadline=None, max_examples=60)
@given(
    height=st.integers(1, 40), width=st.integers(1, 40), window=st.integers(1, 16), share=st.floats(0, 1),
    density=st.sampled_from([0.0, 0.005, 0.05, 1.0]), seed=st.integers(0, 999),
)  # fmt: skip
def test_a_patch_is_crack_if_any_of_its_pixels_is(
    height: int, width: int, window: int, share: float, density: float, seed: int
) -> None:
    stride = max(1, round(window * share))
    mask = np.random.default_rng(seed).random((height, width)) < density
    grid = PatchGrid(height, width, window, stride)
    padded = grid.pad(mask)
    flags = crack_flags(mask, window, stride)
    assert flags.dtype == bool
    assert flags.shape == (grid.rows, grid.cols)
    expected = [bool(padded[y : y + window, x : x + window].any()) for y, x in grid.origins()]
    assert flags.ravel().tolist() == expected


def test_one_pixel_makes_exactly_the_patches_over_it_crack() -> None:
    mask = np.zeros((256, 256), dtype=bool)
    mask[127, 128] = True
    flags = crack_flags(mask, 128, 64)
    assert np.argwhere(flags).tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for sample, size in {"b": (40, 70), "a": (33, 32), "test-1": (16, 16)}.items():
        write_mask(mask_path(tmp_path, sample), rng.random(size) < 0.004)
    return tmp_path


def table(**masked: bool) -> pd.DataFrame:
    splits = {"a": "train", "b": "val", "test-1": "test", "unlabelled": "train"}
    return pd.DataFrame(
        [{"id": sample, "split": splits[sample], "has_mask": has} for sample, has in masked.items()],
        columns=["id", "split", "has_mask"],
    ).assign(image_label="", height=20, width=30)


def test_index_has_a_row_for_each_patch_of_each_sample_with_a_mask(folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    samples = table(b=True, unlabelled=False, a=True)
    found = index(samples, folder, Options(16, 8))
    assert tuple(found.columns) == COLUMNS
    assert found["crack"].dtype == bool
    assert found["sample"].unique().tolist() == ["b", "a"]
    assert found.groupby("sample")["split"].unique().str[0].to_dict() == {"a": "train", "b": "val"}
    assert len(found) == len(PatchGrid(40, 70, 16, 8).origins()) + len(PatchGrid(33, 32, 16, 8).origins())
    assert found.index.tolist() == list(range(len(found)))
    assert not found.duplicated(["sample", "y", "x"]).any()
    assert sorted(folder.rglob("*")) == before  # a patch is a row, never a file


def test_rows_point_to_their_windows(folder: Path) -> None:
    found = index(table(a=True, b=True), folder, Options(16, 12))
    assert found["crack"].nunique() == 2
    for row in found.itertuples():
        mask = load_mask(folder, row.sample)
        padded = PatchGrid(*mask.shape, 16, 12).pad(mask)
        assert padded[row.y : row.y + 16, row.x : row.x + 16].shape == (16, 16)
        assert padded[row.y : row.y + 16, row.x : row.x + 16].any() == row.crack


def test_index_without_masks_is_empty_and_survives_parquet(folder: Path, tmp_path: Path) -> None:
    found = index(table(unlabelled=False), folder, Options(16, 8))
    assert tuple(found.columns) == COLUMNS
    assert len(found) == 0
    found.to_parquet(tmp_path / "patches.parquet")
    again = pd.read_parquet(tmp_path / "patches.parquet")
    assert len(again[again["crack"]]) == 0
    assert pd.concat([again, index(table(a=True), folder, Options(16, 8))])["crack"].dtype == bool


def test_an_image_labelled_as_a_whole_is_one_patch(folder: Path) -> None:
    samples = table(a=True, unlabelled=False).assign(image_label=[CRACK, CRACK])
    found = index(samples, folder, Options(16, 8))
    assert set(found.loc[found["sample"] == "a", "side"]) == {16}  # its mask says more
    (row,) = found[found["sample"] == "unlabelled"].to_dict("records")
    assert (row["y"], row["x"], row["side"], row["crack"]) == (0, 0, 30, True)
    without = index(samples.assign(image_label=NO_CRACK), folder, Options(16, 8))
    assert without.set_index("sample").loc["unlabelled", "crack"].tolist() is False


def test_a_stride_beyond_the_window_is_refused() -> None:
    with pytest.raises(HairlineError, match="at most 16"):
        Options(16, 17)


@settings(deadline=None, max_examples=100)
@given(
    pairs=st.lists(
        st.tuples(st.one_of(st.floats(0, 1, width=32), st.sampled_from([0.0, 0.5, 1.0])), st.booleans()), max_size=30
    )
)
def test_patch_scores_equal_counts(pairs: list[tuple[float, bool]]) -> None:
    tp = sum(p >= 0.5 and crack for p, crack in pairs)
    fp = sum(p >= 0.5 and not crack for p, crack in pairs)
    fn = sum(p < 0.5 and crack for p, crack in pairs)
    found = patch_scores(
        np.array([p for p, _ in pairs], dtype=np.float32), np.array([crack for _, crack in pairs], dtype=bool)
    )
    assert found["precision"] == pytest.approx(tp / (tp + fp) if tp + fp else 0)
    assert found["recall"] == pytest.approx(tp / (tp + fn) if tp + fn else 0)
    assert found["f1"] == pytest.approx(2 * tp / (2 * tp + fp + fn) if tp else 0)
