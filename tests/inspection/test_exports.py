"""COCO, GeoJSON and GeoPackage, read back by the libraries that others read them with."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from numpy.typing import NDArray
from pycocotools.coco import COCO
from rasterio.features import rasterize
from support import measured

from hairline.data import polygons
from hairline.data.coco_annotations import read_annotations
from hairline.data.outlines import read_outline
from hairline.errors import HairlineError
from hairline.inspection.exports import coco, geojson, geopackage, places, rings
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance
from hairline.inspection.exports.shapes import shapes, spanning
from hairline.inspection.georeference import Georeference

ROTATED = (0.018, 0.009, 500_123.4, 0.009, -0.018, 5_400_321.7)  # 2 cm a pixel, turned by 27 degrees
UTM = Georeference("EPSG:32633", ROTATED, 1.0)


def geotiff(path: Path, mask: NDArray[np.bool_], georeference: Georeference) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", height=mask.shape[0], width=mask.shape[1], count=1, dtype="uint8",
        crs=georeference.crs, transform=rasterio.Affine(*georeference.transform),
    ) as file:  # fmt: skip
        file.write(mask.astype(np.uint8), 1)


def covered(path: Path, shapes_of_map: list[shapely.Geometry]) -> NDArray[np.bool_]:
    """Which pixels of a GeoTIFF have their middle inside polygons of its own coordinate system."""
    with rasterio.open(path) as file:
        if not shapes_of_map:
            return np.zeros(file.shape, dtype=bool)
        return rasterize(shapes_of_map, out_shape=file.shape, transform=file.transform).astype(bool)


def write_geojson(path: Path, photos: list[MeasuredPhoto], masks: list[NDArray[np.bool_]], on_map: bool) -> None:
    with geojson.Writer(path, Provenance({"threshold": "0.5"}), on_map) as file:
        for photo, mask in zip(photos, masks, strict=True):
            file.add(photo, shapes(photo, mask))


@pytest.mark.parametrize("density", [0.2, 0.5, 0.7, 0.9])
def test_outlines_are_simple_features_and_give_the_same_pixels(density: float) -> None:
    rng = np.random.default_rng(7)
    for _ in range(40):
        mask = rng.random(rng.integers(1, 14, 2)) < density
        found = shapely.MultiPolygon([shapely.Polygon(outer, holes) for outer, *holes in rings.polygons(mask)])
        assert found.is_valid, shapely.is_valid_reason(found)
        assert found.area == mask.sum()
        assert not mask.any() or (rasterize([found], out_shape=mask.shape).astype(bool) == mask).all()


def test_coco_decodes_to_the_same_masks_bit_for_bit(tmp_path: Path) -> None:
    masks = [measured.scribbles(seed, 90, 130) for seed in range(6)]
    masks.append(np.zeros((20, 30), dtype=bool))
    masks.append(np.ones((20, 30), dtype=bool))
    photos = [measured.photo(tmp_path, f"p{n}", mask, mm_per_px=0.2) for n, mask in enumerate(masks)]
    with coco.Writer(tmp_path / "coco.json", Provenance({"network": "shipped"})) as file:
        for photo, mask in zip(photos, masks, strict=True):
            file.add(photo, shapes(photo, mask))
    read = COCO(str(tmp_path / "coco.json"))
    assert [image["file_name"] for image in read.dataset["images"]] == [photo.file for photo in photos]
    for image, photo, mask in zip(read.dataset["images"], photos, masks, strict=True):
        entries = read.imgToAnns[image["id"]]
        whole = np.zeros(mask.shape, dtype=bool)
        for entry, crack in zip(entries, photo.cracks, strict=True):
            alone = read.annToMask(entry).astype(bool)
            assert alone.sum() == entry["area"] == crack.area_px
            x, y, width, height = entry["bbox"]
            assert alone[y : y + height, x : x + width].sum() == alone.sum()
            assert not (whole & alone).any()
            whole |= alone
            assert entry["attributes"]["length_px"] == crack.length_px
        assert np.array_equal(whole, mask)


def test_a_crack_lies_on_the_geotiff_in_both_files(tmp_path: Path) -> None:
    masks = [measured.scribbles(seed) for seed in range(3)]
    moved = [
        Georeference("EPSG:32633", (*ROTATED[:2], ROTATED[2] + 5 * n, *ROTATED[3:]), 1.0) for n in range(len(masks))
    ]
    photos = [
        measured.photo(tmp_path, f"p{n}", mask, georeference=moved[n], mm_per_px=20.0) for n, mask in enumerate(masks)
    ]
    for photo, mask in zip(photos, masks, strict=True):
        geotiff(tmp_path / f"{photo.name}.tif", mask, photo.georeference)
    write_geojson(tmp_path / "cracks.geojson", photos, masks, on_map=True)
    with geopackage.Writer(tmp_path / "cracks.gpkg", photos) as package:
        for photo, mask in zip(photos, masks, strict=True):
            package.add(photo, shapes(photo, mask))

    degrees = geopandas.read_file(tmp_path / "cracks.geojson")
    own = geopandas.read_file(tmp_path / "cracks.gpkg", layer="cracks")
    lines = geopandas.read_file(tmp_path / "cracks.gpkg", layer="branches")
    assert degrees.crs == "EPSG:4326" and own.crs == lines.crs == "EPSG:32633"
    back = degrees.to_crs("EPSG:32633")
    for photo, mask in zip(photos, masks, strict=True):
        for read in (back, own):
            of_photo = read[read["photo"] == photo.name]
            assert len(of_photo) == len(photo.cracks)
            assert of_photo.geometry.is_valid.all()
            assert np.array_equal(covered(tmp_path / f"{photo.name}.tif", list(of_photo.geometry)), mask)
        of_photo = lines[lines["photo"] == photo.name]
        assert len(of_photo) == sum(len(crack.branches) for crack in photo.cracks)
        with rasterio.open(tmp_path / f"{photo.name}.tif") as file:  # each point of a line is at a pixel of its crack
            points = np.concatenate([shapely.get_coordinates(line) for line in of_photo.geometry])
            assert all(value == 1 for (value,) in file.sample(points))
        widths = [float(each) for each in of_photo.iloc[0]["widths_px"].split(",")]
        assert len(widths) == len(shapely.get_coordinates(of_photo.geometry.iloc[0])) or len(widths) == 1
    assert np.allclose(own["length_mm"], own["length_px"] * 20)
    worst = shapely.hausdorff_distance(back.geometry.values, own.geometry.values).max()
    assert worst < 0.02 / 20, f"{worst} m"


SYSTEMS = {
    "EPSG:31467": (3_570_000.0, 5_340_000.0, 0.01),  # Gauss-Krüger on Bessel's ellipsoid, whose datum is an old one
    "EPSG:2056": (2_600_000.0, 1_200_000.0, 0.01),  # Switzerland
    "EPSG:2263": (980_000.0, 200_000.0, 0.03),  # New York, in feet
    "EPSG:3857": (1_300_000.0, 6_100_000.0, 0.01),
    "EPSG:32760": (300_000.0, 8_000_000.0, 0.002),  # south, 2 mm a pixel
    "EPSG:32601": (166_021.4434, 0.0, 0.01),  # across 180 degrees
}


@pytest.mark.parametrize("crs", SYSTEMS)
def test_degrees_come_back_to_the_pixels_they_came_from(tmp_path: Path, crs: str) -> None:
    mask, (x, y, pixel) = measured.scribbles(6), SYSTEMS[crs]
    place = Georeference(crs, (pixel, 0, x - 80 * pixel, 0, -pixel, y), 1.0)
    photo = measured.photo(tmp_path, "p", mask, georeference=place)
    geotiff(tmp_path / "p.tif", mask, place)
    write_geojson(tmp_path / "cracks.geojson", [photo], [mask], on_map=True)
    degrees = geopandas.read_file(tmp_path / "cracks.geojson")
    assert degrees.geometry.is_valid.all()
    assert np.ptp(degrees.total_bounds[[0, 2]]) < 1e-3
    back = degrees.to_crs(crs)
    assert np.array_equal(covered(tmp_path / "p.tif", list(back.geometry)), mask)


def test_the_layout_coco_reads_the_same_masks_back(tmp_path: Path) -> None:
    mask = measured.scribbles(8)
    photo = measured.photo(tmp_path, "p", mask, mm_per_px=0.1)
    with coco.Writer(tmp_path / "coco.json", Provenance()) as file:
        file.add(photo, shapes(photo, mask))
    found = read_annotations(tmp_path / "coco.json", ["crack"])
    outlines = [read_outline(entry, *mask.shape) for entry in found.of[1]]
    assert not any(outline.remarks for outline in outlines)
    whole = polygons.mask_of([outline.packed for outline in outlines if outline.packed], *mask.shape)
    assert np.array_equal(whole, mask)


def test_without_the_extra_pixels_are_written_and_maps_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = measured.scribbles(9)
    plain = measured.photo(tmp_path, "p", mask)
    for name in ("pyproj", "shapely", "pyogrio", "pyogrio.raw", "geopandas", "rasterio"):
        monkeypatch.setitem(sys.modules, name, None)
    places._transformer.cache_clear()
    assert len(geojson.collection(plain, mask)["features"]) == len(plain.cracks)
    with pytest.raises(HairlineError, match=r"pip install 'hairline\[geo\]'"):
        geojson.collection(replace(plain, georeference=UTM), mask)
    with pytest.raises(HairlineError, match=r"pip install 'hairline\[geo\]'"):
        geopackage.Writer(tmp_path / "cracks.gpkg", [plain])


def test_geojson_follows_rfc_7946(tmp_path: Path) -> None:
    mask = measured.scribbles(1)
    photo = measured.photo(tmp_path, "p", mask, georeference=UTM)
    found = json.loads(json.dumps(geojson.collection(photo, mask)))
    assert found["type"] == "FeatureCollection" and "crs" not in found
    assert {feature["id"] for feature in found["features"]} == {f"p#{crack.number}" for crack in photo.cracks}
    for feature in found["features"]:
        parts = feature["geometry"]["coordinates"]
        for polygon in [parts] if feature["geometry"]["type"] == "Polygon" else parts:
            for number, ring in enumerate(polygon):
                assert ring[0] == ring[-1] and len(ring) >= 4
                assert shapely.LinearRing(ring).is_ccw == (number == 0)
                assert all(14 < x < 16 and 48 < y < 50 for x, y in ring)


def test_pixels_are_not_taken_for_degrees(tmp_path: Path) -> None:
    mask = measured.scribbles(2)
    photo = measured.photo(tmp_path, "p", mask)
    write_geojson(tmp_path / "cracks_px.geojson", [photo], [mask], on_map=False)
    found = geopandas.read_file(tmp_path / "cracks_px.geojson")
    assert not found.crs.is_geographic and not found.crs.is_projected
    assert np.array_equal(rasterize(list(found.geometry), out_shape=mask.shape).astype(bool), mask)
    assert "length_mm" not in found.columns


def test_photos_of_several_maps_and_of_none_have_layers_of_their_own(tmp_path: Path) -> None:
    mask = measured.scribbles(3)
    gauss = Georeference("EPSG:25832", (0.01, 0, 600_000.0, 0, -0.01, 5_300_000.0), 1.0)
    globe = Georeference("EPSG:4326", (1e-7, 0, 11.5, 0, -1e-7, 48.1), None)
    photos = [
        measured.photo(tmp_path, name, mask, georeference=place)
        for name, place in (("a", UTM), ("b", gauss), ("c", globe), ("d", None))
    ]
    with geopackage.Writer(tmp_path / "cracks.gpkg", photos) as package:
        for photo in photos:
            package.add(photo, shapes(photo, mask))
    layers = dict(geopandas.list_layers(tmp_path / "cracks.gpkg").to_numpy().tolist())
    assert set(layers) == {
        f"{kind}_{end}" for kind in ("cracks", "branches") for end in ("EPSG_32633", "EPSG_25832", "EPSG_4326", "px")
    }
    assert geopandas.read_file(tmp_path / "cracks.gpkg", layer="cracks_EPSG_25832").crs == "EPSG:25832"
    assert geopandas.read_file(tmp_path / "cracks.gpkg", layer="cracks_px").crs is None or not (
        geopandas.read_file(tmp_path / "cracks.gpkg", layer="cracks_px").crs.is_geographic
    )
    west = geopandas.read_file(tmp_path / "cracks.gpkg", layer="cracks_EPSG_4326").total_bounds
    assert 11.49 < west[0] < 11.51 and 48.09 < west[1] < 48.11
    write_geojson(tmp_path / "cracks.geojson", photos[:3], [mask] * 3, on_map=True)
    read = geopandas.read_file(tmp_path / "cracks.geojson").set_index("photo")
    assert np.allclose(read.loc[["c"]].total_bounds, west, rtol=0, atol=1e-10)


def test_a_system_without_a_code_is_told_by_its_wkt(tmp_path: Path) -> None:
    mask = measured.scribbles(4)
    wkt = pyproj.CRS("+proj=tmerc +lat_0=48 +lon_0=11.5 +ellps=WGS84 +units=m").to_wkt()
    photo = measured.photo(tmp_path, "p", mask, georeference=Georeference(wkt, (0.01, 0, 100.0, 0, -0.01, 200.0), 1.0))
    with geopackage.Writer(tmp_path / "cracks.gpkg", [photo]) as package:
        package.add(photo, shapes(photo, mask))
    read = geopandas.read_file(tmp_path / "cracks.gpkg", layer="cracks")
    assert pyproj.CRS(read.crs).to_dict()["lat_0"] == 48
    assert read.total_bounds[0] >= 100


def test_islands_in_small_holes_belong_to_the_crack_that_was_measured_with_them(tmp_path: Path) -> None:
    mask = np.zeros((40, 60), dtype=bool)
    mask[5:35, 5:50] = True
    mask[10:14, 10:14] = False  # a hole of 15 pixels around one that is not connected
    mask[11, 11] = True
    mask[20:32, 20:44] = False  # a large one, around another crack
    mask[24:27, 24:40] = True
    photo = measured.photo(tmp_path, "p", mask)
    small, inner, outer = sorted(photo.cracks, key=lambda crack: crack.area_px)
    assert small.area_px == 1
    filled = replace(photo, cracks=[replace(outer, area_px=outer.area_px + 1), inner])
    found = shapes(filled, mask)
    assert found[0].pixels[6, 6] and found[0].pixels.sum() == outer.area_px + 1
    assert (found[1].pixels.sum(), found[1].pixels.all()) == (inner.area_px, True)
    with pytest.raises(HairlineError, match="measure it again"):
        shapes(replace(photo, cracks=[replace(outer, area_px=outer.area_px + 2), inner]), mask)


@pytest.mark.parametrize("upright", [True, False])
def test_cracks_longer_than_16_bits_count_are_found_again(upright: bool) -> None:
    mask = np.zeros((70_000, 5), bool)
    mask[:, 1] = mask[9, 1:3] = mask[:100, 4] = True
    mask = mask if upright else np.ascontiguousarray(mask.T)
    window = mask[:, 1:3] if upright else mask[1:3]
    found = spanning(window)
    assert found is not None and (found == window).all()
    assert spanning(mask) is None  # of which no part touches all sides


def test_arrays_alone_are_enough(tmp_path: Path) -> None:
    mask = measured.scribbles(4)
    cracks = measured.measured(mask)
    found = geojson.to_geojson(cracks, mask, "wall", mm_per_px=0.5, classes=["fine"] * len(cracks))
    assert [each["id"] for each in found["features"]] == [f"wall#{crack.number}" for crack in cracks]
    assert {each["properties"]["width_class"] for each in found["features"]} == {"fine"}
    assert found["features"][0]["properties"]["length_mm"] == pytest.approx(cracks[0].length_px / 2)


def test_unknown_systems_and_other_masks_are_refused(tmp_path: Path) -> None:
    mask = measured.scribbles(5)
    lost = measured.photo(tmp_path, "p", mask, georeference=Georeference("EPSG:999999", ROTATED, 1.0))
    with pytest.raises(HairlineError, match="EPSG:999999"):
        geojson.collection(lost, mask)
    with pytest.raises(HairlineError, match="EPSG:999999"):
        geopackage.Writer(tmp_path / "cracks.gpkg", [lost])
    photo = measured.photo(tmp_path, "q", mask)
    with pytest.raises(HairlineError, match=r"q\.png.*measure it again"):
        geojson.collection(photo, np.roll(mask, 3, axis=1))
    with pytest.raises(HairlineError, match="160 × 119 px"):
        geojson.collection(photo, mask[1:])
