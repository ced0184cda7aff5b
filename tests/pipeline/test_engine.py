"""Stages on an engine elsewhere write what they write on this machine, and go on after an interruption."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from support import places, small_network
from support.played import PlayedEngine

from hairline import tracking
from hairline.config.paths import Paths, SegmenterName
from hairline.engine import errand, flow
from hairline.errors import HairlineError
from hairline.io.hashing import content_hash
from hairline.nn.architectures import unet
from hairline.nn.classifier import backbones
from hairline.nn.segmenter import segmenter as segmenters
from pipeline import evaluate_segmenter, identify, ingest, label, label_one, localize, score_labels, validate

Write = Callable[[dict[str, Any]], Path]
PATHS = Paths(Path(), "tiny")
SEGMENTER = SegmenterName("manual", "unet", "synthetic")
STAGES: tuple[tuple[Any, list[str]], ...] = (
    (ingest, ["--dataset", "synthetic"]),
    (validate, ["--dataset", "synthetic"]),
    (identify, ["--dataset", "synthetic"]),
    (localize, ["--classifier", "lite0", "--dataset", "synthetic"]),
    (label, ["--label-set", "konig"]),
    (score_labels, ["--label-set", "konig"]),
    (
        evaluate_segmenter,
        ["--label-set", "manual", "--architecture", "unet", "--training-set", "synthetic", "--test-set", "synthetic"],
    ),
)


class Unwritten:
    """A tracked run of which nothing is kept."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@pytest.fixture
def place(tmp_path: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with raw images and two untrained networks; runs are not tracked, and nobody waits."""

    @contextmanager
    def untracked(*_: object) -> Iterator[Unwritten]:
        yield Unwritten()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tracking, "run", untracked)
    monkeypatch.setattr(flow, "POLL_S", 0)
    for name in errand.THREADS:
        monkeypatch.setenv(name, "1")
    write_params(values)
    places.make(tmp_path, test=3)
    told = {"images": 6, "epochs": 1, "initialisation": "none"}
    torch.manual_seed(0)
    backbones.save(backbones.build("test_resnet", "none")[0], PATHS.classifier("lite0"), told)
    network = unet.build(small_network.OPTIONS, "none")[0]
    segmenters.save(network, PATHS.segmenter(SEGMENTER), "unet", small_network.OPTIONS, {"status": "trained", **told})
    return tmp_path


def on(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the stages work on an engine."""

    @contextmanager
    def opened(*_: object) -> Iterator[PlayedEngine]:
        yield engine

    for module, _ in STAGES:
        monkeypatch.setattr(module, "opened", opened)


def written() -> dict[str, str]:
    """What the stages wrote, but for times."""
    roots = [PATHS.dataset("synthetic"), PATHS.evidence("lite0", "synthetic"), PATHS.labels("konig", "synthetic"),
             PATHS.label_scores("konig"), PATHS.segmenter_scores(SEGMENTER, "synthetic")]  # fmt: skip
    files = [file for root in roots for file in root.rglob("*") if file.is_file()]
    return {file.as_posix(): content_hash(file) for file in [*files, PATHS.identities("synthetic")]}


def test_every_stage_writes_the_same_bytes(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, words in STAGES:
        module.main(words)
    here = written()
    shutil.rmtree(PATHS.dataset("synthetic"))
    on(PlayedEngine(), monkeypatch)
    for module, words in STAGES:
        module.main(words)
    assert written() == here and len(here) > 40
    assert not [path for path in Path("state").rglob("*") if path.is_file()]


def test_labels_go_on_after_the_chunks_that_are_finished(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, one = PlayedEngine(), label_one.Labelled.__call__
    done = list[str]()

    def stops(self: label_one.Labelled, sample_id: str) -> Any:
        if len(done) == 5:
            raise HairlineError("stopped by a test")
        done.append(sample_id)
        return one(self, sample_id)

    localize.main(STAGES[3][1])
    on(engine, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(label_one.Labelled, "__call__", stops)
        with pytest.raises(HairlineError, match="stopped by a test"):
            label.main(STAGES[4][1])
    assert not PATHS.label_set("konig").exists()
    finished = len(list(Path("state/label").rglob("*.chunk")))
    assert finished >= 1
    label.main(STAGES[4][1])
    assert engine.begun == 6 - finished  # chunks of the 11 images
    assert len(list(PATHS.labels("konig", "synthetic").glob("*.png"))) == 11
