"""What is wrong with training sets and pooled test sets as a whole: for ``hairline check``."""

from collections.abc import Iterator

from hairline.config import training_sets
from hairline.config.params import Params
from hairline.data.budget import takes_masks
from hairline.data.names import CORRECTED, MASKS
from hairline.data.training_set import TrainingSet
from hairline.metrics import published

Use = tuple[str, tuple[str, ...], str]
"""Where names stand, the names, and the section or list of params.yaml that must have them."""


def uses(params: Params) -> Iterator[Use]:
    """The names that training sets and pooled test sets use; label sets stand for every one that is made."""
    yield "matrix.training_sets", params.matrix.training_sets, "training_sets"
    yield "corrected", tuple(params.corrected), "matrix.datasets"
    if CORRECTED in params.matrix.label_sets:
        chosen = training_sets.chosen(params).values() if set(params.matrix.training_sets) <= set(_all(params)) else ()
        lacking = tuple(part.dataset for each in chosen for part in each.parts if part.labels is None)
        yield f"matrix.label_sets ('{CORRECTED}')", lacking, "corrected"
    for name, training_set in _all(params).items():
        where = f"training_sets.{name}.parts"
        masked = tuple(part.dataset for part in training_set.parts if part.labels in MASKS)
        yield where, masked, "matrix.datasets"  # masks need no evidence
        yield where, tuple(part.dataset for part in training_set.parts if part.labels not in MASKS), "matrix.localized"
        asked = [part for part in training_set.parts if part.corrected or part.labels == CORRECTED]
        yield where, tuple(part.dataset for part in asked), "corrected"
        yield where, tuple(part.labels for part in training_set.parts if part.labels), "label_sets"
        if training_set.budget:
            yield f"training_sets.{name}.budget.beside", training_set.budget.beside, "label_sets"
    for name, members in params.pooled_test_sets.items():
        yield f"pooled_test_sets.{name}", members, "matrix.test_sets"


def problems(params: Params) -> Iterator[str]:
    """A line for each fault of training sets and pooled test sets whose names are all defined."""
    yield from training_sets.leaks(params)
    for name, training_set in _all(params).items():
        layouts = [params.layout(part.dataset) for part in training_set.parts]
        fault = published.misnamed(training_set.paper, layouts) if training_set.paper else ""
        if fault:
            yield f"training_sets.{name}.paper: {fault}"
    yield from _cut_budgets(params)
    for name, members in params.pooled_test_sets.items():
        if name in params.matrix.test_sets:
            yield f"pooled_test_sets.{name}: this name is that of a test set; choose another"
        if len(set(members)) < len(members):
            yield f"pooled_test_sets.{name}: names a test set twice; name each once"


def _cut_budgets(params: Params) -> Iterator[str]:
    """A line for each budget of which a limit of images would leave some out, so that fewer were learned than told."""
    for architecture in params.matrix.architectures:
        limit = params.training(architecture)[0].max_images
        for name, training_set in training_sets.chosen(params).items():
            budget = training_set.budget
            if limit and budget and any(takes_masks(budget, part.labels) for part in training_set.parts):
                yield (
                    f"training_sets.{name}.budget: segmenter.max_images is {limit} for '{architecture}', which would "
                    f"learn from some of the {budget.images} corrected images only; expected 0, which "
                    "takes all images; set it so, or take the budget out"
                )


def _all(params: Params) -> dict[str, TrainingSet]:
    return {name: params.training_set(name) for name in params.names("training_sets")}
