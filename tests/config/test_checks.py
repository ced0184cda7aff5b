"""What `hairline check` finds beyond single values: names, networks and files that do not go together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hairline.config.checks import check
from hairline.config.params import Params
from hairline.errors import HairlineError

Write = Callable[[dict[str, Any]], Path]


def changed(values: dict[str, Any], *changes: tuple[str, object]) -> dict[str, Any]:
    for place, value in changes:
        *way, last = place.split(".")
        inner = values
        for key in way:
            inner = inner[key]
        inner[last] = value
    return values


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([("runtime.seed", 2**32)], ["runtime.seed", "less than 4294967296"]),
        (
            [("label_sets.konig.options.localization.vote_window_px", 48)],
            ["label_sets.konig.options: '48' is not in localize.vote_windows_px", "has 32"],
        ),
        ([("classifiers.lite0.backbone", "resnet17")],
         ["classifiers.lite0.backbone: backbone 'resnet17' is no timm model", "resnet18"]),
        ([("architectures.unet.options.encoder", "resnet17")],
         ["architectures.unet: encoder 'resnet17' is none of segmentation_models_pytorch", "resnet18"]),
        ([("architectures.unet.options.encoder", "resnet34")],
         ["architectures.unet: its encoder 'resnet34' cannot start from classifier 'lite0'", "segmenter.weights"]),
        ([("architectures.unet", {"network": "smp:FPNN:resnet18", "options": {}, "training": {}})],
         ["architectures.unet: architecture 'FPNN' is none of", "DeepLabV3, DeepLabV3Plus, FPN, Linknet"]),
        ([("architectures.unet", {"network": "smp:FPN:resnet19", "options": {}, "training": {}})],
         ["architectures.unet: encoder 'resnet19' is none of", "resnet18"]),
        ([("architectures.other",
           {"network": "smp:Unet:tu-swin_tiny_patch4_window7_224", "options": {}, "training": {}})],
         ["architectures.other: Unet with the encoder 'tu-swin_tiny_patch4_window7_224' cannot be built",
          "choose another encoder, for example resnet34"]),
        ([("architectures.unet", {"network": "smp:PAN:resnet18", "options": {}, "training": {}})],
         ["architectures.unet: network 'smp:PAN:resnet18' needs images whose sides are multiples of 128 px",
          "segmenter.crop_px is 64"]),
        ([("architectures.unet", {"network": "smp:DeepLabV3Plus:resnet18", "options": {}, "training": {}}),
          ("segmenter.recipe.batch", 1)],
         ["architectures.unet with segmenter: network 'smp:DeepLabV3Plus:resnet18' cannot learn from batches of 1 crop",
          "a single value a channel; set recipe.batch to 2"]),
        ([("architectures.unet", {"network": "smp:PAN:resnet18", "options": {}, "training": {"crop_px": 0}}),
          ("segmenter.recipe.batch", 1)],
         ["network 'smp:PAN:resnet18' cannot learn from batches of 1 image of", "set recipe.batch to 2"]),
        ([("segmenter.crop_px", 32), ("segmenter.recipe.batch", 1), ("architectures.unet.options.encoder", "resnet18")],
         ["architectures.unet with segmenter", "1 crop of 32x32 px", "set recipe.batch to 2 or set crop_px to 64"]),
        ([("runtime.parallel", {"devices": 2, "strategy": "ddp", "nodes": 2}), ("segmenter.recipe.batch", 2)],
         ["architectures.unet with segmenter: recipe.batch is 2", "there are 4 processes; raise it to 4 or start 2"]),
        ([("classifiers.lite0.backbone", "vgg11"), ("segmenter.weights", "none"),
          ("patches", {"window_px": 16, "stride_px": 16})],
         ["classifiers.lite0: backbone 'vgg11' cannot learn from batches of", "of 16x16 px",
          "set patches.window_px to 32"]),
        ([("classifiers.lite0.backbone", "vgg11"), ("segmenter.weights", "none"),
          ("localize.vote_windows_px", [16, 32]), ("localize.vote_stride_px", 16)],
         ["localize.vote_windows_px: backbone 'vgg11' cannot look at windows of 16 px", "windows of 32 px or more"]),
        ([("classifiers.lite0.backbone", "test_vit"), ("segmenter.weights", "none")],
         ["classifiers.lite0: backbone 'test_vit' is no convolutional network for images of any size"]),
        ([("architectures.unet", {"network": "deepcrack_zou", "options": {}, "training": {}})],
         ["architectures.unet: its encoder 'vgg16_bn' cannot start from classifier 'lite0'"]),
        ([("architectures.unet", {"network": "oed", "options": {"encoder": "resnet18"}, "training": {}})],
         ["architectures.unet: OED needs an encoder built like EfficientNet-B0 to B7", "tf_efficientnet_b5"]),
        ([("classifiers.lite0.backbone", "mobilenetv3_small_050"), ("classifiers.lite0.head_only", True),
          ("segmenter.weights", "none")],
         ["classifiers.lite0: backbone 'mobilenetv3_small_050': its last layer is no linear one", "choose a ResNet"]),
        ([("classifiers.lite0.backbone", "hairline_scales")],
         ["classifiers.lite0: backbone 'hairline_scales'", "set weights to auto and head_only to true"]),
        ([("classifiers.lite0.weights", "imagenett")],
         ["classifiers.lite0.weights: weights 'imagenett'", "auto, imagenet, none nor an existing"]),
        ([("classifiers.lite0.weights", "classifier")], ["classifiers.lite0.weights: weights 'classifier'"]),
        ([("segmenter.weights", "absent.safetensors")],
         ["segmenter.weights: weights 'absent.safetensors'", "auto, imagenet, none, classifier nor an existing"]),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_one_line(
    values: dict[str, Any], write_params: Write, changes: list[tuple[str, object]], told: list[str]
) -> None:
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(changed(values, *changes))), networks=True)
    message = str(caught.value)
    assert all(part in message for part in told), message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("name", ["FSV", "manual", "corrected", "konig_tuned"])
def test_no_label_set_has_the_name_of_other_labels(values: dict[str, Any], write_params: Write, name: str) -> None:
    values["label_sets"][name] = values["label_sets"]["konig"]
    with pytest.raises(HairlineError, match=f"label_sets.{name}: this .*; choose another"):
        check(Params(write_params(values)), networks=False)


def test_what_goes_together_passes(
    values: dict[str, Any], write_params: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.safetensors").write_bytes(b"")
    changed(values, ("runtime.seed", 2**32 - 1), ("classifiers.lite0.backbone", "resnet18.tv_in1k"),
            ("classifiers.lite0.weights", "mine.safetensors"),
            ("architectures.unet.options.encoder", "resnet18"))  # fmt: skip
    check(Params(write_params(values)), networks=True)
    changed(values, ("architectures.unet.options.encoder", "resnet34"), ("segmenter.weights", "mine.safetensors"))
    check(Params(write_params(values)), networks=True)
    changed(values, ("classifiers.lite0.head_only", True), ("classifiers.lite0.recipe.batch", 1),
            ("patches", {"window_px": 16, "stride_px": 16}))  # fmt: skip
    check(Params(write_params(values)), networks=True)  # a last layer alone learns from all patches at once


def test_networks_of_one_module_stand_side_by_side(values: dict[str, Any], write_params: Write) -> None:
    values["classifiers"]["lite0"]["backbone"] = "resnet18"
    values["architectures"] = {
        "a": {"network": "unet", "options": {"encoder": "resnet18"}, "training": {}},
        "b": {"network": "unet", "options": {"encoder": "tu-resnet18"}, "training": {}},
        "c": {"network": "smp:FPN:resnet18", "options": {}, "training": {}},
        "pan": {
            "network": "smp:PAN:resnet18",
            "options": {},
            "training": {},
        },  # whose crops would have to be 128 px, but is not trained
    }
    values["matrix"]["architectures"] = ["a", "b", "c"]
    check(Params(write_params(values)), networks=True)


def test_where_no_segmenter_is_trained_architectures_are_not_asked_for(
    values: dict[str, Any], write_params: Write
) -> None:
    changed(values, ("matrix.label_sets", []), ("classifiers.lite0.backbone", "resnet34"))
    check(Params(write_params(values)))
    changed(values, ("matrix.architectures", []), ("architectures", {}))
    check(Params(write_params(values)), networks=True)


def test_two_networks_that_do_not_exist_are_two_lines(values: dict[str, Any], write_params: Write) -> None:
    changes = [
        ("segmenter.weights", "no"),
        ("classifiers.lite0.backbone", "no"),
        ("architectures.unet.options.encoder", "no"),
    ]
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(changed(values, *changes))), networks=True)
    assert len(str(caught.value).splitlines()) == 3
