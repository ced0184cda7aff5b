"""One file with all inside, or none: what is written, what is refused, and how quietly."""

import json
import sys

import numpy as np
import onnx
import pytest
from support import small_network

from hairline.errors import HairlineError
from hairline.io.hashing import content_hash
from hairline.metrics import operating_point
from hairline.nn.exporting import files, parity, properties, quantising, sessions


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    told = {"calibration": {"temperature": 0.5, "bias": 0.2}, "epochs": 3}
    return small_network.make(tmp_path_factory.mktemp("network"), told)


@pytest.fixture
def few(monkeypatch):
    """Few, small images to compare on, for a quick test."""
    monkeypatch.setattr(parity, "SIZES", ((1, 1), (33, 57)))
    monkeypatch.setattr(quantising, "IMAGES", 2)
    monkeypatch.setattr(quantising, "SIDE_PX", 64)


def test_a_file_tells_what_it_is_and_nothing_is_printed(folder, tmp_path, capfd, recwarn):
    photo = np.random.default_rng(0).integers(0, 256, (40, 1100, 3), dtype=np.uint8)
    found = files.export(folder, tmp_path / "below/a.onnx", [photo])
    assert found.largest <= parity.LARGEST and found.images == len(parity.SIZES) + 2
    assert [path.name for path in (tmp_path / "below").iterdir()] == ["a.onnx"]
    assert capfd.readouterr() == ("", "") and not recwarn.list
    told = properties.of_text(sessions.Session(tmp_path / "below/a.onnx").properties)
    assert told.weights_sha256 == content_hash(folder / "weights.safetensors")
    assert (told.card, told.precision, told.threshold) == ("# A network for tests\n", "float32", "0.5")
    assert json.loads(told.info)["epochs"] == 3 and float(told.largest_difference) == pytest.approx(
        found.largest, rel=0.01
    )
    onnx.checker.check_model(onnx.load(tmp_path / "below/a.onnx"), full_check=True)


def test_a_file_is_the_same_each_time(folder, tmp_path, few):
    for name in ("a", "b"):
        files.export(folder, tmp_path / f"{name}.onnx")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_a_network_that_answers_otherwise_is_not_written(folder, tmp_path, monkeypatch, few):
    (tmp_path / "a.onnx").write_text("earlier")
    whole = files.Whole.forward
    monkeypatch.setattr(files.Whole, "forward", lambda self, image: whole(self, image) + 2e-4)
    with pytest.raises(HairlineError, match=r"scores differ by up to 0\.0002 from torch's .* at most 0\.0001"):
        files.export(folder, tmp_path / "a.onnx")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["earlier"]


def test_scores_that_are_no_numbers_differ():
    def none(image):
        return np.full(image.shape[:2], np.nan, np.float32)

    image = np.zeros((2, 3, 3), np.uint8)
    assert parity.compared(none, none, [image]).largest == np.inf


def test_the_threshold_is_that_of_the_training_where_it_is_kept():
    assert operating_point.of({}) == 0.5
    assert operating_point.of({"threshold": {"value": 0.3}}) == 0.3
    assert operating_point.of({"threshold": {"value": 0.3}, "calibration": {"temperature": 1, "bias": 0}}) == 0.5


def test_8_bits_are_smaller_and_near(folder, tmp_path, capfd, few):
    files.export(folder, tmp_path / "32.onnx")
    found = files.export(folder, tmp_path / "8.onnx", int8=True)
    assert capfd.readouterr() == ("", "")
    assert 1e-4 < found.largest < 0.3 and found.mean < 0.05
    assert properties.of_text(sessions.Session(tmp_path / "8.onnx").properties).precision == "int8"
    kinds = [node.op_type for node in onnx.load(tmp_path / "8.onnx").graph.node]
    assert kinds.count("QuantizeLinear") > 10


def test_a_missing_library_is_one_sentence(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(HairlineError, match=r"needs onnx, .*; run pip install 'hairline\[train\]'$"):
        files.export(folder, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("told", "threads"), [("3", 3), ("2,1", 2)])
def test_threads_are_those_of_the_environment(monkeypatch, told, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert sessions.usual_threads() == threads


@pytest.mark.parametrize("told", ["", "0", "many"])
def test_without_them_all_cores_are_used(monkeypatch, told):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    assert sessions.usual_threads() >= 1
