"""The engine on a real Ray, started on this machine: a dozen seconds of processor time, most of them Ray's start."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState
from support import killed_once, places, quick_worker

from hairline.data.samples import read_samples
from hairline.engine.choice import opened
from hairline.engine.engine import PLAIN, Terms
from hairline.engine.local import Local
from hairline.engine.options import Options
from hairline.errors import HairlineError
from hairline.gates.image_facts import computed
from hairline.io.hashing import content_hash
from hairline.tuning import processes, queue, samplers, store, trials_file, worker
from pipeline.stage import Each


def refused(sample_id: str) -> str:
    """Work that a person must mend."""
    raise HairlineError(f"{sample_id}: no picture; expected one")


def where(number: int) -> tuple[int, str, str]:
    """Process, folder and threads of a task."""
    return os.getpid(), str(Path.cwd()), os.environ["OMP_NUM_THREADS"]


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    """A cluster of this machine."""
    pytest.importorskip("ray", reason="no Ray (the extra cluster)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")  # or it writes a token into this user's home
        with opened(Options("ray", None, chunk=1)) as made:
            yield made


@pytest.mark.slow
def test_a_cluster_gives_what_this_machine_does_even_where_a_worker_is_killed(
    engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = places.make(tmp_path).dataset("synthetic")
    table = read_samples(dataset)
    ids, kept = list(table["id"]), tmp_path / "kept"

    def labelled(engine: Any, out: str, terms: Terms = PLAIN) -> list[float]:
        work = partial(killed_once.label, dataset, Path(out), Path("marker"), "" if out == "here" else ids[4])
        return list(engine.map(work, iter(ids), terms))

    here = labelled(Local(), "here")
    assert labelled(engine, "there", Terms(kept=kept)) == here
    assert engine.lost >= 1 and Path("marker").exists()
    assert content_hash(Path("there")) == content_hash(Path("here"))
    assert len(list(kept.glob("*.chunk"))) == len(ids)
    facts = computed(table, dataset, 0.95, Each(engine, ""))
    assert facts.equals(computed(table, dataset, 0.95))
    with pytest.raises(HairlineError, match=rf"^{ids[0]}: no picture; expected one$"):
        list(engine.map(refused, ids))
    processes, folders, threads = map(set, zip(*engine.map(where, range(4)), strict=True))
    assert os.getpid() not in processes and folders == {str(tmp_path)} and threads == {"1"}


STUDY: dict[str, Any] = {
    "label_set": "konig", "dataset": "synthetic", "objective": ["ods"], "sampler": "random", "seed": 3, "trials": 14,
    "tuning": {"split": "train", "count": 4}, "held_out": {"split": "train", "count": 4}, "pruning": None,
    "workers": 2, "memory_mb": 1, "storage": "sqlite", "heartbeat_s": 1, "grace_s": 2, "tracked_trials": 0,
    "space": {"x": {"low": 0.0, "high": 1.0, "step": 0.05}, "k": {"choices": [0, 1, 2]}},
}  # fmt: skip


def queued(url: str) -> tuple[Any, Any, queue.Mender]:
    """The study in a storage, and who looks after it."""
    study = quick_worker.study_of(STUDY)
    storage = store.connect(url, study.heartbeat_s, study.grace_s)
    made = store.create(storage, "quick", 1)
    mender = queue.Mender(storage, made, study.grace_s, samplers.planned(study, {"x": 0.5, "k": 2}))
    mender.mend()
    return study, made, mender


@pytest.mark.slow
def test_a_study_in_postgresql_finds_the_trials_of_one_process_though_a_worker_is_killed(
    engine: Any, postgres: str, tmp_path: Path
) -> None:
    study, alone, mender = queued(store.sqlite_url(tmp_path / "alone.db"))
    worker.work(alone, study, lambda options, report: (quick_worker.value(options),), mender.mend)
    study, made, mender = queued(postgres)

    def ended() -> int:
        mender.mend()
        return len(queue.finished(made))

    work = partial(quick_worker.work_until_killed, postgres, "quick", STUDY, tmp_path / "marker")
    processes.tend(engine.crew(work), study.workers, lambda: not queue.ended(made), ended)
    (lost,) = [trial for trial in made.get_trials(states=(TrialState.FAIL,)) if queue.SLOT in trial.user_attrs]
    again = queue.finished(made)[lost.user_attrs[queue.SLOT]]
    assert again.number > lost.number and again.params == lost.params
    for name, searched in (("alone", alone), ("cluster", made)):
        trials_file.write(tmp_path / name, trials_file.of(queue.finished(searched), 1))
    assert (tmp_path / "cluster").read_bytes() == (tmp_path / "alone").read_bytes()
