"""Where what was found of a photo lies in the folder that is written to."""

from pathlib import Path

SCORES, MASKS, OVERLAYS = "scores", "masks", "overlays"
CARD = "network.md"
"""The model card of the network that was asked."""
PLAIN, ON_MAP, DRAWN = ".png", ".tif", ".jpg"


def scores(out: Path, name: str, on_map: bool) -> Path:
    """The score map of a photo, by its name in predictions.csv."""
    return out / SCORES / f"{name}{ON_MAP if on_map else PLAIN}"


def mask(out: Path, name: str, on_map: bool) -> Path:
    """The mask of a photo."""
    return out / MASKS / f"{name}{ON_MAP if on_map else PLAIN}"


def overlay(out: Path, name: str) -> Path:
    """The picture of a photo with its cracks."""
    return out / OVERLAYS / f"{name}{DRAWN}"


def found_mask(out: Path, name: str) -> Path:
    """The mask that is there: of a photo on a map a GeoTIFF, else a PNG."""
    on_map = mask(out, name, True)
    return on_map if on_map.is_file() else mask(out, name, False)


def found_scores(out: Path, name: str) -> Path:
    """The score map that is there: of a photo on a map a GeoTIFF, else a PNG."""
    on_map = scores(out, name, True)
    return on_map if on_map.is_file() else scores(out, name, False)


def complete(out: Path, name: str, drawn: bool) -> bool:
    """Whether all that is written of a photo is there."""
    needed = [found_scores(out, name), found_mask(out, name), *([overlay(out, name)] if drawn else [])]
    return all(path.is_file() for path in needed)


def clear(out: Path, name: str) -> None:
    """Take away all that was written of a photo."""
    kinds = [kind(out, name, on_map) for kind in (scores, mask) for on_map in (False, True)]
    for path in (*kinds, overlay(out, name)):
        path.unlink(missing_ok=True)
