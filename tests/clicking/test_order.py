"""Patches of photos and their order: all are covered, photos take turns, a chooser takes over."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from support import clicking

from hairline.clicking import grid, server
from hairline.clicking.estimating import audit_order, audited
from hairline.clicking.order import Chosen, InTurn, spread
from hairline.clicking.patches import Patch
from hairline.clicking.session import Session
from hairline.errors import HairlineError


@given(width=st.integers(1, 400), height=st.integers(1, 400), size=st.integers(16, 128))
@settings(deadline=None, max_examples=40)
def test_patches_cover_a_photo_and_lie_in_it(width: int, height: int, size: int) -> None:
    patches = grid.of_photo("a.jpg", width, height, size)
    covered = np.zeros((height, width), bool)
    for patch in patches:
        covered[patch.y : patch.y + size, patch.x : patch.x + size] = True
        assert patch.x + size <= max(width, size) and patch.y + size <= max(height, size)
    assert covered.all() and len(set(patches)) == len(patches)


def test_of_more_patches_than_wanted_each_photo_has_its_share() -> None:
    sizes = {f"{number}.jpg": (640 * (1 + number), 640) for number in range(5)}
    patches = grid.of_photos(sizes, 64, seed=1, most=100)
    assert Counter(patch.photo for patch in patches) == dict.fromkeys(sizes, 20)
    assert patches == grid.of_photos(sizes, 64, seed=1, most=100) != grid.of_photos(sizes, 64, seed=2, most=100)
    assert len(grid.of_photos(sizes, 64, seed=1, most=2)) == 5


def test_photos_take_turns() -> None:
    patches = grid.of_photos({"small.jpg": (64, 64), "large.jpg": (640, 640), "other.jpg": (320, 320)}, 32, seed=0)
    order = spread(patches, seed=3)
    assert sorted(order) == sorted(patches)
    turns = [patch.photo for patch in order]
    assert all(set(turns[start : start + 3]) == {"small.jpg", "large.jpg", "other.jpg"} for start in (0, 3, 6, 9))
    labelled = dict.fromkeys(order[:5])
    assert InTurn(order).next(labelled, 4) == order[5:9]
    assert spread(patches, seed=4) != order


@dataclass(frozen=True)
class Guess:
    precision: float
    recall: float
    f1: float
    low: float
    high: float
    clicks: int
    enough: bool
    why: str


class Backwards:
    """Chooses the last patches first."""

    def __init__(self, patches: list[Patch], features: object, seed: int) -> None:
        self.patches = patches

    def next(self, labels: Mapping[Patch, bool | None], count: int) -> list[Patch]:
        return [patch for patch in reversed(self.patches) if patch not in labels][:count]

    def estimate(self, labels: Mapping[Patch, bool | None]) -> Guess:
        return Guess(0.9, 0.8, 0.85, 0.7, 0.95, len(labels), True, "by a rule")


class Counting(Backwards):
    """Counts the clicks that an estimate could be made from."""

    def estimate(self, labels: Mapping[Patch, bool | None]) -> Guess:
        return Guess(0.9, 0.8, 0.85, 0.7, 0.95, len(audited(audit_order(self.patches, 0), labels)), True, "counted")


def waited(session: Session, who: str) -> dict[str, object]:
    for _ in range(100):
        state = session.state(who)
        if "estimate" in state:
            return state
        time.sleep(0.05)
    raise AssertionError("no estimate")


def test_a_chooser_takes_over_once_it_has_seen_the_photos(tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    session = Session(tmp_path / "images", tmp_path / "clicks", 32)
    asked: list[tuple[str, object]] = []

    def features(name: str) -> np.ndarray:
        asked.append((name, session.preparing))
        return np.zeros((12, 3), np.float32)

    session.join("anna")
    assert "estimate" not in session.state("anna")
    session.choose(Backwards, features, lambda photo: np.full((90, 120, 3), 7, np.uint8))
    assert asked == [(name, (number, 4)) for number, name in enumerate(sorted(session.files))]
    assert session.preparing is None
    assert session.screen("anna", 5, []) == session.patches[:-6:-1]
    state = waited(session, "anna")
    assert state["estimate"] == {
        "precision": 0.9, "recall": 0.8, "f1": 0.85, "low": 0.7, "high": 0.95, "clicks": 0, "enough": True,
        "why": "by a rule",
    }  # fmt: skip
    previews = state["previews"]
    assert isinstance(previews, list) and [each["photo"] for each in previews] == ["a.jpg", "c.jpg", "d.jpg"]
    client = TestClient(server.app(session), base_url="http://localhost")
    assert client.get("/preview.jpg", params=previews[0]).headers["content-type"] == "image/jpeg"
    assert client.get("/preview.jpg", params={"photo": "b.jpg"}).status_code == 404
    assert client.get("/preview.jpg", params={"photo": "../a.jpg"}).status_code == 404
    session.close()


def test_where_features_fail_the_random_order_stays_and_it_is_told(tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg"])
    session = Session(tmp_path / "images", tmp_path / "clicks", 32)

    def features(name: str) -> np.ndarray:
        raise HairlineError("no weights; install them")

    session.choose(Backwards, features)
    assert isinstance(session.order, InTurn) and session.preparing is None
    assert session.notes == ["no weights; install them; patches come in a random order"]
    session.close()


def test_patches_of_a_photo_that_cannot_be_decoded_are_passed_over(tmp_path: Path) -> None:
    images = clicking.photos(tmp_path / "images", ["a.jpg", "b.jpg", "c.jpg"])
    (images / "b.jpg").write_bytes((images / "b.jpg").read_bytes()[:900])
    session = Session(images, tmp_path / "clicks", 32)
    session.order = InTurn(audit_order(session.patches, session.seed))
    session.join("anna")
    session.prepare(200)
    assert session.broken == {"b.jpg"}
    assert len(session.notes) == 1 and "b.jpg: cannot be decoded" in session.notes[0]
    shown = session.screen("anna", 200, [])
    assert len(shown) == 24 and {patch.photo for patch in shown} == {"a.jpg", "c.jpg"}
    assert session.state("anna")["left"] == 24

    def features(name: str) -> np.ndarray:
        if name == "b.jpg":
            raise HairlineError("b.jpg: cannot be decoded; replace it")
        return np.zeros((12, 3), np.float32)

    session.choose(Counting, features)
    assert isinstance(session.order, Chosen) and session.preparing is None and len(session.notes) == 1
    for number, patch in enumerate(shown):
        session.click("anna", patch, "crack" if number % 2 else "no_crack")
    assert session.screen("anna", 5, []) == []
    estimate = waited(session, "anna")["estimate"]
    assert isinstance(estimate, dict) and estimate["clicks"] == 24
    session.close()


def test_a_photo_without_features_is_told_and_the_others_are_chosen_from(tmp_path: Path) -> None:
    clicking.photos(tmp_path / "images", ["a.jpg", "b.jpg"])
    session = Session(tmp_path / "images", tmp_path / "clicks", 32)

    def features(name: str) -> np.ndarray:
        if name == "a.jpg":
            raise HairlineError("a.jpg: cannot be decoded; replace it")
        return np.zeros((12, 3), np.float32)

    session.choose(Backwards, features)
    session.join("anna")
    shown = session.screen("anna", 200, [])
    assert len(shown) == 12 and {patch.photo for patch in shown} == {"b.jpg"}
    assert len(session.notes) == 1 and session.notes[0].startswith("a.jpg: cannot be decoded; replace it; its patches")
    session.close()


def test_a_chooser_without_previews_shows_none() -> None:
    chosen = Chosen(Backwards([], None, 0), ["a.jpg"])
    assert chosen.preview("a.jpg") is None and chosen.state({}) == {}


class Failing(Backwards):
    """Makes an estimate, and then none while the disk is full."""

    error: Exception | None = None

    def estimate(self, labels: Mapping[Patch, bool | None]) -> Guess:
        if self.error:
            raise self.error
        return super().estimate(labels)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (OSError(28, "No space left on device", "state/classifier"), "state/classifier: cannot be used (No space left"),
        (HairlineError("features of a.jpg: found none; mend them"), "features of a.jpg: found none; mend them"),
    ],
)
def test_where_an_estimate_fails_the_page_tells_why_in_place_of_the_last_one(error: Exception, why: str) -> None:
    patches = [Patch("a.jpg", x, 0, 8) for x in range(0, 32, 8)]
    chooser = Failing(patches, None, 0)
    chosen = Chosen(chooser, ["a.jpg"], lambda photo: np.zeros((8, 8, 3), np.uint8))

    def told(f1: float | None) -> dict[str, Any]:
        chosen.next({}, 1)
        for _ in range(200):
            state = chosen.state({})
            if "estimate" in state and state["estimate"]["f1"] == f1:
                return state
            time.sleep(0.01)
        raise AssertionError("nothing is told")

    assert told(0.85)["previews"] and chosen.preview("a.jpg") is not None
    chooser.error = error
    state = told(None)
    assert why in state["estimate"]["why"] and not state["estimate"]["enough"]
    assert state["previews"] == [] and chosen.preview("a.jpg") is None
    chooser.error = None
    assert told(0.85)["previews"]


@pytest.mark.parametrize("labels", [{}, {Patch("a.jpg", 0, 0, 8): None}])
def test_a_random_order_tells_nothing(labels: dict[Patch, bool | None]) -> None:
    assert InTurn([]).state(labels) == {} and InTurn([]).preview("a.jpg") is None
