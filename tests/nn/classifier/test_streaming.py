import numpy as np
import pytest
import torch
from support.workspace import ROOT

from hairline.config.params import Params
from hairline.imaging.images import write_image
from hairline.imaging.windows import PatchGrid
from hairline.labelling.localization import Evidence
from hairline.labelling.methods import konig
from hairline.labelling.timing import READING
from hairline.nn.classifier import device_evidence, device_labels, device_windows, evidence, evidence_files, streaming
from hairline.nn.classifier.backbones import build
from hairline.nn.classifier.device_evidence import Questions
from hairline.nn.classifier.folding import folded
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import ALONE, Runtime

PLAIN = resolve(Runtime("cpu", "32", 0, 0, ALONE, 60))
ASKED = Questions((32, 48), 16, (0.5,), 128, 7)


def picture(height, width, seed):
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 200, (height // 16 + 1, width // 16 + 1, 3))
    smooth = coarse.repeat(16, 0).repeat(16, 1)[:height, :width]
    return (smooth + generator.integers(0, 56, (height, width, 3))).astype(np.uint8)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    network = build("test_resnet", "none")[0]
    with torch.no_grad():
        network.linear.weight.mul_(20)  # a random head answers 0.5 everywhere
    return folded(network)


SIZES = [(50, 70), (70, 50), (50, 70), (33, 160), (50, 70), (70, 50)]  # the fourth is larger than a tile
PICTURES = [picture(*size, seed) for seed, size in enumerate(SIZES)]


def collected(model, image):
    asked = ASKED
    return evidence.collect(
        model, image, asked.windows_px, asked.stride_px, asked.cam_scales, asked.tile_px, asked.batch, PLAIN
    )


@pytest.mark.parametrize(("height", "width", "window_px", "stride_px"), [(50, 70, 32, 16), (5, 9, 32, 32)])
def test_windows_are_those_of_the_grid(height, width, window_px, stride_px):
    grid, images = PatchGrid(height, width, window_px, stride_px), [picture(height, width, seed) for seed in (1, 2)]
    views = device_windows.windows(torch.from_numpy(np.stack(images)), grid)
    expected = np.concatenate([grid.split(image).reshape(-1, window_px, window_px, 3) for image in images])
    found = device_windows.picked(views, 1, len(expected)).permute(0, 2, 3, 1)
    np.testing.assert_array_equal(found.numpy(), expected[1:])


@pytest.mark.parametrize("group", [1, 2, 3])
def test_evidence_comes_in_order_and_is_that_of_every_image_alone(model, monkeypatch, group):
    monkeypatch.setattr(device_evidence.Asker, "group_size", lambda *asked: group)
    found = list(streaming.evidence_of(model, iter(PICTURES), ASKED, PLAIN))
    assert len(found) == len(PICTURES)
    for image, one in zip(PICTURES, found, strict=True):
        alone = collected(model, image)
        assert (one.height, one.width, one.cam_cell_px) == (alone.height, alone.width, alone.cam_cell_px)
        assert one.centre_px == alone.centre_px is not None
        assert [votes.centre_px for votes in one.votes] == [votes.centre_px for votes in alone.votes]
        assert one.crack_probability == pytest.approx(alone.crack_probability, abs=1e-5)
        np.testing.assert_allclose(one.cam, alone.cam, rtol=1e-4, atol=1e-5)
        for mine, theirs in zip([*one.votes, *one.cells], [*alone.votes, *alone.cells], strict=True):
            np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-5)
        assert [cam.scale for cam in one.scaled] == [0.5]
        np.testing.assert_allclose(one.scaled[0].cells, alone.scaled[0].cells, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("on_device", [True, False])
def test_labels_are_those_of_the_labeller(model, monkeypatch, on_device):
    monkeypatch.setattr(device_evidence.Asker, "group_size", lambda *asked: 2)
    options = Params(ROOT / "profiles" / "base" / "params.yaml").label_set("konig").options
    found = list(device_labels.konig_labels(model, PICTURES, options, ASKED, PLAIN, 2, on_device))
    for image, label in zip(PICTURES, found, strict=True):
        expected = konig.label(image, collected(model, image), options)
        assert label.shape == image.shape[:2]
        assert np.mean(np.abs(label - expected) > 1 / 255) < 0.001
    assert any(label.any() for label in found)


def test_a_device_hears_of_every_part(model):
    heard = []
    list(streaming.evidence_of(model, PICTURES[:2], ASKED, PLAIN, lambda part, seconds: heard.append(part)))
    assert set(heard) == {"map 1", "map 0.5", "votes 32", "votes 48"}


def test_what_a_window_takes_bounds_its_largest_layer(model):
    taken = device_windows.bytes_a_window(model, 32)
    assert taken > 4 * 3 * 32 * 32
    assert device_windows.bytes_a_window(model, 64) > 3 * taken


def test_files_hold_the_same_evidence_either_way(model, tmp_path):
    files = {}
    for number, image in enumerate(PICTURES):
        write_image(tmp_path / f"{number}.png", image)
        files[tmp_path / f"{number}.npz"] = tmp_path / f"{number}.png"
    spent = evidence_files.together(model, files, "localize", ASKED, PLAIN)
    assert set(spent) == {READING, "map 1", "map 0.5", "votes 32", "votes 48"}
    together = [Evidence.load(archive) for archive in files]
    evidence_files.one_by_one(model, files, "localize", ASKED, PLAIN)
    for found, archive in zip(together, files, strict=True):
        alone = Evidence.load(archive)
        assert [votes.window_px for votes in found.votes] == [32, 48]
        np.testing.assert_allclose(found.cam, alone.cam, rtol=1e-4, atol=1e-5)
        for mine, theirs in zip([*found.votes, *found.cells], [*alone.votes, *alone.cells], strict=True):
            np.testing.assert_allclose(mine.probabilities, theirs.probabilities, atol=1e-5)
