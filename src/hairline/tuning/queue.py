"""How exactly the number of trials asked for comes to an end whatever happens.

A study is its slots: every trial asked for is put into a queue with the number of its slot, and a worker only takes
from that queue. A worker that dies takes one trial with it: its heartbeat stops, and who looks next declares it failed.
Only the stage's own process (:class:`Mender`) puts a slot whose every trial failed back into the queue, with the
options it had; were it the workers, as Optuna has it, one could die between the two. A study has ended when every slot
has a complete or pruned trial.
"""

import sys
import time
from collections.abc import Mapping, Sequence

import optuna
import sqlalchemy
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState

from hairline.tuning.search_space import Value
from hairline.tuning.store import experimental

SLOT, SLOTS = "slot", "slots"
AHEAD = 24
"""So many trials are queued ahead of the workers; each look at the storage reads all that have not ended."""

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


def finished(study: optuna.Study) -> dict[int, FrozenTrial]:
    """Slot → its complete or pruned trial, in order of slots; the first of two, which only a storage at fault has."""
    found: dict[int, FrozenTrial] = {}
    for trial in _of_slots(study):
        if trial.state in FINISHED:
            found.setdefault(trial.user_attrs[SLOT], trial)
    return dict(sorted(found.items()))


def ended(study: optuna.Study) -> bool:
    """Whether every slot has a complete or pruned trial."""
    return len(finished(study)) >= int(study.user_attrs.get(SLOTS, sys.maxsize))


def waits(study: optuna.Study) -> bool:
    """Whether a trial is in the queue."""
    return bool(study.get_trials(deepcopy=False, states=(TrialState.WAITING,)))


def _of_slots(study: optuna.Study) -> list[FrozenTrial]:
    return [trial for trial in study.get_trials(deepcopy=False) if SLOT in trial.user_attrs]


class Mender:
    """Fills the queue and puts lost slots back into it; one process a study does so, as long as the study runs."""

    def __init__(
        self, storage: RDBStorage, study: optuna.Study, grace_s: float, planned: Sequence[Mapping[str, Value]]
    ) -> None:
        """Look after a study.

        Args:
            storage: Where it lies.
            study: The study.
            grace_s: A running trial without any heartbeat is lost after so long.
            planned: For each slot the options that are fixed beforehand, none for those a sampler chooses.
        """
        self._storage, self._study, self._grace_s, self._planned = storage, study, grace_s, planned
        self._silent: dict[int, float] = {}  # number of a running trial without a heartbeat → when it was first seen
        study.set_user_attr(SLOTS, len(planned))

    def mend(self) -> None:
        """Declare failed what is not heard of, from its first heartbeat on or without one; queue lost and new slots."""
        fail_stale(self._study)
        silent, now = self._without_heartbeat(), time.monotonic()
        self._silent = {number: self._silent.get(number, now) for number in silent}
        for number, since in self._silent.items():
            if now - since > self._grace_s:
                self._study.tell(number, state=TrialState.FAIL, skip_if_finished=True)
        trials = _of_slots(self._study)
        alive = {trial.user_attrs[SLOT] for trial in trials if trial.state != TrialState.FAIL}
        lost = {trial.user_attrs[SLOT]: trial for trial in trials if trial.user_attrs[SLOT] not in alive}
        with experimental():
            for trial in lost.values():  # the last of each
                RetryHeartbeatStaleTrialCallback()(self._study, trial)
        waiting = sum(trial.state == TrialState.WAITING for trial in trials)
        new = [slot for slot in range(len(self._planned)) if slot not in alive and slot not in lost]
        for slot in new[: max(AHEAD - waiting, 0)]:
            self._study.enqueue_trial(dict(self._planned[slot]), user_attrs={SLOT: slot})

    def _without_heartbeat(self) -> list[int]:
        """Numbers of running trials that have not told yet that they are alive."""
        query = sqlalchemy.text(
            "SELECT trials.number FROM trials JOIN studies ON studies.study_id = trials.study_id "
            "LEFT JOIN trial_heartbeats ON trial_heartbeats.trial_id = trials.trial_id "
            "WHERE studies.study_name = :name AND trials.state = 'RUNNING' "
            "AND trial_heartbeats.trial_heartbeat_id IS NULL"
        )
        with self._storage.engine.connect() as connection:
            return [int(row[0]) for row in connection.execute(query, {"name": self._study.study_name})]


def fail_stale(study: optuna.Study) -> None:
    """Declare trials failed that were not heard of for the grace period."""
    with experimental():
        optuna.storages.fail_stale_trials(study)
