"""Finished segmenters: loaded without a network connection, asked about any image, wrong ones refused in a sentence."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support import small_network

import hairline
from hairline.errors import HairlineError
from hairline.imaging.images import write_image
from hairline.imaging.tiles import Tiling
from hairline.inspection import prediction
from hairline.nn.runtime import device, serving, weights
from hairline.nn.segmenter import segmenter, shipped, start
from hairline.nn.segmenter.serving import Served
from hairline.tracking import registry

OFFLINE = """
import socket
def refuse(self, *args):
    raise SystemExit(f"asked the network: {args}")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
import sys, hairline, numpy
found = hairline.load_segmenter(sys.argv[1]).predict(numpy.zeros((40, 50, 3), numpy.uint8))
sys.exit(f"{found.shape} {found.dtype}" if found.shape != (40, 50) else 0)
"""


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_network.make(tmp_path_factory.mktemp("network"))


def test_the_network_that_ships_is_the_default(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", folder)
    found = hairline.load_segmenter()
    assert found.card == "# A network for tests\n" and found.info["network"] == "unet"
    assert found.sha256 == hairline.load_segmenter(folder).sha256 == hairline.load_segmenter(str(folder)).sha256
    image = picture(45, 70)
    write_image(tmp_path / "a.png", image)
    scores = found.predict(image)
    assert scores.dtype == np.float32 and scores.shape == (45, 70)
    model, _ = segmenter.load(folder)
    expected = segmenter.predict(model, image, device.resolve(serving.RUNTIME))
    np.testing.assert_allclose(scores, expected, atol=1e-6)
    for path in (tmp_path / "a.png", str(tmp_path / "a.png")):
        np.testing.assert_array_equal(found.predict(path), scores)
    assert not np.array_equal(found.predict(image, scale=2), scores)
    assert found.predict(image, scale=0.5).shape == (45, 70)


def test_a_copy_without_a_network_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(HairlineError, match=r"model\.json: not found, so no network ships .*make release-weights"):
        hairline.load_segmenter()


def test_a_damaged_network_that_ships_is_no_stages_to_make(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "shipped"
    shutil.copytree(folder, inside)
    monkeypatch.setattr(shipped, "FOLDER", inside)
    monkeypatch.setattr(weights, "PACKAGE", tmp_path)
    for name in ("weights.safetensors", "model.json"):
        whole = (inside / name).read_bytes()
        (inside / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(HairlineError, match=rf"{name}: .* a new installation of hairline") as told:
            hairline.load_segmenter()
        assert "dvc" not in str(told.value)
        if name == "model.json":
            with pytest.raises(HairlineError, match=r"model\.json: .* a new installation of hairline"):
                start.check("shipped", "unet", small_network.OPTIONS)
        (inside / name).write_bytes(whole)


def test_a_network_of_the_registry_is_fetched(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(HairlineError, match=r"models:/mine@champion: found no store .*; go to its workspace, or set"):
        hairline.load_segmenter("models:/mine@champion")
    assert not list(tmp_path.iterdir())

    def fetch(uri: str, source: str, target: Path) -> Path:
        assert source == "models:/mine@champion" and uri.endswith("mlruns/mlflow.db")
        return Path(shutil.copytree(folder, target / "data" / "unet")).parents[1]

    monkeypatch.setattr(registry, "fetch", fetch)
    assert hairline.load_segmenter("models:/mine@champion").sha256 == hairline.load_segmenter(folder).sha256
    monkeypatch.setattr(registry, "fetch", lambda uri, source, target: target)
    with pytest.raises(HairlineError, match=r"models:/other/1: holds no model\.json"):
        hairline.load_segmenter("models:/other/1")


def test_other_sources_are_told_what_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for source in (tmp_path / "nothing", tmp_path / "file"):
        with pytest.raises(HairlineError, match=r"expected 'shipped', or a folder that holds model\.json"):
            hairline.load_segmenter(source)
    with pytest.raises(HairlineError, match=r"model\.json: not found"):
        hairline.load_segmenter(tmp_path)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8),
        np.zeros((0, 8, 3), np.uint8), [[0, 0, 0]], None,
    ],
)  # fmt: skip
def test_images_of_another_kind_are_refused(folder: Path, image: Any) -> None:
    with pytest.raises(HairlineError, match=r"image: found .*; expected RGB uint8 \[height, width, 3\]"):
        hairline.load_segmenter(folder).predict(image)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 17, True, "2"])
def test_scales_out_of_range_are_refused(scale: Any) -> None:
    with pytest.raises(HairlineError, match=r"scale .*expected a number above 0 and at most 16"):
        prediction.refuse_scale(scale)


def test_half_precision_is_read_as_float32_and_changes_little(folder: Path, tmp_path: Path) -> None:
    small_network.make(tmp_path, half=True)
    model, _ = segmenter.load(tmp_path)
    assert {str(each.dtype) for each in model.parameters()} == {"torch.float32"}
    image = picture(64, 64)
    whole, half = (hairline.load_segmenter(each).predict(image) for each in (folder, tmp_path))
    assert 0 < np.abs(whole - half).max() < 0.01


def test_a_calibration_moves_scores_as_it_says(folder: Path, tmp_path: Path) -> None:
    small_network.make(tmp_path, {"calibration": {"temperature": 2.0, "bias": 0.3}})
    image = picture(40, 40)
    plain, moved = (hairline.load_segmenter(each).predict(image).astype(float) for each in (folder, tmp_path))
    expected = 1 / (1 + np.exp(-(np.log(plain / (1 - plain)) / 2 + 0.3)))
    np.testing.assert_allclose(moved, expected, atol=1e-5)


@pytest.mark.parametrize("told", [{"temperature": 0.0, "bias": 0.0}, {"temperature": -1, "bias": 0}, {"bias": 0.0}])
def test_a_calibration_that_is_none_is_refused(tmp_path: Path, told: dict[str, float]) -> None:
    small_network.make(tmp_path, {"calibration": told})
    with pytest.raises(HairlineError, match=r"model\.json: .*(temperature|calibration)"):
        segmenter.load(tmp_path)


def test_large_images_in_tiles_are_as_whole_ones(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, image = hairline.load_segmenter(folder), picture(300, 420)
    whole = found.predict(image)
    monkeypatch.setattr(prediction, "TILING", Tiling(192, 96, 32, 32))
    tiled = found.predict(image)
    assert tiled.shape == whole.shape and 0 < np.abs(tiled - whole).max() < 0.1 * np.ptp(whole)


def test_what_is_served_is_cut_as_predictions_are(folder: Path, tmp_path: Path) -> None:
    small_network.make(tmp_path, {"threshold": {"value": 0.4, "f1": 0.5, "images": 3, "labels": "masks"}})
    image = picture(1200, 40)
    served, scores = Served(tmp_path), hairline.load_segmenter(folder).predict(image)
    np.testing.assert_array_equal(served.predict(image[None])[0], scores)
    for asked, threshold in (({}, 0.4), ({"threshold": 0.45}, 0.45), ({"threshold": 0.0}, 0.4)):
        masks = served.predict(image[None], {"masks": True, **asked})
        assert masks.dtype == np.float32
        np.testing.assert_array_equal(masks[0], scores >= threshold)
    with pytest.raises(HairlineError, match="threshold 2"):
        served.predict(image[None], {"threshold": 2.0})


def test_loading_asks_no_network(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run([sys.executable, "-c", OFFLINE, str(folder)], env=environment, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_importing_the_package_loads_nothing() -> None:
    code = (
        "import sys, hairline\n"
        "assert {'load_segmenter', 'Predictor', 'HairlineError'} <= set(dir(hairline))\n"
        "sys.exit(str([name for name in ('numpy', 'torch', 'cv2', 'pydantic') if name in sys.modules] or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1) and done.stderr.strip() == ""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        hairline.nonsense  # noqa: B018
