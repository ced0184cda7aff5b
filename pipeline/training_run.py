"""What training stages share: the first process of a training logs and writes, further ones only take part in it.

Further processes are those that a stage starts for ``runtime.parallel``, or torchrun: they run the same stage with the
same arguments.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from hairline import tracking
from hairline.config.params import Learned
from hairline.errors import HairlineError
from hairline.io import resume
from hairline.io.atomic import whole_folder
from hairline.io.hashing import workspace_root
from hairline.metrics.learned import Judgement
from hairline.nn.runtime.processes import OthersEndedError, launched, leads
from hairline.nn.runtime.supervisor import OTHERS_ENDED
from hairline.reporting import nothing_learned

CHECKPOINTS = "HAIRLINE_CHECKPOINTS"
NETWORK = "network"
"""Where a network that learned nothing is kept, below the state folder of its training."""

_log = logging.getLogger("hairline.training")


class Silent:
    """The log of a process that only takes part."""

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Say nothing."""

    def curves(self, points: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Say nothing."""

    def drawing(self, name: str, png: bytes) -> None:
        """Say nothing."""


@contextmanager
def opened(
    stage: str,
    name: str,
    experiment: str,
    logged: Mapping[str, object],
    decisive: Mapping[str, object],
    inputs: Sequence[Path],
    code: Mapping[str, str],
    upstream: Sequence[Path],
    record: Path,
    tags: Mapping[str, str],
    machine: str,
    wait_s: float,
) -> Iterator[tuple[Path, tracking.Run | None]]:
    """The folder of the checkpoints, and the run of the first process; None for the others, which write nothing.

    Args:
        stage: Kind of work.
        name: Name of the run.
        experiment: MLflow experiment.
        logged: Parameters of the run.
        decisive: Those that decide the result; a training goes on where these and the inputs are the same.
        inputs: What the stage reads.
        code: The modules that the result comes from, as for :func:`hairline.io.resume.folder`.
        upstream: The run.json files of the stages before.
        record: Where to write this run's run.json.
        tags: What the run is about.
        machine: What it runs on.
        wait_s: How long a tracking server is waited for, all waits together.
    """
    root = workspace_root(Path.cwd())
    if not leads():
        logging.getLogger("hairline").setLevel(logging.ERROR)
        told = os.environ.get(CHECKPOINTS)
        with _silently():
            yield Path(told) if told else resume.folder(root, stage, decisive, inputs, code), None
        return
    with (
        _silently() if launched() else nullcontext(),
        resume.resumable(root, stage, decisive, inputs, code) as checkpoints,
        tracking.run(
            stage, name, experiment, logged, inputs, {**tags, "device": machine}, upstream, record, wait_s
        ) as run,
    ):
        os.environ[CHECKPOINTS] = str(checkpoints)
        try:
            yield checkpoints, run
        finally:
            del os.environ[CHECKPOINTS]


@contextmanager
def _silently() -> Iterator[None]:
    """End without a word where another process of the training says why."""
    try:
        yield
    except OthersEndedError:
        raise SystemExit(OTHERS_ENDED) from None


def conclude(
    learned: Learned, judgement: Judgement, name: str, told: Callable[[str | None], str], save: Callable[[Path], None],
    checkpoints: Path, run: tracking.Run,
) -> None:  # fmt: skip
    """Tell the run whether anything was learned; where nothing was, stop or warn.

    Args:
        learned: What becomes of a network that learned nothing.
        judgement: Of the network.
        name: What was trained.
        told: What is said where nothing was learned, given where the weights lie; None where the stage goes on.
        save: Writes the network into a folder: where the stage stops, below the state that a repeated one takes up.
        checkpoints: The folder of that state.
        run: The open run.

    Raises:
        HairlineError: If nothing was learned and that is an error.
    """
    run.tag("learned", judgement.verdict)
    run.table("learned", nothing_learned.metrics(judgement))
    for line in nothing_learned.remarks(name, judgement):
        _log.warning("%s", line)
    if judgement.verdict != "nothing":
        return
    if learned == "warn":
        _log.warning("%s", told(None))
        return
    kept = checkpoints / NETWORK
    with whole_folder(kept) as folder:
        save(folder)
    raise HairlineError(told(os.path.relpath(kept)))


def deciding(runtime: Mapping[str, object]) -> dict[str, object]:
    """What of the section ``runtime`` decides a training's result: seed and precision, as in dvc.yaml."""
    return {name: runtime[name] for name in ("seed", "precision")}
