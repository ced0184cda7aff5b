"""The page learns: patches are chosen once photos have been looked at, and the classifier of all clicks is on disk."""

import time
from pathlib import Path

import numpy as np
import pytest
from support import clicking

from hairline.clicking import learner, learning
from hairline.clicking.session import Session
from hairline.errors import HairlineError
from hairline.inspection.labeller import Labeller
from hairline.nn.classifier import frozen

SIZE = 64


@pytest.mark.slow
def test_after_some_clicks_there_are_an_estimate_a_classifier_and_previews(tmp_path: Path) -> None:
    for number in range(4):
        path = tmp_path / "images" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        clicking.Image.fromarray(clicking.wall(192, 256, number)).save(path)
    session = Session(tmp_path / "images", tmp_path / "clicks", SIZE)
    learning.begin(session, tmp_path / "state")
    session.join("anna")
    first = session.screen("anna", 12, [])
    for number, patch in enumerate(first):
        session.click("anna", patch, "crack" if number % 2 else "no_crack")
    deadline = time.monotonic() + 240
    while (session.preparing or not (tmp_path / "state/features").is_dir()) and time.monotonic() < deadline:
        time.sleep(0.2)
    state: dict[str, object] = {}
    while "estimate" not in state and time.monotonic() < deadline:
        found = session.screen("anna", 6, [])
        assert not set(found) & set(first)
        time.sleep(0.5)
        state = session.state("anna")
    estimate = state["estimate"]
    assert isinstance(estimate, dict) and estimate["clicks"] == 12 and session.notes == []
    assert Labeller(tmp_path / "state/classifier", "multiscale").window_px == SIZE
    image = clicking.wall(192, 256, 9)
    label = Labeller(tmp_path / "state/classifier", "multiscale").predict(image)
    assert label.shape == (192, 256) and label.dtype == np.float32
    picture = session.order.preview("0.png")
    assert picture is not None and picture.shape == (192, 256, 3)
    assert len(list((tmp_path / "state/features").glob("*"))) == 4
    session.close()


def of_one_photo(folder: Path) -> Session:
    clicking.photos(folder / "images", ["a.jpg"])
    return Session(folder / "images", folder / "clicks", 32)


def begun_and_told(session: Session, folder: Path) -> None:
    """Begin to learn, and wait until a note says why that cannot be."""
    learning.begin(session, folder)
    for _ in range(200):
        if session.notes:
            return
        time.sleep(0.1)


def test_without_a_network_patches_stay_in_a_random_order_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = of_one_photo(tmp_path)

    def none() -> None:
        raise HairlineError("no weights; install them")

    monkeypatch.setattr(frozen, "network", none)
    begun_and_told(session, tmp_path / "state")
    assert session.notes == ["no weights; install them; patches come in a random order"]
    session.join("anna")
    assert len(session.screen("anna", 20, [])) == 12
    session.close()


def test_without_torch_patches_stay_in_a_random_order_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = of_one_photo(tmp_path)

    def absent(*asked: object) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(learner, "learn", absent)
    begun_and_told(session, tmp_path / "state")
    (told,) = session.notes
    assert told.startswith("the choice of the next patches needs torch, which is not installed;")
    assert told.endswith("run pip install 'hairline[train]'; patches come in a random order")
    session.close()


def test_without_room_for_features_patches_stay_in_a_random_order_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = of_one_photo(tmp_path)

    def full(session: Session, folder: Path, *groups: object) -> None:
        raise OSError(28, "No space left on device", str(folder / "features"))

    monkeypatch.setattr(learner, "learn", full)
    begun_and_told(session, tmp_path / "state")
    assert "features: cannot be used (No space left on device)" in session.notes[0]
    assert session.notes[0].endswith("; patches come in a random order")
    session.close()
