"""The pictures of a comparison: precision-recall curves, grids of test images, strips of the steps to a label."""

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hairline import localization, pictures, plotting, report
from hairline.comparison import Cell, called, several_training_sets
from hairline.images import read_scores
from hairline.params import Evaluation, Params
from hairline.samples import evenly, load_image, load_mask, mask_path, read_samples
from hairline.scoretables import counts
from hairline.scoring import Counts


def curves(cells: Sequence[Cell]) -> bytes:
    """Precision-recall curves of everything that was scored, a panel a test set, as PNG."""
    panels: dict[str, dict[str, Counts]] = {}
    several = several_training_sets(cells)
    for cell in cells:
        if cell.table is not None:
            what = "segmenters on" if cell.kind == "segmenter" else "labels of"
            panel = panels.setdefault(f"{what} {cell.dataset}", {})
            learned = cell.training_set if several else ""
            panel[called(cell.label_set, cell.architecture, learned)] = counts(cell.table)
    return plotting.png(plotting.pr_curves(panels))


def grids(args: Namespace, params: Params) -> Iterator[tuple[str, bytes]]:
    """A picture grid of some test images, the same everywhere and with masks where there are any, a test set."""
    gallery = params.get("evaluation", Evaluation).gallery
    for test_set in params.matrix().test_sets:
        samples = read_samples(args.sets / test_set, "test")
        masked = samples[samples["has_mask"]]
        candidates = list((masked if len(masked) else samples)["id"])
        ids = [candidates[index] for index in evenly(len(candidates), gallery)]
        if ids:
            rows = [_picture(args, params, test_set, sample_id) for sample_id in ids]
            yield test_set, plotting.png(pictures.picture_grid(rows))


def _picture(args: Namespace, params: Params, test_set: str, sample_id: str) -> pictures.PictureRow:
    matrix, file, folder = params.matrix(), f"{sample_id}.png", args.sets / test_set
    evidence = localization.Evidence.load(args.evidence / matrix.classifiers[0] / test_set / f"{sample_id}.npz")
    several = len(matrix.training_sets) > 1
    models = {
        called(label_set, architecture, training_set if several else ""):
            args.scores / "segmenters" / training_set / label_set / architecture / test_set / "predictions" / file
        for training_set in matrix.training_sets for label_set in matrix.label_sets
        for architecture in matrix.architectures
    }  # fmt: skip
    labels = {name: args.labels / name / test_set / file for name in params.labelled()}
    return pictures.PictureRow(
        sample_id,
        load_image(folder, sample_id),
        load_mask(folder, sample_id) if mask_path(folder, sample_id).is_file() else None,
        localization.heat(evidence),
        _maps(labels),
        _maps(models),
    )


def _maps(paths: Mapping[str, Path]) -> dict[str, NDArray[np.generic]]:
    return {name: read_scores(path) for name, path in paths.items() if path.is_file()}


def steps(folder: Path, params: Params) -> Iterator[report.Picture]:
    """The first strip there is of every label set, on the first test set that has one."""
    test_sets = params.matrix().test_sets
    for label_set in params.labelled():
        found = [path for name in test_sets for path in sorted((folder / label_set).glob(f"{name}-*.png"))]
        if found:
            title = f"labels of {label_set}: {found[0].stem}"
            yield report.Picture(title, f"The image, every map on the way to its {title}, and the mask",
                                 found[0].read_bytes())  # fmt: skip
