"""Several processes of a training on one machine, which look like one program from outside.

``python -m hairline.nn.runtime.supervisor 4 -m pipeline.train_segmenter …`` starts the stage four times, with the
variables that torchrun sets. It needs the standard library alone, hence little memory. The first process writes to the
terminal; what another says is shown where it failed before the others did. One that fails ends all, and so does a
signal, or the end of the supervisor.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import IO

OTHERS_ENDED = 75
"""Exit status of a process that ended because another one of its training did."""
LAUNCHED = "TORCHELASTIC_RUN_ID"
"""Set where torchrun or the supervisor started this process and all others."""
SUPERVISED = "HAIRLINE_SUPERVISED"
"""Set where the supervisor started this process, whose standard input then ends when the supervisor does."""
GRACE_S = 30.0
"""How long the others may take to end by themselves, where the first closes its run, before they are made to."""
FIRM_S = 10.0
"""How long they may take from a signal to their end, before they are killed."""
LOOK_S = 0.05
LAST_LINES = 30


@dataclass
class Process:
    """One process of a training and what it says, None for the first, which says it to the terminal."""

    popen: "subprocess.Popen[bytes]"
    said: IO[bytes] | None


class Supervisor:
    """Starts processes, waits for them, and sees that none is left."""

    def __init__(self, count: int, words: Sequence[str]) -> None:
        """Start them.

        Args:
            count: How many.
            words: Arguments of the Python that each of them is; ``PYTHON_EXEC`` names another one, as for torchrun.
        """
        self._signal, self._failed, self._since, self._pressed = 0, -1, 0.0, 0
        port, (lifeline, self._held) = _free_port(), os.pipe()  # held until this program ends
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)
        command = [os.environ.get("PYTHON_EXEC", sys.executable), *words]
        self._processes = [_started(command, rank, count, port, lifeline) for rank in range(count)]
        os.close(lifeline)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self._signal = self._signal or number

    def wait(self) -> int:
        """Wait until all have ended; the exit status of all together."""
        told = False
        while None in self._look():
            if self._signal and not told:
                told, self._since = True, time.monotonic() - GRACE_S
                self._send(self._signal)
                self._pressed = 1
            if self._since:
                self._press(time.monotonic() - self._since)
            time.sleep(LOOK_S)
        return self._status()

    def _look(self) -> list[int | None]:
        """The status of each; notes the first that failed by itself, and since when others are waited for."""
        statuses = [each.popen.poll() for each in self._processes]
        if any(statuses) and not self._since:
            self._since = time.monotonic()
        own = [rank for rank, status in enumerate(statuses) if status and status != OTHERS_ENDED]
        if own and self._failed < 0 and not self._pressed:
            self._failed = own[0]
        return statuses

    def _press(self, waited: float) -> None:
        for number, (after, which) in enumerate([(GRACE_S, signal.SIGTERM), (GRACE_S + FIRM_S, signal.SIGKILL)], 1):
            if waited >= after and self._pressed < number:
                self._pressed = number
                self._send(which)

    def _send(self, number: int) -> None:
        for each in self._processes:
            each.popen.send_signal(number)  # nothing where it has ended

    def _status(self) -> int:
        if self._signal:
            return 128 + self._signal
        if self._failed < 0 and not any(each.popen.returncode for each in self._processes):
            return 0
        if self._failed < 0:
            print("\nhairline: the processes of this training lost each other; 'dvc repro' goes on from the last state",
                  file=sys.stderr)  # fmt: skip
            return 1
        status, said = self._processes[self._failed].popen.returncode, self._processes[self._failed].said
        if status < 0:
            print(f"\nhairline: {_killed(self._failed, len(self._processes), -status)}", file=sys.stderr)
        elif said is not None:
            print(_end_of(said), file=sys.stderr)
        return status if status > 0 else 1


def _killed(rank: int, count: int, number: int) -> str:
    memory = ", which the system does where memory runs out" if number == signal.SIGKILL else ""
    return (
        f"process {rank} (of {count}, from 0) of this training was ended by signal {number} "
        f"({signal.Signals(number).name}{memory}); 'dvc repro' goes on from the last state"
    )


def _end_of(said: IO[bytes]) -> str:
    """The message of a process, or its last lines where it had none."""
    said.seek(0)
    text = said.read().decode(errors="replace")
    _, message, after = text.rpartition("\nhairline: ")
    return message + after.rstrip() if message else "\n".join(text.splitlines()[-LAST_LINES:])


def _free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


def _started(command: Sequence[str], rank: int, count: int, port: int, lifeline: int) -> Process:
    """In a session of its own, so that Ctrl-C comes to it once, through the supervisor."""
    environment = os.environ | {
        "RANK": str(rank), "LOCAL_RANK": str(rank), "GROUP_RANK": "0", "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), LAUNCHED: "hairline",
        SUPERVISED: "1", "TORCH_CPP_LOG_LEVEL": "ERROR",  # DDP warns of what it was asked for
    }  # fmt: skip
    said = tempfile.TemporaryFile() if rank else None  # noqa: SIM115
    popen = subprocess.Popen(command, env=environment, stdin=lifeline, stdout=said, stderr=said, start_new_session=True)
    return Process(popen, said)


if __name__ == "__main__":
    sys.exit(Supervisor(int(sys.argv[1]), sys.argv[2:]).wait())
