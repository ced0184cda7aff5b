"""Where photos and clicks lie: as params.yaml says, or in a plain folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hairline.clicking.groups import SECONDS
from hairline.config.params import Params
from hairline.data.clicks import Label
from hairline.errors import HairlineError

LAYOUT = "clicks"
SIZE = 128
"""Side of a patch in pixels where no params.yaml says it."""


@dataclass(frozen=True)
class Workspace:
    """What is clicked on.

    Attributes:
        images: Folder of photos.
        clicks: Folder of clicks.
        size: Side of a patch in pixels.
        labels: What names of labels in tables made elsewhere mean.
        state: Folder for what can be made again: features of photos, the classifier of all clicks.
        parent: Regular expression of the photo in an id, as the data set has it.
        seconds: Photos taken at most so many seconds apart show one place.
    """

    images: Path
    clicks: Path
    size: int
    labels: Mapping[str, Label]
    state: Path
    parent: str = ""
    seconds: float = SECONDS


def of(folder: Path, dataset: str | None, size: int | None) -> Workspace:
    """The photos and clicks of a folder.

    Args:
        folder: With a params.yaml that names a data set of the layout ``clicks``; or with photos in ``images``, or
            photos themselves.
        dataset: The data set, where several are of that layout; None for the only one.
        size: Side of a patch in pixels; None for ``patches.window_px`` of params.yaml, or :data:`SIZE`.

    Raises:
        HairlineError: If there is no such folder or data set.
    """
    if not folder.is_dir():
        raise HairlineError(f"{folder}: no such folder; expected a workspace or a folder of photos; correct the path")
    file = folder / "params.yaml"
    if not file.is_file():
        if dataset is not None:
            raise HairlineError(f"{file}: not found, so there is no data set '{dataset}'; leave --dataset out")
        images = folder / "images" if (folder / "images").is_dir() else folder
        return Workspace(images, folder / "clicks", size or SIZE, {}, folder / ".hairline")
    params = Params(file)
    there = [name for name in params.names("datasets") if params.layout(name) == LAYOUT]
    if dataset is not None and dataset not in there:
        raise HairlineError(
            f"{file}: datasets has no '{dataset}' of the layout '{LAYOUT}'; it has {', '.join(there) or 'none'}; name "
            "one of those, or add it (docs/clicking.md)"
        )
    if dataset is None and len(there) != 1:
        told = f"has {', '.join(there)}; name one by --dataset" if there else "has none; add one (docs/clicking.md)"
        raise HairlineError(f"{file}: expected one data set of the layout '{LAYOUT}'; datasets {told}")
    name = dataset or there[0]
    entry = params.dataset(name)
    root = folder / entry.root
    side = size or params.patches.window_px
    within = (0 if entry.parent else SECONDS) if entry.capture_s is None else entry.capture_s
    state = folder / "state" / "clicking" / name
    return Workspace(root / "images", root / "clicks", side, entry.options.labels, state, entry.parent, within)
