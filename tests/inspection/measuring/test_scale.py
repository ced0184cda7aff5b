"""Millimetres a pixel: stated, of a table, of points, of a map, of a lens; and none where nothing says so."""

import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from hairline.errors import HairlineError
from hairline.inspection.georeference import Georeference
from hairline.inspection.measuring import exif, placed, scale
from hairline.inspection.measuring.scaling import Asked, Scales

EXIF_IFD = 0x8769


def photo(path: Path, size: tuple[int, int] = (4000, 3000), **tags: float) -> Path:
    """A JPEG with tags of EXIF: focal, film, across, unit, width, height, zoom."""
    numbers = {"focal": 0x920A, "film": 0xA405, "across": 0xA20E, "unit": 0xA210, "width": 0xA002, "height": 0xA003,
               "zoom": 0xA404}  # fmt: skip
    made = Image.Exif()
    whole = ("film", "unit", "width", "height")
    made.get_ifd(EXIF_IFD).update(
        {numbers[name]: int(value) if name in whole else TiffImagePlugin.IFDRational(value).limit_rational(10**6) and
         TiffImagePlugin.IFDRational(round(value * 10_000), 10_000) for name, value in tags.items()}
    )  # fmt: skip
    Image.new("L", size, 90).save(path, exif=made)
    return path


def test_points_and_tables(tmp_path: Path) -> None:
    assert scale.of_points(10, 10, 40, 50, 25).mm_per_px == pytest.approx(0.5)
    plain = tmp_path / "s.csv"
    plain.write_text("photo;mm_per_px\nsub/a.jpg;0.5\nb;0.25\n")
    table = scale.Table(plain)
    asked = (("c",), ("other/a", "other/a.jpg"), ("sub/a", "sub/a.jpg"), ("far/b", "far/b.png"))
    assert [getattr(table.of(*names), "mm_per_px", None) for names in asked] == [None, None, 0.5, 0.25]
    assert table.unused() == []
    with pytest.raises(HairlineError, match="b may be far/b or near/b"):
        table.of("near/b")
    plain.write_text("photo,mm_per_px\na.jpg,0.5\nsub/a.jpg,0.25\n")
    table = scale.Table(plain)
    asked = (("sub/a", "sub/a.jpg", "a.jpg"), ("a", "a.jpg"))
    assert [getattr(table.of(*names), "mm_per_px", None) for names in asked] == [0.25, 0.5]
    points = tmp_path / "p.csv"
    points.write_text("photo,x1,y1,x2,y2,distance_mm\na.jpg,0,0,0,200,100\n")
    found = scale.Table(points).of("a", "a.jpg")
    assert found is not None and (found.mm_per_px, found.source) == (0.5, "p.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("photo,scale\na,1\n", "has the columns photo, scale; expected photo and mm_per_px"),
        ("photo,mm_per_px\na,0\n", "line 2 holds a, 0; expected numbers above 0 for mm_per_px"),
        ("photo,mm_per_px\na,x\n", "line 2 holds a, x"),
        ("photo,mm_per_px\na,nan\n", "line 2 holds a, nan"),
        ("photo,mm_per_px\na,1\na,2\n", "line 3 names a again"),
        ("photo,x1,y1,x2,y2,distance_mm\na,1,1,1,1,5\n", "expected numbers above 0 for x1"),
        ("", "has the columns none"),
    ],
)
def test_tables_that_say_no_scale(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "s.csv"
    file.write_text(text)
    with pytest.raises(HairlineError) as error:
        scale.Table(file)
    assert told in str(error.value) and str(file) in str(error.value)


def test_a_map_in_metres_in_feet_in_degrees_and_with_oblong_pixels() -> None:
    turned = (0.002 * math.cos(0.3), 0.002 * math.sin(0.3), 5.0, 0.002 * math.sin(0.3), -0.002 * math.cos(0.3), 9.0)
    found = scale.of_georeference(Georeference("EPSG:32633", turned, 1.0))
    assert found is not None and found.mm_per_px == pytest.approx(2) and found.source == "EPSG:32633"
    feet = scale.of_georeference(Georeference("EPSG:2227", (0.01, 0, 0, 0, -0.01, 0), 0.3048006096))
    assert feet is not None and feet.mm_per_px == pytest.approx(3.048, rel=1e-5)
    assert scale.of_georeference(Georeference("EPSG:4326", (1e-8, 0, 0, 0, -1e-8, 0), None)) is None
    with pytest.raises(HairlineError, match="expected square"):
        scale.of_georeference(Georeference("EPSG:32633", (0.002, 0, 0, 0, -0.003, 0), 1.0))


def test_a_geotiff_says_its_scale_and_others_do_not(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import from_origin

    shape = {"driver": "GTiff", "height": 4, "width": 5, "count": 1, "dtype": "uint8"}
    for name, crs, corner in (("metres", "EPSG:32633", (320_000, 5_500_000)), ("degrees", "EPSG:4326", (1, 2))):
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", crs=crs, transform=from_origin(*corner, 0.003, 0.003), **shape
        ) as file:
            file.write(np.zeros((1, 4, 5), np.uint8))
    Image.new("L", (5, 4)).save(tmp_path / "plain.tif")
    found = placed.scale(tmp_path / "metres.tif")
    assert found is not None and found.mm_per_px == pytest.approx(3, rel=1e-3)
    assert placed.scale(tmp_path / "degrees.tif") is None
    assert placed.scale(tmp_path / "plain.tif") is None and placed.scale(tmp_path / "a.jpg") is None


def placed_at(
    path: Path, crs: str, latitude: float, turned_deg: float = 0, sides: tuple[float, float] = (1, 1)
) -> Path:
    """A GeoTIFF whose pixels are 0.01 units of its coordinate system, at 9 degrees east."""
    rasterio = pytest.importorskip("rasterio")
    from rasterio.transform import Affine
    from rasterio.warp import transform

    (x,), (y,) = transform("EPSG:4326", crs, [9.0], [latitude])
    place = Affine.translation(x, y) @ Affine.rotation(turned_deg) @ Affine.scale(0.01 * sides[0], -0.01 * sides[1])
    kind = {"driver": "GTiff", "height": 4, "width": 5, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", crs=crs, transform=place, **kind) as file:
        file.write(np.zeros((1, 4, 5), np.uint8))
    return path


FEET = "+proj=tmerc +lat_0=48 +lon_0=9 +units=us-ft +datum=WGS84"


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:32632", "EPSG:2154", FEET])
@pytest.mark.parametrize("turned_deg", [0, 27])
def test_millimetres_are_those_of_the_ground_and_not_of_the_map(tmp_path: Path, crs: str, turned_deg: float) -> None:
    pyproj, latitude = pytest.importorskip("pyproj"), 48.0
    found = placed.scale(placed_at(tmp_path / "a.tif", crs, latitude, turned_deg))
    back = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    x, y = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(9.0, latitude)
    lon, lat = back.transform([x, x + 10, x], [y, y, y + 10])
    sides = [pyproj.Geod(ellps="WGS84").inv(lon[0], lat[0], lon[end], lat[end])[2] / 10 for end in (1, 2)]
    assert found is not None and found.mm_per_px == pytest.approx(math.sqrt(math.prod(sides)) * 10, rel=2e-5)
    if crs == "EPSG:3857":
        assert found.mm_per_px == pytest.approx(10 * math.cos(math.radians(48)), rel=5e-3)


def test_pixels_that_are_oblong_or_oblique_on_the_ground_give_no_scale(tmp_path: Path) -> None:
    for name, crs, sides in (("oblong", "EPSG:32632", (1, 1.5)), ("plate", "EPSG:4087", (1, 1))):
        with pytest.raises(HairlineError, match="expected square"):
            placed.scale(placed_at(tmp_path / f"{name}.tif", crs, 48, 0, sides))
    oblique = Georeference("EPSG:32633", (0.002, 0.001, 0, 0, -math.sqrt(3e-6), 0), 1.0)
    with pytest.raises(HairlineError, match="expected square"):
        scale.of_georeference(oblique)


def test_a_coordinate_system_without_a_place_says_no_scale(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")
    kind = {"driver": "GTiff", "height": 4, "width": 5, "count": 1, "dtype": "uint8"}
    with rasterio.open(tmp_path / "a.tif", "w", crs="EPSG:32632", **kind) as file:
        file.write(np.zeros((1, 4, 5), np.uint8))
    assert placed.scale(tmp_path / "a.tif") is None


def test_the_lens_of_an_iphone(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    with Image.open(photo(tmp_path / "a.jpg", (400, 300), film=50, width=4000, height=3000)) as jpeg:
        jpeg.save(tmp_path / "a.heic", exif=jpeg.getexif())
    for name in ("HEIF", "HEIC"):  # as in a process that has read none yet
        Image.OPEN.pop(name, None)
    expected = math.hypot(36, 24) / math.hypot(400, 300) * 5000 / 50
    assert exif.scale(tmp_path / "a.heic", 5).mm_per_px == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("mm_per_px", [1e200, 2e6, 1e-7, 1e-310, math.inf])
def test_scales_that_nobody_means_are_refused(mm_per_px: float) -> None:
    with pytest.raises(HairlineError, match="expected a number above 0, from 1e-06 to 1,000,000"):
        scale.stated(mm_per_px)
    with pytest.raises(HairlineError, match="expected"):
        scale.of_points(0, 0, 1, 0, mm_per_px)


def test_the_lens_by_its_sensor_and_by_35_mm_film(tmp_path: Path) -> None:
    # a sensor of 36 mm with 4000 pixels a row: 0.009 mm a pixel; 50 mm at 5.05 m pictures 100 times smaller
    sensor = photo(tmp_path / "s.jpg", focal=50, across=4000 / 36, unit=4, width=4000, height=3000)
    assert exif.scale(sensor, 5.05).mm_per_px == pytest.approx(0.9, rel=1e-3)
    film = photo(tmp_path / "f.jpg", film=50, width=4000, height=3000)
    assert exif.scale(film, 5).mm_per_px == pytest.approx(math.hypot(36, 24) / 5000 * 5000 / 50, rel=1e-6)
    halved = photo(tmp_path / "h.jpg", (2000, 1500), focal=50, across=4000 / 36, unit=4, width=4000, height=3000)
    assert exif.scale(halved, 5.05).mm_per_px == pytest.approx(1.8, rel=1e-3)
    upright = photo(tmp_path / "u.jpg", (3000, 4000), focal=50, across=4000 / 36, unit=4, width=4000, height=3000)
    assert exif.scale(upright, 5.05).mm_per_px == pytest.approx(0.9, rel=1e-3)
    inches = photo(tmp_path / "i.jpg", focal=50, across=4000 / 36 * 25.4, unit=2, width=4000, height=3000)
    assert exif.scale(inches, 5.05).mm_per_px == pytest.approx(0.9, rel=1e-3)


@pytest.mark.parametrize(
    ("tags", "size", "told"),
    [
        ({}, (4000, 3000), "neither FocalLengthIn35mmFilm nor both"),
        ({"focal": 5, "width": 4000, "height": 3000}, (4000, 3000), "neither"),
        ({"film": 28}, (4000, 3000), "may have been cut since"),
        (
            {"film": 28, "width": 4000, "height": 3000},
            (4000, 2000),
            "4000 × 3000 and is 4000 × 2000 px: it was cut since",
        ),
        ({"film": 28, "width": 4000, "height": 3000, "zoom": 2}, (4000, 3000), "digital zoom (2)"),
        (
            {"film": 28, "focal": 50, "across": 111.1, "unit": 4, "width": 4000, "height": 3000},
            (4000, 3000),
            "expected one",
        ),
    ],
)
def test_a_lens_that_is_not_known_gives_no_scale(
    tmp_path: Path, tags: dict[str, float], size: tuple[int, int], told: str
) -> None:
    file = photo(tmp_path / "a.jpg", size, **tags)
    with pytest.raises(HairlineError) as error:
        exif.scale(file, 3)
    assert told in str(error.value) and "a.jpg" in str(error.value) and "--mm-per-px" in str(error.value)


def test_one_scale_is_stated_or_none(tmp_path: Path) -> None:
    with pytest.raises(HairlineError, match="--mm-per-px and --points: found 2 scales"):
        Scales(Asked(mm_per_px=1, points="0,0,1,0,5"), True)
    with pytest.raises(HairlineError, match="--photos as well"):
        Scales(Asked(distance_m=3), False)
    with pytest.raises(HairlineError, match="expected metres above 0"):
        Scales(Asked(distance_m=-3), True)
    with pytest.raises(HairlineError, match="expected five numbers"):
        Scales(Asked(points="1,2,3"), True)
    with pytest.raises(HairlineError, match="expected a number above 0"):
        Scales(Asked(mm_per_px=float("nan")), True)
    found = Scales(Asked(points="0,0,30,40,100"), False).of("a", tmp_path / "a.png", None)
    assert found is not None and found.mm_per_px == 2
    nothing = Scales(Asked(), False)
    assert nothing.of("a", tmp_path / "a.png", None) is None
    assert nothing.notes() == ["1 photo without millimetres (a): nothing states a scale"]
