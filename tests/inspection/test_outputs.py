"""All outputs written together: what is there, what is replaced, what a reader finds in it."""

import base64
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from PIL import Image
from support import measured

from hairline.errors import HairlineError
from hairline.imaging.downscale import shrunk_image
from hairline.imaging.images import read_mask, write_mask
from hairline.inspection.exports.photos import MeasuredPhoto, Provenance, WidthClass
from hairline.inspection.georeference import Georeference
from hairline.inspection.outputs import Wanted, write_outputs
from hairline.inspection.page import pictures, writing

CLASSES = (WidthClass("fine", "below 0.3 mm"), WidthClass("medium", "0.3 to 1 mm"), WidthClass("wide", "above 1 mm"))
PROVENANCE = Provenance(
    {"Network": "shipped", "Threshold": "0.5"},
    CLASSES,
    "the 95th percentile of its width",
    "# Card\n\nA **network** of `lite0`.",
)
ALL = Wanted(page=True, coco=True, geojson=True, geopackage=True)
PLACE = Georeference("EPSG:32633", (0.01, 0.004, 500_000.0, 0.004, -0.01, 5_400_000.0), 1.0)


class Page(HTMLParser):
    """What a page holds, by tag."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[str] = []
        self.json: list[Any] = []
        self._inside = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = "json" if dict(attrs).get("type") == "application/json" else tag

    def handle_data(self, data: str) -> None:
        if self._inside == "json":
            self.json.append(json.loads(data))
        elif self._inside not in ("script", "style"):
            self.data.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.data))


def photos(folder: Path) -> list[MeasuredPhoto]:
    """A thin crack, a wide one on a map, none at all."""
    thin, wide = np.zeros((90, 120), bool), np.zeros((90, 120), bool)
    thin[40, 5:110] = True
    wide[10:80, 50:62] = True
    return [
        measured.photo(folder, "a_thin", thin, mm_per_px=0.2),
        measured.photo(folder, "b_none", np.zeros((90, 120), bool), mm_per_px=0.2),
        measured.photo(folder, "c_wide", wide, mm_per_px=0.2, georeference=PLACE, scores=wide * 0.9),
    ]


def test_everything_is_written_and_the_worst_photo_comes_first(tmp_path: Path) -> None:
    steps = []
    files = write_outputs(tmp_path, photos(tmp_path), PROVENANCE, ALL, "Bridge 7", step=lambda: steps.append(1))
    names = ["coco.json", "cracks.geojson", "cracks_px.geojson", "cracks.gpkg", "index.html"]
    assert [file.name for file in files] == names and len(steps) == 3
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted(names)
    page = Page(tmp_path / "index.html")
    assert [each["data-file"] for each in page.all("article")] == ["c_wide.png", "a_thin.png", "b_none.png"]
    assert "2 of 3 photos show cracks: 2 cracks" in page.text
    assert "The widest measures" in page.text and "(c_wide.png, crack 1)" in page.text
    assert "A crack's class goes by the 95th percentile of its width" in page.text
    assert "Threshold" in page.text and "A network of lite0" in page.text.replace("  ", " ")
    assert [len(each["layers"]) for each in page.json] == [3, 2, 2]
    assert len(geopandas.read_file(tmp_path / "cracks.geojson")) == 1
    assert len(geopandas.read_file(tmp_path / "cracks_px.geojson")) == 1


def test_the_sentence_names_the_widest_of_all_whatever_its_class(tmp_path: Path) -> None:
    even, blob = np.zeros((90, 120), bool), np.zeros((90, 120), bool)
    even[40:46, 5:110] = True
    blob[40:43, 5:110] = blob[30:52, 55:70] = True  # thin, but for one place
    both = [measured.photo(tmp_path, name, mask, mm_per_px=0.2) for name, mask in (("even", even), ("blob", blob))]
    far = measured.photo(tmp_path, "px", np.pad(even, 30)[:90, :120])
    classed = [replace(both[0], classes=["wide"]), replace(both[1], classes=["medium"]), far]
    assert both[1].cracks[0].width_max_px > both[0].cracks[0].width_max_px
    write_outputs(tmp_path, classed, PROVENANCE, Wanted())
    assert "(blob.png, crack 1)" in Page(tmp_path / "index.html").text
    bare = [far, *(replace(photo, classes=[]) for photo in both)]
    write_outputs(tmp_path, bare, replace(PROVENANCE, classes=()), Wanted())
    found = [each["data-file"] for each in Page(tmp_path / "index.html").all("article")]
    assert found == ["blob.png", "even.png", "px.png"]  # 6 px are not worse than 1 mm


def test_the_page_has_no_outside_reference_and_every_picture_says_what_it_shows(tmp_path: Path) -> None:
    write_outputs(tmp_path, photos(tmp_path), PROVENANCE, Wanted())
    page = Page(tmp_path / "index.html")
    for _, attributes in page.tags:
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/webp;base64,"))
    pictures = page.all("article") and [each for each in page.all("img") if each.get("src")]
    assert [each["alt"] for each in pictures][2] == "b_none.png: no crack found"
    assert all(each["alt"] for each in pictures)
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert policy and "default-src 'none'" in policy and "http" not in policy and "self" not in policy


def test_hostile_names_are_text(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>\"'&\u202egpj.exe</script>"
    photo = replace(photos(tmp_path)[0], file=name)
    hostile = Provenance(
        {"<b>Network": "</dd><script>alert(2)</script>"}, CLASSES, "", "# <script>x</script>\n\n| <b> |\n|--|\n| a |"
    )
    write_outputs(tmp_path, [photo], hostile, ALL, "<title>'\"")
    page = Page(tmp_path / "index.html")
    assert len(page.all("script")) == 2 and len(page.all("img")) == 3
    assert not any("onerror" in attributes for _, attributes in page.tags)
    shown = name.replace("\u202e", "\\u202e")
    assert shown in page.text and page.json[0]["file"] == shown
    assert "</dd><script>alert(2)</script>" in page.text and "<script>x</script>" in page.text
    assert json.loads((tmp_path / "coco.json").read_text("utf-8"))["images"][0]["file_name"] == name


def test_without_scale_everything_is_in_pixels_and_nothing_has_a_class(tmp_path: Path) -> None:
    unscaled = [replace(photo, mm_per_px=None, classes=()) for photo in photos(tmp_path)]
    write_outputs(tmp_path, unscaled, PROVENANCE, ALL)
    page = Page(tmp_path / "index.html")
    assert "mm" not in page.text.split("How this came about")[0].replace("hairline", "")
    assert "The scale of the photos is not known" in page.text
    assert page.all("article")[0]["data-file"] == "c_wide.png"
    feature = json.loads((tmp_path / "cracks_px.geojson").read_text("utf-8"))["features"][0]
    assert feature["properties"]["width_class"] is None and "length_mm" not in feature["properties"]


def test_many_pictures_are_files_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = photos(tmp_path)
    monkeypatch.setattr(writing, "LARGE_BYTES", 200)
    write_outputs(tmp_path, found, PROVENANCE, Wanted())
    page = Page(tmp_path / "index.html")
    layers = [address for each in page.json for address in each["layers"].values()]
    assert all(address.startswith("index_pictures/") for address in layers)
    assert {path.name for path in (tmp_path / "index_pictures").iterdir()} == {each.split("/")[1] for each in layers}
    with Image.open(tmp_path / layers[0]) as picture:
        assert picture.size == (120, 90)
    write_outputs(tmp_path, found[:1], PROVENANCE, Wanted())
    assert len(list((tmp_path / "index_pictures").iterdir())) == 2
    monkeypatch.undo()
    write_outputs(tmp_path, found, PROVENANCE, Wanted())
    assert not (tmp_path / "index_pictures").exists()


def test_a_later_run_replaces_what_an_earlier_wrote(tmp_path: Path) -> None:
    found = photos(tmp_path)
    write_outputs(tmp_path, found, PROVENANCE, ALL)
    write_outputs(tmp_path, found[2:], PROVENANCE, ALL)
    assert not (tmp_path / "cracks_px.geojson").exists()
    assert len(json.loads((tmp_path / "coco.json").read_text("utf-8"))["images"]) == 1
    layers = geopandas.list_layers(tmp_path / "cracks.gpkg")["name"].tolist()
    assert layers == ["cracks", "branches"]


def test_a_mask_that_was_changed_is_refused_and_what_was_there_stays(tmp_path: Path) -> None:
    found = photos(tmp_path)
    write_outputs(tmp_path, found, PROVENANCE, ALL)
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    write_mask(found[0].mask, ~read_mask(found[0].mask))
    with pytest.raises(HairlineError, match=r"a_thin\.png.*measure it again"):
        write_outputs(tmp_path, found, PROVENANCE, ALL)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_photo_that_cannot_be_read_is_told_in_its_place(tmp_path: Path) -> None:
    found = photos(tmp_path)
    broken = replace(found[0], path=tmp_path / "gone.jpg")
    (tmp_path / "half.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    write_outputs(
        tmp_path,
        [broken, replace(found[2], path=tmp_path / "half.jpg"), replace(found[1], path=None)],
        PROVENANCE,
        Wanted(),
    )
    page = Page(tmp_path / "index.html")
    told = {each["file"]: each["unread"] for each in page.json}
    assert "gone.jpg" in told["a_thin.png"] and "half.jpg" in told["c_wide.png"]
    assert told["b_none.png"] == "there is a mask alone"


def test_jpegs_are_upright_on_the_page(tmp_path: Path) -> None:
    mask = np.zeros((300, 200), bool)
    mask[20:40, 20:180] = True
    upright = np.where(mask[..., None], 30, 200).repeat(3, 2).astype(np.uint8)
    photo = measured.photo(tmp_path, "p", mask)
    exif = Image.Exif()
    exif[274] = 6  # stored on its left side
    Image.fromarray(np.rot90(upright)).save(tmp_path / "p.jpg", exif=exif, quality=95)
    write_outputs(tmp_path, [replace(photo, path=tmp_path / "p.jpg")], Provenance(), Wanted())
    address = Page(tmp_path / "index.html").json[0]["layers"]["photo"]
    with Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))) as picture:
        shown = np.asarray(picture.convert("L"))
    assert shown.shape == (300, 200)
    assert shown[mask].mean() < 60 and shown[~mask].mean() > 180


def test_a_photo_read_by_rows_is_as_one_read_whole() -> None:
    image = np.random.default_rng(3).integers(0, 256, (701, 333, 3), dtype=np.uint8)
    found = pictures.of_rows(701, 333, lambda top, bottom: image[top:bottom], 100)
    assert found.shape == (100, 48, 3)
    whole = pictures.of_rows(701, 333, lambda top, bottom: image[top:bottom], 2000)
    assert np.array_equal(whole, image)
    assert abs(found.astype(float) - shrunk_image(image, 100)).mean() < 8  # rows are parted at whole ones


def test_no_photos_make_an_empty_page(tmp_path: Path) -> None:
    write_outputs(tmp_path, [], PROVENANCE, ALL)
    assert "No crack was found in 0 photos" in Page(tmp_path / "index.html").text
    assert json.loads((tmp_path / "cracks_px.geojson").read_text("utf-8"))["features"] == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 5000)])
def test_photos_of_odd_shapes_are_written_as_well(tmp_path: Path, shape: tuple[int, int]) -> None:
    photo = measured.photo(tmp_path, "p", np.ones(shape, bool), mm_per_px=0.1, georeference=PLACE)
    write_outputs(tmp_path, [photo], PROVENANCE, ALL)
    assert geopandas.read_file(tmp_path / "cracks.gpkg", layer="cracks").geometry.is_valid.all()
    assert Page(tmp_path / "index.html").json[0]["size"] == [shape[1], shape[0]]
