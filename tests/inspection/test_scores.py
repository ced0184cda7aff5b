"""What a network answers is an array like any other, and can be measured and put on a map."""

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from support import known_cracks, small_network

import hairline
from hairline.config import width_bands
from hairline.errors import HairlineError
from hairline.imaging.images import write_image
from hairline.inspection.measuring.options import Options

COVER = known_cracks.straight(6, 100, 30)
PHOTO = known_cracks.photo(COVER)


def answer(source: np.ndarray | Path = PHOTO, threshold: float = 0.5) -> hairline.Scores:
    return hairline.Scores.of(COVER.astype(np.float32), threshold, source)


def test_it_is_an_array_as_before() -> None:
    scores, plain = answer(), COVER.astype(np.float32)
    assert isinstance(scores, np.ndarray) and scores.dtype == np.float32
    np.testing.assert_array_equal(scores, plain)
    made = (scores >= 0.5, scores * 255, scores[2:9], np.clip(scores, 0, 0.5), scores[::2, ::2], -scores)
    assert {type(each) for each in made} == {np.ndarray}
    assert isinstance(scores.max(), np.float32) and isinstance(np.mean(scores), np.float32)
    assert type(scores[3, 4]) is np.float32
    for other in (pickle.loads(pickle.dumps(scores)), copy.deepcopy(scores), scores.copy()):
        np.testing.assert_array_equal(other, plain)
    with pytest.raises(HairlineError, match=r"threshold: not known of an array that was made from .*; give one"):
        scores.copy().measure()
    assert len(scores.copy().measure(threshold=0.5).cracks) == 1


def test_it_is_measured_at_the_networks_threshold_and_in_millimetres_where_a_scale_is_given() -> None:
    for threshold in (0.3, 0.7):
        found, expected = answer(threshold=threshold).measure(), hairline.measure(COVER.astype(np.float32) >= threshold)
        assert found.cracks[0].area_px == expected.cracks[0].area_px
        assert found.mm_per_px is None and found.length_mm is None and found.table().length_mm.isna().all()
    found = answer(threshold=0.3).measure(0.5, threshold=0.5)
    row = found.table("en1992").iloc[0]
    assert found.length_mm == pytest.approx(50, abs=1) and row.length_mm == pytest.approx(50, abs=1)
    assert row.width_class == width_bands.read("en1992").name_of(row.width_p95_mm) and row.photo == "photo"
    assert answer().measure(0.5, options=Options(min_area_px=10_000)).cracks == ()
    for scale in (0, -1, float("nan")):
        with pytest.raises(HairlineError, match="expected a number above 0"):
            answer().measure(scale)
    with pytest.raises(HairlineError, match=r"threshold: 2; expected a score in \[0, 1\]"):
        answer().measure(threshold=2)


def test_widths_follow_the_photo_where_that_is_asked_for(tmp_path: Path) -> None:
    write_image(tmp_path / "wall.png", PHOTO)
    expected = hairline.measure(COVER >= 0.5, PHOTO)
    assert expected.photo_share > 0
    for source in (PHOTO, tmp_path / "wall.png"):
        found = answer(source).measure(by_photo=True).measured
        assert (found.cracks[0].width_mean_px, found.photo_share) == (
            expected.cracks[0].width_mean_px, expected.photo_share,
        )  # fmt: skip
    with pytest.raises(HairlineError, match="by_photo: no photo is known"):
        answer().copy().measure(threshold=0.5, by_photo=True)


def test_a_photo_without_a_map_comes_in_pixels() -> None:
    found = answer().to_geojson(0.5)
    (feature,) = json.loads(json.dumps(found))["features"]
    points = np.array(feature["geometry"]["coordinates"][0])
    rows, columns = np.nonzero(COVER >= 0.5)
    assert points.min(axis=0).tolist() == [columns.min(), rows.min()]
    assert points.max(axis=0).tolist() == [columns.max() + 1, rows.max() + 1]
    assert feature["properties"]["length_mm"] == pytest.approx(50, abs=1)
    assert "pixels" in found["hairline"]["coordinates"]


def test_a_geotiff_says_scale_and_place(tmp_path: Path) -> None:
    network = hairline.load_segmenter(small_network.make(tmp_path / "network", {"threshold": {"value": 0.01}}))
    pixels, path = np.full((70, 90), 120, np.uint8), tmp_path / "a.tif"
    pixels[:40] = 0
    with rasterio.open(
        path, "w", driver="GTiff", height=70, width=90, count=1, dtype="uint8", crs="EPSG:32633", nodata=0,
        transform=from_origin(400_000, 5_000_000, 0.002, 0.002),
    ) as file:  # fmt: skip
        file.write(pixels, 1)
    scores = network.predict(path)
    assert not scores[:40].any() and scores[40:].all()
    found = scores.measure()
    assert found.mm_per_px == pytest.approx(2) and found.name == "a.tif"
    assert found.cracks[0].area_px == 30 * 90
    points = np.array(found.to_geojson()["features"][0]["geometry"]["coordinates"][0])
    assert np.allclose(points, [13.73, 45.15], atol=0.02)
    assert scores.measure(3).mm_per_px == 3
