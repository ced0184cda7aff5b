"""What `hairline score` cannot score, it refuses in one sentence with what to do, and leaves nothing behind."""

import json
import os
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hostile import files
from PIL import Image
from support import judged
from support.judged import NAMES, SHAPE, Score


@dataclass
class Place:
    """A good set, to be spoilt: its folders, and further words of the command."""

    predictions: Path
    masks: Path
    words: list[object]

    @property
    def one(self) -> Path:
        return self.predictions / "b.png"

    def each(self, change: Callable[[np.ndarray], np.ndarray], of: str = "predictions") -> None:
        for path in sorted(getattr(self, of).iterdir()):
            judged.picture(path, change(np.asarray(Image.open(path))))

    def arrays(self, change: Callable[[np.ndarray], np.ndarray]) -> None:
        for path in sorted(self.predictions.iterdir()):
            np.save(path.with_suffix(".npy"), change(np.asarray(Image.open(path))))
            path.unlink()

    def text(self, name: str, content: str) -> Path:
        path = self.masks.parent / name
        path.write_text(content, encoding="utf-8")
        return path


Spoil = Callable[[Place], object]
CASES: dict[str, tuple[Spoil, str]] = {}


def case(name: str, told: str) -> Callable[[Spoil], Spoil]:
    """A way to spoil a set, and what the sentence has to say (a pattern)."""

    def keep(spoil: Spoil) -> Spoil:
        CASES[name] = (spoil, told)
        return spoil

    return keep


@case("no such folder of predictions", r"no such folder; .*correct the path")
def _(place: Place) -> None:
    place.predictions = place.predictions / "none"


@case("an empty folder of predictions", "has no predictions .*nothing")
def _(place: Place) -> None:
    place.predictions = place.predictions / "empty"
    place.predictions.mkdir()


@case("an empty folder of masks", "has no masks .*nothing")
def _(place: Place) -> None:
    place.masks = place.masks / "empty"
    place.masks.mkdir()


@case("a file in the place of a folder", "is a file; expected a folder of predictions")
def _(place: Place) -> None:
    place.predictions = place.one


@case("a file in the place of masks", "is a file; expected a folder of masks")
def _(place: Place) -> None:
    place.masks = place.masks / "a.png"


@case("one prediction is missing", r"1 of 4 masks have no prediction \('b'\).*flatter.*--allow-missing")
def _(place: Place) -> None:
    place.one.unlink()


@case("other names", "no prediction has the name of a mask.*--suffix")
def _(place: Place) -> None:
    for path in list(place.predictions.iterdir()):
        path.rename(path.with_stem(f"x{path.stem}"))


@case("two files of one name", "b.png has the same name|b.npy has the same name")
def _(place: Place) -> None:
    np.save(place.one.with_suffix(".npy"), np.zeros(SHAPE))


@case("one name in two folders", r"the predictions 's/a', 't/a' fit its name; .*rename")
def _(place: Place) -> None:
    for folder in "st":
        for name in NAMES:
            judged.picture(place.predictions / folder / f"{name}.png", judged.scores(1))
    for name in NAMES:
        (place.predictions / f"{name}.png").unlink()


@case("one mask name in two folders", "the masks .* fit its name; .*rename")
def _(place: Place) -> None:
    for folder in "st":
        judged.picture(place.masks / folder / "b.png", judged.mask(1).astype(np.uint8))
    for name in NAMES:
        (place.masks / f"{name}.png").unlink()


@case("an array of Python objects", "holds Python objects, which are never loaded.*numpy.save")
def _(place: Place) -> None:
    place.one.unlink()
    np.save(place.one.with_suffix(".npy"), np.array([{"run": print}], dtype=object), allow_pickle=True)


@case("a pickle called .npy", "b.npy: cannot be read as an array of NumPy")
def _(place: Place) -> None:
    place.one.unlink()
    place.one.with_suffix(".npy").write_bytes(b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.")


@case("an array cut short", "b.npy: cannot be read as an array of NumPy")
def _(place: Place) -> None:
    place.one.unlink()
    path = place.one.with_suffix(".npy")
    np.save(path, np.zeros(SHAPE))
    path.write_bytes(path.read_bytes()[:-100])


@case("an array that claims terabytes", "b.npy: cannot be read as an array of NumPy")
def _(place: Place) -> None:
    place.one.unlink()
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"
    header += b" " * (117 - len(header)) + b"\n"
    place.one.with_suffix(".npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)


@case("an empty .npy file", "b.npy: cannot be read as an array of NumPy")
def _(place: Place) -> None:
    place.one.unlink()
    place.one.with_suffix(".npy").touch()


@case("archives of arrays", "has no predictions .*4 .npz")
def _(place: Place) -> None:
    for path in list(place.predictions.iterdir()):
        np.savez(path.with_suffix(".npz"), scores=np.zeros(SHAPE))
        path.unlink()


@case("an array of two classes", r"b.npy: has the shape \(2, 24, 32\); expected \(height, width\)")
def _(place: Place) -> None:
    place.one.unlink()
    np.save(place.one.with_suffix(".npy"), np.zeros((2, *SHAPE)))


@case("an array of texts", "b.npy: holds <U3; expected numbers")
def _(place: Place) -> None:
    place.one.unlink()
    np.save(place.one.with_suffix(".npy"), np.full(SHAPE, "0.5"))


@case("not a number", "values are no finite numbers")
def _(place: Place) -> None:
    place.arrays(lambda levels: np.where(levels > 200, np.nan, levels / 255))


@case("infinite", "values are no finite numbers")
def _(place: Place) -> None:
    place.arrays(lambda levels: np.where(levels > 200, np.inf, levels / 255))


@case("logits", r"values from -.* to .*; expected scores in \[0, 1\]; state --logits")
def _(place: Place) -> None:
    place.arrays(lambda levels: levels / 20 - 6)


@case("scores that are stated to be logits", "leave --logits out")
def _(place: Place) -> None:
    place.arrays(lambda levels: levels / 255)
    place.words = ["--logits"]


@case("another scale", "--scale 255")
def _(place: Place) -> None:
    place.arrays(lambda levels: levels.astype(np.float32))


@case("a scale that is too small", "as --scale states; correct --scale")
def _(place: Place) -> None:
    place.words = ["--scale", "10"]


@case("a scale of nothing", "expected a number above 0")
def _(place: Place) -> None:
    place.words = ["--scale", "0"]


@case("numbers of classes", "values from 0 to 2 .*--scale 255, .*numbers of classes")
def _(place: Place) -> None:
    place.each(lambda levels: levels // 80)


@case("a class beside a void region", "void region")
def _(place: Place) -> None:
    place.each(lambda levels: np.select([levels > 220, levels > 150], [255, 1], 0).astype(np.uint8))


@case("8 bits in 16", "values from 0 to .*uint16.*--scale 255")
def _(place: Place) -> None:
    place.each(lambda levels: levels.astype(np.uint16))


@case("colours", "b.png: has colours; expected a map of scores in one channel of grey")
def _(place: Place) -> None:
    judged.picture(place.one, np.random.default_rng(0).integers(0, 255, (*SHAPE, 3), dtype=np.uint8))


@case("a palette of colours", "b.png: has colours")
def _(place: Place) -> None:
    image = Image.fromarray(judged.mask(1).astype(np.uint8), "P")
    image.putpalette([0, 0, 0, 255, 0, 0])
    image.save(place.one)


@case("transparent", "b.png: has transparent pixels")
def _(place: Place) -> None:
    judged.picture(place.one, np.dstack([judged.scores(1)] * 4))


@case("another size", "b.png: has 20 rows and 32 columns, its mask 24 and 32; expected one size")
def _(place: Place) -> None:
    judged.picture(place.one, judged.scores(1)[:20])


@case("turned", r"has 32 rows and 24 columns, its mask 24 and 32 \(turned by 90°\?\)")
def _(place: Place) -> None:
    judged.picture(place.one, np.ascontiguousarray(judged.scores(1).T))


@case("inverted masks", "crack, as where masks are inverted.*--invert")
def _(place: Place) -> None:
    place.each(lambda levels: 255 - levels, "masks")


@case("no crack in any mask", "none of the 4 masks marks any crack")
def _(place: Place) -> None:
    place.each(lambda levels: levels * 0, "masks")


@case("masks of classes", "4 of 4 masks do not say what is crack.*--crack 1 --background 0, 2")
def _(place: Place) -> None:
    place.each(lambda levels: np.uint8(1) * (levels > 0) + np.uint8(1) * (np.arange(32) > 20), "masks")


@case("masks with other values than stated", "that --crack and --background list")
def _(place: Place) -> None:
    place.words = ["--crack", "1", "--background", "0"]


@case("a value that is none", "'red' is no value")
def _(place: Place) -> None:
    place.words = ["--crack", "red"]


@case("two statements of what is crack", "leave one out")
def _(place: Place) -> None:
    place.words = ["--crack", "255", "--invert"]


@case("links in a circle", "links lead in a circle")
def _(place: Place) -> None:
    (place.predictions / "again").symlink_to(place.predictions)


@case("a link to nothing", "b.png: is a link to gone.png, which is not there")
def _(place: Place) -> None:
    place.one.unlink()
    place.one.symlink_to("gone.png")


@case("a link to itself", "b.png: cannot be read .*circle")
def _(place: Place) -> None:
    place.one.unlink()
    place.one.symlink_to("b.png")


@case("a pipe", "b.png: is a pipe or device")
def _(place: Place) -> None:
    place.one.unlink()
    os.mkfifo(place.one)


@case("a threshold between", "--threshold 0.505: is counted at 0.01")
def _(place: Place) -> None:
    place.words = ["--threshold", "0.505"]


@case("a table that is not there", "there is no such file, and as a pattern it matches the start of no name")
def _(place: Place) -> None:
    place.words = ["--groups", "photos.csv"]


@case("no pattern", "no regular expression")
def _(place: Place) -> None:
    place.words = ["--groups", "(a"]


@case("a table without groups", "has no column group")
def _(place: Place) -> None:
    place.words = ["--groups", place.text("g.csv", "id,photo\na,1\n")]


@case("a table without an image", r"3 of 4 images have no group")
def _(place: Place) -> None:
    place.words = ["--groups", place.text("g.csv", "id,group\na,1\n")]


@case("a table that contradicts itself", "line 3 says '2' of 'a', a line before says '1'")
def _(place: Place) -> None:
    place.words = ["--groups", place.text("g.csv", "id,group\na,1\na.png,2\n")]


@case("a list of other images", r"2 of its 3 lines name no mask \('x', 'y'\)")
def _(place: Place) -> None:
    place.words = ["--only", place.text("list.txt", "a\nx\ny\n")]


@case("an empty list", "names no image")
def _(place: Place) -> None:
    place.words = ["--only", place.text("list.txt", "\n")]


@case("others with fewer images", r"other: 3 of 4 masks have no prediction")
def _(place: Place) -> None:
    judged.picture(place.masks.parent / "other" / "a.png", judged.scores(0))
    place.words = ["--against", place.masks.parent / "other"]


@case("against itself", "is what it is compared with")
def _(place: Place) -> None:
    place.words = ["--against", place.predictions]


@case("categories of pictures", "is a COCO file; .*leave the option out")
def _(place: Place) -> None:
    place.words = ["--categories", "crack"]


@case("COCO without categories", "has no list 'categories'")
def _(place: Place) -> None:
    place.masks = place.text("truth.json", json.dumps({"images": [], "annotations": []}))


@case("COCO without images", "lists no images")
def _(place: Place) -> None:
    place.masks = place.text("truth.json", json.dumps({"images": [], "annotations": [], "categories": []}))


@case("COCO of another category", "has no category 'crack'; it has 'rust'; correct --categories")
def _(place: Place) -> None:
    content = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "rust"}]}
    place.masks, place.words = place.text("truth.json", json.dumps(content)), ["--categories", "crack"]


def results(place: Place, *entries: object) -> None:
    place.predictions = place.text("results.json", json.dumps(entries))


RESULT = {"image_id": "a", "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]], "score": 0.5}


@case("COCO results without scores", "result 0 has no score")
def _(place: Place) -> None:
    results(place, {name: value for name, value in RESULT.items() if name != "score"})


@case("COCO results with scores above 1", "result 1 has the score 50")
def _(place: Place) -> None:
    results(place, RESULT, RESULT | {"score": 50})


@case("COCO results of boxes", "result 0 has no segmentation")
def _(place: Place) -> None:
    results(place, {"image_id": "a", "bbox": [1, 1, 2, 2], "score": 1})


@case("COCO results of other images", "none of its image_id .* has a mask")
def _(place: Place) -> None:
    results(place, RESULT | {"image_id": 5})


@case("COCO results of another size", "result 0 of 'a' cannot be drawn on its mask of 32 x 24 pixels")
def _(place: Place) -> None:
    results(place, RESULT | {"segmentation": {"size": [10, 10], "counts": [100]}})


def coco(place: Place, name: str = "a.png", width: int = SHAPE[1], height: int = SHAPE[0]) -> None:
    image = {"id": 1, "file_name": name, "width": width, "height": height}
    mark = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 9, 1, 9, 9]]}
    content = {"images": [image], "annotations": [mark], "categories": [{"id": 1, "name": "crack"}]}
    place.masks = place.text("masks.json", json.dumps(content))


@case("COCO results without a category beside masks that have some", r"result 0 has no category_id; .* \('1'\)")
def _(place: Place) -> None:
    results(place, {name: value for name, value in RESULT.items() if name != "category_id"} | {"image_id": 1})
    coco(place)


@case("COCO results of a category that masks do not have", "result 0 has the category_id 0")
def _(place: Place) -> None:
    results(place, RESULT | {"image_id": 1, "category_id": 0})
    coco(place)


@case("COCO results with ids in floating point", r"result 0 has the image_id 1\.0")
def _(place: Place) -> None:
    results(place, RESULT | {"image_id": 1.0})


@case("COCO images larger than any memory", "'a' has 1000000 x 1000000 pixels; expected 178,956,970 at most")
def _(place: Place) -> None:
    coco(place, width=1_000_000, height=1_000_000)


@case("COCO images with names that are no text", r"the name '\\udcff' is no text")
def _(place: Place) -> None:
    coco(place, "\udcff.png")


@case("files with names that are no text", r"the name '\\udcff' is no text")
def _(place: Place) -> None:
    for folder in (place.predictions, place.masks):
        (folder / "a.png").rename(folder / "\udcff.png")


@case("whole numbers below 0", r"from -128 to .* \(int8\); .*save scores as uint8")
def _(place: Place) -> None:
    place.arrays(lambda levels: (levels.astype(int) - 128).astype(np.int8))


@case("photos by a folder", "--groups .*: is a folder, and as a pattern")
def _(place: Place) -> None:
    place.words = ["--groups", place.masks]


@case("numbers in the place of a folder", "--json .*: is a folder")
def _(place: Place) -> None:
    place.words = ["--json", place.masks]


@case("numbers in the place of a prediction", "--json .*: is a file of what is read")
def _(place: Place) -> None:
    place.words = ["--json", place.one]


@case("numbers in the place of COCO results", "--json .*: is a file of what is read")
def _(place: Place) -> None:
    results(place, RESULT)
    place.words = ["--json", place.predictions]


@case("no COCO results", "holds no result")
def _(place: Place) -> None:
    results(place)


@case("JSON that is none", "cannot be read as JSON")
def _(place: Place) -> None:
    place.predictions = place.text("results.json", "[{")


@case("a JSON file that is not there", "results.json: no such file")
def _(place: Place) -> None:
    place.predictions = place.masks.parent / "results.json"


@case("a folder with other files", r"--out .*: holds other files \(a.png\); .*name another")
def _(place: Place) -> None:
    place.words = ["--out", place.masks]


@case("categories of a list of results", "whose categories have no names")
def _(place: Place) -> None:
    results(place, RESULT)
    place.words = ["--categories", "crack"]


@case("a folder that cannot be", "a.png is a file; expected a folder there")
def _(place: Place) -> None:
    place.words = ["--out", place.masks / "a.png" / "out"]


@case("photos of other images", "no photo has the name of a mask")
def _(place: Place) -> None:
    judged.picture(place.masks.parent / "photos" / "z.png", np.zeros((*SHAPE, 3), np.uint8))
    place.words = ["--images", place.masks.parent / "photos"]


@case("photos of another size", "has 9 rows and 32 columns, its mask 24 and 32")
def _(place: Place) -> None:
    for name in NAMES:
        judged.picture(place.masks.parent / "photos" / f"{name}.png", np.zeros((9, 32, 3), np.uint8))
    place.words = ["--images", place.masks.parent / "photos"]


@pytest.mark.parametrize("name", CASES)
def test_refused_in_one_sentence(score: Score, tmp_path: Path, name: str) -> None:
    spoil, told = CASES[name]
    place = Place(*judged.pair(tmp_path), [])
    spoil(place)
    before = sorted(tmp_path.rglob("*"))
    out = [] if "--out" in place.words else ["--out", tmp_path / "out"]
    sentence = score(place.predictions, place.masks, *place.words, *out).sentence
    assert re.search(told, sentence), sentence
    assert re.search(r"; .+", sentence), f"no remedy: {sentence}"
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("of", ["predictions", "masks"])
@pytest.mark.parametrize("what", files.PICTURES)
def test_hostile_pictures(score: Score, tmp_path: Path, what: str, of: str) -> None:
    place = Place(*judged.pair(tmp_path), [])
    (getattr(place, of) / "b.png").write_bytes(files.PICTURES[what])
    sentence = score(place.predictions, place.masks, "--out", tmp_path / "out").sentence
    assert f"{of}/b.png" in sentence
    assert not (tmp_path / "out").exists()
