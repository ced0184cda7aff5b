"""Pictures of a label set: a sheet of its labels over their images, and the steps to the label of chosen images."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from hairline.data.names import labels_stage
from hairline.data.samples import evenly, load_image, read_samples
from hairline.imaging.images import read_scores
from hairline.io.artefacts import repro
from hairline.labelling import steps
from hairline.reporting.figures import canvas, image_grids
from hairline.reporting.figures.label_steps import strip

ON_SHEET = 18


def sheet(sets: Path, labels: Path, datasets: Sequence[str]) -> bytes:
    """Contact sheet of labels of training images, evenly over all data sets; of any images where there are none: PNG.

    Args:
        sets: Folder with the data sets.
        labels: Folder of the label set, a folder of score maps a data set.
        datasets: The data sets that are labelled.
    """
    samples = pd.concat([read_samples(sets / dataset).assign(dataset=dataset) for dataset in datasets])
    trained = samples[samples["split"] == "train"]
    candidates = trained if len(trained) else samples
    chosen = candidates.iloc[evenly(len(candidates), ON_SHEET)]
    places = list(zip(chosen["dataset"], chosen["id"], strict=True))
    images = [load_image(sets / dataset, sample_id) for dataset, sample_id in places]
    maps = [read_scores(labels / dataset / f"{sample_id}.png") for dataset, sample_id in places]
    return canvas.png(
        image_grids.contact_sheet(images, maps, [f"{dataset}/{sample_id}" for dataset, sample_id in places])
    )


def strips(folder: Path, label_set: str) -> Iterator[tuple[str, bytes]]:
    """The steps to every label that were kept, each drawn as one strip: file name and PNG.

    Args:
        folder: The label set; DATASET/steps/ID.npz of each chosen image, of :func:`hairline.labelling.steps.write`.
        label_set: Name of the label set, for the headings.
    """
    for path in sorted(folder.glob("*/steps/*.npz")):
        dataset, sample_id = path.parents[1].name, path.stem
        panels, counts = steps.read(path, repro(labels_stage(label_set)))
        figure = strip(f"{dataset} · {sample_id} · labels of {label_set}", panels, counts)
        yield f"{dataset}-{sample_id}.png", canvas.png(figure)
