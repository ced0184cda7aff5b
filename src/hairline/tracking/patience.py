"""How long a stage may wait for its tracking server, all its waits together."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

SHARE = 0.01
"""A server that does answer may cost this share of a stage's time besides: a training of days tells much."""
LOOK_S = 0.2
AT_ONCE = 3
"""One piece of work may take so many times the limit by the clock, computing included: an answer may never end."""


class Patience:
    """A number of seconds for all that is asked of a server, by the clock: also where it sends a byte now and then.

    Seconds in which this process computes (it packs a network, say), or would if others left it a processor, are none
    of waiting.

    >>> Patience(5).within(lambda: 7)
    7
    """

    def __init__(self, limit_s: float, source: str = "") -> None:
        """Start with all of the seconds; ``source`` is where a user may change them, for the message."""
        self.limit_s, self._started, self._spent = limit_s, time.monotonic(), 0.0
        self._source = f" of {source}" if source else ""

    @property
    def left_s(self) -> float:
        """Seconds that may still be waited, never more than the limit at once."""
        earned = SHARE * (time.monotonic() - self._started)
        return max(0.0, min(self.limit_s, self.limit_s + earned - self._spent))

    def within(self, work: Callable[[], T]) -> T:
        """What work gives, which is waited for as long as there are seconds left, and then left to itself.

        Raises:
            TimeoutError: If it is not done by then; it goes on in a thread that ends with the process.
        """
        found: list[T] = []
        raised: list[BaseException] = []

        def run() -> None:
            try:
                found.append(work())
            except BaseException as error:
                raised.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        end = time.monotonic() + AT_ONCE * self.limit_s
        while thread.is_alive() and self.left_s and time.monotonic() < end:
            began, busy = time.monotonic(), _busy_s(thread)
            thread.join(min(self.left_s, LOOK_S))
            self._spent += max(0.0, time.monotonic() - began - max(0.0, _busy_s(thread) - busy))
        if raised:
            raise raised[0]
        if not found:
            raise TimeoutError(f"no answer within the {self.limit_s:g} s{self._source}")
        return found[0]


def _busy_s(thread: threading.Thread) -> float:
    """Seconds that this process has computed, and that a thread of it has stood in line to compute (Linux tells)."""
    try:
        told = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text(encoding="ascii").split()
    except OSError:
        return time.process_time()
    return time.process_time() + int(told[1]) / 1e9
