"""Try options of a study until its queue is empty; as many of these as there are cores may run, on any machine.

    HAIRLINE_STUDY_STORAGE=postgresql+psycopg://… python -m pipeline.tune_worker --study konig --known-as konig-0123… \
        --sets data/EXPERIMENT/sets --evidence data/EXPERIMENT/evidence

The stage ``tune`` starts those of its own machine and prints this line for others.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from hairline import cases, objectives, variants
from hairline.memo import Memo
from hairline.params import Params
from hairline.samples import read_samples
from hairline.spaces import Value, replaced
from hairline.studies import Study
from hairline.tuning import search, store
from pipeline import entry

STORAGE = "HAIRLINE_STUDY_STORAGE"


def main(argv: Sequence[str] | None = None) -> None:
    """Work on the study of ``--study`` that the storage knows as ``--known-as``."""
    args = entry.arguments(__doc__, argv, paths=["sets", "evidence"], names=["study", "known-as"])
    params = Params(args.params)
    study = params.study(args.study)
    url = os.environ.get(STORAGE, study.storage)
    with store.told(url):
        storage = store.connect(url, study.heartbeat_s, study.grace_s)
        opened = store.create(storage, args.known_as, len(study.objective))
        work(params, study, opened, args.sets / study.dataset, args.evidence, lambda: None)


def work(params: Params, study: Study, opened: Any, dataset: Path, evidence: Path, idle: Callable[[], None]) -> None:
    """Work in this process, on one core, until nothing waits or runs."""
    cv2.setNumThreads(1)  # workers share the cores among themselves
    label_set = params.label_set(study.label_set)
    tuning, _ = cases.drawn(*what_to_draw(study, dataset))
    loaded = cases.load(tuning, dataset, evidence / label_set.classifier / study.dataset, study.maskless)
    with Memo(study.memory_mb << 20) as memo:
        for name, thing in cases.named(loaded).items():
            memo.name(thing, name)
        search.work(opened, study, partial(evaluate, params, study, loaded), idle)


def what_to_draw(study: Study, dataset: Path) -> tuple[Any, ...]:
    """Arguments of :func:`hairline.cases.drawn`."""
    shares = [(images.split, images.count) for images in (study.tuning, study.held_out)]
    return (read_samples(dataset), *shares, study.seed, str(dataset), study.needs_masks)


def labeller(params: Params, label_set: str, changes: Mapping[str, Value]) -> cases.Label:
    """The method of a label set with some of its options changed."""
    entry_, parse = params.label_set(label_set), params.options_of(label_set)
    options = parse(replaced(params.raw("label_sets")[label_set]["options"], changes))
    return partial(variants.resolve("hairline.labellers", entry_.method).label, options=options)


def evaluate(
    params: Params, study: Study, loaded: list[cases.Case], changes: Mapping[str, Value], report: search.Report
) -> tuple[float, ...]:
    """Values of all objectives on the tuning images; reports the first on the way where trials are pruned."""
    pruning, told = study.pruning, list[cases.Told]()
    label = labeller(params, study.label_set, changes)
    for number, case in enumerate(loaded, 1):
        told.append(cases.judged(label, case))
        judged = pruning is not None and number >= pruning.warmup_images and number % pruning.every_images == 0
        if judged and number < len(loaded):
            report(number, objectives.value(study.objective[0], cases.together(loaded[:number], told)))
    found = cases.together(loaded, told)
    return tuple(objectives.value(name, found) for name in study.objective)


if __name__ == "__main__":
    entry.run(main)
