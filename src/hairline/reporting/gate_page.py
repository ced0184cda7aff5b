"""The page of a gate: one HTML file that shows every rule, what was measured, and pictures of the samples at fault."""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from hairline.errors import HairlineError
from hairline.gates.rules import Finding, Verdict, ways_out
from hairline.reporting import templating

PICTURES = 12
TITLES = {"samples": "Data set", "patches": "Patches of", "labels": "Labels"}


@dataclass(frozen=True)
class _Example:
    """A sample at fault: its id, what is wrong with it, where it comes from, JPEG bytes where it can be shown."""

    sample: str
    value: str
    origin: str
    picture: bytes | None


@dataclass(frozen=True)
class _Fault:
    """A rule that failed, with what can be done about it, examples, and the ids of the samples that are not shown."""

    finding: Finding
    remedies: Sequence[str]
    examples: Sequence[_Example]
    others: Sequence[str]


def thumbnails(
    verdict: Verdict,
    image_of: Callable[[str], NDArray[np.uint8]],
    mask_of: Callable[[str], NDArray[np.bool_]],
    side_px: int,
) -> dict[str, bytes]:
    """JPEG pictures of what the page shows: the image, at most ``side_px`` on a side, its crack pixels in red.

    Args:
        verdict: Whose samples at fault are wanted.
        image_of: Id to RGB uint8 [height, width, 3]; HairlineError where it cannot be read.
        mask_of: Id to bool [height, width]; HairlineError where it cannot be read.
        side_px: Longest side of a picture.

    Returns:
        Id to JPEG bytes; without those whose image cannot be read, with no red where the mask does not fit.
    """
    wanted = dict.fromkeys(sample for finding in verdict.findings for sample in _shown(finding))
    pictures = {sample: _picture(image_of, mask_of, sample, side_px) for sample in wanted}
    return {sample: picture for sample, picture in pictures.items() if picture is not None}


def _shown(finding: Finding) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.samples))[:PICTURES]


def _picture(
    image_of: Callable[[str], NDArray[np.uint8]],
    mask_of: Callable[[str], NDArray[np.bool_]],
    sample: str,
    side_px: int,
) -> bytes | None:
    try:
        image = image_of(sample)
    except HairlineError:  # told by the rule pairs_complete, or no sample but a split or a quantity
        return None
    with suppress(HairlineError):  # so is a mask that cannot be read
        image = _reddened(image, mask_of(sample))
    picture = Image.fromarray(image)
    picture.thumbnail((side_px, side_px))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()


def _reddened(image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    if mask.shape != image.shape[:2]:
        return image
    mixed = (image.astype(np.uint16) + np.array([255, 40, 40], np.uint16)) // 2
    return np.where(mask[..., None], mixed, image).astype(np.uint8)


def page(verdict: Verdict, contents: str, origins: Mapping[str, str], pictures: Mapping[str, bytes]) -> str:
    """One HTML file with everything inside it: no script, no font, no address outside.

    Args:
        verdict: What the page tells.
        contents: What was judged, in one line.
        origins: Id to where it comes from; shown under its picture.
        pictures: As made by :func:`thumbnails`.
    """
    values = {
        "verdict": verdict,
        "subject": f"{TITLES[verdict.gate]} {verdict.subject}",
        "outcome": "passes its gate" if verdict.passed else "is stopped at its gate",
        "contents": contents,
        "faults": [_fault(finding, verdict, origins, pictures) for finding in verdict.findings],
    }
    return templating.render("gate.html", values)


def _fault(finding: Finding, verdict: Verdict, origins: Mapping[str, str], pictures: Mapping[str, bytes]) -> _Fault:
    values, shown = dict(zip(finding.samples, finding.values, strict=True)), _shown(finding)
    examples = [_Example(each, values[each], origins.get(each, ""), pictures.get(each)) for each in shown]
    others = list(dict.fromkeys(finding.samples[len(shown) :]))
    return _Fault(finding, ways_out(finding, verdict), examples, others)


def contents_of_set(table: pd.DataFrame) -> str:
    """A data set in one line: images, splits, masks, share of crack, and what the files' values were taken for."""
    counts = table["split"].value_counts()
    splits = ", ".join(f"{split} {count}" for split, count in counts.items())
    pixels = int((table["mask_height"] * table["mask_width"]).sum())
    share = f", {table['crack_pixels'].sum() / pixels:.2%} of their pixels crack" if pixels else ""
    first = f"{len(table)} images ({splits or 'none'}), {int(table['has_mask'].sum())} masks{share}"
    return "; ".join([first, *_readings(table)])


def _readings(table: pd.DataFrame) -> list[str]:
    read = table["mask_reading"][table["mask_reading"] != ""].value_counts()
    masks = ", ".join(f"{text} ({count})" for text, count in read.items())
    deep = table["grey_bits"][table["grey_bits"] > 8]
    clear = int((table["transparent_pixels"] > 0).sum())
    return [
        *([f"crack in mask files is {masks}"] if masks else []),
        *([f"16-bit images have a range of {deep.iloc[0]} bits ({len(deep)})"] if len(deep) else []),
        *([f"transparent parts of images are read as the colours stored there ({clear})"] if clear else []),
    ]
