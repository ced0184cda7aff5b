"""What holds for every network: sizes, outputs, files, learning."""

import copy
import dataclasses
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from support.networks import ALL, MODULES, QUICK_TO_LEARN, SLOW_TO_LEARN, build, options_of
from support.variants import assert_options_are_checked, example_of

from hairline.errors import HairlineError
from hairline.nn.architectures import smp
from hairline.nn.classifier import backbones
from hairline.nn.runtime.device import resolve
from hairline.nn.runtime.recipes import ALONE, Runtime
from hairline.nn.segmenter import networks, segmenter
from hairline.nn.segmenter.losses import bce_dice

PLACEMENTS = {precision: resolve(Runtime("cpu", precision, 0, 0, ALONE, 60)) for precision in ("32", "bf16")}
OUTPUTS = {"unet": 1, "smp": 1, "deepcrack_liu": 6, "deepcrack_zou": 6, "oed": 5}  # as published


def name_of(module):
    """The whole name of a module's network, with the words that its EXAMPLE has."""
    words = getattr(networks.module(module), "WORDS", ())
    return ":".join([module, *(getattr(example_of(networks.module(module)), word) for word in words)])


def test_there_are_networks():
    assert {"unet", "smp"} <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_options_are_checked_and_have_no_defaults(module):
    found = networks.module(module)
    assert_options_are_checked(found.Options, getattr(found, "ADDED", ()))
    given = {field.name for field in dataclasses.fields(networks.module(module).Options)}
    assert {*getattr(networks.module(module), "WORDS", ())} <= given


@pytest.mark.parametrize("module", MODULES)
def test_a_backbone_is_a_name(module):
    assert re.fullmatch(r"\w+", networks.module(module).backbone(options_of(name_of(module))))


def test_importing_options_imports_no_torch():
    code = (
        "import sys; from hairline.nn.segmenter import networks\n"
        f"for name in {[name_of(module) for module in MODULES]}:\n"
        "    module = networks.module(name); module.Options, module.backbone\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("network", ALL)
def test_outputs_files_and_any_size(network, tmp_path):
    model = build(network).eval()
    side = model.multiple_px
    assert side == networks.module(network).multiple_px(options_of(network))
    with torch.inference_mode():
        images = torch.randint(0, 256, (2, 3, side, 2 * side), dtype=torch.uint8)
        outputs = model.outputs(images)
        assert [tuple(output.shape) for output in outputs] == [(2, 1, side, 2 * side)] * len(model.loss_weights)
        assert len(outputs) == OUTPUTS.get(network.partition(":")[0], len(outputs))
        assert torch.equal(model(images), outputs[0])
    segmenter.save(model, tmp_path, network, options_of(network), {})
    again, info = segmenter.load(tmp_path)
    assert info["network"] == network
    rng = np.random.default_rng(0)
    for size in ((1, 1), (3, side + 1), (side, side)):
        image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        scores = segmenter.predict(model, image, PLACEMENTS["32"])
        assert scores.shape == size and scores.dtype == np.float32
        assert scores.min() >= 0 and scores.max() <= 1
        np.testing.assert_array_equal(segmenter.predict(again, image, PLACEMENTS["32"]), scores)
        np.testing.assert_array_equal(segmenter.predict(copy.deepcopy(model), image, PLACEMENTS["32"]), scores)
        if size != (1, 1):
            rough = segmenter.predict(model, image, PLACEMENTS["bf16"])
            assert np.abs(rough - scores).mean() < 0.05


def cracks(side):
    """Two images of a side with a dark band each, and where the bands are."""
    images = torch.randint(120, 180, (2, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    targets = torch.zeros(2, side, side)
    targets[0, 24:32], targets[1, :, 40:48] = 1, 1
    images.permute(0, 2, 3, 1)[targets > 0] = 20
    return images, targets


@pytest.mark.parametrize("network", QUICK_TO_LEARN)
def test_overfits_one_batch(network):
    model = build(network).train()
    images, targets = cracks(max(64, model.multiple_px))
    steps = torch.optim.AdamW(model.parameters(), lr=2e-3, fused=True)
    reached = 0.0
    for _ in range(40):
        steps.zero_grad()
        outputs = model.outputs(images)
        losses = [bce_dice(output[:, 0], targets) for output in outputs]
        sum(weight * loss for weight, loss in zip(model.loss_weights, losses, strict=True)).backward()
        steps.step()
        found = outputs[0][:, 0] > 0
        reached = float(2 * (found & (targets > 0)).sum() / (found.sum() + targets.sum()))
        if reached > 0.8:
            break
    assert reached > 0.8


@pytest.mark.parametrize("network", SLOW_TO_LEARN)
def test_the_loss_moves_the_weights(network):
    """Those that learn slowly differ from the three above in the library's code alone."""
    model = build(network).train()
    images, targets = cracks(max(64, model.multiple_px))
    bce_dice(model.outputs(images)[0][:, 0], targets).backward()
    weights = [each for each in model.parameters() if each.requires_grad]
    moved = [each for each in weights if each.grad is not None and each.grad.isfinite().all() and each.grad.any()]
    assert len(moved) > (0.5 if "PSPNet" in network else 0.9) * len(weights)  # which leaves out deep layers


def test_the_word_counts_of_names():
    assert networks.with_words("unet", {"encoder": "resnet18"}) == {"encoder": "resnet18"}
    assert networks.with_words("smp:FPN:mit_b0", {}) == {"architecture": "FPN", "encoder": "mit_b0"}
    for name in ("smp", "smp:FPN", "smp:FPN:mit_b0:x", "unet:resnet18"):
        with pytest.raises(HairlineError, match=r"is no complete name; expected (smp:<architecture>:<encoder>|unet)"):
            networks.with_words(name, {})
    with pytest.raises(HairlineError, match="tells encoder; leave it out"):
        networks.with_words("smp:FPN:mit_b0", {"encoder": "mit_b0"})


def test_crops_must_fit_the_network():
    segmenter.check("smp:PAN:resnet18", options_of("smp:PAN:resnet18"), 256)
    segmenter.check("smp:PAN:resnet18", options_of("smp:PAN:resnet18"), None)
    with pytest.raises(HairlineError, match=r"multiples of 128 px, but segmenter\.crop_px is 192"):
        segmenter.check("smp:PAN:resnet18", options_of("smp:PAN:resnet18"), 192)


@pytest.mark.parametrize(
    ("architecture", "encoder", "told"),
    [
        ("FNP", "resnet18", r"architecture 'FNP' is none of .*; it has DPT, DeepLabV3, .*UnetPlusPlus"),
        ("FPN", "resnet81", r"encoder 'resnet81' is none of .*resnet18"),
        (
            "DPT",
            "resnet18",
            r"DPT with the encoder 'resnet18' cannot be built .*Only Timm.*example tu-vit_small_patch16_",
        ),
        ("UPerNet", "tu-swin_tiny_patch4_window7_224", r"doesn't match model \(224\).*for example resnet34"),
        ("DeepLabV3Plus", "densenet121", r"'densenet121' cannot be built .*dilated mode.*or another architecture"),
        ("UnetPlusPlus", "mit_b0", r"UnetPlusPlus with the encoder 'mit_b0' cannot be built"),
    ],
)
def test_what_does_not_go_together_is_refused(architecture, encoder, told):
    for ask in (smp.multiple_px, lambda options: smp.build(options, "none")):
        with pytest.raises(HairlineError, match=told):
            ask(smp.Options(architecture, encoder))


@pytest.mark.parametrize("encoder", ["resnet18", "tu-resnet18"])
def test_an_encoder_of_smp_starts_from_a_classifier(tmp_path, encoder):
    classifier, _ = backbones.build("resnet18", "none")
    images = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    classifier.train()(images)
    backbones.save(classifier, tmp_path, {})
    path = str(tmp_path / "weights.safetensors")
    assert smp.backbone(smp.Options("FPN", encoder)) == "resnet18"
    model, actual = smp.build(smp.Options("FPN", encoder), path)
    assert actual == f"file:{path}"
    with torch.inference_mode():
        found = model.eval().network.encoder(model.normalise(images))[-1]
        torch.testing.assert_close(found, classifier.eval().features(images))


def test_a_model_of_an_older_version_is_told(tmp_path):
    (tmp_path / "model.json").write_text('{"architecture": "unet", "options": {"encoder": "resnet18"}}')
    with pytest.raises(HairlineError, match="names no network; train this segmenter again"):
        segmenter.load(tmp_path)


def test_a_classifier_is_told_from_a_segmenter(tmp_path):
    backbones.save(backbones.build("resnet18", "none")[0], tmp_path, {})
    with pytest.raises(HairlineError, match=r"a classifier of patches, no segmenter; .*'hairline label --classifier'"):
        segmenter.load(tmp_path)
