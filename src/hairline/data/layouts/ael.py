"""AEL: AigleRN, ESAR and LCMS (Amhaz et al. 2016), 58 images with ground truth.

As its authors publish it, below a folder whose name differs between two versions of their archive:

    ROOT/TITS/…  or  ROOT/DATASET/…  or  ROOT/…
        IMAGES/AIGLE_RN/Im_GT_AIGLE_RN_C18aor.png     GROUND_TRUTH/AIGLE_RN/GT_AIGLE_RN_C18a.png     (38)
        IMAGES/ESAR/Im_GT_ESAR_20a.jpg                GROUND_TRUTH/ESAR/GT_ESAR_20a.png              (15)
        IMAGES/LCMS/Im_GT_LCMS_23aor.png              GROUND_TRUTH/LCMS/GT_LCMS_23a.png               (5)

and as it comes beside CRACK500 in the bundle of the FPHBN authors (Yang et al. 2019):

    ROOT/img/AIGLE_RN/Im_GT_AIGLE_RN_C18aor.jpg       ROOT/gt/AIGLE_RN/Im_GT_AIGLE_RN_C18aor.png     …/ESAR  …/LCMS

Certain, by the authors' description of their archive and by public scripts that walk it: folders, names, and that crack
is black. The files themselves were not at hand. The bundle is known by two scripts only, one of which trains on its
masks as they are, so that crack seems to be white there: the option ``crack`` says which it is, and the gate (polarity,
crack_share) finds it out if that is wrong.

Image and ground truth belong together where their names are equal but for the suffix, ``Im_``, ``GT_`` and a final
``or``; what is left is the id, e.g. ``AIGLE_RN_C18a``. Images named ``noGT``, for which there is no ground truth, and
the sensors LRIS and TEMPEST2 are passed over. Names end in a number and a letter, in AIGLE_RN two for each number
(C18a, C18b): those that differ in the letter only are taken for pictures of one place and are one group. Ground truth
as JPEG is read too, with values that are blurred.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from hairline.data.layout_files import LeavesOut, LeftOut, contents, image_files, paired
from hairline.data.masks import Mask, MaskFiles
from hairline.data.samples import RawSample
from hairline.data.splits import OTHERS, listed, refuse_both, spelt
from hairline.errors import HairlineError
from hairline.io.options import checked_dataclass

Subset = Literal["AIGLE_RN", "ESAR", "LCMS"]
Colour = Literal["black", "white"]
FOLDERS = (("TITS/IMAGES", "TITS/GROUND_TRUTH"), ("DATASET/IMAGES", "DATASET/GROUND_TRUTH"),
           ("IMAGES", "GROUND_TRUTH"), ("img", "gt"))  # fmt: skip
NAME = re.compile(r"(?:Im_)?(?:GT_)?(?P<id>.+?)(?:(?<=[a-z])or)?")
LEAVES_OUT = LeavesOut("without ground truth", by_design=True, folders=True)
PLACE = re.compile(r"(?<=\d)[a-z]+$")


@checked_dataclass
class Options:
    """Which images to read, and as what; images in neither list are training images.

    Attributes:
        subsets: Which of AIGLE_RN, ESAR and LCMS to read.
        crack: What crack is in the ground truth: ``black`` as its authors publish it, ``white`` if inverted.
        exclude: Ids (``AIGLE_RN_C18a`` …) to leave out, whether or not their files are there.
        test: Ids of the test split; ``*`` stands for all that ``val`` does not name.
        val: Ids of the validation split; ``*`` stands for all that ``test`` does not name.
    """

    subsets: list[Subset]
    crack: Colour
    exclude: list[str]
    test: list[str]
    val: list[str]

    def __post_init__(self) -> None:
        refuse_both(self.test, self.val)
        if not self.subsets or len(set(self.subsets)) < len(self.subsets):
            raise ValueError(f"subsets must name one or more of AIGLE_RN, ESAR and LCMS once, found {self.subsets}")


def read(root: Path, options: Options) -> list[RawSample]:
    """Samples of the chosen subsets, in order of id.

    Raises:
        HairlineError: If no layout or two are found, an image or ground truth lacks its counterpart or has two, or the
            split names an id that is not there.
    """
    images_folder, truths_folder = _folders(root)
    images, truths = dict[str, Path](), dict[str, Path]()
    for subset in options.subsets:
        images |= _by_id(images_folder / subset, options)
        truths |= _by_id(truths_folder / subset, options)
    truths_of, single = paired(images, truths)
    _refuse_single(images, sorted(images.keys() - truths_of.keys()), truths_folder)
    _refuse_single(truths, single, images_folder)
    left_out = LeftOut(options.exclude)
    test, val = spelt(options.test, images), spelt(options.val, images)
    unknown = sorted(name for name in {*test, *val} - {OTHERS} - images.keys() if not left_out.has(name))
    if unknown:
        raise HairlineError(
            f"{root}: the split names {', '.join(unknown)}, which {', '.join(options.subsets)} do not hold; their ids "
            f"are like {min(images)}; correct options.test and options.val of this data set"
        )
    decode = MaskFiles(options.crack == "black")
    return [
        RawSample(name, listed(name, test, val), place(name), images[name], truths_of[name], decode)
        for name in sorted(images)
    ]


def place(sample_id: str) -> str:
    """What the pictures of one place share: ``AIGLE_RN_C18`` for ``AIGLE_RN_C18a``."""
    return PLACE.sub("", sample_id)


def read_truth(path: Path, crack: Colour) -> Mask:
    """Mask of a ground truth file, whose values should be 0 and 255; JPEG may depart from them by its blur."""
    return MaskFiles(crack == "black")(path)


def _folders(root: Path) -> tuple[Path, Path]:
    found = [pair for pair in FOLDERS if (root / pair[0]).is_dir()]
    if len(found) != 1:
        what = f"both {found[0][0]} and {found[1][0]}" if found else "no folder of images"
        raise HairlineError(
            f"{root}: found {what} (in {root}: {contents(root)}); expected one of "
            f"{', '.join(images for images, _ in FOLDERS)}; set root to the folder that holds the unpacked set, once"
        )
    return root / found[0][0], root / found[0][1]


def _by_id(folder: Path, options: Options) -> dict[str, Path]:
    """Files with (or of) ground truth by id."""
    files: dict[str, Path] = {}
    left_out = LeftOut(options.exclude)
    for stem, path in image_files(folder, ()).items():
        name = sample_id(stem)
        if "noGT" in stem or left_out.has(name):
            continue
        if name in files:
            raise HairlineError(
                f"{path}: {files[name].name} has the id '{name}' too; remove one of them or add the id to "
                "options.exclude of this data set"
            )
        files[name] = path
    if not files:
        raise HairlineError(
            f"{folder}: holds no image file with ground truth (found: {contents(folder)}); complete the set or take "
            f"{folder.name} out of options.subsets of this data set"
        )
    return files


def sample_id(stem: str) -> str:
    """The id of an image or a ground truth file by its name without suffix."""
    found = NAME.fullmatch(stem)
    return found["id"] if found else stem


def _refuse_single(these: Mapping[str, Path], single: Sequence[str], where: Path) -> None:
    if single:
        path = these[single[0]]
        raise HairlineError(
            f"{path}: has no counterpart with the id '{single[0]}' in {where / path.parent.name} ({len(single)} such "
            "files); complete the set or add the ids to options.exclude of this data set"
        )
