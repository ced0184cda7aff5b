"""Training sets: which images segmenters learn from, with whose labels.

A training set is a list of parts, a split of a data set each. A part's labels are those of the label set that a
segmenter is trained on, or always those of one label set: so masks on some images go with pseudo-labels on images that
have none (semi-supervised, table VIII of the paper), and several data sets go together (table IX).
"""

from collections.abc import Iterator
from pathlib import Path

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data.budget import Budget, takes_masks
from hairline.data.names import CORRECTED, MANUAL
from hairline.data.splits import Split
from hairline.data.training_set import Part, TrainingSet

AS_GOOD = "and corrected masks of them are as good as the masks that they are scored against"


def chosen(params: Params) -> dict[str, TrainingSet]:
    """The training sets that segmenters are trained on, by name."""
    return {name: params.training_set(name) for name in params.matrix.training_sets}


def used(params: Params) -> list[tuple[str, Split]]:
    """Data set and split of every part of the training sets in use, each once, in order."""
    return list(dict.fromkeys((part.dataset, part.split) for each in chosen(params).values() for part in each.parts))


def labelled(params: Params) -> list[tuple[str, Split]]:
    """Those of :func:`used` whose data set gets labels: of the others, masks alone are learned."""
    return [(dataset, split) for dataset, split in used(params) if dataset in params.matrix.localized]


def wide(params: Params) -> frozenset[str]:
    """The data sets that are generated images of the style ``wide``."""
    paths = Paths(Path(), params.experiment)
    styles = {paths.synthetic_set(name): params.synthetic_set(name).style for name in params.names("synthetic_sets")}
    return frozenset(name for name in params.names("datasets") if styles.get(params.root(name)) == "wide")


def leaks(params: Params) -> Iterator[str]:
    """A line for each part in use by which segmenters would learn of the masks that they are scored against."""
    tested, tuned_on = params.matrix.test_sets, params.tuned_on()
    for name, training_set in chosen(params).items():
        for number, part in enumerate(training_set.parts):
            if part.split == "test" and part.dataset in tested:
                fault = _leak(part, training_set.budget, tuned_on.get(part.labels or ""))
                where = f"training_sets.{name}.parts.{number}: the test images of '{part.dataset}' are scored"
                if fault:
                    yield f"{where}, {fault}"
                elif part.corrected:
                    yield f"{where}, {AS_GOOD}; take 'corrected' out of this part"


def _leak(part: Part, budget: Budget | None, tuned_on: tuple[str, str] | None) -> str:
    remedy = "name a label set made without their masks, e.g. labels: konig"
    if part.labels is None:
        told = f"so their labels must be named: a segmenter trained on '{MANUAL}' would learn the masks it is scored on"
        return f"{told}; {remedy}"
    if part.labels == MANUAL:
        return f"and '{MANUAL}' is the masks they are scored against; {remedy}"
    if part.labels == CORRECTED:
        return f"{AS_GOOD}; {remedy}"
    if takes_masks(budget, part.labels):
        return "and the budget would take their masks; name them in a training set without a budget"
    if tuned_on == (part.dataset, part.split):
        return f"and the options of '{part.labels}' were chosen on their masks; {remedy}"
    return ""
