"""Masks of images out to an annotation tool, into a folder that appears whole or not at all."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import ModuleType

from hairline.data.annotating import naming, sources, written
from hairline.data.annotating.sources import Source
from hairline.data.annotating.written import Before, Pre, Wanted
from hairline.errors import HairlineError
from hairline.io.atomic import whole_folder
from hairline.io.file_names import printable
from hairline.io.reading import entries, there
from hairline.version import installed

OWN = frozenset({
    written.FILE, "annotations", "annotations.xml", "labels.json", "tasks.json", "labeling_config.xml", "masks"
})  # fmt: skip
"""Names of what any format writes."""


def write(
    form: ModuleType,
    images: Sequence[Source],
    out: Path,
    wanted: Wanted,
    step: Callable[[], object] = lambda: None,
    look: Callable[[Pre], object] = lambda _: None,
) -> list[Before]:
    """Write images in a format, and the list of them, by which they are known when they come back.

    Args:
        form: A module of :mod:`hairline.data.annotating.formats`.
        images: In the order in which they are to be shown.
        out: The folder, which must not hold anything else.
        wanted: How.
        step: Called after each image.
        look: Called with each image and its mask.

    Raises:
        HairlineError: If a mask cannot be read or has not the size of its image, or could not come back by the name of
            its image.
    """
    for source in images:
        naming.safe(printable(str(source.image)), source.name, "rename the photo and its mask")
    name = form.__name__.rpartition(".")[2]
    told = {"format": name, "hairline": installed(), "source": wanted.source, "as_annotations": wanted.as_annotations}
    with whole_folder(out) as folder:
        with form.Writer(folder, wanted) as writer:
            done = [_added(writer, source, step, look) for source in images]
        written.write_list(folder, told, done)
    return done


def _added(writer: written.Writer, source: Source, step: Callable[[], object], look: Callable[[Pre], object]) -> Before:
    image = sources.read(source)
    look(image)
    writer.add(image)
    step()
    return written.before(image)


def refuse_other(out: Path, own: Collection[str], mark: str, again: bool) -> None:
    """Refuse a folder that holds what this command would take away.

    Args:
        out: The folder.
        own: Names of what this command writes into it, in any format.
        mark: The one of them that it always writes, and nobody else does.
        again: Whether that may be written over.

    Raises:
        HairlineError: If it is a file, or holds something else, or is not to be written over.
    """
    if there(out) and not out.is_dir():
        raise HairlineError(f"--out {printable(str(out))}: is a file; expected a folder or nothing there; name another")
    found = [path.name for path in entries(out)]
    other = [name for name in found if name not in own]
    if not found or (again and not other and mark in found):
        return
    remedy = "name another" if other or mark not in found else "name another, or state --again, and it is written anew"
    raise HairlineError(
        f"--out {printable(str(out))}: holds {', '.join(map(printable, (other or found)[:3]))} already; expected an "
        f"empty folder or nothing there; {remedy}"
    )
