"""GeoTIFF: read by rows as the same pixels in a PNG file, written with the coordinate system of the photo."""

import errno
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine, from_origin

from hairline.errors import HairlineError
from hairline.imaging.images import read_image, write_image
from hairline.inspection import folder, geotiff, opened, photos, places, records
from hairline.inspection.folder import Options
from hairline.inspection.georeference import Georeference
from hairline.inspection.geotiff import GeoTiffRows

RNG = np.random.default_rng(0)
UTM = {"crs": "EPSG:32633", "transform": from_origin(400_000, 5_000_000, 0.01, 0.02)}


def write(path: Path, pixels: np.ndarray, **others: Any) -> Path:
    """A GeoTIFF of [height, width, bands]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width, bands = pixels.shape
    given = {
        "driver": "GTiff",
        "height": height,
        "width": width,
        "count": bands,
        "dtype": pixels.dtype,
        **UTM,
        **others,
    }
    with rasterio.open(path, "w", **given) as file:
        file.write(pixels.transpose(2, 0, 1))
    return path


def whole(path: Path) -> np.ndarray:
    return opened.read(photos.recorded(str(path)))


def noise(*shape: int, most: int = 256, kind: type = np.uint8) -> np.ndarray:
    return RNG.integers(0, most, shape).astype(kind)


def test_where_a_photo_lies(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise(5, 7, 3))
    assert geotiff.georeference(path) == Georeference("EPSG:32633", (0.01, 0, 400_000, 0, -0.02, 5_000_000), 1.0)
    feet = write(tmp_path / "feet.tif", noise(5, 7, 3), crs="EPSG:2225")
    assert geotiff.georeference(feet).metres == pytest.approx(1200 / 3937)
    assert geotiff.georeference(write(tmp_path / "degrees.tif", noise(5, 7, 3), crs="EPSG:4326")).metres is None
    own = "+proj=tmerc +lat_0=1 +lon_0=9.1 +k=1 +x_0=3 +y_0=0 +ellps=GRS80 +units=m"
    told = geotiff.georeference(write(tmp_path / "own.tif", noise(5, 7, 3), crs=own))
    assert "PROJC" in told.crs and told.metres == 1 and rasterio.CRS.from_user_input(told.crs)
    write_image(tmp_path / "plain.png", noise(5, 7, 3))
    assert geotiff.georeference(tmp_path / "plain.png") is None
    assert geotiff.georeference(write(tmp_path / "none.tif", noise(5, 7, 3), crs=None, transform=None)) is None


@pytest.mark.parametrize("bands", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("most", [256, 1000, 60_000])
def test_bands_are_read_as_the_same_pixels_in_another_file(tmp_path: Path, bands: int, most: int) -> None:
    kind = np.uint8 if most == 256 else np.uint16
    pixels = noise(40, 30, bands, most=most, kind=kind)
    found = whole(write(tmp_path / "a.tif", pixels, tiled=True, blockxsize=16, blockysize=16))
    colours = pixels[..., :3] if bands >= 3 else np.repeat(pixels[..., :1], 3, axis=2)
    shift = 0 if most == 256 else 2 if most == 1000 else 8
    np.testing.assert_array_equal(found, colours >> shift)


def test_a_palette_is_colours(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", height=2, width=2, count=1, dtype="uint8", **UTM
    ) as file:
        file.write(np.array([[[0, 1], [2, 1]]], np.uint8))
        file.write_colormap(1, {0: (9, 8, 7), 1: (200, 100, 50), 2: (0, 0, 255)})
    assert whole(tmp_path / "a.tif")[0].tolist() == [[9, 8, 7], [200, 100, 50]]


@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_values_without_a_brightness_are_refused(tmp_path: Path, kind: type) -> None:
    path = write(tmp_path / "a.tif", noise(5, 7, 3).astype(kind))
    with pytest.raises(HairlineError, match=r"a\.tif: holds (float32|int16) values.*gdal_translate"):
        whole(path)


def test_a_cut_file_is_told_of(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise(400, 300, 3))
    path.write_bytes(path.read_bytes()[:150_000])
    with pytest.raises(HairlineError, match=r"a\.tif: cannot be decoded .*copy or export it again"):
        whole(path)


def test_a_file_grows_by_rows_as_it_is_meant(tmp_path: Path) -> None:
    place, pixels = Georeference("EPSG:32633", (0.01, 0, 400_000, 0, -0.02, 5_000_000), 1.0), noise(1100, 37)
    with GeoTiffRows(tmp_path / "a.tif", 1100, 37, place, {"hairline": "threshold=0.5"}) as file:
        for top in range(0, 1100, 130):
            file.write(pixels[top : top + 130])
    with rasterio.open(tmp_path / "a.tif") as found:
        np.testing.assert_array_equal(found.read(1), pixels)
        assert found.crs.to_epsg() == 32633 and found.transform == Affine(*place.transform)
        assert found.tags()["hairline"] == "threshold=0.5"
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[..., 0], pixels)


class Brightness:
    """Stands for a network: the red channel is the score."""

    sha256 = "n1"

    def predict(self, image: np.ndarray, scale: float) -> np.ndarray:
        return image[..., 0].astype(np.float32) / 255


def predicted(root: Path) -> dict[str, records.Record]:
    told: list[str] = []
    found, _ = photos.find([root / "p"], root / "out")
    folder.predict_all(found, Brightness(), root / "out", Options(1, 0.5, True, False, tiled=True),
                       lambda error: told.append(str(error)))  # fmt: skip
    assert not told
    return {record.name: record for record in records.read(root / "out").values()}


def test_what_is_found_lies_where_the_photo_lies_and_is_that_of_the_same_pixels(tmp_path: Path) -> None:
    pixels = noise(1500, 1100, 3)
    write(tmp_path / "p/map.tif", pixels)
    write_image(tmp_path / "p/plain.png", pixels)
    done = predicted(tmp_path)
    assert (done["map"].crs, done["plain"].crs) == ("EPSG:32633", "")
    for kind in ("scores", "masks"):
        with rasterio.open(tmp_path / "out" / kind / "map.tif") as found:
            assert found.crs == "EPSG:32633" and found.transform == UTM["transform"]
            assert found.tags()["hairline"].startswith("threshold=0.5 scale=1 average=none model_sha256=n1")
            np.testing.assert_array_equal(found.read(1), read_image(tmp_path / "out" / kind / "plain.png")[..., 0])
    assert places.found_mask(tmp_path / "out", "map").suffix == ".tif" and (tmp_path / "out/overlays/map.jpg").exists()


def test_a_mask_on_a_map_does_not_stay_beside_that_of_another_photo(tmp_path: Path) -> None:
    write(tmp_path / "p/a.tif", noise(20, 30, 3))
    predicted(tmp_path)
    assert places.found_mask(tmp_path / "out", "a").suffix == ".tif"
    (tmp_path / "p/a.tif").unlink()
    (tmp_path / "out" / records.FILE).unlink()
    write_image(tmp_path / "p/a.png", noise(20, 30, 3))
    predicted(tmp_path)
    assert (
        places.found_mask(tmp_path / "out", "a").suffix == places.found_scores(tmp_path / "out", "a").suffix == ".png"
    )


def test_nodata_is_no_crack(tmp_path: Path) -> None:
    pixels = np.full((40, 60, 3), 250, np.uint8)
    pixels[:, :20] = 255
    write(tmp_path / "p/nodata.tif", pixels, nodata=255)
    alpha = np.concatenate([pixels, np.where(pixels[..., :1] == 255, 0, 255).astype(np.uint8)], axis=2)
    write(tmp_path / "p/alpha.tif", alpha, photometric="rgb", alpha="yes")
    for name, record in predicted(tmp_path).items():
        mask = read_image(tmp_path / "out/masks" / f"{name}.tif")[..., 0]
        assert not mask[:, :20].any() and mask[:, 20:].all() and record.crack_share == pytest.approx(2 / 3)


WITHOUT = """
import sys
sys.modules["rasterio"] = None
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "rasterio" else find(name, *more)
from hairline.inspection import geotiff, opened, photos
assert not geotiff.readable()
print(opened.read(photos.recorded(sys.argv[1])).shape)
try:
    geotiff.georeference(photos.recorded(sys.argv[1]).path)
except geotiff.HairlineError as error:
    print(error)
"""


def test_without_rasterio_a_geotiff_is_a_photo(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", noise(5, 7, 3))
    done = subprocess.run([sys.executable, "-c", WITHOUT, str(path)], capture_output=True, text=True, check=True)
    assert "(5, 7, 3)" in done.stdout and "pip install 'hairline[geo]'" in done.stdout


def test_what_the_disk_does_not_take_whole_is_an_error(tmp_path: Path) -> None:
    place, pixels = Georeference("EPSG:32633", (0.01, 0, 5e5, 0, -0.01, 5e6), 1.0), noise(600, 600)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def put(file: Path) -> int:
        with GeoTiffRows(file, 600, 600, place, {}) as rows:
            rows.write(pixels)
        return file.stat().st_size

    size, refused = put(tmp_path / "whole.tif"), 0
    for limit in (size // 2, size - 900, size - 500, size - 200, size - 1, size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            put(tmp_path / f"{limit}.tif")
        except OSError as error:
            assert error.filename == str(tmp_path / f"{limit}.tif") and error.errno in (errno.ENOSPC, errno.EIO)
            refused += 1
        else:
            np.testing.assert_array_equal(read_image(tmp_path / f"{limit}.tif")[..., 0], pixels)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused >= 3
