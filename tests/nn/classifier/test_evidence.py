import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hairline.config.params import Params
from hairline.errors import HairlineError
from hairline.imaging.images import quantise
from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import scaled_size
from hairline.labelling.methods import konig
from hairline.labelling.timing import shared
from hairline.nn.classifier import evidence
from hairline.nn.classifier.backbones import build
from hairline.nn.classifier.cam import by_gradient, grad_cam_plus_plus
from hairline.nn.classifier.folding import folded
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import ALONE, Runtime

PLAIN = resolve(Runtime("cpu", "32", 0, 0, ALONE, 60))
BF16 = resolve(Runtime("cpu", "bf16", 0, 0, ALONE, 60))


def prepared(backbone):
    torch.manual_seed(0)
    model = build(backbone, "none")[0]
    with torch.no_grad():
        last = model.body.get_classifier() if model.linear is None else model.linear
        last.weight.mul_(20)  # a random head answers 0.5 everywhere; this one tells windows apart
    return model


def prepared_by_pictures(backbone):
    """A random network whose normalisation layers have seen some pictures, so that signals do not fade."""
    model = prepared(backbone)
    with torch.no_grad():
        for seed in range(6):
            model(torch.from_numpy(picture(96, 96, seed)).permute(2, 0, 1)[None])
    return model.eval()


MODEL = prepared("test_resnet")
RESNET18 = prepared("resnet18")


def picture(height, width, seed=0):
    """Windows that differ in contrast and brightness, so that a random network answers them differently."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 200, (height // 16 + 1, width // 16 + 1, 3))
    smooth = coarse.repeat(16, 0).repeat(16, 1)[:height, :width]
    return (smooth + generator.integers(0, 56, (height, width, 3))).astype(np.uint8)


def one_by_one(model, image, grid):
    """Crack probability of each window, by slicing the mirrored image: the oracle for batching and order."""
    padded = grid.pad(image)
    values = []
    for y, x in grid.origins():
        window = padded[y : y + grid.window_px, x : x + grid.window_px].copy()
        with torch.inference_mode():
            logits = model.eval()(torch.from_numpy(window).permute(2, 0, 1)[None])[0].double()
        values.append(float(torch.exp(logits[1]) / torch.exp(logits).sum()))
    return np.array(values).reshape(grid.rows, grid.cols)


def test_votes_are_those_of_single_windows_for_every_size_asked():
    image = picture(70, 101)
    found = evidence.collect(MODEL, image, [32, 48], 16, [], 1024, 7, PLAIN)
    assert [(vote.window_px, vote.stride_px) for vote in found.votes] == [(32, 16), (48, 16)]
    for vote in found.votes:
        expected = one_by_one(MODEL, image, PatchGrid(70, 101, vote.window_px, 16))
        assert expected.std() > 0.01
        np.testing.assert_allclose(vote.probabilities, expected, atol=1e-4)


def test_the_full_image_gives_cam_and_probability():
    image = picture(70, 101)
    found = evidence.collect(MODEL, image, [32], 32, [], 1024, 64, PLAIN)
    mirrored = np.pad(image, ((0, 96 - 70), (0, 128 - 101), (0, 0)), mode="reflect")
    with torch.inference_mode():
        features = MODEL.features(torch.from_numpy(mirrored).permute(2, 0, 1)[None])
        cam = grad_cam_plus_plus(features, MODEL.crack_weight)[0].numpy()
        probability = MODEL.head(features).softmax(1)[0, 1].item()
    np.testing.assert_allclose(found.cam, cam, rtol=1e-3, atol=1e-5)
    assert found.crack_probability == pytest.approx(probability, abs=1e-4)
    assert found.cam_cell_px == MODEL.cell_px == 32


def test_batch_size_does_not_change_the_evidence():
    image = picture(90, 75)
    whole = evidence.collect(MODEL, image, [32], 16, [], 1024, 1000, PLAIN)
    for batch in (1, 4, 7):
        parts = evidence.collect(MODEL, image, [32], 16, [], 1024, batch, PLAIN)
        np.testing.assert_allclose(parts.votes[0].probabilities, whole.votes[0].probabilities, atol=1e-5)
        assert np.array_equal(parts.cam, whole.cam)


def test_no_batch_exceeds_the_limit(monkeypatch):
    sizes, real = [], MODEL.features
    monkeypatch.setattr(MODEL, "features", lambda images: sizes.append(len(images)) or real(images))
    evidence.collect(MODEL, picture(64, 64), [32], 16, [], 1024, 4, PLAIN)
    assert sizes == [1, 4, 4, 1]  # the image, then nine windows


def test_bf16_is_close_to_32_bit():
    image = picture(96, 128)
    exact, rough = (evidence.collect(RESNET18, image, [32], 16, [], 1024, 64, placement) for placement in (PLAIN, BF16))
    assert exact.votes[0].probabilities.std() > 0.01
    assert not np.array_equal(exact.cam, rough.cam)
    np.testing.assert_allclose(rough.votes[0].probabilities, exact.votes[0].probabilities, atol=0.05)
    np.testing.assert_allclose(rough.cam / rough.cam.max(), exact.cam / exact.cam.max(), atol=0.05)
    assert rough.crack_probability == pytest.approx(exact.crack_probability, abs=0.05)
    assert rough.cam.dtype == rough.votes[0].probabilities.dtype == np.float32


@settings(deadline=None, max_examples=12)
@given(height=st.integers(1, 75), width=st.integers(1, 75))
def test_any_size_gives_complete_finite_evidence(height, width):
    found = evidence.collect(RESNET18, picture(height, width), [32], 16, [], 1024, 64, PLAIN)
    grid = PatchGrid(height, width, 32, 16)
    assert (found.height, found.width) == (height, width)
    assert found.votes[0].probabilities.shape == (grid.rows, grid.cols)
    assert found.cam.shape == (-(-height // 32), -(-width // 32))
    everything = np.concatenate([found.votes[0].probabilities.ravel(), [found.crack_probability]])
    assert np.isfinite(everything).all() and (everything >= 0).all() and (everything <= 1).all()
    assert np.isfinite(found.cam).all() and (found.cam >= 0).all()


def test_evidence_survives_its_file(tmp_path):
    found = evidence.collect(MODEL, picture(40, 50), [48, 32], 16, [], 1024, 64, PLAIN)
    found.save(tmp_path / "e.npz")
    again = type(found).load(tmp_path / "e.npz")
    for field in dataclasses.fields(found):
        if field.name not in ("votes", "cam", "cells"):
            assert getattr(again, field.name) == getattr(found, field.name)
    assert np.array_equal(again.cam, found.cam)
    assert [vote.window_px for vote in again.votes] == [48, 32]


def test_training_mode_does_not_leak_into_the_evidence():
    image = picture(64, 64)
    expected = evidence.collect(MODEL.eval(), image, [32], 32, [], 1024, 64, PLAIN)
    state = {name: tensor.clone() for name, tensor in MODEL.state_dict().items()}
    found = evidence.collect(MODEL.train(), image, [32], 32, [], 1024, 64, PLAIN)
    assert np.array_equal(found.votes[0].probabilities, expected.votes[0].probabilities)
    assert all(torch.equal(state[name], tensor) for name, tensor in MODEL.state_dict().items())


def test_a_stride_that_skips_pixels_is_an_error():
    with pytest.raises(HairlineError, match="stride of 48 px"):
        evidence.collect(MODEL, picture(64, 64), [32], 48, [], 1024, 64, PLAIN)


@pytest.mark.parametrize(("height", "width"), [(64, 96), (70, 101), (33, 200)])
def test_tiles_give_what_the_whole_image_gives(height, width, monkeypatch):
    monkeypatch.setattr(evidence, "HALO_PX", 512)  # as wide as anything here: what is left is the bookkeeping
    image = picture(height, width)
    whole = evidence.collect(MODEL, image, [32], 32, [], 4096, 64, PLAIN)
    tiled = evidence.collect(MODEL, image, [32], 32, [], 64, 64, PLAIN)
    np.testing.assert_allclose(tiled.cam, whole.cam, rtol=1e-4, atol=1e-5)
    assert tiled.crack_probability == pytest.approx(whole.crack_probability, abs=1e-5)


def test_the_halo_is_as_wide_as_resnet18_sees():
    image = picture(96, 1000)
    whole = evidence.collect(RESNET18, image, [32], 32, [], 4096, 64, PLAIN)
    tiled = evidence.collect(RESNET18, image, [32], 32, [], 320, 64, PLAIN)
    np.testing.assert_allclose(tiled.cam, whole.cam, rtol=1e-3, atol=1e-4 * whole.cam.max())
    assert tiled.crack_probability == pytest.approx(whole.crack_probability, abs=1e-4)


def test_scaled_maps_are_those_of_the_scaled_image():
    image = picture(70, 101)
    found = evidence.collect(MODEL, image, [32], 32, [0.5, 2], 1024, 64, PLAIN)
    assert [cam.scale for cam in found.scaled] == [0.5, 2]
    for cam in found.scaled:
        height, width = scaled_size(70, 101, cam.scale)
        how = cv2.INTER_AREA if cam.scale < 1 else cv2.INTER_CUBIC
        alone = evidence.collect(
            MODEL, cv2.resize(image, (width, height), interpolation=how), [32], 32, [], 1024, 64, PLAIN
        )
        np.testing.assert_array_equal(cam.cells, alone.cam)


def test_a_cell_votes_as_an_image_of_its_features_alone_would():
    image = picture(70, 101)
    found = evidence.collect(MODEL, image, [32], 32, [0.5], 1024, 64, PLAIN)
    assert [votes.scale for votes in found.cells] == [1, 0.5]
    whole = PatchGrid(70, 101, MODEL.cell_px, MODEL.cell_px).pad(image)
    with torch.inference_mode():
        features = MODEL.features(torch.from_numpy(whole).permute(2, 0, 1)[None])
        for row, col in np.ndindex(*found.cells[0].probabilities.shape):
            alone = MODEL.head(features[:, :, row : row + 1, col : col + 1]).softmax(1)[0, 1]
            assert found.cells[0].probabilities[row, col] == pytest.approx(float(alone), abs=1e-5)


@pytest.mark.parametrize("backbone", ["mobilenetv3_small_050", "test_convnext"])
def test_other_heads_see_the_whole_map_though_it_comes_in_tiles(backbone, monkeypatch):
    monkeypatch.setattr(evidence, "HALO_PX", 512)
    model, image = prepared_by_pictures(backbone), picture(70, 101)
    found = evidence.collect(model, image, [32], 32, [], 1024, 64, PLAIN)
    tiled = evidence.collect(model, image, [32], 32, [], 64, 64, PLAIN)
    mirrored = np.pad(image, ((0, 96 - 70), (0, 128 - 101), (0, 0)), mode="reflect")
    with torch.no_grad():
        features = model.features(torch.from_numpy(mirrored).permute(2, 0, 1)[None])
        probability = model(torch.from_numpy(mirrored).permute(2, 0, 1)[None]).softmax(1)[0, 1].item()
    expected = by_gradient(features, model.head)[0][0].numpy()
    assert expected.max() > 0
    for one in (found, tiled):
        np.testing.assert_allclose(one.cam, expected, rtol=1e-3, atol=1e-4 * expected.max())
        assert one.crack_probability == pytest.approx(probability, abs=1e-5)


def test_other_heads_give_full_precision_under_bf16():
    model = prepared_by_pictures("mobilenetv3_small_050")
    exact, rough = (evidence.collect(model, picture(64, 96), [32], 32, [], 1024, 64, one) for one in (PLAIN, BF16))
    assert rough.cam.dtype == np.float32 and not np.array_equal(exact.cam, rough.cam)
    np.testing.assert_allclose(rough.cam / rough.cam.max(), exact.cam / exact.cam.max(), atol=0.1)


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenetv3_small_050"])
def test_repeated_runs_and_any_number_of_threads_give_the_same_bits(backbone):
    model, image = folded(prepared_by_pictures(backbone)), picture(40, 101)
    runs = []
    for threads in (1, 1, 3):
        torch.set_num_threads(threads)
        runs.append(evidence.collect(model, image, [32], 16, [0.5], 64, 16, PLAIN))
    torch.set_num_threads(1)
    for one in runs[1:]:
        assert np.array_equal(one.votes[0].probabilities, runs[0].votes[0].probabilities)
        assert np.array_equal(one.cam, runs[0].cam) and np.array_equal(one.scaled[0].cells, runs[0].scaled[0].cells)
        assert one.crack_probability == runs[0].crack_probability


def konig_options():
    """The paper's values with a low cut: a random network is seldom sure."""
    options = Params(Path(__file__).parents[3] / "profiles" / "base" / "params.yaml").label_set("konig").options
    return dataclasses.replace(options, localization=dataclasses.replace(options.localization, cut=0.1))


def test_labels_have_the_same_bits_in_any_number_of_threads_and_a_level_of_play_between_batches():
    model, pictures = folded(prepared_by_pictures("resnet18")), [picture(70, 101, seed) for seed in range(2)]
    options = konig_options()

    def label(image, batch=16):
        found = evidence.collect(model, image, [32], 16, [], 1024, batch, PLAIN)
        return quantise(konig.label(image, found, options))

    alone = [label(image) for image in pictures]
    assert all(one.max() > 0 for one in alone)
    for workers in (1, 4):
        with ThreadPoolExecutor(workers) as pool:
            together = list(pool.map(label, pictures))
        assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))
    for batch in (7, 64):
        for image, one in zip(pictures, alone, strict=True):
            apart = np.abs(label(image, batch).astype(int) - one)
            assert (apart > 1).mean() <= 1e-3, batch  # a map on the cut itself may fall on either side


@pytest.mark.parametrize("threads", [1, 2])
def test_the_clock_hears_of_every_map_and_window_size(monkeypatch, threads):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    told = []
    begun = time.perf_counter()
    asked = (picture(96, 128), [32, 48], 16, [0.5], 64, 5, PLAIN)
    evidence.collect(MODEL, *asked, lambda part, seconds: told.append((part, seconds)))
    wall = time.perf_counter() - begun
    spent = shared(told, wall)
    assert list(dict.fromkeys(sorted(spent))) == ["map 0.5", "map 1", "votes 32", "votes 48"]
    assert all(seconds > 0 for seconds in spent.values())
    assert sum(spent.values()) == pytest.approx(wall)
    assert sum(seconds for _, seconds in told) <= threads * wall
    batches = [-(-PatchGrid(96, 128, side, 16).rows * PatchGrid(96, 128, side, 16).cols // 5) for side in (32, 48)]
    assert [sum(part == f"votes {side}" for part, _ in told) for side in (32, 48)] == batches
