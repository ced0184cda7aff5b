"""Write down which source code each stage and each variant consists of, so that DVC reruns what a change can change."""

from collections.abc import Iterator, Sequence

from hairline.config.params import Params
from hairline.io.atomic import whole_folder, write_json
from hairline.io.source import Source
from hairline.nn.runtime.recipes import SHIPPED
from pipeline import stage

SHOW = ("compare", "draw_labels", "draw_study", "validate", "validate_labels", "validate_patches")
"""Stages that make pages and pictures, whose code is theirs as well."""

SCALES = "hairline_scales"
"""The backbone that is the segmenter inside hairline."""

NAMED = ("synthetic_sets", "classifiers", "studies")
"""Sections whose names stand in commands, where nothing else that is made has them in its path."""


def main(argv: Sequence[str] | None = None) -> None:
    """Write the hash of every module that a stage consists of to STAGE.json, and so for all variants in use.

    Names that are none end this stage, and with it every other, before DVC puts them into the command of one.
    """
    params, paths = stage.opened(stage.arguments(__doc__, argv).params)
    named = {section: params.names(section) for section in NAMED}
    source, _ = Source(), params.matrix
    with whole_folder(paths.code) as folder:
        for module in source.modules("pipeline"):
            name = module.rpartition(".")[2]
            closure = source.closure(module, shows=name in SHOW)
            write_json(folder / f"{name}.json", {**closure, **(_heads(params) if name == "train_classifier" else {})})
        for place, module in _variants(params):
            write_json(folder / f"{place}.json", {**source.closure(module), **_weights(params, place)})
        for section, names in named.items():
            for name in names:
                write_json(folder / "names" / section / f"{name}.json", {"name": name})


def _variants(params: Params) -> Iterator[tuple[str, str]]:
    """Kind and name of what uses a variant, and the variant's module."""
    for name in params.names("datasets"):
        yield f"layouts/{name}", f"hairline.data.layouts.{params.layout(name)}"
    for name in params.names("label_sets"):
        yield f"methods/{name}", f"hairline.labelling.methods.{params.label_set(name).method}"
    for name in params.matrix.architectures:
        network = params.architecture(name).network.partition(":")[0]
        yield f"architectures/{name}", f"hairline.nn.architectures.{network}"


def _heads(params: Params) -> dict[str, str]:
    """Hash of the weights that come with the source, where a classifier's features are made by them."""
    if not any(params.classifier(name).backbone == SCALES for name in params.names("classifiers")):
        return {}
    from hairline.nn.segmenter import start  # torch, which nothing else here needs

    return {"classifiers.weights": start.weights_hash(SHIPPED)}


def _weights(params: Params, place: str) -> dict[str, str]:
    """Hash of the weights that come with the source, for an architecture that starts from them."""
    kind, _, name = place.partition("/")
    if kind != "architectures" or params.training(name)[0].init != SHIPPED:
        return {}
    from hairline.nn.segmenter import start  # torch, which nothing else here needs

    return {"segmenter.init": start.weights_hash(SHIPPED)}


if __name__ == "__main__":
    stage.run(main)
