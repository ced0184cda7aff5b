"""The engine of this machine, and what may be asked of any."""

import itertools
import re
import socket
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from hairline.engine import cut_off, joining
from hairline.engine.choice import opened
from hairline.engine.local import Local
from hairline.engine.options import LOCAL, Options
from hairline.errors import HairlineError


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_order_from_a_lazy_iterator(threads: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in itertools.count():
            taken += 1
            yield item

    engine = Local(threads, ahead=5)
    results = engine.map(lambda item: item * item, items())
    assert list(itertools.islice(results, 200)) == [item * item for item in range(200)]
    assert taken <= 200 + threads * 5
    results.close()


def test_one_thread_is_the_callers_and_does_an_item_when_it_is_asked_for() -> None:
    where = list[threading.Thread]()
    results = Local(1).map(lambda item: where.append(threading.current_thread()), range(9))
    next(results)
    assert where == [threading.current_thread()]


def test_an_error_stops_what_has_not_begun() -> None:
    begun = list[int]()

    def work(item: int) -> None:
        begun.append(item)
        if item == 3:
            raise HairlineError("3.png: no picture")

    with pytest.raises(HairlineError, match=r"3\.png"):
        list(Local(2, ahead=2).map(work, range(1000)))
    assert max(begun) < 20


def test_batches_are_one_here() -> None:
    assert list(Local().batches(lambda items: [len(items)], range(7))) == [7]


def test_the_engine_of_no_choice_is_local() -> None:
    with opened(LOCAL) as engine:
        assert not engine.remote
        engine.refuse_apart("sqlite:///a.db", "studies.a.storage")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"address": "10.0.0.1"}, "address must be auto, HOST:PORT, ray://HOST:PORT or null, found '10.0.0.1'"),
        ({"address": "http://a:1"}, "found 'http://a:1'"),
        ({"cpus_per_task": 1.5}, "cpus_per_task must be a whole number above 1, found 1.5"),
        ({"address": "a:0"}, "found 'a:0'"),
        ({"address": "ray://a:65536"}, "found 'ray://a:65536'"),
        ({"address": "a:\u0663"}, "found 'a:\u0663'"),
        ({"address": "me:word@a:1"}, "address must be auto"),
        ({"cpus_per_task": 0}, "cpus_per_task: expected a number greater than or equal to 0.01, found 0"),
        ({"cpus_per_task": 1e-9}, "cpus_per_task: expected a number greater than or equal to 0.01"),
        ({"cpus_per_task": float("nan")}, "cpus_per_task: expected a finite number"),
        ({"gpus_per_task": 1e-5}, "gpus_per_task must be 0.01 at least, found 1e-05"),
        ({"name": "dask"}, "'local' or 'ray', found 'dask'"),
        ({"wait_s": 100}, "wait_s: expected a number less than or equal to 45"),
    ],
)
def test_options_that_cannot_be_are_refused(values: dict[str, object], told: str) -> None:
    with pytest.raises(HairlineError, match=re.escape(told)):
        Options(**values)  # type: ignore[arg-type]


def test_addresses_that_can_be() -> None:
    for address in ("auto", None, "10.0.0.1:6379", "ray://head.example:10001", "[::1]:6379"):
        assert Options(address=address).address == address


def test_auto_is_what_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("ray://head:10001", "10.0.0.1:6379"):
        monkeypatch.setenv("RAY_ADDRESS", address)
        assert joining.running() == address
    for odd in ("head", "local", "http://head:8265"):
        monkeypatch.setenv("RAY_ADDRESS", odd)
        with pytest.raises(HairlineError, match=f"RAY_ADDRESS: expected HOST:PORT or ray://HOST:PORT, found '{odd}'"):
            joining.running()


@pytest.mark.parametrize("kind", [ConnectionError, RuntimeError, ValueError, TimeoutError, LookupError])
def test_what_keeps_a_process_from_a_cluster_is_one_sentence(kind: type[Exception]) -> None:
    def refuse(address: str, **told: object) -> None:
        raise kind("No token found\nand a page about it")

    ray = SimpleNamespace(init=refuse, exceptions=SimpleNamespace(RayError=LookupError))
    with socket.create_server(("127.0.0.1", 0)) as head:
        address = f"127.0.0.1:{head.getsockname()[1]}"
        told = rf"^{address}: no cluster can be joined \(No token found\); expected .* runtime\.engine\.address"
        with pytest.raises(HairlineError, match=told):
            joining.join(ray, Options("ray", address))


def test_nothing_that_answers_is_told_in_time() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"  # bound, but takes no connections
        with pytest.raises(HairlineError, match=rf"{address}: nothing answers there after 0\.3 s"):
            cut_off.refuse_unreachable(address, 0.3)


def test_what_never_returns_is_left_to_itself() -> None:
    with pytest.raises(TimeoutError, match="nothing came in"):
        cut_off.within(0.05, threading.Event().wait)
    with pytest.raises(ZeroDivisionError):
        cut_off.within(5, lambda: 1 / 0)


def test_a_lost_head_is_told_once_it_has_not_answered_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as head:
        health = cut_off.Health(f"127.0.0.1:{head.getsockname()[1]}", 0.2)
        health.check()
        assert not health.lost
    with socket.create_server(("127.0.0.1", 0)) as mute:
        asked = cut_off.Health(f"127.0.0.1:{mute.getsockname()[1]}", 0.2)
        assert asked.ask(lambda: 3) == 3
        with pytest.raises(HairlineError, match="has not answered"):
            asked.ask(threading.Event().wait)
        assert asked.lost
    with pytest.raises(HairlineError, match=r"the head of the cluster, 127\.0\.0\.1:\d+, has not answered for 0\.2 s"):
        health.check()
    assert health.lost


def test_ray_that_is_not_installed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    told = r"the engine 'ray' needs ray, which is not installed; .*pip install 'hairline\[cluster\]'"
    with pytest.raises(HairlineError, match=told), opened(Options(name="ray")):
        pass
