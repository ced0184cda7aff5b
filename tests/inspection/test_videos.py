"""Frames of videos: which are looked at, that they are the ones they say, what damaged videos are told."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from hairline.errors import HairlineError
from hairline.inspection import photos, videos


def film(path: Path, frames: int, per_second: float = 10) -> Path:
    """A video whose frame n has the brightness 5 n."""
    kind = "mp4v" if path.suffix in (".mp4", ".mov") else "MJPG"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*kind), per_second, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 5 * number, np.uint8))
    writer.release()
    return path


def played(path: Path) -> list[np.ndarray]:
    """All frames in their order, RGB."""
    capture, found = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        found.append(read[1][..., ::-1])
    return found


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mov"])
def test_frames_are_those_that_were_asked_for_in_any_order(tmp_path: Path, suffix: str) -> None:
    path = film(tmp_path / f"a{suffix}", 40)
    assert videos.frames(path, 1) == [0, 10, 20, 30]
    assert videos.frames(path, 0.25) == [0, 2, 5, 8, 10, 12, 15, 18, 20, 22, 25, 28, 30, 32, 35, 38]
    assert videos.frames(path, 0.001) == list(range(40)) and videos.frames(path, 60) == [0]
    all_frames = played(path)
    assert len({float(frame.mean()) for frame in all_frames}) == 40
    for frame in (0, 3, 39, 7, 7):
        np.testing.assert_array_equal(videos.read(path, frame), all_frames[frame])


def test_a_stream_that_does_not_say_how_long_it_is_is_looked_at_to_its_end(tmp_path: Path) -> None:
    images = [cv2.imencode(".jpg", np.full((48, 64, 3), 5 * number, np.uint8))[1] for number in range(50)]
    path = tmp_path / "a.avi"
    path.write_bytes(b"".join(image.tobytes() for image in images))  # at 25 a second, as FFmpeg takes it
    assert videos.frames(path, 0.5) == [0, 12, 25, 38]
    assert abs(float(videos.read(path, 38).mean()) - 190) < 2


def test_videos_without_frames_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    film(tmp_path / "none.avi", 0)
    (tmp_path / "empty.mov").touch()
    for path in sorted(tmp_path.iterdir()):
        with pytest.raises(HairlineError, match="has no frame that can be decoded; expected a video"):
            videos.frames(path, 1)


def test_a_frame_behind_the_end_is_told_of(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", 5)
    with pytest.raises(HairlineError, match="ends after 5 frames"):
        videos.read(path, 7)


def test_frames_are_photos_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    path = film(tmp_path / "p" / "walk.mp4", 25)
    found, other = photos.find([tmp_path / "p"], tmp_path / "out", 1.0)
    assert [str(photo.name) for photo in found] == [f"walk.mp4/frame_{number:06d}" for number in (0, 10, 20)]
    assert {photo.file for photo in found} == {path} and not other
    assert list(photos.name_all(found, {}).values())[1] == "walk.mp4/frame_000010"
    again = photos.recorded(str(found[1].path))
    assert (again.file, again.frame, again.path) == (path, 10, found[1].path)
    assert photos.recorded("/p/frame_000010").frame is None
