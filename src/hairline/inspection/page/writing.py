"""The page: one file while its pictures are few, else one file and a folder of pictures beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hairline.inspection.exports.photos import MeasuredPhoto, Provenance
from hairline.inspection.page import cautions, contents, severity, templating
from hairline.inspection.page.card_text import blocks
from hairline.inspection.page.pictures import Pictures
from hairline.io.atomic import whole_file
from hairline.io.file_names import printable
from hairline.io.page_pictures import Store

FILE, FOLDER = "index.html", "index_pictures"
FAILED = 200
"""Most files named that could not be measured."""
SMALL_BYTES, LARGE_BYTES = 12_000_000, 12_000_000
"""What pictures of the overview, and those behind the slider, may add to the page before they are files beside it:
together what most mail servers still pass on."""


@dataclass(frozen=True)
class _Taken:
    photo: MeasuredPhoto
    width: int
    height: int
    small_size: tuple[int, int]
    unread: str
    small: int
    large: tuple[int, ...]


class Writer:
    """A page that takes in a photo at a time and is written in the end."""

    def __init__(self, folder: Path, provenance: Provenance, title: str) -> None:
        """Take in photos for the page of a folder."""
        self._folder, self._provenance, self._title = folder, provenance, title
        self._small = Store(folder / FOLDER, SMALL_BYTES)
        self._large = Store(folder / FOLDER, LARGE_BYTES)
        self._taken: list[_Taken] = []

    def add(self, photo: MeasuredPhoto, drawn: Pictures) -> None:
        """Take a photo in."""
        layers = [drawn.photo, drawn.cracks, *([drawn.scores] if drawn.scores is not None else [])]
        self._taken.append(
            _Taken(
                photo, drawn.width, drawn.height, drawn.small_size, drawn.unread, self._small.add(drawn.small),
                tuple(map(self._large.add, layers)),
            )
        )  # fmt: skip

    def write(self) -> Path:
        """Write the page, then take away pictures of an earlier one; its file."""
        page = self._folder / FILE
        with whole_file(page) as partial:
            partial.write_text(self._render(), encoding="utf-8")
        self._tidy()
        return page

    def _render(self) -> str:
        classes = self._provenance.classes
        order = sorted(self._taken, key=lambda one: one.photo.file)
        order.sort(key=lambda one: severity.of_photo(one.photo, classes), reverse=True)
        photos, small, large = [one.photo for one in order], self._small.addresses(), self._large.addresses()
        cards = contents.cards(photos, self._provenance, [one.unread for one in order])
        found = [contents.rows(place, photo, self._provenance) for place, photo in enumerate(photos, 1)]
        return templating.render(
            {
                "title": printable(self._title),
                "headline": contents.headline(photos, self._provenance),
                "totals": contents.totals(photos, self._provenance),
                "shares": contents.shares(photos, self._provenance),
                "classed_by": self._provenance.classed_by,
                "cautions": cautions.cautions(photos, self._provenance),
                "cards": [
                    (card, small[one.small], one.small_size, _viewer(one, card, rows, large))
                    for card, one, rows in zip(cards, order, found, strict=True)
                ],
                "heads": contents.HEADS,
                "rows": _worst([row for rows in found for row in rows]),
                "all_rows": sum(map(len, found)),
                "unscaled": sum(photo.mm_per_px is None for photo in photos),
                "settings": {name: printable(str(value)) for name, value in self._provenance.settings.items()},
                "card": blocks(self._provenance.card),
                "failed": [printable(each) for each in self._provenance.failed[:FAILED]],
                "more_failed": len(self._provenance.failed[FAILED:]),
                "beside": self._small.beside or self._large.beside,
                "folder": FOLDER,
            }
        )

    def _tidy(self) -> None:
        pictures = self._folder / FOLDER
        if not pictures.is_dir():
            return
        kept = self._small.files | self._large.files
        for path in pictures.glob("*.webp"):
            if path.name not in kept:
                path.unlink()
        if not any(pictures.iterdir()):
            pictures.rmdir()


def _worst(found: Sequence[contents.Row]) -> list[contents.Row]:
    """The cracks of the table, worst first."""
    order = sorted(found, key=lambda row: (row.rank, row.cells[3].value), reverse=True)
    return order[: contents.ROWS]


def _viewer(
    one: _Taken, card: contents.Card, rows: Sequence[contents.Row], addresses: Sequence[str]
) -> dict[str, object]:
    names = ("photo", "cracks", "scores")
    layers = {name: addresses[number] for name, number in zip(names, one.large, strict=False)}
    return {**contents.viewer(one.photo, card, rows), "shown": [one.width, one.height], "layers": layers}
