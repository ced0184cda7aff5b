"""What took part in making every classifier, label set and segmenter of an experiment, whoever made it from what.

An image that is labelled without anything being learned from it took no part, nor did those that a study only reports
on. Where options or weights were chosen, the images that chose them took part.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.config.paths import Paths, SegmenterName
from hairline.data import patch_index, training_table
from hairline.data.names import MASKS, called
from hairline.data.seen import Labels, Word
from hairline.data.uses import NOT_KNOWN, Use
from hairline.labelling import chosen_options, timing
from hairline.labelling.chosen_options import Choice, ChosenOn
from hairline.nn.runtime.recipes import FROM_CLASSIFIER, SHIPPED, Stopping
from hairline.nn.segmenter import learned_images
from hairline.nn.segmenter.learned_images import Record
from hairline.tuning import draws, maskless

Uses = tuple[Use, ...]


@dataclass(frozen=True)
class Made:
    """What everything that is compared was made by.

    Attributes:
        classifiers: Name → uses.
        label_sets: Name of every label set that is made → uses.
        segmenters: Every segmenter of the matrix → uses.
        starts: What segmenters start from whose images are on record (``segmenter.init``) → that record.
    """

    classifiers: dict[str, Uses]
    label_sets: dict[str, Uses]
    segmenters: dict[SegmenterName, Uses]
    starts: dict[str, Record] = field(default_factory=dict)

    def all(self) -> Iterator[Use]:
        """Every use, some several times."""
        for uses in (*self.classifiers.values(), *self.label_sets.values(), *self.segmenters.values()):
            yield from uses


def made(params: Params, paths: Paths) -> Made:
    """The uses of everything that the matrix has, from what the stages before wrote."""
    classifiers = {name: tuple(_of_classifier(params, paths, name)) for name in params.matrix.classifiers}
    own = {name: tuple(_of_label_set(params, name, classifiers)) for name in params.names("label_sets")}
    tuned = {
        params.tuned(name): (*own[params.study(name).label_set], *_of_study(params, paths, name))
        for name in params.names("studies")
    }
    label_sets: dict[str, Uses] = {**dict.fromkeys(MASKS, ()), **own, **tuned}
    matrix = params.matrix
    starts = _starts(params)
    segmenters = {
        SegmenterName(labels, architecture, name): tuple(
            dict.fromkeys(
                (
                    *_of_segmenter(params, table, architecture, labels, classifiers, label_sets, starts),
                    *_of_budget(params, name, label_sets),
                )
            )
        )
        for name in matrix.training_sets
        for labels in matrix.label_sets
        for table in [training_table.listed(paths.training_table(name, labels), paths.data)]
        for architecture in matrix.architectures
    }
    known = {init: record for init, record in starts.items() if record is not None}
    return Made(classifiers, own | tuned, segmenters, known)


def elsewhere(made: Made) -> Iterator[tuple[list[str], list[ChosenOn]]]:
    """Keys and identities of images that are of no data set here, by choices and by what segmenters started from."""
    for choice in choices(made):
        yield chosen_keys(choice), choice.images
    for init, record in made.starts.items():
        yield learned_images.keys(init, range(len(record.images))), record.images


def choices(made: Made) -> list[Choice]:
    """The choices on record that anything is owed to."""
    keys = {key for use in made.all() for key in use.images}
    return [choice for choice in chosen_options.shipped() if keys & set(chosen_keys(choice))]


def chosen_keys(choice: Choice) -> list[str]:
    """Keys of the images of a choice, apart from those of data sets."""
    return [f"{choice.name}:{number}" for number in range(len(choice.images))]


def _of_classifier(params: Params, paths: Paths, name: str) -> Iterator[Use]:
    options = params.classifier(name)
    index = patch_index.read(paths.patch_index(options.dataset))
    of_split = {str(split): _keys(options.dataset, part["sample"]) for split, part in index.groupby("split")}
    what = f"classifier {name}"
    yield Use(f"{what} learned from the labels of its patches", "trained on", "patch labels",
              of_split.get("train", frozenset()))  # fmt: skip
    if _validated(options.recipe.stopping):
        yield Use(f"the labels of its patches chose the weights of {what}", "chosen on", "patch labels",
                  of_split.get("val", frozenset()))  # fmt: skip
    if options.dataset in training_sets.wide(params):
        yield from of_design("generator", f"the generator whose images {what} learned from was made beside it")
    yield from _started(what, options.weights)


def _of_label_set(params: Params, name: str, classifiers: dict[str, Uses]) -> Iterator[Use]:
    label_set = params.label_set(name)
    if timing.parts(label_set.options):
        yield from classifiers[label_set.classifier]
    plain = json.loads(json.dumps(asdict(label_set.options)))
    for choice in chosen_options.holding(chosen_options.shipped(), label_set.method, plain):
        yield _of_choice(choice, f"options of {choice.method} that ship with hairline were chosen on it")


def _of_choice(choice: Choice, what: str) -> Use:
    labels: Labels = "masks to choose options" if choice.masks else "no labels"
    return Use(chosen_options.clause(choice, what), "chosen on", labels, frozenset(chosen_keys(choice)))


def _of_study(params: Params, paths: Paths, name: str) -> Iterator[Use]:
    study = params.study(name)
    tuning, _ = draws.drawn_for(study, paths.dataset(study.dataset))
    how = f"study {name} searched options of {study.label_set} on it"
    yield Use(
        f"{how}, by its mask" if study.needs_masks else f"{how}, without its mask",
        "tuned on", "masks to choose options" if study.needs_masks else "no labels", _keys(study.dataset, tuning["id"]),
    )  # fmt: skip
    if study.maskless:
        for choice in chosen_options.holding(chosen_options.shipped(), maskless.NAME, {}):
            yield _of_choice(choice, f"the objective {maskless.NAME} was chosen on it")


def _of_budget(params: Params, training_set: str, label_sets: dict[str, Uses]) -> Iterator[Use]:
    """What the label sets owe to others that chose which images of a training set were corrected."""
    budget = params.training_set(training_set).budget
    for name in budget.beside if budget is not None and budget.images else ():
        yield from label_sets[name]


def _of_segmenter(
    params: Params, images: training_table.Images, architecture: str, labels: str,
    classifiers: dict[str, Uses], label_sets: dict[str, Uses], starts: Mapping[str, Record | None],
) -> Iterator[Use]:  # fmt: skip
    options, _ = params.training(architecture)
    sides: list[tuple[Word, str, list[str]]] = [
        ("trained on", "{0} learned from {1}", images.training(options.max_images))
    ]
    if _validated(options.recipe.stopping):
        sides.append(("chosen on", "{1} chose the weights of {0}", images.validation()))
    for word, how, keys in sides:
        for label_set, rows in images.table.loc[keys].groupby("label_set", sort=False):
            yield from label_sets[str(label_set)]
            by = called(str(label_set))
            yield Use(how.format(architecture, by), word, _own_labels(str(label_set), rows), frozenset(rows.index))
    if options.init == SHIPPED or training_sets.wide(params) & set(images.table["dataset"]):
        yield from of_design("generator", f"the generator whose images {architecture} learned from was made beside it")
    if params.evaluation.fused:
        yield from label_sets[labels]  # whose labels of the test images join its scores, whatever it learned from
    if params.evaluation.scale == "auto":
        yield from of_design("scale", f"the rule for the scale at which {architecture} is asked was chosen on it")
    if options.init is not None:
        yield from continued(architecture, options.init, starts.get(options.init))
        return
    if options.weights == FROM_CLASSIFIER:
        yield from classifiers[params.segmenter.classifier]
    yield from _started(architecture, options.weights)


def of_design(method: str, what: str) -> Iterator[Use]:
    """That images chose what is no label set's option, by the choices on record under a name of its own.

    Args:
        method: ``generator`` of images of the style ``wide``, or ``scale`` for the rule of ``evaluation.scale``.
        what: What was chosen on such an image, a clause whose ``it`` is the image.
    """
    for choice in chosen_options.holding(chosen_options.shipped(), method, {}):
        yield _of_choice(choice, what)


def _starts(params: Params) -> dict[str, Record | None]:
    """What the segmenters of the matrix start from → what that has seen; None where it is not known."""
    used = params.matrix.architectures if params.matrix.label_sets else ()
    inits = dict.fromkeys(params.training(name)[0].init for name in used)
    return {init: learned_images.read(Path(init)) for init in inits if init not in (None, SHIPPED)}


def continued(architecture: str, init: str, before: Record | None) -> Iterator[Use]:
    """What the segmenter that another starts from has seen.

    Args:
        architecture: The other, for the sentences.
        init: Name of the one, as ``segmenter.init``.
        before: Its record; None where it has none.
    """
    for way in learned_images.inherited(architecture, init, before):
        yield Use(way.how, way.word, way.labels, frozenset(learned_images.keys(init, way.images)))


def _own_labels(label_set: str, rows: pd.DataFrame) -> Labels:
    """Which labels people gave to images of a training set; to call an image crack-free is as good as a patch's label.

    Args:
        label_set: The label set that their labels are of.
        rows: Their rows of the training table.
    """
    if label_set in MASKS:
        return "masks"
    return "patch labels" if rows["crack_free"].any() else "no labels"


def _started(what: str, weights: str) -> Iterator[Use]:
    """That nobody knows what initial weights from a file have seen."""
    if weights.endswith(".safetensors"):
        yield Use(learned_images.unknown(what, weights), NOT_KNOWN, "no labels")


def _validated(stopping: Stopping | None) -> bool:
    """Whether validation images choose which weights are kept."""
    return stopping is not None and stopping.monitor.startswith("val/")


def _keys(dataset: str, ids: "pd.Series[str]") -> frozenset[str]:
    return frozenset(dataset + "/" + ids)
