"""Where data sets lie: what `hairline check` tells of their roots, before a stage needs them."""

from collections.abc import Iterator
from pathlib import Path

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.data.grouping import arranged
from hairline.data.passed_over import remedies, told
from hairline.data.root_survey import survey
from hairline.data.samples import refuse_ids
from hairline.errors import HairlineError
from hairline.io import plugins
from hairline.io.reading import readable, there


def lines(params: Params, workspace: Path = Path()) -> list[str]:
    """A line for each root that is not there, or under which files are passed over, and what to do.

    Sets that a stage generates are not looked at.

    Args:
        params: The parameters, which are valid.
        workspace: What relative roots are relative to.

    Raises:
        HairlineError: If what lies under a root cannot be read by its layout; one line for each such set.
    """
    generated = {Paths(Path(), params.experiment).synthetic_set(name) for name in params.names("synthetic_sets")}
    found, problems = list[str](), list[str]()
    for name in params.names("datasets"):
        if params.dataset(name).root not in generated:
            try:
                found += _of_set(params, name, workspace)
            except HairlineError as error:
                problems.append(f"{params.file('datasets')}: datasets.{name}: {error}")
    if problems:
        raise HairlineError("\n".join(problems))
    for name, masks in params.corrected.items():
        if not there(workspace / masks.root):
            found.append(
                f"corrected.{name}: {masks.root} is not there; put the corrected masks there or correct its root "
                "before 'dvc repro'"
            )
    return found


def _of_set(params: Params, name: str, workspace: Path) -> Iterator[str]:
    dataset = params.dataset(name)
    root = workspace / dataset.root
    if not there(root):
        yield f"datasets.{name}: {dataset.root} is not there; put the set there or correct its root before 'dvc repro'"
        return
    layout = plugins.resolve("hairline.data.layouts", dataset.layout)
    with readable():
        samples = layout.read(root, dataset.options)
        refuse_ids(samples)
        arranged(samples, layout, root, dataset.options, dataset.parent, dataset.capture_s, dataset.split)
        seen = survey(root, layout, dataset.options, samples)
    if seen.passed_over:
        yield f"datasets.{name}: {told(seen)}"
    yield from (f"  {remedy}" for remedy in remedies(seen))
