"""Predictions onto S3: the same as into a folder, skipped and gone on with in the same way, and no secret in them."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from support import s3, small_network
from support.played import PlayedEngine
from typer.testing import CliRunner

from hairline.cli.app import app
from hairline.engine import errand
from hairline.imaging.images import write_image
from hairline.inspection import folder, photos, shelves
from hairline.inspection.folder import Done, Options
from hairline.inspection.prediction import Predictor
from hairline.io import stores
from hairline.io.store_errors import MeanwhileError, StoreError
from hairline.nn.segmenter import shipped

ASKED = Options(scale=1, threshold=0.5, overlay=True, again=False)
OUT = f"s3://{s3.BUCKET}/found"


class Brightness:
    """Stands for a network: the red channel is the score. Before an answer something else may happen."""

    sha256 = "n1"

    def __init__(self, before: Callable[[int], object] = lambda asked: None) -> None:
        self._before, self.asked = before, 0

    def predict(self, image: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
        self.asked += 1
        self._before(self.asked)
        return image[..., 0].astype(np.float32) / 255


@pytest.fixture(scope="module")
def served() -> Iterator[s3.Server]:
    with pytest.MonkeyPatch.context() as patch, s3.served(patch) as server:
        yield server


@pytest.fixture
def server(served: s3.Server) -> s3.Server:
    for name in served.objects():
        served.client.delete_object(Bucket=s3.BUCKET, Key=name)
    return served


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three photos, the second of which has another's name in a folder below."""
    for number, name in enumerate(("a.png", "below/a.png", "c #1?.png")):
        image = np.zeros((20, 30, 3), np.uint8)
        image[: 4 * (number + 1), :, 0] = 200
        write_image(tmp_path / "p" / name, image)
    return tmp_path


def run(root: Path, out: str = OUT, options: Options = ASKED, network: Brightness | None = None,
        card: str = "of a network", engine: Any = None) -> tuple[Done, list[str]]:  # fmt: skip
    told: list[str] = []
    with shelves.opened(stores.place(out)) as shelf:
        found, _ = photos.find([root / "p"], shelf.folder)
        asked = cast(Predictor, network or Brightness())
        done = folder.predict_all(found, asked, shelf, options, lambda error: told.append(str(error)), engine=engine)
        folder.keep_card(shelf, card)
    return done, told


def rows(table: bytes) -> list[dict[str, str]]:
    return [{**row, "seconds": ""} for row in csv.DictReader(io.StringIO(table.decode()))]


def same(found: dict[str, bytes], root: Path) -> bool:
    """Whether objects are what was written into the folder LOCAL, byte for byte but for times."""
    local = root / "local"
    expected = {path.relative_to(local).as_posix(): path.read_bytes() for path in local.rglob("*") if path.is_file()}
    assert rows(found.pop("predictions.csv")) == rows(expected.pop("predictions.csv"))
    return found == expected


def test_on_s3_as_in_a_folder(root: Path, server: s3.Server) -> None:
    assert run(root, str(root / "local")) == run(root) == (Done(3, 0, 0), [])
    assert same(server.objects("found/"), root)
    (root / "p/a.png").unlink()
    write_image(root / "p/e.png", np.zeros((20, 30, 3), np.uint8))
    (root / "p/below/a.png").write_bytes(b"no image")
    asked = replace(ASKED, threshold=0.4, workers=2)
    local, remote = run(root, str(root / "local"), asked, card=""), run(root, options=asked, card="")
    assert local == remote and local[0] == Done(2, 0, 1)
    found = server.objects("found/")
    assert "network.md" not in found and "masks/below/a.png" not in found and same(found, root)


def test_tasks_of_a_cluster_write_onto_s3_as_into_a_folder(
    root: Path, server: s3.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    for name in errand.THREADS:  # which tasks set
        monkeypatch.setenv(name, "1")
    (root / "p/d.png").write_bytes(b"no image")
    assert run(root, str(root / "local")) == run(root, engine=PlayedEngine())
    assert same(server.objects("found/"), root)
    assert run(root, engine=PlayedEngine())[0] == Done(0, 3, 1)
    write_image(root / "p/a.png", np.zeros((20, 30, 3), np.uint8))
    assert run(root, str(root / "local"))[0] == run(root, engine=PlayedEngine())[0] == Done(1, 2, 1)
    assert same(server.objects("found/"), root)


def test_on_a_map_as_in_a_folder(tmp_path: Path, server: s3.Server) -> None:
    rasterio = pytest.importorskip("rasterio")
    (tmp_path / "p").mkdir()
    with rasterio.open(tmp_path / "p/map.tif", "w", width=30, height=20, count=3, dtype="uint8", crs="EPSG:32633",
                       transform=rasterio.transform.from_origin(400_000, 5_000_000, 0.01, 0.01)) as file:  # fmt: skip
        file.write(np.full((3, 20, 30), 200, np.uint8))
    run(tmp_path, str(tmp_path / "local"))
    server.put("found/masks/map.png", b"of another photo of this name, before")
    assert run(tmp_path)[0] == Done(1, 0, 0) and run(tmp_path)[0] == Done(0, 1, 0)
    assert "masks/map.tif" in server.objects("found/") and same(server.objects("found/"), tmp_path)


def test_what_is_there_is_neither_predicted_nor_written_nor_read(
    root: Path, server: s3.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root)
    before = {each["Key"]: each["LastModified"] for each in _listed(server)}
    monkeypatch.setattr(shelves, "SURE", timedelta(days=-1))  # as if the table were written long after the rest
    read, reads = stores.Store.read, list[str]()
    monkeypatch.setattr(stores.Store, "read", lambda *asked: (reads.append(asked[1]), read(*asked))[1])
    network = Brightness()
    assert run(root, network=network)[0] == Done(0, 3, 0) and network.asked == 0
    assert set(reads) == {"predictions.csv", "network.md"}
    assert {each["Key"]: each["LastModified"] for each in _listed(server)} == before
    server.client.delete_object(Bucket=s3.BUCKET, Key="found/overlays/below/a.jpg")
    assert run(root)[0] == Done(1, 2, 0)


def _listed(server: s3.Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.client.list_objects_v2(Bucket=s3.BUCKET)["Contents"]
    return found


def test_files_of_other_options_that_a_killed_run_left_are_not_those_of_their_row(
    root: Path, server: s3.Server
) -> None:
    run(root)
    table = server.objects("found/")["predictions.csv"]
    run(root, options=replace(ASKED, threshold=0.9))
    server.put("found/predictions.csv", table)  # as if killed before it wrote its own
    assert run(root)[0] == Done(3, 0, 0)
    run(root, str(root / "local"))
    assert same(server.objects("found/"), root)


def test_a_mask_that_was_painted_over_is_not_replaced_unasked(root: Path, server: s3.Server) -> None:
    run(root)
    mask = server.objects("found/")["masks/below/a.png"]
    server.put("found/masks/a.png", mask)
    done, told = run(root, options=replace(ASKED, threshold=0.4))
    assert done == Done(2, 0, 1) and f"its mask {OUT}/masks/a.png was changed since it was found" in told[0]
    assert server.objects("found/")["masks/a.png"] == mask
    assert run(root, options=replace(ASKED, threshold=0.4, again=True))[0] == Done(3, 0, 0)
    assert server.objects("found/")["masks/a.png"] != mask


@pytest.mark.parametrize("workers", [1, 2])
def test_a_lost_connection_ends_the_run_and_a_later_one_goes_on(
    root: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    with s3.served(monkeypatch) as lost:
        for name in lost.objects():  # moto's servers of one process share their objects
            lost.client.delete_object(Bucket=s3.BUCKET, Key=name)
        with pytest.raises(StoreError, match=r"found: cannot .*: it does not answer"):
            run(
                root,
                options=replace(ASKED, workers=workers),
                network=Brightness(lambda asked: asked == 2 and lost.stop()),
            )
    with s3.served(monkeypatch) as back:
        scores = [name for name in back.objects("found/") if name.startswith("scores/")]
        assert len(scores) < 3
        done, _ = run(root)
        assert done.predicted + done.skipped == 3 and done.failed == 0
        run(root, str(root / "local"))
        assert same(back.objects("found/"), root)


def test_two_that_write_to_one_place_are_told_apart(root: Path, server: s3.Server) -> None:
    table = b"photo,of,another,process\n"
    other = Brightness(lambda asked: asked == 2 and server.put("found/predictions.csv", table))
    with pytest.raises(MeanwhileError, match=r"cannot write predictions\.csv: another process has written it"):
        run(root, network=other)
    assert server.objects("found/")["predictions.csv"] == table


def test_a_full_word_on_the_command_line(
    root: Path, server: s3.Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shipped, "FOLDER", small_network.make(root / "network"))
    caplog.set_level("DEBUG", logger="hairline")
    words = ["predict", str(root / "p"), "--out", OUT, "--scale", "auto"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "3 photos predicted" in done.output and f"Table     {OUT}/predictions.csv" in done.output
    found = server.objects("found/")
    assert {"predictions.csv", "network.md", "scale.json", "masks/below/a.png", "scores/c #1?.png"} < set(found)
    assert "0 photos predicted, 3 done before" in CliRunner().invoke(app, words).output
    assert server.objects("found/") == found
    told = [done.output.encode(), caplog.text.encode(), *found.values()]
    assert not any(s3.SECRET.encode() in each for each in told)
    assert sorted(path.name for path in root.iterdir()) == ["network", "p"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["predict", "p", "--out", "s3://nobody/found"], "s3://nobody/found: cannot list: the bucket is not there"),
        (["predict", "p", "--out", f"s3://me:{s3.SECRET}@survey/x"], "has a user, a password or a port"),
        (["predict", "s3://survey/photos/*.jpg", "--out", "o"], "s3://survey/photos/*.jpg: expected a file or folder"),
        (["label", "s3://survey/p", "--classifier", "c", "--out", "o"], "s3://survey/p: expected a file or folder of"),
        (["measure", OUT, "--out", "o"], f"{OUT}: expected a file or folder of this machine"),
        (["measure", "p", "--out", OUT], f"{OUT}: expected a file or folder of this machine"),
        (["measure", f"s3://me:{s3.SECRET}@b/x", "--out", "o"], "s3://***@b/x: expected a file"),
    ],
)
def test_what_is_refused(
    root: Path, server: s3.Server, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(root)
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1 and told in str(done.exception) and s3.SECRET not in str(done.exception)
    assert [path.name for path in root.iterdir()] == ["p"] and server.objects() == {}
