"""The pictures of a comparison: precision-recall curves, galleries, image browser, strips of the steps to a label."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data.samples import evenly, load_image, load_mask, mask_path, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import read_image, read_scores
from hairline.io.artefacts import repro, spoilt
from hairline.labelling import localization
from hairline.metrics.score_table import counts, extremes, image_f1
from hairline.metrics.thresholds import Counts
from hairline.reporting import html, seen_signs
from hairline.reporting.comparison import Result, called, result_called, several_training_sets
from hairline.reporting.figures import canvas, image_browser, image_grids
from hairline.reporting.figures import curves as drawing
from hairline.reporting.figures.image_browser import Shown

LABELS, SEGMENTERS = "labels of", "segmenters on"
BROWSED = 24
"""Most images of a test set that can be looked through, unless the gallery has more."""
ROWS = 24
"""Most rows of a drawn gallery, evenly spaced."""
DRAWN = repro("draw_labels")
Panels = Mapping[str, Mapping[str, Counts]]


def panels(results: Sequence[Result]) -> dict[str, dict[str, Counts]]:
    """What curves are drawn of: everything that was scored, test set by test set, segmenters and labels apart."""
    found: dict[str, dict[str, Counts]] = {}
    several = several_training_sets(results)
    for result in results:
        if result.table is not None:
            panel = found.setdefault(f"{SEGMENTERS if result.kind == 'segmenter' else LABELS} {result.dataset}", {})
            panel[f"{result_called(result, several)} {seen_signs.of(result.seen)[0]}"] = counts(result.table)
    return found


def curves(drawn: Panels, kind: str) -> html.Drawings:
    """Precision-recall curves of one kind as drawings in lines, one a test set (figure 7 of the paper)."""
    return html.Drawings(
        "Precision and recall, pooled over the images",
        {
            f"Precision against recall: {title}": canvas.svg(drawing.pr_curves({title: models}), title)
            for title, models in drawn.items()
            if title.startswith(kind)
        },
    )


def grids(params: Params, paths: Paths) -> Iterator[tuple[str, str, bytes]]:
    """Two galleries a test set, of labels and of predictions (figures 5, 6 and 8 of the paper): name, title, PNG."""
    for test_set in params.matrix.test_sets:
        shown = _gallery(params, paths, test_set)
        rows = [_row(params, paths, test_set, shown[index]) for index in evenly(len(shown), ROWS)]
        if rows:
            labels = [replace(row, predictions={}) for row in rows]
            yield f"labels_{test_set}", f"Pseudo-labels of test images of {test_set}", _grid(labels)
        if any(row.predictions for row in rows):
            models = [replace(row, evidence=None, labels={}) for row in rows]
            yield f"predictions_{test_set}", f"Predictions for test images of {test_set}", _grid(models)


def _grid(rows: Sequence[image_grids.PictureRow]) -> bytes:
    return canvas.png(image_grids.picture_grid(rows))


def _gallery(params: Params, paths: Paths, test_set: str) -> list[str]:
    """The same images everywhere, evenly spaced, with masks where there are any."""
    samples = read_samples(paths.dataset(test_set), "test")
    masked = samples[samples["has_mask"]]
    candidates = list((masked if len(masked) else samples)["id"])
    return [candidates[index] for index in evenly(len(candidates), params.evaluation.gallery)]


def images(params: Params, paths: Paths, results: Sequence[Result]) -> Iterator[Shown]:
    """The galleries' images and those that segmenters did worst and best on, the better ones' first, up to a number."""
    several, most = several_training_sets(results), max(BROWSED, params.evaluation.gallery)
    for test_set in params.matrix.test_sets:
        here = [each for each in results if each.kind == "segmenter" and each.dataset == test_set]
        tables = {result_called(each, several): each.table for each in here if each.table is not None}
        seen = {result_called(each, several): seen_signs.of(each.seen) for each in here}
        scores = {name: image_f1(table) for name, table in tables.items()}
        chosen = dict.fromkeys(_gallery(params, paths, test_set))
        for name in sorted(tables, key=lambda name: -scores[name].mean()):
            chosen |= dict.fromkeys(extremes(tables[name], params.evaluation.extremes))
        for sample_id in sorted([*chosen][:most]):
            f1 = {name: float(found[sample_id]) for name, found in scores.items() if sample_id in found}
            yield Shown(sample_id, test_set, f1, _layers(_row(params, paths, test_set, sample_id)), seen)


def _layers(row: image_grids.PictureRow) -> dict[str, bytes]:
    maps: dict[str, NDArray[np.generic]] = {} if row.evidence is None else {"evidence": row.evidence}
    maps |= {f"labels of {name}": scores for name, scores in row.labels.items()} | dict(row.predictions)
    drawn = {name: image_browser.score_map(scores) for name, scores in maps.items()}
    mask = {} if row.mask is None else {"mask": image_browser.score_map(row.mask, colour=image_browser.TRUE)}
    return {"image": image_browser.photo(row.image), **mask, **drawn}


def _predictions(params: Params, paths: Paths, test_set: str) -> dict[str, Path]:
    """What a segmenter is called → folder of its predictions that were kept."""
    matrix = params.matrix
    several = len(matrix.training_sets) > 1
    return {
        called(label_set, architecture, training_set if several else ""):
            paths.segmenter_scores(SegmenterName(label_set, architecture, training_set), test_set) / "predictions"
        for training_set in matrix.training_sets for label_set in matrix.label_sets
        for architecture in matrix.architectures
    }  # fmt: skip


def _row(params: Params, paths: Paths, test_set: str, sample_id: str) -> image_grids.PictureRow:
    matrix, file, folder = params.matrix, f"{sample_id}.png", paths.dataset(test_set)
    evidence = localization.Evidence.load(paths.evidence(matrix.classifiers[0], test_set) / f"{sample_id}.npz")
    return image_grids.PictureRow(
        sample_id,
        load_image(folder, sample_id),
        load_mask(folder, sample_id) if mask_path(folder, sample_id).is_file() else None,
        localization.heat(evidence),
        _maps({name: paths.labels(name, test_set) / file for name in params.labelled()}),
        _maps({name: kept / file for name, kept in _predictions(params, paths, test_set).items()}),
    )


def _maps(paths: Mapping[str, Path]) -> dict[str, NDArray[np.generic]]:
    return {name: read_scores(path) for name, path in paths.items() if path.is_file()}


def steps(params: Params, paths: Paths) -> Iterator[html.Picture]:
    """The first strip there is of every label set, on the first test set that has one."""
    test_sets = params.matrix.test_sets
    for label_set in params.labelled():
        found = [path for name in test_sets for path in sorted(paths.strips(label_set).glob(f"{name}-*.png"))]
        if found:
            title = f"labels of {label_set}: {found[0].stem}"
            yield html.Picture(f"Every step to the {title}",
                                 f"The image, every map on the way to its {title}, and the mask",
                                 image_browser.webp(_strip(found[0])), "webp", folded=True)  # fmt: skip


def _strip(path: Path) -> bytes:
    try:
        read_image(path)
    except HairlineError as error:
        raise spoilt(path, str(error).removeprefix(f"{path}: ").partition("; ")[0], "a picture", DRAWN) from None
    return path.read_bytes()
