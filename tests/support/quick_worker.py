"""A worker of a study whose trials cost a few hundredths of a second; for tests that kill workers."""

import random
import sys
import time
from collections.abc import Mapping

import yaml
from pydantic import TypeAdapter

from hairline.tuning import store, worker
from hairline.tuning.search_space import Value
from hairline.tuning.study import Study


def study_of(values: dict[str, object]) -> Study:
    """A study from plain values, as params.yaml holds them."""
    return TypeAdapter(Study).validate_python(values)


def value(options: Mapping[str, Value]) -> float:
    """What the quick study makes large."""
    return -((float(options["x"]) - 0.3) ** 2) - 0.1 * int(options["k"])


def evaluate(options: Mapping[str, Value], report: worker.Report) -> tuple[float, ...]:
    """The value, after a while."""
    time.sleep(random.uniform(0.0, 0.2))
    return (value(options),)


if __name__ == "__main__":
    url, name, text = sys.argv[1:]
    study = study_of(yaml.safe_load(text))
    opened = store.create(store.connect(url, study.heartbeat_s, study.grace_s), name, 1)
    worker.work(opened, study, evaluate, lambda: None)
