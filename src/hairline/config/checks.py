"""All parameters at once: every section valid, every name it uses defined, every network one there is."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from hairline.config import place_checks, training_set_checks
from hairline.config.params import Params
from hairline.data.names import CORRECTED, FSV, MANUAL, MASKS
from hairline.errors import HairlineError
from hairline.gates import labels_gate, patches_gate, samples_gate
from hairline.gates.rules import Gate, Rule
from hairline.io import bounds, plugins
from hairline.labelling.localization import Needs
from hairline.nn.runtime import processes
from hairline.nn.runtime.recipes import FROM_CLASSIFIER
from hairline.nn.segmenter import networks
from hairline.tuning import checks

RULES: dict[Gate, tuple[Rule, ...]] = {
    "samples": samples_gate.RULES,
    "patches": patches_gate.RULES,
    "labels": labels_gate.RULES,
}

SECTIONS = ("experiment", "matrix", "pooled_test_sets", "runtime", "gates", "patches", "localize", "trainable",
            "strips", "segmenter", "evaluation", "comparison", "learned", "corrected")  # fmt: skip
"""The properties of :class:`Params` that are a section as a whole."""

Reference = tuple[str, tuple[str, ...], str, set[str]]
"""Where names stand, the names, the section or list that must have them, and what it has."""


def check(params: Params, networks: bool = False) -> None:
    """Check every section and every reference between them.

    Args:
        params: What to check.
        networks: Also look up backbones, encoders and weight files, and try the networks on the shapes of a batch,
            which takes seconds for the libraries they are of.

    Raises:
        HairlineError: With one line for each problem found.
    """
    problems = dict.fromkeys(_sections(params))  # a section that several rely on is told once
    if problems:
        raise HairlineError("\n".join(problems))
    steps = (
        _references,
        place_checks.problems,
        _memory,
        _studies,
        training_set_checks.problems,
        _shared,
        *((_networks, _batches) if networks else ()),
        _starts,
    )
    for step in steps:  # each relies on those before
        problems = dict.fromkeys(f"{params.file(line)}: {line}" for line in step(params))
        if problems:
            raise HairlineError("\n".join(problems))


def _sections(params: Params) -> Iterator[str]:
    readers: list[Callable[[], object]] = [partial(getattr, params, name) for name in SECTIONS]
    for section, read in (
        ("synthetic_sets", params.synthetic_set),
        ("classifiers", params.classifier),
        ("datasets", params.dataset),
        ("label_sets", params.label_set),
        ("studies", params.study),
        ("architectures", params.training),
        ("training_sets", params.training_set),
    ):
        readers += [partial(read, name) for name in params.names(section)]
    for dataset in params.names("datasets"):
        readers += [partial(gate, dataset) for gate in (params.samples_gate, params.patches_gate, params.labels_gate)]
    for each in readers:
        try:
            each()
        except HairlineError as error:
            yield str(error)


def _references(params: Params) -> Iterator[str]:
    matrix, segmenter = params.matrix, params.segmenter
    datasets, classifiers = set(params.names("datasets")), set(params.names("classifiers"))
    label_sets = {MANUAL, *params.labelled(), *([CORRECTED] if params.corrected else [])}
    uses: list[Reference] = [
        ("matrix.datasets", matrix.datasets, "datasets", datasets),
        ("matrix.localized", matrix.localized, "matrix.datasets", set(matrix.datasets)),
        ("matrix.test_sets", matrix.test_sets, "matrix.localized", set(matrix.localized)),
        ("matrix.classifiers", matrix.classifiers, "classifiers", classifiers),
        ("matrix.label_sets", matrix.label_sets, "label_sets", label_sets),
        ("matrix.architectures", matrix.architectures, "architectures", set(params.names("architectures"))),
        ("strips.samples", tuple(params.strips.samples), "matrix.localized", set(matrix.localized)),
        ("segmenter.classifier", (segmenter.classifier,), "matrix.classifiers", set(matrix.classifiers)),
    ]
    for name in params.names("classifiers"):
        dataset = params.classifier(name).dataset
        uses.append((f"classifiers.{name}.dataset", (dataset,), "matrix.datasets", set(matrix.datasets)))
    uses += [*_of_label_sets(params), *_of_gates(params)]
    defined_in = {
        "label_sets": label_sets, "matrix.localized": set(matrix.localized), "matrix.test_sets": set(matrix.test_sets),
        "matrix.datasets": set(matrix.datasets), "training_sets": set(params.names("training_sets")),
        "corrected": set(params.corrected),
    }  # fmt: skip
    uses += [(where, names, section, defined_in[section]) for where, names, section in training_set_checks.uses(params)]
    for name in params.names("studies"):
        study, where = params.study(name), f"studies.{name}"
        uses.append((f"{where}.label_set", (study.label_set,), "label_sets", set(params.names("label_sets"))))
        uses.append((f"{where}.dataset", (study.dataset,), "matrix.localized", set(matrix.localized)))
    for where, used, section, defined in uses:
        for name in used:
            if name not in defined:
                yield f"{where}: '{name}' is not in {section}; it has {', '.join(sorted(defined)) or 'none'}"
    yield from _taken_names(params)


def _of_label_sets(params: Params) -> Iterator[Reference]:
    classifiers = set(params.matrix.classifiers)
    localize = params.localize
    windows, scales = set(map(str, localize.vote_windows_px)), set(map(str, localize.cam_scales))
    for name in params.names("label_sets"):
        label_set = params.label_set(name)
        chosen, where = (label_set.classifier,), f"label_sets.{name}.classifier"
        yield where, chosen, "matrix.classifiers", classifiers
        if hasattr(label_set.options, "needs"):
            needs: Needs = label_set.options.needs()
            where = f"label_sets.{name}.options"
            yield where, tuple(map(str, needs.windows_px)), "localize.vote_windows_px", windows
            yield where, tuple(map(str, needs.scales)), "localize.cam_scales", scales


def _of_gates(params: Params) -> Iterator[Reference]:
    datasets, label_sets = set(params.names("datasets")), {*MASKS, *params.labelled()}
    gates = params.gates
    yield "gates.for_datasets", tuple(gates.for_datasets), "datasets", datasets
    for number, waiver in enumerate(gates.waivers):
        subjects = ("label_sets", label_sets) if waiver.gate == "labels" else ("datasets", datasets)
        yield f"gates.waivers.{number}.subject", (waiver.subject,), *subjects
        rules = {rule.name for rule in RULES[waiver.gate]}
        yield f"gates.waivers.{number}.rule", (waiver.rule,), f"the rules of the {waiver.gate}", rules


def _taken_names(params: Params) -> Iterator[str]:
    """Label sets that have a name which something else makes labels under."""
    for name in params.names("studies"):
        if params.tuned(name) in params.names("label_sets"):
            yield f"label_sets.{params.tuned(name)}: this name is that of the labels of studies.{name}; choose another"
    for name in MASKS:
        if name in params.names("label_sets"):
            kept = "the masks themselves" if name == MANUAL else "masks that people corrected"
            yield f"label_sets.{name}: this name is kept for {kept}; choose another"
    if FSV in params.names("label_sets"):
        yield f"label_sets.{FSV}: this is what reports call networks trained on manual masks; choose another name"


def _studies(params: Params) -> Iterator[str]:
    """Search spaces that do not fit the label set or the evidence, objectives that the data set has no masks for."""
    localize = params.localize
    for name in params.names("studies"):
        study = params.study(name)
        options, parse = params.raw("label_sets")[study.label_set]["options"], params.options_of(study.label_set)
        found = checks.problems(study, options, parse, localize.vote_windows_px, localize.cam_scales)
        yield from (f"studies.{name}.{line}" for line in found)
        layout = params.layout(study.dataset)
        if study.needs_masks and getattr(plugins.resolve("hairline.data.layouts", layout), "WITHOUT_MASKS", False):
            yield (
                f"studies.{name}.objective: {', '.join(study.objective)} on images of '{study.dataset}', whose layout "
                f"'{layout}' has no masks; choose [maskless] alone (experimental), or a data set with masks"
            )


def _starts(params: Params) -> Iterator[str]:
    """Encoders that cannot take the classifier's weights though they are told to; starts that stages write over."""
    made, here = Path("models", params.experiment), os.path.realpath
    for name in _trained(params):
        segmenter, _ = params.training(name)
        if segmenter.init is not None and Path(here(made)) in Path(here(segmenter.init)).parents:
            yield (
                f"architectures.{name} with segmenter: init '{segmenter.init}' lies in {made}, which stages of this "
                f"experiment write in an order of their own; copy it to models/{name}_start, dvc add that and name it"
            )
        backbone = params.classifier(segmenter.classifier).backbone
        architecture = params.architecture(name)
        encoder = networks.module(architecture.network).backbone(architecture.options)
        if segmenter.init is None and segmenter.weights == FROM_CLASSIFIER and encoder != backbone.partition(".")[0]:
            yield (
                f"architectures.{name}: its encoder '{encoder}' cannot start from classifier '{segmenter.classifier}', "
                f"whose backbone is '{backbone}'; make them the same, or change segmenter.weights or "
                f"architectures.{name}.training.weights (now 'classifier')"
            )


def _memory(params: Params) -> Iterator[str]:
    """Classifiers whose batches no memory holds."""
    for name in params.names("classifiers"):
        batch, window = params.classifier(name).recipe.batch, params.patches.window_px
        if batch * window**2 > bounds.BATCH_PIXELS:
            yield (
                f"classifiers.{name}: recipe.batch {batch} of patches of {window} px are more than "
                f"{bounds.BATCH_PIXELS} pixels a batch; lower recipe.batch or patches.window_px"
            )


def _trained(params: Params) -> tuple[str, ...]:
    """The architectures that segmenters are trained with."""
    return params.matrix.architectures if params.matrix.label_sets else ()


def _networks(params: Params) -> Iterator[str]:
    """Backbones, encoders and files of initial weights that do not exist."""
    from hairline.nn.classifier import backbones
    from hairline.nn.runtime import weights
    from hairline.nn.segmenter import segmenter as segmenters
    from hairline.nn.segmenter import start

    look_ups: list[tuple[str, Callable[[], object]]] = []
    for name in params.names("classifiers"):
        options, where = params.classifier(name), f"classifiers.{name}"
        look_ups += [(f"{where}.backbone", partial(backbones.known, options.backbone))]
        look_ups += [(f"{where}.weights", partial(weights.files, options.weights))]
    for name in params.names("architectures"):
        architecture, (segmenter, _) = params.architecture(name), params.training(name)
        crop_px = segmenter.crop_px if name in _trained(params) else None
        check = partial(segmenters.check, architecture.network, architecture.options, crop_px)
        look_ups += [(f"architectures.{name}", check)]
        if segmenter.init is None:
            look_ups += [("segmenter.weights", partial(weights.files, segmenter.weights, FROM_CLASSIFIER))]
        elif name in _trained(params):
            begin = partial(start.check, segmenter.init, architecture.network, architecture.options)
            look_ups += [(f"architectures.{name} with segmenter", begin)]
    yield from _failed(look_ups)


def _failed(look_ups: Iterable[tuple[str, Callable[[], object]]]) -> Iterator[str]:
    """What is said by those that fail, with where they look."""
    for where, look_up in look_ups:
        try:
            look_up()
        except HairlineError as error:
            yield f"{where}: {error}"


def _batches(params: Params) -> Iterator[str]:
    """Networks that cannot learn from batches of the size they are given, or not look at the windows of evidence."""
    from hairline.nn.classifier import backbones, heads
    from hairline.nn.segmenter import segmenter as segmenters

    for name in params.matrix.classifiers:
        options = params.classifier(name)
        where = f"classifiers.{name}.sides_px" if options.sides_px else "patches.window_px"
        sides = options.sides_px or (params.patches.window_px,)
        learn = partial(backbones.check_batches, options.backbone, sides, options.recipe.batch, where)
        if options.head_only:
            learn = partial(heads.check, options.backbone)
        look = partial(backbones.check_windows, options.backbone, params.localize.vote_windows_px)
        faults = list(_failed([(f"classifiers.{name}", learn)]))
        yield from faults or _failed([("localize.vote_windows_px", look)])
    for name in _trained(params):
        architecture, (segmenter, _) = params.architecture(name), params.training(name)
        batch = segmenter.recipe.batch
        learn = partial(segmenters.check_batches, architecture.network, architecture.options, segmenter.crop_px, batch)
        yield from _failed([(f"architectures.{name} with segmenter", learn)])


def _shared(params: Params) -> Iterator[str]:
    """Batches with fewer items than there are processes to share them."""
    few = partial(processes.refuse_few, processes=processes.asked_for(params.runtime.parallel))
    classifiers = {f"classifiers.{name}": params.classifier(name) for name in params.matrix.classifiers}
    recipes = {where: options.recipe for where, options in classifiers.items() if not options.head_only}
    recipes |= {f"architectures.{name} with segmenter": params.training(name)[0].recipe for name in _trained(params)}
    yield from _failed((where, partial(few, recipe.batch)) for where, recipe in recipes.items())
