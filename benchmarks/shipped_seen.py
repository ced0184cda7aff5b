"""What a network outside of any experiment has seen of the images that it is scored on, told by the ledger's rules."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from hairline.config import scored, uses
from hairline.config.paths import SegmenterName
from hairline.config.uses import Made
from hairline.data import grouping
from hairline.data.names import MANUAL
from hairline.data.samples import read_samples
from hairline.data.seen import Seen
from hairline.data.uses import Ledger, Use
from hairline.errors import HairlineError
from hairline.gates import identities
from hairline.io import plugins
from hairline.labelling import chosen_options
from hairline.nn.segmenter import learned_images

LAYOUTS = "hairline.data.layouts"
NETWORK = "the network that ships"
DESIGNS = {
    "generator": f"the generator whose images {NETWORK} learned from was made beside it",
    "scale": f"the rule for the scale at which {NETWORK} is asked was chosen on it",
}
"""What images chose, by the method of the record → what is said of such an image."""


@dataclass(frozen=True)
class ScoredSet:
    """A set to score.

    Attributes:
        name: What the card calls it.
        folder: As the stage ``ingest`` wrote it.
        layout: The layout that read it, by which records name photos; empty where that is not known, and then its
            photos are told by pixels and by the time in their names alone.
    """

    name: str
    folder: Path
    layout: str


def parsed(told: str) -> ScoredSet:
    """A set as the command line names it: NAME=FOLDER, or NAME=FOLDER@LAYOUT where the folder is called otherwise.

    Raises:
        HairlineError: If it is not of that form, or there is no such layout.
    """
    name, _, place = told.partition("=")
    folder, _, layout = place.partition("@")
    if not name or not folder:
        raise HairlineError(f"'{told}': expected NAME=FOLDER or NAME=FOLDER@LAYOUT, as CFD=data/best-cpu/sets/cfd")
    if layout:
        plugins.resolve(LAYOUTS, layout)
    known = Path(folder).name
    return ScoredSet(name, Path(folder), layout or (known if known in plugins.names(LAYOUTS) else ""))


class SeenImages:
    """What a network has seen of the images of some sets."""

    def __init__(self, sets: Sequence[ScoredSet], network: Path | None) -> None:
        """Look at every image of the sets, those of other splits too: they may show a part of a place.

        Args:
            sets: The sets, whose test images are scored.
            network: Folder of the network; None for the one that ships.
        """
        record = None if network is None else learned_images.read(network)
        self._network = _taken(network, record)
        self._scale = tuple(uses.of_design("scale", DESIGNS["scale"]))
        name = SegmenterName(MANUAL, "unet", "shipped")
        starts = {str(network): record} if network is not None and record is not None else {}
        made = Made({}, {}, {name: (*self._network, *self._scale)}, starts)
        own = pd.concat([_identified(each) for each in sets], ignore_index=True)
        tested = own[(own["split"] == "test") & own["has_mask"]]
        self._ledger = Ledger(scored.pictures(made, own, tested["key"].to_list(), _together_s(sets)))

    def of(self, name: str, ids: Iterable[str], auto: bool) -> tuple[Seen, list[bool]]:
        """What was seen of some images of a set, and which of them were unseen.

        Args:
            name: Of the set.
            ids: Of the images.
            auto: Whether the scale was found by the rule, which was chosen on images too.
        """
        took, keys = self._network + (self._scale if auto else ()), [f"{name}/{each}" for each in ids]
        return self._ledger.seen(took, keys), [word == "unseen" for word in self._ledger.words(took, keys)]


def chosen_on() -> list[str]:
    """A sentence for each choice on record that the network that ships, or its scale, is owed to."""
    return [
        f"{choice.used} of {len(choice.images)} images of {' and '.join(sorted({each.set for each in choice.images}))} "
        f"chose the {method}, {'by their masks' if choice.masks else 'without their masks'}: {choice.by}. "
        f"{choice.note} (src/hairline/labelling/choosers/{choice.name}.json)"
        for method in DESIGNS
        for choice in chosen_options.holding(chosen_options.shipped(), method, {})
    ]


def _taken(network: Path | None, record: learned_images.Record | None) -> tuple[Use, ...]:
    if network is None:
        return tuple(uses.of_design("generator", DESIGNS["generator"]))
    return tuple(uses.continued("it", str(network), record))


def _identified(each: ScoredSet) -> pd.DataFrame:
    def in_turn(work: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        return [work(item) for item in tqdm(items, desc=f"identify {each.name}")]

    table = identities.identify(read_samples(each.folder), each.folder, in_turn)
    return scored.placed(table, each.name, each.layout, each.folder)


def _together_s(sets: Iterable[ScoredSet]) -> float:
    layouts = [plugins.resolve(LAYOUTS, each.layout) for each in sets if each.layout]
    return max((grouping.seconds(layout, "", None) for layout in layouts), default=0)
