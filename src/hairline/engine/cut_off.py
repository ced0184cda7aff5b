"""Whether the head of a cluster answers, asked by a connection of its own: Ray waits long, then ends the process."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from hairline.errors import HairlineError

CHECK_S = 2.0
TRY_S = 5.0


def answers(address: str, timeout_s: float) -> bool:
    """Whether something takes connections at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout_s).close()
    except (OSError, ValueError):
        return False
    return True


def refuse_unreachable(address: str, wait_s: float) -> None:
    """Wait for something that takes connections at an address.

    Raises:
        HairlineError: If nothing does within so many seconds.
    """
    end = time.monotonic() + wait_s
    while not answers(address, min(wait_s, TRY_S)):
        if time.monotonic() >= end:
            raise HairlineError(
                f"{address}: nothing answers there after {wait_s:g} s; expected the head of a Ray cluster; start it, "
                "correct runtime.engine.address (--address), or choose the engine 'local'"
            )
        time.sleep(0.2)


def within(wait_s: float, call: Callable[[], Any]) -> Any:
    """What a call gives that may never return.

    Raises:
        TimeoutError: If it has not returned after so many seconds; it is left to itself, until the process ends.
        Exception: What it raises.
    """
    raised, given = list[BaseException](), list[Any]()

    def attempt() -> None:
        try:
            given.append(call())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(wait_s)
    if raised:
        raise raised[0]
    if not given:
        raise TimeoutError(f"what answers is no head of a Ray cluster, or is busy: nothing came in {wait_s:g} s")
    return given[0]


class Health:
    """Whether the head of a cluster is there.

    Attributes:
        lost: Whether it was found lost; then nothing can be asked of it any more.
    """

    def __init__(self, address: str, wait_s: float) -> None:
        """Look after HOST:PORT; what does not answer for so many seconds is lost."""
        self._address, self._wait_s, self._answered, self.lost = address, wait_s, time.monotonic(), False

    def ask(self, call: Callable[[], Any]) -> Any:
        """What the head says, which may take connections and not answer.

        Raises:
            HairlineError: If it does not answer in time.
        """
        self.check()
        try:
            return within(self._wait_s, call)
        except (TimeoutError, ConnectionError):
            raise self.given_up() from None

    def given_up(self) -> HairlineError:
        """The error that says that it is lost, to be raised."""
        self.lost = True
        return HairlineError(
            f"the head of the cluster, {self._address}, has not answered for {self._wait_s:g} s; what was "
            "finished before is kept; start the cluster, and run this again"
        )

    def check(self) -> None:
        """Wait for the head where it does not answer, which lets it start again.

        Raises:
            HairlineError: If it does not answer in time.
        """
        end = time.monotonic() + self._wait_s
        while not answers(self._address, CHECK_S):
            if time.monotonic() >= end:
                raise self.given_up()
            time.sleep(0.5)
