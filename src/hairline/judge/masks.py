"""Masks of a folder, or of a COCO file: by the rules of data sets, one rule for all files, found out or stated."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from hairline.data import masks as mask_files
from hairline.data.masks import Mask, Pixels, Wording
from hairline.data.stated_values import Named, Value, told
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES
from hairline.io.file_names import Names, printable
from hairline.io.reading import composed, read_text
from hairline.judge import coco
from hairline.judge.files import files_below, some

THREADS = 2
MOSTLY = 0.5
"""Share of crack over all masks from which these are probably inverted."""
WORDING = Wording(
    "--crack and --background list",
    "state which are crack, e.g. --crack CRACK --background BACKGROUND, or, of masks from 'hairline annotate', "
    "--crack 255 --background 0 --ignore 127",
)

Read = Callable[[], Mask]
T = TypeVar("T")


@dataclass(frozen=True)
class MaskOptions:
    """What is stated of masks.

    Attributes:
        crack: Values that are crack: levels, numbers of a palette, colours as ``#rrggbb``; empty: found out.
        background: All other values; beside ``crack`` alone.
        invert: Whether crack is what is dark; None: it is bright, and masks that are mostly crack are refused.
        categories: Names of the categories of a COCO file that are crack; empty: all.
        only: Names of the images to score, a line each; None: all that have masks.
        ignore: Values of pixels that count nowhere; beside ``crack`` alone.
    """

    crack: tuple[Value, ...] = ()
    background: tuple[Value, ...] = (0, "#000000")
    invert: bool | None = None
    categories: tuple[str, ...] = ()
    only: Path | None = None
    ignore: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Masks:
    """The masks of a set.

    Attributes:
        path: Where they lie.
        read: Name of an image → what reads its mask.
        ids: Id of an image in their COCO file → its name; empty where they are files.
        told: What is crack in them, for people.
        chosen: Ids of the categories of their COCO file that are crack.
        known: Ids of all of its categories.
        blank: Names of masks that are left out, since they ignore every pixel.
    """

    path: Path
    read: Mapping[str, Read]
    ids: Mapping[object, str]
    told: str
    chosen: frozenset[object] = frozenset()
    known: frozenset[object] = frozenset()
    blank: tuple[str, ...] = ()


def masks(path: Path, options: MaskOptions, step: Callable[[], object] = lambda: None) -> Masks:
    """The masks of a folder or a COCO file.

    Args:
        path: The folder or the file.
        options: What is stated of them.
        step: Called for each file that was looked at.

    Raises:
        HairlineError: If there are none, they do not say what is crack, or contradict what is stated.
    """
    if coco.is_coco(path):
        return _of_coco(path, options)
    files = _only(path, files_below(path, IMAGE_SUFFIXES, "masks"), options.only)
    if options.crack and options.invert is not None:
        raise HairlineError("--crack: states what is crack, and so does --invert; expected one of them; leave one out")
    pixels = _stated(options)

    def look(file: Path) -> object:
        found = mask_files.look(file, pixels)
        step()
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(look, files.values()))
    rules = mask_files.decide(found, pixels, bool(options.invert), WORDING)  # type: ignore[arg-type]
    blank = tuple(name for name, each in zip(files, found, strict=True) if _ignores_all(each, options.ignore))
    if len(blank) == len(files):
        raise HairlineError(
            f"{printable(str(path))}: every pixel of the {len(files)} masks has a value that --ignore lists; expected "
            "masks that say something; correct --ignore"
        )
    read = {
        name: partial(mask_files.read_mask_file, file, rule)
        for (name, file), rule in zip(files.items(), rules, strict=True)
        if name not in blank
    }
    texts = dict.fromkeys(rule.text for rule in rules)
    what = " or ".join(text for text in texts if text != "nothing" or len(texts) == 1)
    return Masks(path, read, {}, what, blank=blank)


def _stated(options: MaskOptions) -> Pixels:
    """What is stated of values."""
    if options.ignore and not options.crack:
        raise HairlineError(
            f"--ignore {','.join(map(str, options.ignore))}: says which values count nowhere, and nothing says which "
            "are crack; expected both; add --crack and --background, e.g. --crack 255 --background 0"
        )
    both = set(options.ignore) & {*options.crack, *options.background}
    if both:
        raise HairlineError(
            f"--ignore {','.join(map(str, options.ignore))}: lists {told(sorted(both, key=str))}, and so does --crack "
            "or --background; expected each value once; take it out of one of them"
        )
    if not options.crack:
        return mask_files.AUTO
    return Pixels(crack=options.crack, background=options.background, ignore=options.ignore)


def _ignores_all(found: object, ignore: Sequence[Value]) -> bool:
    return bool(ignore) and isinstance(found, Named) and all(set(names) & set(ignore) for names in found.counts)


def _of_coco(path: Path, options: MaskOptions) -> Masks:
    if options.crack or options.ignore or options.invert is not None:
        raise HairlineError(
            f"{path}: is a COCO file, whose annotations are crack; expected mask files where --crack, --ignore or "
            "--invert is given; leave them out, or choose --categories"
        )
    images, of = coco.annotated(path, options.categories)
    sizes = _only(path, images.sizes, options.only)
    read = {name: partial(coco.mask, path, name, of[name], size) for name, size in sizes.items()}
    chosen = " or ".join(options.categories)
    covered = f"what annotations of {chosen or 'any category'} cover"
    return Masks(path, read, images.names, covered, images.chosen, images.known)


def _only(path: Path, there: Mapping[str, T], only: Path | None) -> Mapping[str, T]:
    """What is listed of what is there; all without a list."""
    if only is None:
        return there
    names, found = Names(there), dict[str, T]()
    listed = [line.strip() for line in read_text(only).splitlines() if line.strip()]
    absent = []
    for line in listed:
        name = names.find(composed(line)) or names.find(composed(Path(line).with_suffix("").as_posix()))
        if name is None:
            absent.append(line)
        else:
            found[name] = there[name]
    if absent or not listed:
        what = f"{len(absent)} of its {len(listed)} lines name no mask ({some(absent)})" if listed else "names no image"
        raise HairlineError(f"{only}: {what} of {path}; expected the name of an image a line; correct the list")
    return found


def refuse_odd(path: Path, crack: int, pixels: int, count: int, invert: bool | None, stated: Sequence[Value]) -> None:
    """Refuse a set of masks that has no crack at all, or more crack than background, unless that is stated.

    Args:
        path: Where they lie.
        crack: Crack pixels over all masks.
        pixels: Pixels over all masks.
        count: Number of masks.
        invert: As in :class:`MaskOptions`.
        stated: The values that are stated to be crack.

    Raises:
        HairlineError: If so.
    """
    if not crack:
        raise HairlineError(
            f"{printable(str(path))}: none of the {count} masks marks any crack, so that there is nothing to find; "
            "expected masks with crack in some; name the folder of the masks, or state what is crack by --crack"
        )
    if crack > MOSTLY * pixels and invert is None and not stated:
        raise HairlineError(
            f"{printable(str(path))}: {crack / pixels:.0%} of the pixels of its {count} masks are crack, as where "
            "masks are inverted; expected crack on less than half; state --invert where crack is dark, --no-invert "
            "where it is bright"
        )
