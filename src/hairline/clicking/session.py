"""What the page works on: photos and their patches, the people who click, and what was said so far."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hairline.clicking import grid
from hairline.clicking.decoded import Decoded, Pixels
from hairline.clicking.order import Chooser, Chosen, InTurn, Order, Picture, spread
from hairline.clicking.patches import Patch
from hairline.data import clicked, clicks, photo_files, sorted_patches
from hairline.data.clicks import CRACK, LABELS, NO_CRACK, UNDO, UNSURE, Click, Label, Place
from hairline.errors import HairlineError
from hairline.imaging.images import IMAGE_SUFFIXES, upright_size
from hairline.io.file_names import printable
from hairline.io.reading import composed

log = logging.getLogger(__name__)

READY = 24
"""Patches whose photos are decoded before anybody asks."""

HELD_S = 120
"""Seconds for which nobody else is shown what is on the page of somebody who was last heard of; it asks every 5 s."""

HISTORY = 200
"""Clicks that a page can undo after it was loaded anew."""


@dataclass
class Person:
    """Somebody who clicks.

    Attributes:
        path: Their file.
        said: What counts of their clicks, oldest first.
        seen: When their page was last heard of, by the session's clock.
        showing: Patches on their page that they have not labelled.
    """

    path: Path
    said: dict[Place, Click]
    seen: float
    showing: list[Patch] = field(default_factory=list)


class Session:
    """Everything the server knows; its methods may be called by several threads.

    Attributes:
        broken: Photos that could not be decoded; nobody is shown their patches from then on.
    """

    def __init__(
        self,
        images: Path,
        folder: Path,
        size: int,
        meanings: Mapping[str, Label] | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look at the photos; nothing is decoded yet.

        Args:
            images: The folder of photos.
            folder: The folder of clicks; made when the first person joins.
            size: Side of a patch in pixels.
            meanings: What names of labels in tables made elsewhere mean.
            seed: Of the order of patches.
            clock: Tells seconds, which say who is still there.

        Raises:
            HairlineError: If there is no photo, or a file of clicks is none.
        """
        found = photo_files.find(images, sorted_patches.labelled(folder, meanings or {}))
        self.notes = [f"{name}: passed over, since its name cannot stand in a table; rename it"
                      for name in found.passed_over]  # fmt: skip
        self.sizes = dict(self._sized(found.files))
        if not self.sizes:
            raise HairlineError(
                f"{images}: has no photo that can be read{''.join(f' ({note})' for note in self.notes[:1])}; expected "
                f"files with the suffixes {', '.join(IMAGE_SUFFIXES)} in it or below; put photos there"
            )
        self.files = {name: found.files[name] for name in self.sizes}
        self.decoded, self.folder, self.size, self.seed = Decoded(self.files), folder, size, seed
        self.patches = grid.of_photos(self.sizes, size, seed)
        self.known = frozenset(self.patches)
        self.order: Order = InTurn(spread(self.patches, seed))
        self.preparing: tuple[int, int] | None = None
        self.broken = set[str]()
        self._clock, self._giving = clock, threading.Lock()  # one screen at a time: no two hold the same patches
        self._meanings, self._seen = meanings or {}, dict[Path, tuple[tuple[int, int], clicked.Said]]()
        self._people, self._lock, self._open = dict[str, Person](), threading.RLock(), ExitStack()
        self.labels()

    def _sized(self, files: Mapping[str, Path]) -> Iterable[tuple[str, tuple[int, int]]]:
        for name, path in files.items():
            try:
                yield name, upright_size(path)
            except HairlineError as error:
                self.notes.append(str(error))

    def close(self) -> None:
        """Let others write what people here have written."""
        self._open.close()

    def join(self, who: str) -> str:
        """Let somebody click; their name as it is kept.

        Raises:
            HairlineError: If it can be no name, or another process writes their clicks.
        """
        name = clicks.person(who)
        with self._lock:
            same = self._known(name)
            if not same:
                path = self._open.enter_context(clicks.only_writer(self.folder, name))
                same = composed(path.stem)  # as the file writes it, where they differ in upper and lower case
                self._people[same] = Person(path, clicks.standing(clicks.read_rows(path, {}).rows), self._clock())
            return same

    def _known(self, who: str) -> str:
        """The name of somebody who has joined, however it is written; empty where nobody has."""
        return next((each for each in self._people if each.casefold() == composed(who).strip().casefold()), "")

    def _here(self, who: str) -> Person:
        """Somebody whose page has just asked for something."""
        person = self._people[self.join(who)]
        person.seen = self._clock()
        return person

    def history(self, who: str) -> list[tuple[Patch, str]]:
        """The last patches that somebody labelled, with what they said, oldest first."""
        with self._lock:
            said = list(self._people[self.join(who)].said.values())[-HISTORY:]
            return [(Patch(*click.place), click.label) for click in said if Patch(*click.place) in self.known]

    def click(self, who: str, patch: Patch, label: str) -> None:
        """Keep what somebody says of a patch; it is on the disk when this returns. Twice the same is kept once.

        Raises:
            HairlineError: If the patch or the label is not known, or it cannot be written.
        """
        if label not in (*LABELS, UNDO):
            raise HairlineError(
                f"the label '{printable(label)[:40]}' is not known; expected {', '.join(LABELS)}, {UNDO}"
            )
        if patch not in self.known:
            raise HairlineError(
                f"there is no patch of {patch.size} px at x {patch.x}, y {patch.y} of '{printable(patch.photo)[:80]}'; "
                "expected one that this page shows; load the page anew"
            )
        with self._lock:
            person, place = self._here(who), Place(patch.photo, patch.x, patch.y, patch.size)
            before = person.said.get(place)
            if label == (before.label if before else UNDO):
                return
            click = Click(place, label, self.join(who), clicks.now())
            clicks.append(person.path, click)
            person.said.pop(place, None)
            if label != UNDO:
                person.said[place] = click
            person.showing = [each for each in person.showing if each != patch]

    def screen(self, who: str, count: int, showing: Iterable[Patch]) -> list[Patch]:
        """The next patches for somebody; none that is on another's page, unless that was closed or hidden for long.

        Args:
            who: Their name.
            count: How many are wanted.
            showing: Those on their page that are not labelled yet.
        """
        with self._giving:
            with self._lock:
                person = self._here(who)
                person.showing = [patch for patch in showing if patch in self.known]
                there = [each for each in self._people.values() if self._clock() - each.seen < HELD_S]
                held = {patch: None for each in there for patch in each.showing}
                labels = {**held, **self._sure(self.labels())}
            found = self.order.next(labels, count)
            with self._lock:
                person.showing = [*person.showing, *found]
            return found

    def pixels(self, photo: str, reduced: bool = False) -> Pixels:
        """A photo as :class:`hairline.clicking.decoded.Decoded` gives it.

        Raises:
            HairlineError: If it cannot be decoded; its patches are passed over from then on.
        """
        try:
            return self.decoded.reduced(photo) if reduced else self.decoded.pixels(photo)
        except HairlineError as error:
            self._pass_over(photo, error)
            raise

    def _pass_over(self, photo: str, error: HairlineError) -> None:
        with self._lock:
            if photo not in self.broken:
                self.broken.add(photo)
                self.notes.append(f"{error}; its patches are passed over until 'hairline click' is started again")

    def prepare(self, count: int = READY) -> None:
        """Decode the photos of the first patches, which are then shown without delay."""
        for patch in self.order.next(self._sure(self.labels()), count):
            with suppress(HairlineError):  # among the notes then
                self.pixels(patch.photo)

    def choose(
        self,
        chooser: Callable[[Sequence[Patch], Callable[[str], NDArray[np.float32]], int], Chooser],
        features: Callable[[str], NDArray[np.float32]],
        preview: Callable[[str], Picture] | None = None,
    ) -> None:
        """Look at every photo, and let patches be chosen from then on; people go on meanwhile.

        Photos without features are passed over; where none has any, the order stays as it is. Both are told.

        Args:
            chooser: Makes one of the patches, the features and a seed.
            features: Photo → features of its patches, float32 [patches, features].
            preview: As :class:`hairline.clicking.order.Chosen` takes it.
        """
        try:
            ready = self._looked_at(features)
            photos = list(ready)
            patches = [patch for patch in self.patches if patch.photo in ready]
            made = chooser(patches, lambda name: ready.pop(name) if name in ready else features(name), self.seed)
            made.next(self._sure(self.labels()), 1)  # what is slow for the first time is so while nobody waits
            self.order = Chosen(made, photos, preview)
        except HairlineError as error:
            self.notes.append(f"{error}; patches come in a random order")
        finally:
            self.preparing = None

    def _looked_at(self, features: Callable[[str], NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        """Photo → features, of those that have any; the first error where none has."""
        found, failed = dict[str, NDArray[np.float32]](), dict[str, HairlineError]()
        for number, name in enumerate(self.files):
            self.preparing = number, len(self.files)
            try:
                found[name] = features(name)
            except HairlineError as error:
                failed[name] = error
        if not found:
            raise next(iter(failed.values()))
        for name, why in failed.items():
            self._pass_over(name, why)
        return found

    def labels(self) -> dict[Place, Label]:
        """What all say, files of other processes and tables made elsewhere included."""
        with self._lock:
            own = {person.path: person.said for person in self._people.values()}
            people = [
                {place: click for place, click in said.items() if place.photo in self.files} for said in own.values()
            ]
            for path in clicked.files(self.folder):
                if path in own:
                    continue
                told = path.stat()
                state = told.st_mtime_ns, told.st_size
                if self._seen.get(path, (None,))[0] != state:
                    self._seen[path] = state, clicked.said(path, self.files, self._meanings)
                people += self._seen[path][1].people
            return clicks.merged(people)

    def _sure(self, labels: Mapping[Place, Label]) -> dict[Patch, bool | None]:
        """What is known of patches, those of broken photos included."""
        with self._lock:
            lost = {patch: None for patch in self.patches if patch.photo in self.broken} if self.broken else {}
        said = {Patch(*place): None if label == UNSURE else label == CRACK for place, label in labels.items()}
        return {**lost, **said}

    def state(self, who: str) -> dict[str, Any]:
        """What the page tells in numbers."""
        labels = self.labels()
        counts = Counter(labels.values())
        sure = self._sure(labels)
        with self._lock:
            person = self._here(who) if self._known(who) else None
            torn = [said.torn for _, said in self._seen.values() if said.torn]
            lost = [_lost(path, said.lost) for path, (_, said) in self._seen.items() if said.lost]
        return {
            "photos": len(self.files), "patches": len(self.patches), "mine": len(person.said) if person else 0,
            "labelled": len(labels), CRACK: counts[CRACK], NO_CRACK: counts[NO_CRACK], UNSURE: counts[UNSURE],
            "left": sum(patch not in sure for patch in self.patches),
            "people": len(self._people), "preparing": self.preparing, "notes": [*self.notes, *torn, *lost],
            **self.order.state(sure),
        }  # fmt: skip


def _lost(path: Path, lost: Counter[str]) -> str:
    """Clicks on photos that are not there, in one sentence."""
    name, rows, photos = next(iter(lost)), lost.total(), len(lost)
    return (
        f"{path}: {rows} row{'s' if rows > 1 else ''} about {photos} photo{'s' if photos > 1 else ''} not among these, "
        f"such as '{printable(name)[:80]}', {'do' if rows > 1 else 'does'} not count here; put the photos back, or "
        "take the rows out"
    )
