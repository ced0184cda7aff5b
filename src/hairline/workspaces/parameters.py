"""The parameter files of a workspace: a profile for own photos, and over it what its photos ask for."""

import re
from collections.abc import Sequence
from typing import Any

from hairline.config import profiles
from hairline.config.parameter_files import COMMON
from hairline.io.reading import composed
from hairline.workspaces import shipped
from hairline.workspaces.found import Grid, seconds
from hairline.workspaces.looking import Photo

CLICKED, MASKED = "own-photos", "own-masks"
"""The profiles, without masks and with some."""
PHOTOS = "photos"
"""The data set of a workspace."""
HEADER = "# Written by: hairline init; what you change here stays through 'hairline init --update'.\n"
NO_NAME = "photos"
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


def own(name: str, photos: Sequence[Photo], grid: Grid, masked: bool) -> dict[str, Any]:
    """What differs from the profile.

    Args:
        name: Of the experiment.
        photos: Those of the workspace.
        grid: How they are cut.
        masked: Whether there are masks; groups stand in split.csv then.
    """
    dataset: dict[str, Any] = {}
    within = seconds(photos)
    if within and not masked:
        dataset["capture_s"] = within
    return {
        "experiment": name,
        "patches": {"window_px": grid.window_px, "stride_px": grid.window_px},
        "localize": {"vote_stride_px": grid.vote_stride_px},
        "datasets": {PHOTOS: dataset},
        "gates": {"for_datasets": {PHOTOS: {"samples": {"min_window_px": grid.window_px}}}},
    }


def texts(profile: str, over: dict[str, Any]) -> dict[str, str]:
    """Text of each parameter file.

    Args:
        profile: :data:`CLICKED` or :data:`MASKED`.
        over: As :func:`own` gives it.
    """
    rendered = profiles.render(shipped.profiles(), profile, over)
    body = profiles.HEADED.sub("", rendered[COMMON], count=1)
    return {**rendered, COMMON: HEADER + body}


def experiment(folder: str) -> str:
    """A name for an experiment by that of a folder.

    >>> experiment("Brücke Süd 2024"), experiment("照片"), experiment("raw")
    ('Bruecke-Sued-2024', 'photos', 'raw-photos')
    """
    spelt = composed(folder).translate(UMLAUTS)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", spelt).strip("-_")[:40] or NO_NAME
    return f"{name}-photos" if name.lower() == "raw" else name
