"""CFD, the CrackForest data set (Shi et al. 2016) as published.

    ROOT/image/NNN.jpg         001 … 155; files of other image formats are read, too
    ROOT/groundTruth/NNN.mat   for 118 of them: groundTruth[0, 0]["Segmentation"], uint8 [height, width]

Labels are 1 background, 2 crack, 3 background enclosed by cracks, 4 faint crack. Images without ground truth are left
out.
"""

from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

from hairline.data.layout_files import LeavesOut, LeftOut, found_instead, image_files, paired
from hairline.data.mat_files import held
from hairline.data.samples import Mask, RawSample
from hairline.data.splits import OTHERS, listed, refuse_both, spelt
from hairline.errors import HairlineError
from hairline.io.file_names import Tree
from hairline.io.options import checked_dataclass
from hairline.io.reading import entries, id_of, refuse_no_file

CRACK_LABELS = (2, 4)
ENCLOSED = 3
LABELS = (1, 2, ENCLOSED, 4)
UNUSUAL = (ENCLOSED, 4)
LEAVES_OUT = LeavesOut("without ground truth", by_design=True)


@checked_dataclass
class Options:
    """Which images to read, and as what; images in neither list are training images.

    Attributes:
        exclude: Ids (``001`` …) to leave out, whether or not their files are there.
        test: Ids of the test split; ``*`` stands for all that ``val`` does not name.
        val: Ids of the validation split; ``*`` stands for all that ``test`` does not name.
    """

    exclude: list[str]
    test: list[str]
    val: list[str]

    def __post_init__(self) -> None:
        refuse_both(self.test, self.val)


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples that have ground truth, in order of id.

    Raises:
        HairlineError: If a folder is missing, nothing has ground truth, or the split names an id that is not there.
    """
    files = Tree(root)
    images = image_files(files.find("image"), options.exclude)
    matrices = [path for path in entries(files.find("groundTruth")) if path.suffix.lower() == ".mat"]
    if not images or not matrices:
        raise _empty(root, *(("groundTruth", ".mat file") if images else ("image", ".jpg file")))
    left_out = LeftOut(options.exclude)
    truths, _ = paired(images, {id_of(path): path for path in matrices if not left_out.has(id_of(path))})
    ids = sorted(truths)
    test, val = spelt(options.test, ids), spelt(options.val, ids)
    unknown = sorted(name for name in {*test, *val} - {OTHERS} - set(ids) if not left_out.has(name))
    if unknown:
        raise HairlineError(
            f"{root}: the split names {', '.join(unknown)}, but there is no image/ID.jpg with groundTruth/ID.mat for "
            "them; complete the set or take them out of options.test and options.val of this data set"
        )
    splits = {name: listed(name, test, val) for name in ids}
    return [RawSample(name, splits[name], name, images[name], truths[name], read_truth) for name in ids]


def read_truth(path: Path) -> Mask:
    """Mask of a ground truth file: crack where the label is crack or faint crack; labels 3 and 4 are told as unusual.

    Raises:
        HairlineError: If the file is unreadable, lacks the published structure or holds other labels than 1 … 4.
    """
    labels = _labels(path)
    strange = sorted(set(np.unique(labels).tolist()) - set(LABELS))
    if strange:
        raise _unexpected(path, f"labels {', '.join(map(str, strange))}")
    if ENCLOSED in labels and not np.isin(labels, CRACK_LABELS).any():
        raise _unexpected(path, f"label {ENCLOSED}, background enclosed by cracks, where no crack is labelled")
    counts = {label: int((labels == label).sum()) for label in UNUSUAL}
    return Mask(np.isin(labels, CRACK_LABELS), {label: pixels for label, pixels in counts.items() if pixels})


def _labels(path: Path) -> NDArray[np.generic]:
    refuse_no_file(path, "a MATLAB file")
    try:
        with held(path) as file:
            content = scipy.io.loadmat(file)
    except Exception as error:  # on damaged files scipy also raises zlib.error, TypeError, ZeroDivisionError, …
        raise _unexpected(path, f"no readable MATLAB file ({error})") from None
    truth = content.get("groundTruth")
    if truth is None:
        names = ", ".join(name for name in content if not name.startswith("__"))
        raise _unexpected(path, f"the variables {names or '(none)'}")
    if truth.dtype.names is None or "Segmentation" not in truth.dtype.names or truth.shape != (1, 1):
        raise _unexpected(path, f"groundTruth of shape {truth.shape} with the fields {truth.dtype.names or '(none)'}")
    labels: NDArray[np.generic] = truth[0, 0]["Segmentation"]
    if labels.ndim != 2 or not labels.size or labels.dtype.kind not in "uif":
        raise _unexpected(path, f"Segmentation of shape {labels.shape}, {labels.dtype}")
    return labels


def _unexpected(path: Path, found: str) -> HairlineError:
    return HairlineError(
        f"{path}: found {found}; expected groundTruth[0, 0]['Segmentation'], a matrix of the labels 1 to 4; "
        "replace the file or add its id to options.exclude of this data set"
    )


def _empty(root: Path, folder: str, what: str) -> HairlineError:
    directory = root / folder
    return HairlineError(
        f"{directory}: no {what} found ({found_instead(directory, root)}); expected the published CFD layout, "
        "image/NNN.jpg and groundTruth/NNN.mat"
    )
