"""The whole of params.yaml at once: every section valid, every name it uses defined where it should be."""

from collections.abc import Callable, Iterator
from functools import partial

from hairline.bootstrap import BootstrapOptions
from hairline.errors import HairlineError
from hairline.fusion import TrainableRule
from hairline.gate import Gate, Gates, Rule
from hairline.gates import labels, patches, samples
from hairline.nn.recipes import ClassifierOptions, Runtime, SegmenterOptions
from hairline.params import MANUAL, Evaluation, Localize, Params
from hairline.patches import Options as PatchOptions
from hairline.synthesis import Options as SynthesisOptions

GATE_KINDS: dict[Gate, tuple[type, tuple[Rule, ...]]] = {
    "samples": (samples.Options, samples.RULES),
    "patches": (patches.Options, patches.RULES),
    "labels": (labels.Options, labels.RULES),
}


def check(params: Params) -> None:
    """Check every section and every reference between them.

    Raises:
        HairlineError: With one line for each problem found.
    """
    problems = [*_sections(params)]
    if not problems:
        problems = [*_references(params)]
    if problems:
        raise HairlineError("\n".join(problems))


def _sections(params: Params) -> Iterator[str]:
    kinds: dict[str, type] = {
        "runtime": Runtime, "gates": Gates, "patches": PatchOptions, "localize": Localize,
        "trainable": TrainableRule, "segmenter": SegmenterOptions, "evaluation": Evaluation,
        "comparison": BootstrapOptions,
    }  # fmt: skip
    readers: list[Callable[[], object]] = [params.experiment, params.matrix]
    readers += [partial(params.get, name, kind) for name, kind in kinds.items()]
    readers += [partial(params.entry, "synthetic_sets", n, SynthesisOptions) for n in params.names("synthetic_sets")]
    readers += [partial(params.entry, "classifiers", name, ClassifierOptions) for name in params.names("classifiers")]
    readers += [partial(params.dataset, name) for name in params.names("datasets")]
    readers += [partial(params.label_set, name) for name in params.names("label_sets")]
    readers += [partial(params.architecture, name) for name in params.names("architectures")]
    for dataset in params.names("datasets"):
        readers += [partial(params.gate, gate, dataset, kind) for gate, (kind, _) in GATE_KINDS.items()]
    for read in readers:
        try:
            read()
        except HairlineError as error:
            yield str(error)


def _references(params: Params) -> Iterator[str]:
    matrix, segmenter = params.matrix(), params.get("segmenter", SegmenterOptions)
    datasets, classifiers = set(params.names("datasets")), set(params.names("classifiers"))
    label_sets = {MANUAL, *params.names("label_sets")}
    uses = [
        ("matrix.datasets", matrix.datasets, "datasets", datasets),
        ("matrix.localized", matrix.localized, "matrix.datasets", set(matrix.datasets)),
        ("matrix.test_sets", matrix.test_sets, "matrix.localized", set(matrix.localized)),
        ("matrix.classifiers", matrix.classifiers, "classifiers", classifiers),
        ("matrix.label_sets", matrix.label_sets, "label_sets", label_sets),
        ("matrix.architectures", matrix.architectures, "architectures", set(params.names("architectures"))),
        ("segmenter.dataset", (segmenter.dataset,), "matrix.localized", set(matrix.localized)),
        ("segmenter.classifier", (segmenter.classifier,), "matrix.classifiers", set(matrix.classifiers)),
    ]
    for name in params.names("classifiers"):
        dataset = params.entry("classifiers", name, ClassifierOptions).dataset
        uses.append((f"classifiers.{name}.dataset", (dataset,), "matrix.datasets", set(matrix.datasets)))
    for name in params.names("label_sets"):
        classifier = params.label_set(name).classifier
        uses.append((f"label_sets.{name}.classifier", (classifier,), "matrix.classifiers", set(matrix.classifiers)))
    gates = params.get("gates", Gates)
    uses.append(("gates.for_datasets", tuple(gates.for_datasets), "datasets", datasets))
    for number, waiver in enumerate(gates.waivers):
        subjects = ("label_sets", label_sets) if waiver.gate == "labels" else ("datasets", datasets)
        uses.append((f"gates.waivers.{number}.subject", (waiver.subject,), *subjects))
        rules = {rule.name for rule in GATE_KINDS[waiver.gate][1]}
        uses.append((f"gates.waivers.{number}.rule", (waiver.rule,), f"the rules of the {waiver.gate}", rules))
    for where, used, section, defined in uses:
        for name in used:
            if name not in defined:
                yield f"{where}: '{name}' is not in {section}; it has {', '.join(sorted(defined))}"
    if MANUAL in params.names("label_sets"):
        yield f"label_sets.{MANUAL}: this name is kept for the masks themselves; choose another"
