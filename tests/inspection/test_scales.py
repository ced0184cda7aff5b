"""The scale of a set of photos, found without masks."""

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hairline.errors import HairlineError
from hairline.imaging.images import write_image
from hairline.inspection import scales
from hairline.inspection.photos import Photo
from hairline.inspection.prediction import Predictor


class Sure(Predictor):
    """Stands for a network: surest at one scale."""

    def __init__(self, best: float, sha256: str = "n") -> None:
        self.best, self.sha256, self.asked = best, sha256, 0

    def predict(self, image: Any, scale: Any = 1) -> NDArray[np.float32]:
        self.asked += 1
        assert max(image.shape) <= scales.SIDE_PX
        found = np.zeros(image.shape[:2], np.float32)
        found[:10] = 0.9 / (1 + abs(np.log2(scale / self.best)))
        return found


def photos(folder: Path, count: int) -> list[Photo]:
    for number in range(count):
        write_image(folder / f"{number}.png", np.full((256, 300 + number, 3), number, np.uint8))
    return [Photo(folder / f"{number}.png", PurePosixPath(f"{number}.png")) for number in range(count)]


@pytest.mark.parametrize("best", [0.25, 1, 2])
def test_it_is_where_the_network_is_surest_and_is_kept(tmp_path: Path, best: float) -> None:
    some, network = photos(tmp_path / "p", 3), Sure(best)
    assert scales.of_photos(some, network, tmp_path / "out")[0] == best
    asked = network.asked
    assert scales.of_photos(some, network, tmp_path / "out")[0] == best and network.asked == asked
    other = Sure(0.5, "other")
    assert scales.of_photos(some, other, tmp_path / "out")[0] == 0.5
    assert scales.of_photos(some[:2], Sure(2, "other"), tmp_path / "out")[0] == 2


def test_a_single_image_may_be_asked_at_the_scale_that_suits_it() -> None:
    network = Sure(2)
    assert network.find_scale([np.zeros((40, 50, 3), np.uint8)])[0] == 2
    assert network.find_scale([])[0] == 1


def test_photos_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    some = photos(tmp_path / "p", 3)
    some[0].path.write_bytes(b"no image")
    some[2].path.unlink()
    some[2].path.symlink_to("/proc/self/mem")  # which can be opened, and gives an error of the disk when it is read
    assert [scales.of_photos(some, Sure(2), tmp_path / "out") for _ in range(2)] == [(2, 1)] * 2
    some[1].path.unlink()
    assert scales.of_photos(some, Sure(2), tmp_path / "out") == (1, 0)


def test_a_damaged_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/scale.json").write_text("{")
    with pytest.raises(HairlineError, match=r"scale\.json: .*moving it away"):
        scales.of_photos(photos(tmp_path / "p", 1), Sure(2), tmp_path / "out")
