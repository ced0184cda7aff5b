"""Files below a folder by name, and which prediction belongs to which mask.

A name is the path below the folder without the suffix, with ``/`` between its parts. Predictions are found by whole
names first; where none fits, without the ending that all names of a side share (``wall_pred``, ``wall_mask``); where
none fits then, by the last part of the path alone. The first way that fits any is taken for all, and told.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from hairline.data.layout_files import found_instead
from hairline.errors import HairlineError
from hairline.io.file_names import Names, printable, refuse_no_text
from hairline.io.reading import composed, walk

NAMED = 3
ENDING = re.compile(r"[ ._-].*")

Key = Callable[[str], str]


@dataclass(frozen=True)
class Pairs:
    """Which prediction belongs to which mask.

    Attributes:
        of: Name of a mask → name of its prediction, None where there is none; in order.
        unused: Names of predictions that no mask has.
        how: How names were compared, for people; empty where they are the same.
    """

    of: Mapping[str, str | None]
    unused: Sequence[str]
    how: str

    @property
    def missing(self) -> list[str]:
        """Names of masks without a prediction."""
        return [name for name, found in self.of.items() if found is None]


def files_below(folder: Path, suffixes: Collection[str], what: str) -> dict[str, Path]:
    """Files of some suffixes below a folder, by name and in its order; hidden files and folders are passed over.

    Args:
        folder: The folder; links in it are followed.
        suffixes: In lower case.
        what: What the files are, for messages, as ``masks``.

    Raises:
        HairlineError: If it is no folder or has no such file, two files have one name, or links lead in a circle.
    """
    if folder.is_file():
        raise HairlineError(
            f"{printable(str(folder))}: is a file; expected a folder of {what}, or a COCO file whose name ends with "
            f".json; name the folder that the {what} lie in"
        )
    if not folder.is_dir():
        raise HairlineError(f"{printable(str(folder))}: no such folder; expected a folder of {what}; correct the path")
    found: dict[str, Path] = {}
    for path in walk(folder):
        if path.suffix.lower() not in suffixes:
            continue
        name = composed(path.relative_to(folder).with_suffix("").as_posix())
        refuse_no_text(folder, name)
        if name in found:
            raise HairlineError(
                f"{printable(str(path))}: {printable(found[name].name)} has the same name; expected one file an image; "
                "remove one of them"
            )
        found[name] = path
    if not found:
        raise HairlineError(
            f"{printable(str(folder))}: has no {what} ({found_instead(folder, folder)}); expected files of the "
            f"suffixes {', '.join(sorted(suffixes))}; name the folder that the {what} lie in"
        )
    return dict(sorted(found.items()))


def some(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(f"'{printable(name)}'" for name in names[:NAMED]) + more


def paired(masks: Collection[str], predictions: Collection[str], suffix: str = "", mask_suffix: str = "") -> Pairs:
    """Which prediction belongs to which mask.

    Args:
        masks: Names of masks.
        predictions: Names of predictions.
        suffix: What names of predictions end with behind that of the image; empty: found out.
        mask_suffix: The same of masks.

    Raises:
        HairlineError: If two predictions fit one mask or two masks one prediction, or nothing ends with a suffix.
    """
    _refuse_absent(masks, mask_suffix, "--mask-suffix", "mask")
    _refuse_absent(predictions, suffix, "--suffix", "prediction")
    best: Pairs | None = None
    for how, of_mask, of_prediction in _ways(masks, predictions, suffix, mask_suffix):
        found = _paired(masks, predictions, of_mask, of_prediction, how)
        if best is None or (len(best.missing) == len(masks) > len(found.missing)):
            best = found
        if len(best.missing) < len(masks):
            break
    assert best is not None
    return best


def _refuse_absent(names: Collection[str], suffix: str, option: str, what: str) -> None:
    if suffix and not any(name.endswith(suffix) for name in names):
        raise HairlineError(
            f"{option} {suffix}: no {what} has a name that ends so ({some(sorted(names))}); expected the end of the "
            "names before the dot; correct it or leave it out"
        )


def _ways(
    masks: Collection[str], predictions: Collection[str], suffix: str, mask_suffix: str
) -> Iterator[tuple[str, Key, Key]]:
    """How names may be compared, in order: words for people, key of a mask, key of a prediction."""
    ends = [(mask_suffix, suffix)]
    mask_end, end = mask_suffix or _ending(masks), suffix or _ending(predictions)
    ends += [pair for pair in ((mask_suffix, end), (mask_end, suffix), (mask_end, end)) if pair not in ends]
    for last in (False, True):
        for one, other in ends:
            yield _told(one, other, last), _key(one, last), _key(other, last)


def _ending(names: Collection[str]) -> str:
    """What all of some names end with, from a separator on."""
    turned = [name.rpartition("/")[2][::-1] for name in names]
    pairs = zip(min(turned), max(turned), strict=False) if len(turned) > 1 else ()
    shared = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    found = ENDING.search(shared[::-1])
    return found.group() if found else ""


def _key(end: str, last: bool) -> Key:
    return lambda name: (name.rpartition("/")[2] if last else name).removesuffix(end)


def _told(mask_end: str, end: str, last: bool) -> str:
    ends = [*([f"predictions without '{end}'"] if end else []), *([f"masks without '{mask_end}'"] if mask_end else [])]
    told = " and ".join(ends)
    told += (", by file name alone" if told else "by file name alone") if last else ""
    return f"names are compared {told}" if told else ""


def _paired(masks: Iterable[str], predictions: Iterable[str], of_mask: Key, of_prediction: Key, how: str) -> Pairs:
    by_key = _by(predictions, of_prediction)
    names, pairs, taken = Names(by_key), dict[str, str | None](), dict[str, str]()
    for mask in masks:
        fitting = [name for key in names.all(of_mask(mask)) for name in by_key[key]]
        if len(fitting) > 1:
            raise HairlineError(
                f"mask '{printable(mask)}': the predictions {some(fitting)} fit its name; expected one; rename them, "
                "or lay predictions in the same sub-folders as masks"
            )
        pairs[mask] = fitting[0] if fitting else None
        if fitting and fitting[0] in taken:
            raise HairlineError(
                f"prediction '{printable(fitting[0])}': the masks {some([taken[fitting[0]], mask])} fit its name; "
                "expected one; rename them, or lay predictions in the same sub-folders as masks"
            )
        taken.update(dict.fromkeys(fitting, mask))
    return Pairs(pairs, sorted(set(predictions) - set(taken)), how)


def _by(names: Iterable[str], key: Key) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name), []).append(name)
    return found
