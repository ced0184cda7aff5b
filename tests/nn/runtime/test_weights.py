import errno
import logging
import pickle
import time
import urllib.request
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
import pytest
import safetensors.torch
import torch
from huggingface_hub import constants
from torch import nn

from hairline.errors import HairlineError
from hairline.io.hashing import content_hash
from hairline.nn.runtime import origins, weights
from hairline.nn.runtime.origins import Origin

REPOSITORY = "nobody/no-such-network"
PUBLISHED = weights.Published(REPOSITORY)


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)


@pytest.fixture
def online(monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def reachable(monkeypatch, online):
    """A hub that answers."""
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: nullcontext())


@pytest.fixture
def dead_end(monkeypatch, online):
    """A hub at a port where nobody listens."""
    monkeypatch.setattr(huggingface_hub, "hf_hub_url", lambda *_, **__: "http://127.0.0.1:9/model.safetensors")


def expect_one_warning(caplog, reason):
    started = time.monotonic()
    with caplog.at_level(logging.WARNING):
        assert weights.initial("auto", PUBLISHED) == weights.RANDOM
    assert time.monotonic() - started < 5
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1
    assert REPOSITORY in warnings[0]
    assert reason in warnings[0]


def test_auto_falls_back_with_one_warning_where_nobody_answers(dead_end, caplog):
    expect_one_warning(caplog, "not reachable")


@pytest.mark.parametrize("address", ["foo/bar", "http://[::1", "htp://x/y"])
def test_auto_falls_back_with_one_warning_where_the_address_is_none(online, monkeypatch, caplog, address):
    monkeypatch.setattr(huggingface_hub, "hf_hub_url", lambda *_, **__: address)
    expect_one_warning(caplog, "not reachable")


def test_auto_falls_back_with_one_warning_where_the_answer_never_comes(online, monkeypatch, caplog):
    def too_late(*_, **__):
        time.sleep(1)
        return nullcontext()

    monkeypatch.setattr(weights, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(urllib.request, "urlopen", too_late)
    expect_one_warning(caplog, "no answer within 0.2 s")


def test_auto_falls_back_with_one_warning_where_the_hub_is_forbidden(monkeypatch, caplog):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    expect_one_warning(caplog, "HF_HUB_OFFLINE")


def test_auto_falls_back_with_one_warning_where_the_download_breaks_off(reachable, monkeypatch, caplog):
    def broken(*_, **__):
        raise RuntimeError("connection lost")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", broken)
    expect_one_warning(caplog, "connection lost")


def test_imagenet_that_cannot_be_had_is_an_error(dead_end):
    with pytest.raises(HairlineError, match=rf"'{REPOSITORY}' cannot be had: not reachable.*choose weights 'none'"):
        weights.initial("imagenet", PUBLISHED)
    with pytest.raises(HairlineError, match="none were published"):
        weights.initial("imagenet", weights.Published(None))


@pytest.mark.parametrize("wish", ["auto", "imagenet"])
def test_imagenet_weights_are_taken_from_the_cache_or_else_downloaded(reachable, monkeypatch, wish, tmp_path):
    published = weights.Published(REPOSITORY, "r1", licence="MIT")
    file = tmp_path / "snapshots" / "c0ffee" / weights.FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    origin = Origin(f"{REPOSITORY} (Hugging Face)", "c0ffee", "MIT", content_hash(file))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *_, revision: {"r1": str(file)}[revision])
    assert weights.initial(wish, published) == weights.Start("imagenet", origin, file)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, revision: {"r1": str(file)}[revision])
    assert weights.initial(wish, published) == weights.Start("imagenet", origin, file)


def test_none_asks_nobody(online, monkeypatch, caplog):
    asked = []
    for place, name in (
        (huggingface_hub, "try_to_load_from_cache"),
        (huggingface_hub, "hf_hub_download"),
        (urllib.request, "urlopen"),
    ):
        monkeypatch.setattr(place, name, lambda *_, name=name, **__: asked.append(name))
    assert weights.initial("none", PUBLISHED) == weights.RANDOM
    assert not asked
    assert not caplog.records


def test_a_path_is_recorded_and_must_be_a_safetensors_file(tmp_path):
    path = tmp_path / "mine.safetensors"
    with pytest.raises(HairlineError, match=r"neither one of auto, imagenet, none nor an existing \.safetensors file"):
        weights.initial(str(path), PUBLISHED)
    weights.write(nn.Linear(2, 1), path)
    assert weights.initial(str(path), PUBLISHED) == weights.Start(
        f"file:{path}", Origin(path.as_posix(), None, None, content_hash(path)), path
    )
    pickled = tmp_path / "mine.pt"
    torch.save({}, pickled)
    with pytest.raises(HairlineError, match=r"mine\.pt"):
        weights.initial(str(pickled), PUBLISHED)


def test_write_and_read_are_bit_equal_in_any_memory_layout(tmp_path):
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(memory_format=torch.channels_last)
    weights.write(module, tmp_path / "w.safetensors")
    tensors = weights.read(tmp_path / "w.safetensors")
    assert tensors.keys() == module.state_dict().keys()
    assert all(torch.equal(tensors[name], tensor) for name, tensor in module.state_dict().items())


def test_unreadable_files_are_named(tmp_path):
    path = tmp_path / "w.safetensors"
    with pytest.raises(HairlineError, match=r"w\.safetensors: no such file"):
        weights.read(path)
    path.write_bytes(b"not tensors")
    with pytest.raises(HairlineError, match=r"w\.safetensors: no readable safetensors file"):
        weights.read(path)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float8_e4m3fn])
def test_numbers_that_are_not_finite_are_no_weights(tmp_path, dtype):
    path, weight = tmp_path / "w.safetensors", torch.ones(2, 3)
    safetensors.torch.save_file({"bias": torch.ones(1), "weight": weight.to(dtype)}, path)
    assert set(weights.read(path)) == {"bias", "weight"}
    weight[1, 2] = float("nan")
    safetensors.torch.save_file({"bias": torch.ones(1), "weight": weight.to(dtype)}, path)
    with pytest.raises(HairlineError, match=r"w\.safetensors: has numbers in 'weight' that are not finite"):
        weights.read(path)


def test_fill_refuses_other_names_and_shapes(tmp_path):
    path = tmp_path / "w.safetensors"
    safetensors.torch.save_file({"weight": torch.zeros(1, 3), "bias": torch.zeros(1)}, path)
    with pytest.raises(HairlineError, match=r"here: these weights are of another network .*weight"):
        weights.fill(nn.Linear(2, 1), weights.read(path), "here")
    with pytest.raises(HairlineError, match="another network"):
        weights.fill(nn.Linear(3, 1, bias=False), weights.read(path), "here")


@dataclass
class Anything:
    """What model.json must hold: nothing."""


def test_weights_that_are_not_those_of_model_json_are_told(tmp_path):
    module = nn.Linear(2, 1)
    weights.save(module, tmp_path, {"status": "trained"})
    loaded, info = weights.load(tmp_path, "classifier", Anything, lambda _: nn.Linear(2, 1))
    assert torch.equal(loaded.weight, module.weight)
    assert info == {"status": "trained"}
    path = tmp_path / "weights.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # as readable as before
    with pytest.raises(HairlineError, match=r"weights\.safetensors: other weights .*dvc repro train_classifier"):
        weights.load(tmp_path, "classifier", Anything, lambda _: nn.Linear(2, 1))
    (tmp_path / "model.json").write_text("{}")  # of a version that did not tell the hash
    assert weights.load(tmp_path, "classifier", Anything, lambda _: nn.Linear(2, 1))[1] == {}


HUGE = b'{"weight":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", (1 << 60).to_bytes(8, "little") + b"{}", len(HUGE).to_bytes(8, "little") + HUGE + bytes(99),
     pickle.dumps({"weight": 1}), b"PK\x03\x04"],
)  # fmt: skip
def test_what_claims_much_or_is_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(
        HairlineError, match=r"w\.safetensors: no readable safetensors file .*; expected network weights"
    ):
        weights.read(path)


def test_a_full_disk_is_the_error_of_the_file_system(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as told:
        weights.save(nn.Linear(2, 1), tmp_path / "net", {})
    assert told.value.filename == str(tmp_path / "net" / "weights.safetensors")
    assert list(tmp_path.rglob("*")) == [tmp_path / "net"]


def test_a_start_is_told_with_its_licence_and_older_models_tell_the_word_alone():
    origin = {"source": "a-package", "version": "2", "licence": "MIT", "sha256": "00"}
    assert origins.started({"initialisation": "imagenet", "origin": origin}) == "imagenet (a-package 2, MIT)"
    unknown = {"source": "nobody/net (Hugging Face)", "version": None, "licence": None, "sha256": "00"}
    assert origins.started({"initialisation": "imagenet", "origin": unknown}) == "imagenet (nobody/net (Hugging Face))"
    assert origins.started({"initialisation": "imagenet"}) == "imagenet"
    assert origins.started({"initialisation": "file:a/b", "origin": {**unknown, "source": "a/b"}}) == "file:a/b"
    assert origins.told(None) == "random weights"
    assert origins.told(origins.of_info({"origin": unknown})).endswith("licence not known, sha256 00")
