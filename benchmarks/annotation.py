"""Whether the tools' own readers find the masks that `hairline annotate` writes, and how long a large mask takes.

    uv pip install --no-deps --target TOOLS -r tests/support/annotation_tools.txt
    python benchmarks/annotation.py make FOLDER                    # masks and their exports
    PYTHONPATH=TOOLS python benchmarks/annotation.py read FOLDER   # the readers and writers of the tools
    python benchmarks/annotation.py back FOLDER                    # what their writers wrote, read by hairline
    python benchmarks/annotation.py large                          # CPU time of a mask of 64 megapixels, out and back

``read`` and ``back`` end with an error where a pixel differs. ``read`` imports nothing of hairline, so that an
environment of its own that has ``label-studio-sdk`` and ``datumaro`` with all they ask for does as well. The tests do
the first three: tests/data/annotating/test_tools.py.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

FORMATS = ("coco", "cvat", "labelstudio", "masks")
LEVELS = {"crack": 255, "ignore": 127}
SIDE_PX = 8_000
Mask = NDArray[np.bool_]
T = TypeVar("T")


def main(argv: Sequence[str] | None = None) -> None:
    """Do one of the four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["make", "read", "back", "large"])
    parser.add_argument("folder", type=Path, nargs="?")
    args = parser.parse_args(argv)
    if args.what == "large":
        with tempfile.TemporaryDirectory() as folder:
            large(Path(folder))
    elif args.folder is None:
        parser.error(f"{args.what}: name a folder")
    else:
        {"make": make, "read": read, "back": back}[args.what](args.folder)


def masks() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Noise of several densities, lines of one pixel, rings, pieces, nothing, everything; some with what is ignored.

    One has a name with all that XML, JSON and addresses have to escape.
    """
    rng = np.random.default_rng(24)
    for number, (height, width) in enumerate([(37, 53), (1, 90), (90, 1), (128, 200), (301, 203)]):
        for share in (0.0, 0.01, 0.5, 1.0):
            yield f"noise_{number}_{int(share * 100)}", (rng.random((height, width)) < share) * np.uint8(255)
    for number in range(8):
        drawn = np.zeros((240, 320), np.uint8)
        for _ in range(4):
            steps = np.cumsum(rng.integers(-9, 10, (30, 2)), axis=0) + rng.integers(20, 220, 2)
            cv2.polylines(drawn, [steps.astype(np.int32)], False, 255, int(rng.integers(1, 6)))
        cv2.circle(drawn, (160, 120), 60, 255, 1 + number)
        drawn[200:, 250:] = 127 if number % 2 else drawn[200:, 250:]
        yield f"cracks_{number}", drawn
    yield "north side/Brücke & 'holes' <1> 50%", drawn[40:, :301]


def make(folder: Path) -> None:
    """Write photos, masks, and the masks in every format."""
    from hairline.imaging.images import write_image

    for name, levels in masks():
        write_image(folder / "images" / f"{name}.png", np.dstack([levels // 3 + 60] * 3))
        write_image(folder / "found" / f"{name}.png", levels)
    _export(folder / "images", folder / "found", folder)
    print(f"{sum(1 for _ in masks())} masks in {len(FORMATS)} formats")


def _export(photos: Path, found: Path, folder: Path) -> dict[str, float]:
    from hairline.data.annotating import sources, writing
    from hairline.data.annotating.written import Wanted
    from hairline.io import plugins

    seconds = {}
    images, _ = sources.of_folders(photos, found, None)
    for form in FORMATS:
        module = plugins.resolve("hairline.data.annotating.formats", form)
        start = time.process_time()
        writing.write(module, images, folder / form, Wanted("", False, len(images), "masks"))
        seconds[form] = time.process_time() - start
    return seconds


def read(folder: Path) -> None:
    """Compare what the tools read with the masks; write the masks by the tools, too."""
    wanted = {(name, label): levels == level for name, levels in masks() for label, level in LEVELS.items()}
    for name, reader in {"label-studio-sdk": _sdk, "datumaro, CVAT": _datumaro_cvat, "datumaro, COCO": _datumaro_coco,
                         "pycocotools": _pycocotools}.items():  # fmt: skip
        found = dict(reader(folder))
        wrong = [key for key, mask in wanted.items() if not np.array_equal(found.get(key, np.zeros_like(mask)), mask)]
        wrong += [key for key in found if key not in wanted]
        print(f"{name}: {len(found)} masks read, {len(wrong)} of {len(wanted)} differ {wrong[:3]}")
        if wrong:
            sys.exit(1)
    _by_sdk(folder)
    import datumaro

    for form in ("cvat", "coco_instances"):
        found = datumaro.Dataset.import_from(str(_linked(folder, "cvat")), "cvat")
        found.export(str(folder / "by_datumaro" / form), form, save_media=False)


def _by_sdk(folder: Path) -> None:
    from label_studio_sdk.converter.brush import mask2rle

    tasks = []
    for name, levels in masks():
        results = [{"type": "brushlabels", "original_height": levels.shape[0], "original_width": levels.shape[1],
                    "value": {"format": "rle", "brushlabels": [label],
                              "rle": mask2rle((levels == level).astype(np.uint8) * 255)}}
                   for label, level in LEVELS.items()]  # fmt: skip
        data = {"image": f"{name}.png", "photo": f"{name}.png"}
        tasks.append({"data": data, "annotations": [{"result": results, "lead_time": 1.0}]})
    (folder / "by_sdk.json").write_text(json.dumps(tasks), encoding="utf-8")


def _sdk(folder: Path) -> Iterator[tuple[tuple[str, str], Mask]]:
    from label_studio_sdk.converter.brush import decode_rle

    for task in json.loads((folder / "labelstudio" / "tasks.json").read_text(encoding="utf-8")):
        for result in task["predictions"][0]["result"]:
            shape = result["original_height"], result["original_width"], 4
            alpha = decode_rle(result["value"]["rle"]).reshape(shape)[..., 3]
            yield (task["data"]["photo"].removesuffix(".png"), result["value"]["brushlabels"][0]), alpha > 0


def _linked(folder: Path, form: str) -> Path:
    """An export with the photos beside it, where datumaro looks for them."""
    link = folder / form / "images"
    if not link.exists():
        link.symlink_to((folder / "images").resolve())
    return folder / form


def _datumaro_cvat(folder: Path) -> Iterator[tuple[tuple[str, str], Mask]]:
    yield from _of_datumaro(_linked(folder, "cvat"), "cvat")


def _datumaro_coco(folder: Path) -> Iterator[tuple[tuple[str, str], Mask]]:
    yield from _of_datumaro(_linked(folder, "coco"), "coco")


def _of_datumaro(folder: Path, form: str) -> Iterator[tuple[tuple[str, str], Mask]]:
    import datumaro

    found = datumaro.Dataset.import_from(str(folder), form)
    labels = found.categories()[datumaro.AnnotationType.label]
    for item in found:
        for each in item.annotations:
            if each.type != datumaro.AnnotationType.mask:  # of a mask in COCO, datumaro gives the box as well
                continue
            yield (item.id, labels[each.label].name), np.asarray(each.image, bool)


def _pycocotools(folder: Path) -> Iterator[tuple[tuple[str, str], Mask]]:
    import pycocotools.coco

    file = pycocotools.coco.COCO(str(folder / "coco" / "annotations" / "instances_default.json"))
    for each in file.loadAnns(file.getAnnIds()):
        image = file.imgs[each["image_id"]]["file_name"].removesuffix(".png")
        yield (image, file.cats[each["category_id"]]["name"]), file.annToMask(each).astype(bool)


def back(folder: Path) -> None:
    """Compare what hairline reads of what the tools' writers wrote with the masks."""
    by = folder / "by_datumaro"
    written = {("label-studio-sdk", "labelstudio"): folder / "by_sdk.json",
               ("datumaro, CVAT", "cvat"): by / "cvat" / "annotations.xml",
               ("datumaro, COCO", "coco"): next((by / "coco_instances").rglob("*.json"))}  # fmt: skip
    for (name, form), file in written.items():
        found = _imported(form, file, folder / f"back_{form}")
        wrong = [name for name, levels in masks() if not np.array_equal(found.get(name), levels)]
        print(f"by {name}: {len(found)} masks read, {len(wrong)} differ {wrong[:3]}")
        if wrong:
            sys.exit(1)


def _imported(form: str, file: Path, out: Path) -> dict[str, NDArray[np.uint8]]:
    from hairline.data.annotating import bringing
    from hairline.data.annotating.images import Labels
    from hairline.imaging.images import read_grey
    from hairline.io import plugins

    module = plugins.resolve("hairline.data.annotating.formats", form)
    bringing.bring_back(module, file, out, Labels(), bringing.known(None, None))
    masks = out / "masks"
    return {path.relative_to(masks).with_suffix("").as_posix(): read_grey(path) for path in masks.rglob("*.png")}


def large(folder: Path) -> None:
    """Time a mask of 64 megapixels with cracks of 1 to 9 pixels all over it."""
    from hairline.data.annotating import brush
    from hairline.imaging.images import write_image

    rng = np.random.default_rng(24)
    levels = np.zeros((SIDE_PX, SIDE_PX), np.uint8)
    for _ in range(300):
        steps = np.cumsum(rng.integers(-40, 41, (200, 2)), axis=0) + rng.integers(0, SIDE_PX, 2)
        cv2.polylines(levels, [steps.astype(np.int32)], False, 255, int(rng.integers(1, 10)))
    write_image(folder / "photos" / "large.png", levels)
    write_image(folder / "found" / "large.png", levels)
    print(f"{levels.size / 1e6:.0f} megapixels, {(levels > 0).mean():.2%} crack")
    mask = levels > 0
    stream, encode = _timed(lambda: brush.encoded(mask))
    drawn, decode = _timed(lambda: brush.decoded(stream, *mask.shape))
    print(f"brush runs alone: {len(stream):,} bytes, {encode:.2f} s out, {decode:.2f} s back, "
          f"{'equal' if np.array_equal(drawn, mask) else 'NOT EQUAL'}")  # fmt: skip
    seconds = _export(folder / "photos", folder / "found", folder)
    files = {"coco": "annotations/instances_default.json", "cvat": "annotations.xml", "labelstudio": "tasks.json",
             "masks": "masks/large.png"}  # fmt: skip
    for form, name in files.items():
        file = folder / form / name
        bytes_of = file.stat().st_size
        if form == "labelstudio":
            file.write_text(file.read_text(encoding="utf-8").replace('"predictions":[{', '"annotations":[{'),
                            encoding="utf-8")  # fmt: skip
        given = folder / form / "masks" if form == "masks" else file
        found, took = _timed(lambda form=form, given=given: _imported(form, given, folder / f"back_{form}"))
        equal = np.array_equal(found["large"], levels)
        print(f"{form}: {bytes_of / 1e6:.1f} MB, {seconds[form]:.1f} s out, {took:.1f} s back, "
              f"{'equal' if equal else 'NOT EQUAL'}")  # fmt: skip


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    return work(), time.process_time() - start


if __name__ == "__main__":
    main()
