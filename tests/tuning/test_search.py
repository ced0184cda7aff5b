"""Studies: exactly the trials asked for, whatever is killed; the same trials again; what counts as best."""

import os
import random
import re
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
import yaml
from optuna.trial import TrialState
from support import quick_worker
from support.quick_worker import study_of, value

from hairline.errors import HairlineError
from hairline.tuning import importances, processes, queue, result, samplers, store, trials_file
from hairline.tuning import worker as study_worker

QUICK: dict[str, Any] = {
    "label_set": "konig", "dataset": "synthetic", "objective": ["ods"], "sampler": "tpe", "seed": 3, "trials": 14,
    "tuning": {"split": "train", "count": 4}, "held_out": {"split": "train", "count": 4}, "pruning": None,
    "workers": 1, "memory_mb": 1, "storage": "sqlite", "heartbeat_s": 1, "grace_s": 2, "tracked_trials": 0,
    "space": {"x": {"low": 0.0, "high": 1.0, "step": 0.05}, "k": {"choices": [0, 1, 2]}},
}  # fmt: skip
OWN = {"x": 0.5, "k": 2}


def opened(url: str, **changes: Any) -> tuple[Any, optuna.Study, queue.Mender]:
    study = study_of(QUICK | changes)
    storage = store.connect(url, study.heartbeat_s, study.grace_s)
    made = store.create(storage, "quick", len(study.objective))
    mender = queue.Mender(storage, made, study.grace_s, samplers.planned(study, OWN))
    mender.mend()
    return study, made, mender


def at_once(options: Any, report: Any) -> tuple[float, ...]:
    return (value(options),)


def serially(url: str, **changes: Any) -> list[dict[str, Any]]:
    study, made, mender = opened(url, **changes)
    study_worker.work(made, study, at_once, mender.mend)
    return [trial.params for trial in queue.finished(made).values()]


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return store.sqlite_url(tmp_path / "study.db")


def killed_at_random(rounds: int, ended: Any, leave: Path, stop: threading.Event, told: list[int]) -> None:
    """Kill two of this process's children a round, each time after two trials have ended, while the others wait."""
    chance = random.Random(5)
    for _ in range(rounds):
        quick_worker.let(leave, ended() + 2)
        while ended() < int(leave.read_text("utf-8")) and not stop.wait(0.05):
            pass
        if stop.wait(chance.uniform(0, 0.5)):
            return
        while len(workers := alive()) < 2 and not stop.wait(0.05):
            pass  # others come in the place of those killed before
        for worker in chance.sample(workers, 2):
            worker.send_signal(signal.SIGKILL)
            told.append(worker.pid)
    quick_worker.let(leave, sys.maxsize)


def alive() -> list[psutil.Process]:
    """Workers of the study that run."""
    return [child for child in psutil.Process().children() if _works(child)]


def _works(child: psutil.Process) -> bool:
    try:
        return "quick_worker" in " ".join(child.cmdline())
    except psutil.NoSuchProcess:  # or killed, and not waited for yet
        return False


def kill_test(url: str, leave: Path, trials: int, rounds: int) -> None:
    """Run a study with four workers and kill two of them again and again; no trial ends but where rounds let it."""
    study, made, mender = opened(url, trials=trials, workers=4)
    quick_worker.let(leave, 0)
    text = yaml.safe_dump(QUICK | {"trials": trials})
    command = [sys.executable, str(quick_worker.__file__), url, "quick", text, str(leave)]
    stop, told = threading.Event(), list[int]()
    count = {"ended": 0}

    def ended() -> int:
        mender.mend()
        count["ended"] = len(queue.finished(made))
        return count["ended"]

    killer = threading.Thread(target=killed_at_random, args=(rounds, lambda: count["ended"], leave, stop, told))
    killer.start()
    try:
        here = os.pathsep.join(sys.path)
        processes.run(command, study.workers, {"PYTHONPATH": here}, lambda: not queue.ended(made), ended)
    finally:
        stop.set()
        killer.join()
    ended_slots = Counter(
        trial.user_attrs["slot"] for trial in made.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))
    )
    assert ended_slots == Counter(range(trials))  # each once
    assert not [trial for trial in made.get_trials() if trial.state in (TrialState.RUNNING, TrialState.WAITING)]
    assert all(
        trial.value == value(study_worker.cleaned(study.space, trial.params)) for trial in queue.finished(made).values()
    )
    assert len(set(told)) == len(told) == 2 * rounds


@pytest.mark.slow
def test_workers_killed_again_and_again_lose_and_double_no_trial(sqlite: str, tmp_path: Path) -> None:
    kill_test(sqlite, tmp_path / "leave", trials=30, rounds=5)


@pytest.mark.slow
def test_the_same_in_postgresql(postgres: str, tmp_path: Path) -> None:
    kill_test(postgres, tmp_path / "leave", trials=55, rounds=10)


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_a_serial_study_is_the_same_again_and_starts_with_the_own_values(tmp_path: Path, sampler: str) -> None:
    first, second = (
        serially(store.sqlite_url(tmp_path / name), sampler=sampler, space=QUICK["space"]) for name in ("a.db", "b.db")
    )
    assert first == second
    assert first[0] == OWN
    assert len(first) == 14
    other = serially(store.sqlite_url(tmp_path / "c.db"), sampler=sampler, seed=4)
    assert first != other


def test_a_grid_tries_every_point_once(sqlite: str) -> None:
    space = {"x": {"low": 0.0, "high": 1.0, "step": 0.25}, "k": {"choices": [0, 1, 2]}}
    tried = serially(sqlite, sampler="grid", trials=15, space=space)
    assert {(point["x"], point["k"]) for point in tried} == {(x / 4, k) for x in range(5) for k in range(3)}


def test_a_study_that_was_interrupted_goes_on_as_it_would_have(tmp_path: Path) -> None:
    whole = serially(store.sqlite_url(tmp_path / "whole.db"))
    url = store.sqlite_url(tmp_path / "parts.db")
    study, made, _ = opened(url)

    def interrupted(options: Any, report: Any) -> tuple[float, ...]:
        if len(queue.finished(made)) == 11:
            raise KeyboardInterrupt
        return at_once(options, report)

    with pytest.raises(KeyboardInterrupt):
        study_worker.work(made, study, interrupted, lambda: None)
    assert len(queue.finished(made)) == 11
    study, made, mender = opened(url)
    study_worker.work(made, study, at_once, mender.mend)
    assert [trial.params for trial in queue.finished(made).values()][:11] == whole[:11]
    assert len(queue.finished(made)) == 14


@pytest.mark.parametrize("sampler", ["random", "grid"])
def test_slots_that_ended_in_another_order_give_the_same_file_and_importances(tmp_path: Path, sampler: str) -> None:
    kept = []
    for name, lost in (("whole.db", 0), ("killed.db", 3)):
        url = store.sqlite_url(tmp_path / name)
        study, made, mender = opened(url, sampler=sampler, space=QUICK["space"])
        mender.mend()
        for _ in range(lost):  # their slots are queued again behind all others
            made.tell(made.ask(), state=TrialState.FAIL)
        study_worker.work(made, study, at_once, mender.mend)
        kept.append(trials_file.of(queue.finished(made), 1))
        trials_file.write(tmp_path / f"{name}.json", kept[-1])
        order = [trial.user_attrs[queue.SLOT] for trial in made.trials if trial.state == TrialState.COMPLETE]
        assert (order == sorted(order)) == (lost == 0)
    assert (tmp_path / "whole.db.json").read_bytes() == (tmp_path / "killed.db.json").read_bytes()
    assert importances.shares(kept[0], 0) == importances.shares(kept[1], 0) != {}


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda path: path.write_bytes(b"random" * 999), "file is not a database; move "),
        (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "malformed; move "),
        (lambda path: (path.unlink(), path.mkdir()), "unable to open database file ("),
    ],
)  # fmt: skip
def test_a_spoilt_storage_is_named_with_the_way_out(tmp_path: Path, spoil: Any, part: str) -> None:
    path = tmp_path / "study.db"
    serially(store.sqlite_url(path), trials=3)
    spoil(path)
    with pytest.raises(HairlineError, match=re.escape(part)) as told:
        opened(store.sqlite_url(path))
    assert str(path) in str(told.value) and "\n" not in str(told.value)


def test_a_full_disk_is_told_as_such_and_not_as_invalid_data(tmp_path: Path) -> None:
    url = store.sqlite_url(tmp_path / "study.db")
    full = sqlite3.OperationalError("database or disk is full")
    expected = r"storage of studies fails: database or disk is full \(.* MB free"
    with pytest.raises(HairlineError, match=expected) as told, store.told(url):
        raise optuna.exceptions.StorageInternalError("This typically happens due to invalid data") from full
    assert "invalid" not in str(told.value)


def test_more_trials_go_on_from_those_there_are(tmp_path: Path) -> None:
    url = store.sqlite_url(tmp_path / "study.db")
    few = serially(url, trials=8)
    assert serially(url, trials=14)[:8] == few
    assert serially(url, trials=14) == serially(store.sqlite_url(tmp_path / "whole.db"), trials=14)


def test_a_trial_that_died_before_its_first_heartbeat_is_done_again(sqlite: str) -> None:
    study, made, mender = opened(sqlite, trials=3)
    made.ask()  # takes slot 0, and dies
    mender.mend()
    time.sleep(study.grace_s + 0.1)
    mender.mend()
    study_worker.work(made, study, at_once, mender.mend)
    assert list(queue.finished(made)) == [0, 1, 2]
    assert queue.finished(made)[0].params == OWN


def test_a_slot_that_only_failed_is_queued_again(sqlite: str) -> None:
    study, made, mender = opened(sqlite, trials=3)
    made.tell(made.ask(), state=TrialState.FAIL)
    study_worker.work(made, study, at_once, mender.mend)
    assert list(queue.finished(made)) == [0, 1, 2]


def test_a_worker_held_up_for_too_long_forgets_its_trial(sqlite: str) -> None:
    study, made, mender = opened(sqlite, trials=3)
    seen = list[float]()

    def held_up(options: Any, report: Any) -> tuple[float, ...]:
        seen.append(value(options))
        if len(seen) == 1:  # another process finds it stale, and does it again
            other = store.create(store.connect(sqlite, 1, 2), "quick", 1)
            other.tell(0, state=TrialState.FAIL)
            mender.mend()
        return (seen[-1],)

    study_worker.work(made, study, held_up, lambda: None)
    assert len(seen) == 4
    assert Counter(trial.user_attrs["slot"] for trial in made.get_trials(states=(TrialState.COMPLETE,))) == Counter(
        range(3)
    )
    assert queue.finished(made)[0].params == OWN


def test_two_workers_never_take_the_same_trial(sqlite: str) -> None:
    opened(sqlite, trials=100)
    taken, threads = list[int](), []

    def take() -> None:
        own = store.create(store.connect(sqlite, 1, 2), "quick", 1)
        for _ in range(6):
            taken.append(own.ask().user_attrs["slot"])

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 24


def test_pruning_gives_up_what_is_below_the_median(sqlite: str) -> None:
    pruning = {"startup_trials": 4, "warmup_images": 2, "every_images": 1}
    study, made, mender = opened(sqlite, pruning=pruning, sampler="random", trials=30)

    def evaluate_in_steps(options: Any, report: Any) -> tuple[float, ...]:
        for images in range(2, 5):
            report(images, value(options))
        return (value(options),)

    study_worker.work(made, study, evaluate_in_steps, mender.mend)
    trials = queue.finished(made)
    table = result.table(trials, ["ods"])
    assert len(table) == 30
    pruned = table[table["state"] == "pruned"]
    assert 5 < len(pruned) == result.pruned(trials) < 26
    assert pruned["ods"].isna().all()
    assert (pruned["images"] == 2).all()
    best = max(value(study_worker.cleaned(study.space, trial.params)) for trial in trials.values())
    assert trials[result.front(trials)[0]].value == best  # the best is never below a median


def frozen(values: list[float] | None) -> Any:
    state = TrialState.PRUNED if values is None else TrialState.COMPLETE
    return optuna.create_trial(state=state, values=values, params={}, distributions={})


def test_the_front_is_what_no_other_beats() -> None:
    values = [[0.1, 0.9], [0.5, 0.5], [0.4, 0.4], [0.5, 0.6], None, [0.9, 0.1], [0.9, 0.1]]
    assert result.front({slot: frozen(value) for slot, value in enumerate(values)}) == [5, 3, 0]
    assert result.front({slot: frozen([value]) for slot, value in enumerate([0.3, 0.7, 0.7, 0.2])}) == [1]


def test_a_storage_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    for url in ("nonsense", "postgresql+nodriver://u:secret@localhost/x", f"sqlite:///{tmp_path}/no/such/folder/a.db"):
        with pytest.raises(HairlineError) as caught:
            store.connect(url, 1, 2)
        assert "secret" not in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


def test_a_database_that_another_program_has_its_tables_in_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mlflow.db") as opened:  # MLflow notes the version of its tables as Optuna does
        opened.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        opened.execute("INSERT INTO alembic_version VALUES ('1b5f0d9ad7c1')")
    opened.close()
    with pytest.raises(HairlineError, match="a database of the studies alone; name one in") as caught:
        store.connect(f"sqlite:///{tmp_path}/mlflow.db", 1, 2)
    assert len(str(caught.value).splitlines()) == 1


def test_a_worker_that_fails_by_itself_ends_the_study() -> None:
    with pytest.raises(HairlineError, match="failed with status 3"):
        processes.run([sys.executable, "-c", "raise SystemExit(3)"], 2, {}, lambda: True, lambda: 0)


def test_workers_killed_without_any_progress_end_the_study() -> None:
    command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    with pytest.raises(HairlineError, match="memory"):
        processes.run(command, 4, {}, lambda: True, lambda: 0)
