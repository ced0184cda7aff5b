"""The scale that segmenters are asked at, by the stages: given, by pixel sizes, or found without masks."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from support import places

from hairline import tracking
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data import training_table
from hairline.data.samples import load_image, load_mask, mask_path, read_samples
from hairline.errors import HairlineError
from hairline.imaging.images import read_scores, write_mask, write_scores
from hairline.metrics import thresholds
from hairline.nn.architectures import unet
from hairline.nn.runtime.device import resolve
from hairline.nn.segmenter import scaling, segmenter
from hairline.reporting import results
from hairline.reporting.comparison import Scale
from pipeline import evaluate_segmenter, label_manual, list_training_images

Write = Callable[[dict[str, Any]], Path]
PATHS = Paths(Path(), "tiny")
NAME = SegmenterName("manual", "unet", "synthetic")


class Told:
    """A tracked run that keeps its metrics and tags."""

    def __init__(self) -> None:
        self.kept: dict[str, object] = {}

    def metrics(self, values: Mapping[str, float]) -> None:
        self.kept |= values

    def tag(self, name: str, value: str) -> None:
        self.kept[name] = value

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


@pytest.fixture
def run(tmp_path: Path, values: dict[str, Any], write_params: Write, monkeypatch: pytest.MonkeyPatch) -> Told:
    """A workspace with an ingested set of four test images; what the stage tells its run."""
    monkeypatch.chdir(tmp_path)
    write_params(values)
    places.make(tmp_path, 64, test=4)
    told = Told()

    @contextmanager
    def opened(*_: object) -> Iterator[Told]:
        yield told

    monkeypatch.setattr(tracking, "run", opened)
    return told


def save(mm_per_px: float | None, name: SegmenterName = NAME) -> None:
    options = unet.Options("tu-test_resnet", (32, 16, 16, 8, 8))
    info = {"status": "trained", "images": 6, "epochs": 1, "initialisation": "none", "mm_per_px": mm_per_px}
    segmenter.save(unet.build(options, "none")[0], PATHS.segmenter(name), "unet", options, info)


def evaluated(label_set: str = "manual") -> Any:
    words = {"label-set": label_set, "architecture": "unet", "training-set": "synthetic", "test-set": "synthetic"}
    evaluate_segmenter.main([word for name, value in words.items() for word in (f"--{name}", value)])
    return json.loads(
        (PATHS.segmenter_scores(replace(NAME, label_set=label_set), "synthetic") / "status.json").read_text()
    )


def ask(values: dict[str, Any], scale: object, mm_per_px: float | None = None) -> None:
    values["evaluation"]["scale"] = scale
    values["datasets"]["synthetic"]["mm_per_px"] = mm_per_px


def test_images_are_scored_at_the_factor_that_is_given(run: Told, values: dict[str, Any], write_params: Write) -> None:
    save(0.2)
    ask(values, 2, 0.8)  # pixel sizes give way to what is given
    params = Params(write_params(values))
    assert evaluated()["scale"] == {"factor": 2.0, "by": "given", "candidates": {}, "images": 0}
    table = pd.read_parquet(PATHS.segmenter_scores(NAME, "synthetic") / "scores.parquet").set_index("id")
    model, dataset = segmenter.load(PATHS.segmenter(NAME))[0], PATHS.dataset("synthetic")
    for sample in table.index:
        scores = scaling.predict_at(model, load_image(dataset, sample), resolve(params.runtime), 2)
        crack, background = thresholds.histograms(scores, load_mask(dataset, sample))
        assert table.loc[sample, "crack_hist"].tolist() == crack.tolist()
        assert table.loc[sample, "background_hist"].tolist() == background.tolist()
    assert (run.kept["scale"], run.kept["scale_by"]) == (2.0, "given")
    (result,) = (each for each in results.segmenters(params, PATHS) if each.label_set == "manual")
    assert result.scale is not None and (result.scale.factor, result.scale.by) == (2.0, "given")


def test_a_share_of_the_images_own_label_joins_the_score_but_never_one_of_masks(
    run: Told, values: dict[str, Any], write_params: Write
) -> None:
    values["evaluation"] |= {"scale": 1, "fused": 0.25}
    params = Params(write_params(values))
    dataset, sample = PATHS.dataset("synthetic"), read_samples(PATHS.dataset("synthetic"), "test")["id"][0]
    for label_set, share in (("manual", 0.0), ("konig", 0.25)):
        name = SegmenterName(label_set, "unet", "synthetic")
        save(None, name)
        for each in read_samples(dataset, "test")["id"]:
            label = np.random.default_rng(1).random(load_mask(dataset, each).shape, np.float32)
            write_scores(PATHS.labels(label_set, "synthetic") / f"{each}.png", label)
        assert evaluated(label_set)["fused"] == share
        scores = scaling.predict_at(
            segmenter.load(PATHS.segmenter(name))[0], load_image(dataset, sample), resolve(params.runtime), 1
        )
        joined = (1 - share) * scores + share * np.round(label * 255).astype(np.float32) / 255
        kept = read_scores(PATHS.segmenter_scores(name, "synthetic") / "predictions" / f"{sample}.png")
        np.testing.assert_allclose(kept / 255, joined, atol=0.5 / 255 + 1e-6)
    told = {each.label_set: each.scale for each in results.segmenters(params, PATHS)}
    assert (told["manual"], told["konig"]) == (Scale(1.0, "given"), Scale(1.0, "given", 0.25))


def test_a_label_that_cannot_be_joined_is_refused(run: Told, values: dict[str, Any], write_params: Write) -> None:
    values["evaluation"] |= {"scale": 1, "fused": 0.25}
    write_params(values)
    save(None, replace(NAME, label_set="konig"))
    for each in read_samples(PATHS.dataset("synthetic"), "test")["id"]:
        write_scores(PATHS.labels("konig", "synthetic") / f"{each}.png", np.zeros((64, 64), np.float32))
    label = PATHS.labels("konig", "synthetic") / f"{each}.png"
    absent, flat = "is not there, or no image", np.zeros((1, 64), np.float32)
    for content, told in ((flat, "is 1x64 pixels"), (b"no image", absent), (None, absent)):
        label.unlink(missing_ok=True)
        if isinstance(content, bytes):
            label.write_bytes(content)
        elif content is not None:
            write_scores(label, content)
        with pytest.raises(HairlineError, match=rf"\.png: {told}; .*64x64 pixels; .* 'dvc repro label@konig'"):
            evaluated("konig")


def test_pixel_sizes_win_over_the_rule(run: Told, values: dict[str, Any], write_params: Write) -> None:
    save(0.2)
    ask(values, "auto", 0.3)
    write_params(values)
    assert evaluated()["scale"] == {"factor": pytest.approx(1.5), "by": "mm_per_px", "candidates": {}, "images": 0}
    ask(values, "auto", 30)
    write_params(values)
    with pytest.raises(HairlineError, match=r"evaluation\.scale to a number"):
        evaluated()


@pytest.mark.parametrize(("learned", "of_set"), [(None, 0.3), (0.2, None), (None, None)])
def test_where_a_pixel_size_is_not_known_the_rule_finds_the_factor_without_masks(
    run: Told, values: dict[str, Any], write_params: Write, learned: float | None, of_set: float | None
) -> None:
    save(learned)
    ask(values, "auto", of_set)
    write_params(values)
    found = evaluated()["scale"]
    assert (found["by"], found["images"]) == ("rule", 4)
    assert len(found["candidates"]) > 4 and f"{found['factor']:.4g}" in found["candidates"]
    dataset = PATHS.dataset("synthetic")
    for sample in read_samples(dataset, "test")["id"]:  # other masks change nothing
        path = mask_path(dataset, sample)
        write_mask(path, np.zeros_like(load_mask(dataset, sample)))
    assert evaluated()["scale"] == found


@pytest.mark.parametrize("known", [0.4, None])
def test_what_a_segmenter_learns_from_tells_its_pixel_size_where_that_is_known(
    run: Told, values: dict[str, Any], write_params: Write, known: float | None
) -> None:
    ask(values, 1, known)
    values["matrix"]["label_sets"] = ["manual"]
    write_params(values)
    label_manual.main([])
    list_training_images.main([])
    images = training_table.read(PATHS.training_table("synthetic", "manual"), PATHS.data)
    assert images.mm_per_px == (known if known is None else pytest.approx(known))
    assert (training_table.MM_PER_PX in images.table) == (known is not None)
