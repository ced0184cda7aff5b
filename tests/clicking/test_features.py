"""Features kept on disk: made once a photo, made again where photo, network or patches are others."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hairline.clicking.features import Kept
from hairline.clicking.patches import Patch
from hairline.errors import HairlineError
from hairline.imaging.images import write_image


class Means:
    """Stands for a network: the mean of each colour in a square."""

    length = 3

    def __init__(self, sha256: str = "n1") -> None:
        self.sha256, self.asked = sha256, 0

    def features(self, image: NDArray[np.uint8], squares: Sequence[tuple[int, int, int]]) -> NDArray[np.float32]:
        self.asked += 1
        cut = [image[top : top + side, left : left + side] for left, top, side in squares]
        return np.array([part.mean(axis=(0, 1)) for part in cut], np.float32)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, 20:] = 200
    write_image(tmp_path / "p/a.png", image)
    return tmp_path / "p/a.png"


PATCHES = [Patch("a.png", 20, 0, 20), Patch("a.png", 0, 0, 20)]


def kept(photo: Path, network: Means, patches: list[Patch] = PATCHES) -> NDArray[np.float32]:
    return Kept({patch.photo: photo for patch in patches}, patches, network, photo.parents[1] / "kept")(
        patches[0].photo
    )


def test_a_photo_is_looked_at_once_also_under_another_name(photo: Path) -> None:
    network = Means()
    assert kept(photo, network).tolist() == [[200] * 3, [0] * 3]
    renamed = [Patch("b.png", each.x, each.y, each.size) for each in PATCHES]
    assert kept(photo, network, renamed).tolist() == [[200] * 3, [0] * 3]
    assert network.asked == 1


def test_another_photo_network_or_patch_is_looked_at_again(photo: Path) -> None:
    network, other = Means(), Means("n2")
    kept(photo, network)
    kept(photo, other)
    assert kept(photo, network, PATCHES[:1]).shape == (1, 3)
    write_image(photo, np.full((20, 40, 3), 9, np.uint8))
    assert kept(photo, network)[0, 0] == 9
    assert (network.asked, other.asked) == (3, 1)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive at all"])
def test_a_damaged_file_is_made_again(photo: Path, content: bytes) -> None:
    network = Means()
    before = kept(photo, network)
    (file,) = (photo.parents[1] / "kept").iterdir()
    file.write_bytes(content)
    assert np.array_equal(kept(photo, network), before)
    assert network.asked == 2 and np.array_equal(kept(photo, network), before) and network.asked == 2


def test_a_photo_that_is_gone_is_told_of(photo: Path) -> None:
    photo.unlink()
    with pytest.raises(HairlineError, match=r"a\.png"):
        kept(photo, Means())
