"""params.yaml, gates.yaml, studies.yaml: what is wrong is told in one line each; what is right arrives typed."""

import re
import subprocess
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import parse_yaml
from support import parameters

from hairline.config.checks import check
from hairline.config.parameter_files import FILES
from hairline.config.params import ADDED, SECTIONS, Params
from hairline.errors import HairlineError
from hairline.io import plugins

Write = Callable[[dict[str, Any]], Path]


def put(values: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    *way, last = place.split(".")
    inner = values
    for key in way:
        inner = inner[key]
    inner[last] = value
    return values


def test_the_tiny_experiment_is_valid_and_typed(values: dict[str, Any], write_params: Write) -> None:
    params = Params(write_params(values))
    check(params)
    assert params.label_set("konig").options.localization.erosion_px == 3
    assert params.dataset("synthetic").root == Path("data/raw/synthetic")
    unet = params.architecture("unet")
    assert (unet.network, unet.options.encoder) == ("unet", "tu-test_resnet")


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ("classifiers.lite0.recipe.learning_rate", 0, ["learning_rate", "greater than 0", "found 0"]),
        ("classifiers.lite0.recipe.learning_rate", "fast", ["learning_rate", "expected a number, found 'fast'"]),
        ("patches.stride_px", 33, ["patches", "stride of 33 px", "uncovered", "at most 32"]),
        ("label_sets.konig.options.thresholding.stride_px", 40, ["thresholding", "stride of 40", "uncovered"]),
        ("localize.vote_stride_px", 64, ["localize", "vote_stride_px 64", "uncovered"]),
        (
            "label_sets.konig.method",
            "kning",
            ["label_sets.konig", "'kning'", *plugins.names("hairline.labelling.methods")],
        ),
        ("datasets.synthetic.layout", "coco17", ["datasets.synthetic", *plugins.names("hairline.data.layouts")]),
        ("label_sets.konig.options.localization.cut", 1.0, ["localization.cut", "less than 1"]),
        ("label_sets.konig.options.localization.cutt", 0.5, ["localization.cutt", "unknown value"]),
        ("label_sets.konig.options.fusion.closing_px", 4, ["fusion", "closing_px must be odd"]),
        ("label_sets.otsu.options", {"level": 3}, ["label_sets.otsu.options.level", "unknown value"]),
        ("label_sets.otsu.classifier", "resnet99", ["label_sets.otsu.classifier", "'resnet99'", "lite0"]),
        ("matrix.localized", [], ["matrix.localized", "at least 1"]),
        (
            "matrix.architectures",
            [],
            ["matrix", "architectures is empty", "manual, konig, otsu", "empty both"],
        ),
        ("matrix.training_sets", [], ["matrix", "training_sets is empty", "manual, konig, otsu"]),
        ("matrix.training_sets", ["walls"], ["matrix.training_sets: 'walls' is not in training_sets", "has synthetic"]),
        ("training_sets.synthetic.parts", [], ["training_sets.synthetic", "parts is empty"]),
        ("pooled_test_sets", {"all": ["walls"]}, ["pooled_test_sets.all: 'walls' is not in matrix.test_sets"]),
        ("pooled_test_sets", {"synthetic": ["synthetic"]}, ["pooled_test_sets.synthetic", "that of a test set"]),
        ("matrix.label_sets", ["manual", "konig", "konig"], ["matrix.label_sets", "names 'konig' twice; name it once"]),
        ("matrix.test_sets", ["synthetic", "synthetic"], ["matrix.test_sets", "names 'synthetic' twice"]),
        ("experiment", "raw", ["experiment", "choose another name than 'raw'"]),
        ("segmenter.recipe.learning_rate", float("inf"), ["segmenter.recipe.learning_rate", "finite"]),
        ("strips.count", -1, ["strips.count", "greater than or equal to 0"]),
        ("strips.samples", {"walls": ["a"]}, ["strips.samples: 'walls' is not in matrix.localized", "has synthetic"]),
        ("matrix.label_sets", ["manual", "snake"], ["matrix.label_sets", "'snake'", "konig, konig_tuned, manual"]),
        ("segmenter.crop_px", 100, ["segmenter", "multiple of 32"]),
        ("segmenter.loss.name", "hinge", ["segmenter.loss.name", "'bce_dice', 'focal' or 'gce'", "'hinge'"]),
        ("architectures.unet.options.encodr", "resnet18", ["architectures.unet.options.encodr", "unknown value"]),
        ("architectures.unet.encoder", "resnet18", ["architectures.unet.encoder", "unknown value"]),
        (
            "architectures.unet.network",
            "unett",
            ["architectures.unet.network", "'unett'", *plugins.names("hairline.nn.architectures")],
        ),
        (
            "architectures.unet.network",
            "smp:FPN",
            ["architectures.unet.network: 'smp:FPN' is no complete name; expected smp:<architecture>:<encoder>"],
        ),
        ("architectures.unet.network", "unet:resnet18", ["architectures.unet.network", "expected unet"]),
        (
            "architectures.unet.network",
            "smp:FPN:resnet18",
            ["architectures.unet.network: the name 'smp:FPN:resnet18' tells encoder; leave it out of the options"],
        ),
        ("architectures.unet.options", None, ["architectures.unet.options", "found None"]),
        (
            "architectures",
            {"u-net": {"network": "unet", "options": {"encoder": "resnet18"}, "training": {}}},
            ["architectures.u-net"],
        ),
        ("runtime.device", "tpu", ["runtime.device", "'auto', 'cpu' or 'cuda'"]),
        ("runtime.tracking_wait_s", 0, ["runtime.tracking_wait_s", "greater than 0"]),
        ("runtime.tracking_wait_s", "long", ["runtime.tracking_wait_s", "found 'long'"]),
        ("experiment", "a b/c", ["experiment"]),
        ("gates.samples.severities.polarity", "loud", ["gates.yaml: gates.samples.severities.polarity"]),
        ("studies.konig.trials", 0, ["studies.yaml: studies.konig.trials", "greater than"]),
        ("studies.konig.dataset", "walls", ["studies.yaml: studies.konig.dataset: 'walls' is not in matrix.localized"]),
        ("comparison.level", 1.5, ["comparison"]),
        ("trainable.crack_score", -0.1, ["trainable.crack_score", "greater than or equal to 0"]),
        ("label_sets.konig.options.thresholding.classes", 5, ["thresholding.classes", "2, 3 or 4"]),
        ("label_sets.konig.options.thresholding.grey", "gbr", ["thresholding.grey", "'rgb' or 'bgr'"]),
        ("label_sets.konig.options.localization.cells", "max", ["localization.cells", "'mean' or 'window'"]),
        ("extra", 1, ["unknown section extra"]),
        ("label_sets.konig.method", "kning", ["did you mean 'konig'?"]),
        ("gates.samples.severities.contrast", False, ["severities.contrast", "'warn' or 'off', found false"]),
        ("gates.samples.require_masks", "yes", ["require_masks", "expected true or false, found 'yes'"]),
        ("runtime.seed", True, ["runtime.seed: expected a number, found true"]),
        ("runtime.seed", "7", ["runtime.seed: expected a number, found '7'; take the quotes away"]),
        ("runtime.seed", 7.5, ["runtime.seed: expected an integer, found 7.5"]),
        ("comparison.level", "0.95", ["comparison.level: expected a number, found '0.95'; take the quotes away"]),
        ("matrix.datasets", [2016], ["matrix.datasets.0: expected a text, found 2016; put it in quotes"]),
        ("datasets.synthetic.root", 2016, ["datasets.synthetic.root: expected a path, found 2016; put it in quotes"]),
        ("strips.samples", {"synthetic": [42]}, ["strips.samples.synthetic.0: expected a text, found 42"]),
        ("segmenter.recipe.epoch", 3, ["segmenter.recipe.epoch: unknown value, did you mean 'epochs'?"]),
        ("segmenter.recipe", [1], ["segmenter.recipe: expected a mapping of names to values, found [1]"]),
        ("runtime.parallel.devices", "two", ["runtime.parallel.devices: expected a number or 'auto', found 'two'"]),
        ("evaluation.scale", "2", ["evaluation.scale: expected a number or 'auto', found '2'; take the quotes away"]),
        ("evaluation.scale", True, ["evaluation.scale: expected a number or 'auto', found true"]),
        (
            "studies.konig.space",
            {"localization.cut": {"low": 0.1, "high": 0.6, "stepp": 0.1}},
            ["space.localization.cut.step: missing value", "stepp: unknown value, did you mean 'step'?"],
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    values: dict[str, Any], write_params: Write, place: str, value: object, told: list[str]
) -> None:
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(put(values, place, value))))
    message = str(caught.value)
    assert all(part in message for part in told), message
    assert len(message.splitlines()) == 1 or "missing value" in message


def test_a_missing_value_is_named(values: dict[str, Any], write_params: Write) -> None:
    del values["label_sets"]["konig"]["options"]["localization"]["cut"]
    with pytest.raises(HairlineError, match=r"label_sets\.konig\.options\.localization\.cut: missing value"):
        check(Params(write_params(values)))


def test_a_file_of_an_earlier_version_waits_for_servers_as_the_base_does(
    values: dict[str, Any], write_params: Write
) -> None:
    told = values["runtime"].pop("tracking_wait_s")
    params = Params(write_params(values))
    assert params.tracking_wait_s == params.runtime.tracking_wait_s == told == 20
    assert Params(write_params(put(values, "runtime.tracking_wait_s", 5))).tracking_wait_s == 5
    with pytest.raises(HairlineError, match=r"runtime\.tracking_wait_s: .* greater than 0, found -1"):
        _ = Params(write_params(put(values, "runtime.tracking_wait_s", -1))).tracking_wait_s


@pytest.mark.parametrize("section", [section for section in SECTIONS if section not in ADDED])
def test_a_missing_section_is_named(values: dict[str, Any], write_params: Write, section: str) -> None:
    del values[section]
    with pytest.raises(HairlineError, match=f"missing section {section}"):
        Params(write_params(values))


def test_a_misspelt_section_is_told_with_the_one_that_was_meant(values: dict[str, Any], write_params: Write) -> None:
    values["matrx"] = values.pop("matrix")
    with pytest.raises(
        HairlineError, match=r"unknown section matrx \(did you mean 'matrix'\?\); missing section matrix"
    ):
        Params(write_params(values))


def test_files_of_versions_that_lacked_a_section_are_read_as_the_base_is(
    values: dict[str, Any], write_params: Write
) -> None:
    del values["learned"]
    assert Params(write_params(values)).learned == parameters.base()["learned"] == "error"


def test_a_gates_file_of_an_older_version_has_the_rules_it_lacks_as_in_the_base(
    values: dict[str, Any], write_params: Write
) -> None:
    values["gates"]["samples"] = older = parameters.base()["gates"]["samples"]
    expected = Params(write_params(values)).samples_gate("synthetic")
    for name in ("min_brightness", "min_spread", "max_faint_images"):
        del older[name]
    for rule in ("mask_remarks", "exposure", "files_passed_over", "overlaps_across_splits"):
        del older["severities"][rule]
    params = Params(write_params(values))
    assert params.samples_gate("synthetic") == expected
    check(params)
    older["severities"]["exposure"] = "off"
    assert Params(write_params(values)).samples_gate("synthetic").severities["exposure"] == "off"


def test_two_mistakes_are_two_lines(values: dict[str, Any], write_params: Write) -> None:
    put(put(values, "patches.stride_px", 0), "runtime.seed", -1)
    with pytest.raises(HairlineError) as caught:
        check(Params(write_params(values)))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(("label_set", "way"), [("konig", ("localization",)), ("crf", ())])
def test_label_sets_of_an_older_version_are_drawn_as_they_were(
    values: dict[str, Any], write_params: Write, label_set: str, way: tuple[str, ...]
) -> None:
    assert _at(values["label_sets"][label_set]["options"], way).pop("align") == "corner"
    params = Params(write_params(values))
    assert reduce(getattr, way, params.label_set(label_set).options).align == "corner"
    assert _at(params.raw("label_sets")[label_set]["options"], way)["align"] == "corner"  # which a study may search


def _at(options: dict[str, Any], way: tuple[str, ...]) -> dict[str, Any]:
    return reduce(dict.__getitem__, way, options)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_broken_file_is_told(
    values: dict[str, Any], write_params: Write, tmp_path: Path, name: str
) -> None:
    path = write_params(values)
    (tmp_path / name).unlink()
    with pytest.raises(HairlineError, match=rf"{name}: not found; .*hairline profile synthetic"):
        Params(path)
    (tmp_path / name).write_text("a: [1\n")
    with pytest.raises(HairlineError, match=rf"{name}, line 2: no valid YAML"):
        Params(path)
    (tmp_path / name).write_text("- 1\n")
    with pytest.raises(HairlineError, match=rf"{name}: expected a mapping"):
        Params(path)


def test_a_section_in_the_wrong_file_is_told_with_the_right_one(
    values: dict[str, Any], write_params: Write, tmp_path: Path
) -> None:
    path = write_params(values)
    with (tmp_path / "gates.yaml").open("a") as file:
        file.write("studies: {}\npatches: {}\n")
    with pytest.raises(HairlineError, match=r"gates\.yaml: .*found 'studies'; it belongs in studies\.yaml"):
        Params(path)
    write_params(values)
    with path.open("a") as file:
        file.write("gates: {}\nstudies: {}\n")
    with pytest.raises(HairlineError, match=r"gates and studies .* belong in gates\.yaml and studies\.yaml .*upgrade"):
        Params(path)


@pytest.mark.parametrize(
    ("place", "text", "value"),
    [
        ("gates.samples.severities.contrast", "off", "off"),  # not false
        ("segmenter.recipe.epochs", "010", 10),  # not eight
        ("segmenter.recipe.learning_rate", "1e-3", 0.001),  # not a text
    ],
)
def test_values_mean_what_they_mean_to_dvc(
    values: dict[str, Any], write_params: Write, tmp_path: Path, place: str, text: str, value: object
) -> None:
    put(values, place, "HERE")
    path = write_params(values)
    for name in FILES:
        (tmp_path / name).write_text((tmp_path / name).read_text().replace("HERE", text))
    params = Params(path)
    check(params)
    found = params.raw(place.partition(".")[0])
    for key in place.split(".")[1:]:
        found = found[key]
    assert found == value and type(found) is type(value)
    (file,) = {params.file(place).name} & set(FILES)
    assert parse_yaml((tmp_path / file).read_text(), file)[place.partition(".")[0]] == params.raw(place.split(".")[0])


def test_what_is_given_twice_is_refused_with_file_and_line(
    values: dict[str, Any], write_params: Write, tmp_path: Path
) -> None:
    path = write_params(values)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, "patches: {window_px: 64, stride_px: 64}"]) + "\n")
    with pytest.raises(HairlineError, match=rf"params\.yaml, line {len(lines) + 1}: 'patches' is given twice"):
        Params(path)
    write_params(values)
    gates = tmp_path / "gates.yaml"
    gates.write_text(gates.read_text().replace("    max_drift:", "    max_drift: 0\n    max_drift:"))
    with pytest.raises(HairlineError, match=r"gates\.yaml, line \d+: 'max_drift' is given twice"):
        Params(path)


def test_reading_all_parameters_imports_no_torch_and_no_tracker(values: dict[str, Any], write_params: Write) -> None:
    path = write_params(values)
    code = (
        "import sys; from pathlib import Path\n"
        "from hairline.config.checks import check; from hairline.config.params import Params\n"
        f"check(Params(Path({str(path)!r})))\n"
        "heavy = {'torch', 'mlflow', 'lightning', 'great_expectations', 'segmentation_models_pytorch'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_gates_differ_for_one_data_set_where_they_are_told_to(values: dict[str, Any], write_params: Write) -> None:
    gates = values["gates"]
    gates["for_datasets"] = {"synthetic": {"samples": {"require_masks": False, "severities": {"contrast": "error"}}}}
    waiver = {"gate": "samples", "subject": "synthetic", "rule": "contrast", "sample": "a", "reason": "looked at"}
    gates["waivers"] = [waiver, waiver | {"gate": "labels", "subject": "konig", "rule": "full_labels"}]
    params = Params(write_params(values))
    check(params)
    here, elsewhere = (params.samples_gate(name) for name in ("synthetic", "another"))
    assert (here.require_masks, elsewhere.require_masks) == (False, True)
    assert (here.severities["contrast"], here.severities["polarity"]) == ("error", "error")
    assert elsewhere.severities["contrast"] == "warn"
    assert here.max_crack_share == elsewhere.max_crack_share
    assert [found.rule for found in params.waivers("samples", "synthetic")] == ["contrast"]
    assert params.waivers("patches", "synthetic") == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"for_datasets": {"walls": {}}}, "gates.for_datasets: 'walls' is not in datasets"),
        ({"for_datasets": {"synthetic": {"samples": {"max_drift": 2}}}}, "gates.for_datasets.synthetic"),
        ({"waivers": [{"gate": "samples", "subject": "synthetic", "rule": "colour", "sample": "a", "reason": ""}]},
         "'colour' is not in the rules of the samples"),
        ({"waivers": [{"gate": "labels", "subject": "synthetic", "rule": "full_labels", "sample": "a", "reason": ""}]},
         "'synthetic' is not in label_sets"),
    ],
)  # fmt: skip
def test_gates_that_name_what_is_not_there_are_told(
    values: dict[str, Any], write_params: Write, change: dict[str, Any], told: str
) -> None:
    values["gates"].update(change)
    with pytest.raises(HairlineError, match=re.escape(told)):
        check(Params(write_params(values)))


def test_an_architecture_may_be_trained_otherwise(values: dict[str, Any], write_params: Write) -> None:
    other = {"weights": "none", "recipe": {"epochs": 5}, "loss": {"name": "gce"}}
    values["architectures"]["slow"] = {**values["architectures"]["unet"], "training": other}
    params = Params(write_params(values))
    options, plain = params.training("slow")
    common, _ = params.training("unet")
    assert (options.weights, options.recipe.epochs, options.loss.name) == ("none", 5, "gce")
    assert options.recipe.batch == common.recipe.batch and options.loss.q == common.loss.q
    assert plain["recipe"] == {**values["segmenter"]["recipe"], "epochs": 5}
    assert common.recipe.epochs == values["segmenter"]["recipe"]["epochs"]
    values["architectures"]["slow"]["training"] = {"recipe": {"epoch": 5}}
    with pytest.raises(
        HairlineError, match=r"segmenter \(with architectures.slow.training\).recipe.epoch: unknown value"
    ):
        Params(write_params(values)).training("slow")


def test_sections_and_entries_are_read_once_and_as_their_own_types(values: dict[str, Any], write_params: Write) -> None:
    params = Params(write_params(values))
    assert params.segmenter is params.segmenter and params.classifier("lite0") is params.classifier("lite0")
    assert params.label_set("konig") is params.label_set("konig") is not params.label_set("otsu")
    assert params.training("unet") is params.training("unet")
    assert params.study("konig").trials == 4 and params.training_set("synthetic").parts[0].dataset == "synthetic"
    with pytest.raises(HairlineError, match=r"params\.yaml: classifiers has no 'vgg'; it has lite0"):
        params.classifier("vgg")


@pytest.mark.parametrize("place", ["max_drift", "severities.drift"])
def test_what_a_gate_lacks_names_the_command_that_adds_it(
    values: dict[str, Any], write_params: Write, place: str
) -> None:
    samples = values["gates"]["samples"] = parameters.base()["gates"]["samples"]
    *way, name = place.split(".")
    del (samples[way[0]] if way else samples)[name]
    with pytest.raises(HairlineError, match=f"{name}.*'hairline upgrade' adds"):
        Params(write_params(values)).samples_gate("synthetic")
