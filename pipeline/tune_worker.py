"""Try options of a study until its queue is empty; as many of these as there are cores may run, on any machine.

    HAIRLINE_STUDY_STORAGE=postgresql+psycopg://… python -m pipeline.tune_worker --study konig --known-as konig-0123…

The stage ``tune`` starts those of its own machine and prints this line for others, which run in a workspace of theirs.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import cv2

from hairline.config.params import Params
from hairline.config.paths import Paths
from hairline.io import plugins
from hairline.labelling.cache import Cache
from hairline.tuning import images, objectives, store, worker
from hairline.tuning.search_space import Value, replaced
from hairline.tuning.study import Study
from pipeline import stage

STORAGE = "HAIRLINE_STUDY_STORAGE"


def main(argv: Sequence[str] | None = None) -> None:
    """Work on the study of ``--study`` that the storage knows as ``--known-as``."""
    args = stage.arguments(__doc__, argv, "study", "known-as")
    params, paths = stage.opened(args.params)
    study = params.study(args.study)
    url = os.environ.get(STORAGE, study.storage)
    with store.told(url):
        storage = store.connect(url, study.heartbeat_s, study.grace_s)
        opened = store.create(storage, args.known_as, len(study.objective))
        work(params, paths, study, opened, lambda: None)


def elsewhere(argv: Sequence[str], url: str) -> None:
    """The same in a process that was started for something else, such as a task on a cluster.

    Args:
        argv: Arguments.
        url: Of the storage, with its password, which so stands in no command and no log.
    """
    os.environ[STORAGE] = url
    main(argv)


def work(params: Params, paths: Paths, study: Study, opened: Any, idle: Callable[[], None]) -> None:
    """Work in this process, on one core, until nothing waits or runs."""
    cv2.setNumThreads(1)  # workers share the cores among themselves
    dataset = paths.dataset(study.dataset)
    evidence = paths.evidence(params.label_set(study.label_set).classifier, study.dataset)
    tuning, _ = images.drawn_for(study, dataset)
    loaded = images.load(tuning, dataset, evidence, study.maskless)
    with Cache(study.memory_mb << 20) as cache:
        for name, thing in images.named(loaded).items():
            cache.name(thing, name)
        worker.work(opened, study, partial(evaluate, labeller(params, study.label_set), study, loaded), idle)


def labeller(params: Params, label_set: str) -> images.Labeller:
    """Makes the method of a label set with some of its options changed."""
    method = plugins.resolve("hairline.labelling.methods", params.label_set(label_set).method)
    parse = params.options_of(label_set)
    own = params.raw("label_sets")[label_set]["options"]
    return lambda changes: partial(method.label, options=parse(replaced(own, changes)))


def evaluate(
    labeller: images.Labeller, study: Study, loaded: list[images.Case], changes: Mapping[str, Value],
    report: worker.Report,
) -> tuple[float, ...]:  # fmt: skip
    """Values of all objectives on the tuning images; reports the first on the way where trials are pruned."""
    pruning, told = study.pruning, list[images.Told]()
    label = labeller(changes)
    for number, case in enumerate(loaded, 1):
        told.append(images.judged(label, case))
        judged = pruning is not None and number >= pruning.warmup_images and number % pruning.every_images == 0
        if judged and number < len(loaded):
            report(number, objectives.value(study.objective[0], images.together(loaded[:number], told)))
    found = images.together(loaded, told)
    return tuple(objectives.value(name, found) for name in study.objective)


if __name__ == "__main__":
    stage.run(main)
