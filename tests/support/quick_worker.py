"""A worker of a study whose trials cost a few hundredths of a second; for tests that kill workers."""

import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from hairline.io.atomic import whole_file
from hairline.tuning import queue, store, worker
from hairline.tuning.search_space import Value
from hairline.tuning.study import Study


def study_of(values: dict[str, object]) -> Study:
    """A study from plain values, as params.yaml holds them."""
    return TypeAdapter(Study).validate_python(values)


def value(options: Mapping[str, Value]) -> float:
    """What the quick study makes large; never -0, whose sign SQLite does not keep."""
    return 1 - (float(options["x"]) - 0.3) ** 2 - 0.1 * int(options["k"])


def let(leave: Path, trials: int) -> None:
    """Let so many trials of the study end."""
    with whole_file(leave) as partial_file:
        partial_file.write_text(str(trials), "utf-8")


def evaluate(made: Any, leave: Path, options: Mapping[str, Value], report: worker.Report) -> tuple[float, ...]:
    """The value, after a while, and not before there is leave for one trial more to end."""
    time.sleep(random.uniform(0.0, 0.2))
    while len(queue.finished(made)) >= int(leave.read_text("utf-8")):
        time.sleep(0.1)
    return (value(options),)


def work_until_killed(url: str, name: str, values: Mapping[str, object], marker: Path) -> None:
    """Work on a study; whoever takes a trial first after three have ended is killed with it, once."""
    study = study_of(values)
    made = store.create(store.connect(url, study.heartbeat_s, study.grace_s), name, 1)

    def fatal(options: Mapping[str, Value], report: worker.Report) -> tuple[float, ...]:
        if len(queue.finished(made)) >= 3:
            with suppress(FileExistsError):  # somebody was killed before
                marker.touch(exist_ok=False)
                os.kill(os.getpid(), signal.SIGKILL)
        return (value(options),)

    worker.work(made, study, fatal, lambda: None)


if __name__ == "__main__":
    url, name, text, leave = sys.argv[1:]
    study = study_of(yaml.safe_load(text))
    opened = store.create(store.connect(url, study.heartbeat_s, study.grace_s), name, 1)
    worker.work(opened, study, partial(evaluate, opened, Path(leave)), lambda: None)
