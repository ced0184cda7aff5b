"""Predictions and masks in COCO files: annotations of images, or the list of results that evaluations upload."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.data.coco_annotations import Annotations, Entry, Wording, read_annotations
from hairline.data.masks import Mask
from hairline.data.outlines import read_outline
from hairline.data.polygons import encoded, mask_of
from hairline.errors import HairlineError
from hairline.imaging import limits
from hairline.io.file_names import Names, printable, refuse_no_text
from hairline.io.foreign_json import read_json
from hairline.io.reading import composed
from hairline.judge.files import some

SUFFIX = ".json"
WORDING = Wording(categories="--categories", smaller="score its parts one by one", absent="correct the path", apart="")
MOST = 10_000
"""Most annotations or results of an image."""


@dataclass(frozen=True)
class Images:
    """The images of a COCO file.

    Attributes:
        file: The file.
        sizes: Name of an image → its height and width in pixels.
        names: Id of an image → its name.
        chosen: Ids of the chosen categories.
        known: Ids of all categories.
    """

    file: Path
    sizes: Mapping[str, tuple[int, int]]
    names: Mapping[object, str]
    chosen: frozenset[object] = frozenset()
    known: frozenset[object] = frozenset()


def is_coco(path: Path) -> bool:
    """Whether a path is to be read as a COCO file."""
    return path.suffix.lower() == SUFFIX and not path.is_dir()


def annotated(path: Path, categories: Sequence[str]) -> tuple[Images, Mapping[str, Sequence[Entry]]]:
    """The images of an annotation file, and the annotations of each by its name.

    Raises:
        HairlineError: As :func:`hairline.data.coco_annotations.read_annotations`, or if two images have one name.
    """
    found = read_annotations(path, categories, WORDING)
    chosen = frozenset(key for key, name in found.categories.items() if not categories or name in categories)
    images = replace(_images(path, found), chosen=chosen, known=frozenset(found.categories))
    return images, {images.names[key]: entries for key, entries in found.of.items()}


def _images(path: Path, found: Annotations) -> Images:
    names, sizes = dict[object, str](), dict[str, tuple[int, int]]()
    for image in found.images:
        name = composed("/".join(PureWindowsPath(image["file_name"]).with_suffix("").parts))
        if name in sizes:
            raise HairlineError(
                f"{path}: two images have the name '{printable(name)}'; expected each once; give them names of their "
                "own"
            )
        refuse_no_text(path, name)
        if image["height"] * image["width"] > limits.PIXELS:
            raise HairlineError(
                f"{path}: '{printable(name)}' has {image['width']} x {image['height']} pixels; expected "
                f"{limits.PIXELS:,} at most; correct its width and height, or score it in parts"
            )
        names[image["id"]] = name
        sizes[name] = image["height"], image["width"]
    if not sizes:
        raise HairlineError(f"{path}: lists no images; expected one entry an image; export the annotations again")
    return Images(path, sizes, names)


def mask(file: Path, name: str, annotations: Sequence[Entry], size: tuple[int, int]) -> Mask:
    """The union of the annotations of an image.

    Raises:
        HairlineError: If an annotation cannot be drawn, or there are too many.
    """
    if len(annotations) > MOST:
        raise HairlineError(f"{file}: '{printable(name)}' has {len(annotations):,} annotations; expected {MOST:,} at "
                            "most; join them in the annotation tool")  # fmt: skip
    packed = []
    for number, annotation in enumerate(annotations):
        try:
            outline = read_outline(annotation, *size)
        except ValueError as error:
            called = f"number {number}" if annotation.get("id") is None else f"{annotation['id']!s:.40}"
            raise HairlineError(
                f"{file}: annotation {called} of '{printable(name)}': {error}; correct it in the annotation tool"
            ) from None
        packed += [outline.packed] if outline.packed is not None else []
    return Mask(mask_of(packed, *size), {})


@dataclass(frozen=True)
class Results:
    """Predictions of a COCO file.

    Attributes:
        of: Name of an image → its results, each with an outline; images without any have none.
        scored: Whether the results have scores; without, each is a score of 1.
        levels: All scores.
        named: Whether ``of`` names every image that was predicted; a list of results leaves out images without any.
    """

    of: Mapping[str, Sequence[Entry]]
    scored: bool
    levels: frozenset[float]
    named: bool


def results(
    path: Path,
    masks: Sequence[str],
    ids: Mapping[object, str],
    categories: Sequence[str],
    chosen: Collection[object] = frozenset(),
    known: Collection[object] = frozenset(),
) -> Results:
    """Predictions of a COCO file: a list of results with scores, or an annotation file, whose annotations are masks.

    Args:
        path: The file.
        masks: Names of the images that have masks.
        ids: Id of an image → its name, where the masks are a COCO file too; else empty.
        categories: Names of categories to keep; empty: all.
        chosen: Their ids in the COCO file of the masks, by which a list of results is chosen from.
        known: Ids of all categories of that file.

    Raises:
        HairlineError: If it is neither, or a result lacks an image, an outline or a score in [0, 1].
    """
    content = read_json(path, "a COCO file", WORDING.smaller, "write the results again")
    if isinstance(content, dict):
        _, of = annotated(path, categories)
        entries = [entry for found in of.values() for entry in found]
        scored = bool(entries) and all("score" in entry for entry in entries)
        levels = frozenset(_score(path, number, entry) for number, entry in enumerate(entries)) if scored else {1.0}
        return Results(of, scored, frozenset({0.0} | levels), named=True)
    if not isinstance(content, list) or not content:
        raise HairlineError(
            f"{path}: holds {'no result' if content == [] else 'a ' + type(content).__name__}; expected a list of COCO "
            "results, each with image_id, segmentation and score, or a COCO annotation file; write the results again"
        )
    if categories and not ids:
        raise HairlineError(
            f"{path}: is a list of results, whose categories have no names; expected a COCO file of masks, which names "
            "them, where --categories is given; leave out the results of other categories and the option"
        )
    return _listed(path, content, masks, ids, chosen, known)


def _listed(
    path: Path, content: Sequence[Any], masks: Sequence[str], ids: Mapping[object, str], chosen: Collection[object],
    known: Collection[object],
) -> Results:  # fmt: skip
    names, found, levels = Names(masks), dict[str, list[Entry]](), {0.0}
    written = {str(key): name for key, name in ids.items()}
    for number, entry in enumerate(content):
        if not isinstance(entry, dict) or type(entry.get("image_id")) not in (int, str):
            given = entry.get("image_id") if isinstance(entry, dict) else None
            raise HairlineError(
                f"{path}: result {number} has {'no image_id' if given is None else f'the image_id {given!r:.40}'}; "
                "expected results with image_id (a whole number or a name), segmentation and score, as COCO has them; "
                "write the results again"
            )
        if "segmentation" not in entry:
            raise HairlineError(
                f"{path}: result {number} has no segmentation (a bounding box alone?); expected polygons or run "
                "lengths; write the masks of the results, too"
            )
        score = _score(path, number, entry)
        if chosen and entry.get("category_id") not in chosen:
            _refuse_unknown_category(path, number, entry, known)
            continue
        levels.add(score)
        key = entry["image_id"]
        name = ids.get(key, written.get(str(key))) if ids else names.find(str(key))
        found.setdefault(str(key) if name is None else name, []).append(entry)
    if found and not set(found) & set(masks):
        have = some([str(key) for key in ids] if ids else list(masks))
        remedy = (
            "write the ids of that file"
            if ids
            else "give as MASKS the COCO file that defines these ids, or write names of masks as image_id"
        )
        raise HairlineError(
            f"{path}: none of its image_id ({some(list(found))}) has a mask ({have}); expected ids of the images of "
            f"MASKS; {remedy}"
        )
    return Results(found, True, frozenset(levels), named=False)


def _refuse_unknown_category(path: Path, number: int, entry: Entry, known: Collection[object]) -> None:
    found = entry.get("category_id")
    if found not in known:
        raise HairlineError(
            f"{path}: result {number} has {'no category_id' if found is None else f'the category_id {found!r:.40}'}; "
            f"expected that of a category in the COCO file of the masks ({some([str(each) for each in known])}); write "
            "the ids of that file"
        )


def _score(path: Path, number: int, entry: Entry) -> float:
    score = entry.get("score")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        found = "no score" if score is None else f"the score {score!r:.40}"
        raise HairlineError(
            f"{path}: result {number} has {found}; expected a score in [0, 1]; write the scores of the network"
        )
    return float(score)


def score_map(file: Path, name: str, found: Results, shape: tuple[int, int]) -> NDArray[np.floating]:
    """Each pixel's largest score of the results that cover it, float64 [height, width]; 0 where there is none.

    Raises:
        HairlineError: If an outline does not fit a mask of this shape, or there are too many results.
    """
    entries = found.of.get(name, ())
    if len(entries) > MOST:
        raise HairlineError(
            f"{file}: '{printable(name)}' has {len(entries):,} results; expected {MOST:,} at most; leave out those of "
            "the lowest scores"
        )
    drawn = np.zeros(shape)
    for number, entry in enumerate(entries):
        try:
            area = mask_of(encoded(entry["segmentation"], *shape), *shape)
        except ValueError as error:
            raise HairlineError(
                f"{file}: result {number} of '{printable(name)}' cannot be drawn on its mask of {shape[1]} x "
                f"{shape[0]} pixels: {error}; write it again, at the size of the mask"
            ) from None
        np.maximum(drawn, float(entry["score"]) if found.scored else 1.0, out=drawn, where=area)
    return drawn
