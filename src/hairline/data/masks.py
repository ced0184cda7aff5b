"""Mask files of a set, all read by one rule that is found out from all of them, or stated.

Crack is bright, above half of the range; or 1 where a file holds nothing but 0 and 1; or one colour on black; or what
is painted on a transparent ground. What fits none of these is refused rather than guessed: numbers of classes and
instances, the void 255 beside a class 1, 0 and 1 blurred by JPEG, anything marked that would read as blank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hairline.data.mask_values import FEW, HALF, Values, channel, counted, same_tint, values
from hairline.data.stated_values import Named, Value, by_name, named, told, told_some
from hairline.errors import HairlineError
from hairline.imaging.images import depth, in_8_bits
from hairline.io.options import checked_dataclass

JPEG_TOLERANCE = 63  # a quarter of the range: JPEG blurs the two levels of a mask at its edges
NAMED = 3
GROUPS = 4
LISTED = 8
HOW = "crack that is white, 1 in files of 0 and 1, one colour on black, or painted on a transparent ground"


@dataclass(frozen=True)
class Mask:
    """A mask as its layout decodes it.

    Attributes:
        crack: bool [height, width], True is crack.
        unusual: Value of the file that its layout does not promise → number of pixels that have it.
        remarks: What is odd about it beside values, for the gate to tell.
        ignored: Pixels that it does not say of whether they are crack, bool [height, width]; None where there are none.
    """

    crack: NDArray[np.bool_]
    unusual: Mapping[int, int]
    remarks: Sequence[str] = ()
    ignored: NDArray[np.bool_] | None = None


@checked_dataclass
class Pixels:
    """What the values of a set's files mean, where this is not to be found out from the files.

    Attributes:
        crack: ``auto``: found out; ``bright``, ``dark``: above or up to half of the range; or a list of the values that
            are crack: levels, numbers of a palette, or colours (``'#ff0000'``).
        background: Beside a list, all other values that files may hold; a void region counts as what it is listed with.
        bits: Of image files with 16 bits a channel, how many are used; ``auto``: the fewest that hold all files.
    """

    crack: Literal["auto", "bright", "dark"] | tuple[Value, ...] = "auto"
    background: tuple[Value, ...] = (0, "#000000")
    bits: Literal["auto", 8, 10, 12, 14, 16] = "auto"

    def __post_init__(self) -> None:
        if isinstance(self.crack, tuple):
            both = set(self.crack) & set(self.background)
            if both or not self.crack:
                found = f"{told(sorted(both, key=str))} is in both lists" if both else "crack lists no value"
                raise ValueError(f"{found}; expected e.g. crack: [1], background: [0, 255]")


@dataclass(frozen=True)
class Wording:
    """What messages call the settings of whoever reads masks; these are of a data set in params.yaml.

    Attributes:
        lists: What lists the values that are stated.
        state: How to state them; CRACK and BACKGROUND stand for values between commas.
    """

    lists: str = "'pixels' of this data set lists"
    state: str = (
        "list beside the options of this data set which values are crack and which are not, "
        "e.g. pixels: {crack: [CRACK], background: [BACKGROUND]}"
    )


IN_PARAMETERS = Wording()


@dataclass(frozen=True)
class Rule:
    """How one file is read, after the rule of its set.

    Attributes:
        text: What is crack in it, for people.
        ones: Whether 1 is crack, and not what is bright.
        bits: The range of its levels.
        tolerance: How far from black and white a level of 255 is still usual.
        dark: Whether crack is what is dark.
        stated: The values that were stated to be crack, where they were.
    """

    text: str
    ones: bool = False
    bits: int = 8
    tolerance: int = 0
    dark: bool = False
    stated: tuple[Value, ...] = ()


@dataclass(frozen=True)
class MaskFiles:
    """The masks of a layout that has a mask file for an image; called with a path, it reads one as a set of its own.

    Attributes:
        dark: Whether the layout publishes crack as dark.
    """

    dark: bool = False

    def __call__(self, path: Path) -> Mask:
        """Read a file by its own values alone.

        Raises:
            HairlineError: If it cannot be decoded or its values do not say what is crack.
        """
        return read_mask_file(path, decide([values(path)], AUTO, self.dark)[0])


AUTO = Pixels()
read_binary_mask = MaskFiles()
"""How mask files of layouts with white cracks are read."""


def look(path: Path, pixels: Pixels) -> Values | Named:
    """What a mask file holds, as far as :func:`decide` needs it.

    Raises:
        HairlineError: If it cannot be decoded.
    """
    return named(path) if isinstance(pixels.crack, tuple) else values(path)


def read_mask_file(path: Path, rule: Rule) -> Mask:
    """Read a mask by the rule of its set."""
    if rule.stated:
        crack = by_name(path, rule.stated)
        return Mask(crack, {})
    found: NDArray[Any] = channel(path).levels
    if rule.ones:
        return Mask((found == 1) != rule.dark, {})
    levels = in_8_bits(found, rule.bits) if found.dtype == np.uint16 else found
    mask = binary_mask(levels, rule.tolerance)
    return Mask(~mask.crack, mask.unusual) if rule.dark else mask


def binary_mask(grey: NDArray[np.uint8], tolerance: int = 0) -> Mask:
    """The mask of a grey file that means 0 and 255: crack above 127.

    Args:
        grey: uint8 [height, width].
        tolerance: Distance from 0 and 255 that is still usual, for sets published as JPEG.
    """
    counts = counted(grey)
    return Mask(grey > HALF, {level: counts[level] for level in counts if tolerance < level < 255 - tolerance})


def decide(
    found: Sequence[Values | Named], pixels: Pixels, dark: bool = False, wording: Wording = IN_PARAMETERS
) -> list[Rule]:
    """The rule of a set, as it applies to each of its files.

    Args:
        found: What all of its mask files hold, from :func:`look`.
        pixels: What is stated of them.
        dark: Whether the layout publishes crack as dark.
        wording: What messages call the settings.

    Raises:
        HairlineError: If files do not say what is crack, or contradict each other or what is stated; all are named.
    """
    if isinstance(pixels.crack, tuple):
        stated = {*pixels.crack, *pixels.background}
        _refuse([(each.path, _unstated(each, stated)) for each in found if isinstance(each, Named)], pixels, wording)
        return [Rule(f"{told(pixels.crack)}, as stated", stated=pixels.crack) for _ in found]
    seen = [each for each in found if isinstance(each, Values)]
    dark = dark if pixels.crack == "auto" else pixels.crack == "dark"
    bits = depth(max((max(each.counts) for each in seen if each.deep), default=0))
    judged = [_doubt(each, bits if each.deep else 8, pixels.crack != "auto", dark) for each in seen]
    doubts = [(each.path, doubt or other) for each, doubt, other in zip(seen, judged, _others(seen), strict=True)]
    _refuse(doubts, pixels, wording, _remedy(seen, [bool(doubt) for _, doubt in doubts], wording))
    return [_rule(each, bits if each.deep else 8, dark) for each in seen]


def _refuse(judged: Sequence[tuple[Path, str]], pixels: Pixels, wording: Wording, remedy: str = "") -> None:
    doubts = [(path, doubt) for path, doubt in judged if doubt]
    if not doubts:
        return
    groups: dict[str, list[str]] = {}
    for path, doubt in doubts:
        groups.setdefault(doubt, []).append(path.name)
    found = "; ".join(f"{_named(files)}: {doubt}" for doubt, files in list(groups.items())[:GROUPS])
    more = f"; and {len(groups) - GROUPS} other kinds" if len(groups) > GROUPS else ""
    if isinstance(pixels.crack, tuple):
        expected = (
            f"expected only the values that {wording.lists}, crack {told(pixels.crack)} and background "
            f"{told(pixels.background)}; add the others to one of the two lists"
        )
    else:
        expected = f"expected {HOW}; {remedy}"
    raise HairlineError(
        f"{doubts[0][0]}: {len(doubts)} of {len(judged)} masks do not say what is crack ({found}{more}); {expected}"
    )


def _named(files: Sequence[str]) -> str:
    return ", ".join(files[:NAMED]) + (f" and {len(files) - NAMED} more" if len(files) > NAMED else "")


def _remedy(found: Sequence[Values], doubtful: Sequence[bool], wording: Wording) -> str:
    """What to do about files; values are to be stated only where that would not make others blank."""
    doubted = [each for each, doubt in zip(found, doubtful, strict=True) if doubt]
    if any(each.lossy for each in doubted):
        return "make these masks again as PNG, since JPEG keeps no small values, or exclude them"
    clear = [each for each, doubt in zip(found, doubtful, strict=True) if not doubt]
    if any(max(each.counts) > HALF for each in clear):
        return "save these masks as the others are, or exclude them"
    crack, background = _example(found) or _example(doubted) or ("1", "0, 255")
    stated = wording.state.replace("CRACK", crack).replace("BACKGROUND", background)
    return f"save the masks so, as PNG, or {stated}"


def _example(found: Sequence[Values]) -> tuple[str, str] | None:
    """Crack and background as could be stated of files, after the values they hold; None where these are too many."""
    held = {value for each in found for value in each.names}
    if not 2 <= len(held) <= LISTED or len({type(value) for value in held}) > 1:
        return None
    values = sorted(held, key=lambda value: (value, "") if isinstance(value, int) else (0, value))
    first, second, *rest = [f"'{value}'" if isinstance(value, str) else str(value) for value in values]
    return second, ", ".join([first, *rest])


def _rule(found: Values, bits: int, dark: bool) -> Rule:
    levels = list(found.counts)
    tolerance = JPEG_TOLERANCE if found.lossy else 0
    if levels[-1] == 1:
        return Rule(f"{0 if dark else 1} among 0 and 1", ones=True, dark=dark)
    if len(levels) == 1 and (levels[0] <= HALF) != dark:
        text = "nothing"
    elif found.source == "alpha channel":
        text = "what is painted on transparent ground"
    elif found.tint and not dark:
        text = "the one colour on black"
    else:
        text = f"{'below' if dark else 'above'} half of the range" + (f" of {bits} bits" if found.deep else "")
    return Rule(text, bits=bits, tolerance=tolerance, dark=dark)


def _doubt(found: Values, bits: int, stated: bool, dark: bool) -> str:
    """Why a file does not say what is crack; empty where it does."""
    half = (1 << bits - 1) - 1
    levels = list(found.counts)
    if found.doubt:
        return found.doubt
    if len(levels) == 1:
        return ""
    if levels[-1] <= half:
        blur = stated and found.lossy and levels[-1] <= JPEG_TOLERANCE
        ones = levels == [0, 1] and not found.lossy and not stated
        return "" if ones or blur else _dark(found)
    if dark and levels[0] > half:
        return f"{told_some(levels)}, nothing below half of the range"
    if not found.lossy and not stated and (found.areas or levels == [1, 255]):
        return f"the values {told_some(levels)}"
    return ""


def _dark(found: Values) -> str:
    jpeg = ", where JPEG has blurred 0 and 1" if found.lossy and max(found.counts) < FEW else ""
    return f"the values {told_some(list(found.counts))}, none above half of the range{jpeg}"


def _others(found: Sequence[Values]) -> list[str]:
    """What is wrong with each file beside the others: it marks in another colour than the first that has one."""
    first = next((each for each in found if each.tint and not each.doubt), None)
    return [
        f"marks in {each.tint}, {first.path.name} in {first.tint}"
        if first and each.tint and not same_tint(each.tint, first.tint)
        else ""
        for each in found
    ]


def _unstated(found: Named, stated: set[Value]) -> str:
    strange = [names[0] for names in found.counts if not set(names) & stated]
    return f"the values {told_some(strange)}" if strange else ""
