"""Exported segmenters answer as the folders they come from, without torch; other files are refused in a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from support import small_network

import hairline
from hairline.errors import HairlineError
from hairline.imaging.images import write_image
from hairline.imaging.tiles import Tiling
from hairline.inspection import prediction
from hairline.nn.exporting import files, parity


def picture(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_network.make(tmp_path_factory.mktemp("network"), {"calibration": {"temperature": 0.3, "bias": 0.1}})


@pytest.fixture(scope="module")
def exported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("exported") / "network.onnx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "SIZES", ((33, 57),))
        files.export(folder, file)
    return file


@pytest.mark.parametrize("scale", [1, 0.5, 2, "auto"])
def test_it_answers_as_its_folder(folder: Path, exported: Path, tmp_path: Path, scale: Any) -> None:
    one, other = hairline.load_segmenter(folder), hairline.load_segmenter(str(exported))
    write_image(tmp_path / "a.png", picture(70, 101))
    for image in (picture(70, 101), tmp_path / "a.png", picture(1, 1)):
        expected = one.predict(image, scale)
        found = other.predict(image, scale)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert dict(other.info) == dict(one.info) and other.card == one.card and other.sha256 != one.sha256
    assert isinstance(other, hairline.Predictor)
    images = [picture(64, 64)]
    assert other.find_scale(images)[0] == one.find_scale(images)[0]


def test_large_images_pass_in_the_same_tiles(folder: Path, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction, "TILING", Tiling(96, 32, 8, 32))
    one, other = (hairline.load_segmenter(each).predict(picture(130, 201)) for each in (folder, exported))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)


def test_other_files_are_refused(exported: Path, tmp_path: Path) -> None:
    content = exported.read_bytes()
    foreign = onnx.load_model_from_string(content)
    foreign.ClearField("metadata_props")
    edited = onnx.load_model_from_string(content)
    next(each for each in edited.metadata_props if each.key == "hairline.info").value = "{"
    cases = {
        "absent": (None, "no such file; expected a network"),
        "empty": (b"", "onnxruntime .* cannot open it"),
        "cut": (content[: len(content) // 2], "onnxruntime .* cannot open it"),
        "text": (b"no network", "onnxruntime .* cannot open it"),
        "edited": (edited.SerializeToString(), "was not written by 'hairline export'"),
        "foreign": (foreign.SerializeToString(), "was not written by 'hairline export'"),
    }
    for name, (held, told) in cases.items():
        file = tmp_path / f"{name}.onnx"
        if held is not None:
            file.write_bytes(held)
        with pytest.raises(HairlineError, match=rf"{name}\.onnx: .*{told}"):
            hairline.load_segmenter(file)


def test_a_folder_may_be_called_as_a_file_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").symlink_to(folder)
    assert hairline.load_segmenter(tmp_path / "a.onnx").sha256 == hairline.load_segmenter(folder).sha256
